"""Federations on real data for `benchmarks/value.py`: who trains on what, in rounds of the product's own functions.

Three of them, twelve contributors each: the weather of New York's airports, the UCI air quality of Beijing (beside the
checkout), and scikit-learn's digits. A task's network answers one number from at most 24 features, so the digits are a
regression: the digit itself, from 4 x 4 sums of pixels. No packets are signed here; the rest is what a round does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from datasets import BEIJING_CHOICE, beijing, new_york

from andel.data.features import CodeArray, FeatureSpec, IntArray, RowSet, build_rows
from andel.hashing import sha256
from andel.simulation.devices import unsigned_readings
from andel.simulation.scenario import Scenario, table_scenario, weather_scenario
from andel.simulation.series import Dataset, Series
from andel.training.engine import genesis_parameters, train_update
from andel.training.rules import DEFAULT_RULES
from andel.training.task import Task
from andel.training.updates import flatten, split_parameters
from andel.units import day_of
from andel.value.aggregate import Aggregate, aggregate, stepped
from andel.value.line_search import best_step
from andel.value.reference import ScoringRows, draw_rows

MANY = 10_000
SIZED_FEATURES = 24
SCORE_ROWS = 2_500
"""Rows kept of a scoring set; half of them score, half steer."""


@dataclass(frozen=True, slots=True)
class Federation:
    """A task, and per contributor codes (n, features), change (n,) and weight; `score` are rows nobody trains on."""

    name: str
    task: Task
    codes: tuple[CodeArray, ...]
    change: tuple[IntArray, ...]
    weights: tuple[int, ...]
    score: RowSet
    numbers: tuple[int, ...] = tuple(range(MANY))

    def only(self, members: Sequence[int]) -> Federation:
        """The same with some of its contributors, who keep their numbers for whatever is drawn."""
        return replace(
            self,
            codes=tuple(self.codes[i] for i in members),
            change=tuple(self.change[i] for i in members),
            weights=tuple(self.weights[i] for i in members),
            numbers=tuple(self.numbers[i] for i in members),
        )

    def first(self, contributors: int) -> Federation:
        """The same with the first few contributors."""
        return self.only(range(contributors))


@dataclass(frozen=True, slots=True)
class Round:
    """What a round's scores are computed from."""

    before: IntArray
    step: Aggregate
    scoring: ScoringRows


def federation(name: str, seed: int) -> Federation:
    """`nyc`, `beijing` or `digits`. Raises SettingsError where its data is not here."""
    return {"nyc": _nyc, "beijing": _beijing, "digits": _digits}[name](seed)


def play(fed: Federation, rounds: int, seed: int) -> Iterator[Round]:
    """Rounds one after the other, each from where the line search left the model."""
    parameters = flatten(genesis_parameters(fed.task))
    for number in range(1, rounds + 1):
        updates = train(fed, parameters, seed, number)
        step = aggregate(updates, fed.weights)
        steering, scoring = draw_rows(fed.score, fed.task, draw(seed, number, b"rows"))
        yield Round(parameters, step, scoring)
        quarters = best_step(parameters, step, fed.task, DEFAULT_RULES.line_search, steering)
        parameters = stepped(parameters, step, quarters, 4)


def train(fed: Federation, parameters: IntArray, seed: int, number: int) -> IntArray:
    """Everybody's update, (contributors, parameters)."""
    start = split_parameters(parameters, fed.task)
    return np.stack(
        [
            train_update(
                fed.task, start, codes, change, number=1, seed=draw(seed, number, b"train"), contributor=str(number)
            )
            for number, codes, change in zip(fed.numbers, fed.codes, fed.change, strict=False)
        ]
    )


def draw(seed: int, number: int, purpose: bytes) -> bytes:
    """The seed of one purpose in one round."""
    return sha256(b"andel.bench.value", seed.to_bytes(8, "big"), number.to_bytes(8, "big"), purpose)


def _nyc(seed: int) -> Federation:
    return _from_scenario("nyc", weather_scenario(new_york(), 5, seed, dishonest=False), seed)


def _beijing(seed: int) -> Federation:
    return _from_scenario("beijing", table_scenario(beijing(), BEIJING_CHOICE, 5, seed), seed)


def _from_scenario(name: str, scenario: Scenario, seed: int) -> Federation:
    """Owners in their own weeks; the first of every six measures with noise, and one New York owner has a quarter."""
    random = np.random.default_rng(seed)
    task, data = scenario.task, scenario.dataset
    codes, change, weights = [], [], []
    for number, owner in enumerate(scenario.participants):
        noise = task.target_scale if number % 6 == 5 else 0
        series = _noisy(data.series[owner.site], task.target, noise, random)
        readings = unsigned_readings(series, data.channels, owner.weeks)
        rows = build_rows(readings, task.features, task.target, task.horizon_seconds, task.exponent)
        codes.append(rows.codes)
        change.append(rows.change)
        weights.append(len(readings))
    return Federation(name, task, tuple(codes), tuple(change), tuple(weights), _score_rows(scenario, data, random))


def _noisy(series: Series, channel: str, noise: int, random: np.random.Generator) -> Series:
    if not noise:
        return series
    values = series.values[channel]
    shaken = values + np.where(values == values.min(), 0, np.round(random.normal(0, noise, len(values)))).astype(
        np.int64
    )
    return replace(series, values={**series.values, channel: shaken})


def _score_rows(scenario: Scenario, data: Dataset, random: np.random.Generator) -> RowSet:
    task = scenario.task
    readings = [
        reading
        for series in data.series
        for reading in unsigned_readings(series, data.channels, scenario.reference_weeks)
        if any(first <= day_of(reading.timestamp) <= last for first, last in scenario.score)
    ]
    rows = build_rows(readings, task.features, task.target, task.horizon_seconds, task.exponent)
    return _sampled(rows, random)


def _sampled(rows: RowSet, random: np.random.Generator) -> RowSet:
    count = len(rows.change)
    kept = np.sort(random.permutation(count)[:SCORE_ROWS])
    return RowSet(
        rows.codes[kept],
        rows.base[kept],
        rows.change[kept],
        rows.timestamps[kept],
        rows.devices[kept],
        rows.weeks[kept],
    )


def _digits(seed: int) -> Federation:
    """Twelve owners with classes dealt by Dirichlet(0.5); two have labels of which a half are wrong; 500 rows score."""
    from sklearn.datasets import load_digits

    random = np.random.default_rng(seed)
    images, labels = load_digits(return_X_y=True)
    pixels = images.reshape(-1, 4, 2, 4, 2).sum(axis=(2, 4)).reshape(len(labels), 16)
    codes = (pixels * 255 // 64).astype(np.uint8)
    change = np.asarray(labels, np.int64) * 100 - 450
    order = random.permutation(len(labels))
    held, rest = order[:900], order[900:]
    owners: list[list[int]] = [[] for _ in range(12)]
    for label in range(10):
        mine = rest[labels[rest] == label]
        ends = np.floor(np.cumsum(random.dirichlet([0.5] * 12))[:-1] * len(mine)).astype(np.int64)
        for owner, part in zip(owners, np.split(mine, ends), strict=True):
            owner += part.tolist()
    owners = [owner or [int(rest[number])] for number, owner in enumerate(owners)]
    targets = [change[owner] for owner in owners]
    for number in (5, 11):
        wrong = random.random(len(targets[number])) < 0.5
        targets[number][wrong] = random.permutation(change)[: int(wrong.sum())]
    zeros = np.zeros(len(held), np.int64)
    score = RowSet(codes[held], zeros, change[held], zeros, zeros, zeros)
    return Federation(
        "digits",
        _digits_task(seed),
        tuple(codes[owner] for owner in owners),
        tuple(targets),
        tuple(len(owner) for owner in owners),
        score,
    )


def _digits_task(seed: int) -> Task:
    like = weather_scenario(new_york(), 5, seed, dishonest=False).task
    return replace(
        like,
        name="the digit in an image",
        target="digit",
        unit="",
        features=tuple(FeatureSpec(f"pixel {i}", "channel", f"p{i}", 0, 64) for i in range(16)),
        target_scale=287,
        batch_rows=64,
        rate_shift=5,
        initial_seed=draw(seed, 0, b"digits").hex(),
    )


def pieces(fed: Federation, contributors: int) -> Federation:
    """Everybody's rows cut into consecutive pieces, so that there are so many contributors; weight is rows."""
    codes, change = np.concatenate(fed.codes), np.concatenate(fed.change)
    return replace(
        fed,
        codes=tuple(np.array_split(codes, contributors)),
        change=tuple(np.array_split(change, contributors)),
        weights=tuple(len(part) for part in np.array_split(change, contributors)),
    )


def uneven(fed: Federation, contributors: int, seed: int) -> Federation:
    """Contributors of falling quality: of the i-th, i / (n − 1) of the targets are drawn from everybody's."""
    random = np.random.default_rng(seed)
    everybody = np.concatenate(fed.change)
    chosen = fed.first(contributors)
    change = []
    for number, targets in enumerate(chosen.change):
        wrong = random.random(len(targets)) < number / (contributors - 1)
        change.append(np.where(wrong, random.choice(everybody, len(targets)), targets))
    return replace(chosen, change=tuple(change), task=replace(fed.task, batch_rows=64))


def sized(parameters: int) -> Task:
    """A task whose network has about so many parameters."""
    like = weather_scenario(new_york(), 5, 1, dishonest=False).task
    features = tuple(FeatureSpec(f"input {i}", "channel", f"i{i}", 0, 255) for i in range(SIZED_FEATURES))
    return replace(like, features=features, layers=(round((parameters - 1) / (SIZED_FEATURES + 2)),))
