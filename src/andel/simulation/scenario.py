"""What a run is about: data, task, participants, and which days train, score and report.

Two scenarios: the weather of New York's airports on Pebble Trackers, and a user's own table on stations that send
the envelope. In both, weeks whose number in the year is 4 modulo 5 belong to the founder and are never trained
on: 4 modulo 10 scores and steers, 9 modulo 10 only reports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from andel.data.feature_spec import FeatureKind, FeatureSpec, read_value_name
from andel.data.features import week_of
from andel.device.reading import Profile
from andel.errors import SettingsError
from andel.hashing import sha256
from andel.simulation.participants import Casting, Participant, cast
from andel.simulation.series import MISSING, Dataset, Series
from andel.training.plan import DayRanges
from andel.training.rules import DEFAULT_RULES, ValueRules
from andel.training.task import Task
from andel.units import DAY_SECONDS

HOUR_AMPLITUDE = 45
UNFOUNDED = "00" * 32
"""The reference of a task whose model is not founded yet; the founder puts the set's hash there."""

_SPREAD = 4  # standard deviations of a channel on each side of its mean


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run's input. Weeks are year * 100 + week; `rounds` of training, valued by `rules`. Of each
    owner's weeks, every `held_out`-th stays home to measure versions by; 0: none.
    """

    name: str
    dataset: Dataset
    task: Task
    profile: Profile
    participants: tuple[Participant, ...]
    rounds: int
    trained: DayRanges
    score: DayRanges
    report: DayRanges
    rules: ValueRules = replace(DEFAULT_RULES, audits=1)  # what is measured here is public anyway
    held_out: int = 0

    def held_days(self, participant: Participant) -> DayRanges:
        """The days that stay home: every `held_out`-th of the participant's weeks; none where that is 0."""
        kept = sorted(participant.weeks)[self.held_out - 1 :: self.held_out] if self.held_out else []
        return _days(self.dataset, lambda week: week in kept)

    @property
    def reference_weeks(self) -> frozenset[int]:
        """The founder's weeks, over all sites."""
        return frozenset(week for series in self.dataset.series for week in _weeks(series) if _is_reference(week))

    @property
    def training_weeks(self) -> frozenset[int]:
        """Everybody else's weeks, over all sites."""
        return frozenset(week for series in self.dataset.series for week in _weeks(series) if not _is_reference(week))


def weather_scenario(dataset: Dataset, rounds: int, seed: int, dishonest: bool = True) -> Scenario:
    """Temperature three hours ahead at three airports: four owners each, one with a quarter, one noisy (3 °C)."""
    task = Task(
        name="temperature three hours ahead",
        target="temperature",
        unit="degC",
        exponent=-2,
        horizon_seconds=3 * 3_600,
        target_scale=150,
        features=(
            FeatureSpec("temperature", "channel", "temperature", -2_500, 4_500),
            FeatureSpec("humidity", "channel", "humidity", -1_000, 12_000),
            FeatureSpec("pressure", "channel", "pressure", 98_000, 105_000),
            *clock_features(),
            FeatureSpec("latitude", "channel", "latitude", 403_600_000, 410_000_000, exponent=-7),
            FeatureSpec("longitude", "channel", "longitude", -750_000_000, -730_000_000, exponent=-7),
        ),
        layers=(32,),
        steps=20,
        batch_rows=256,
        rate_shift=2,
        residual_limit=1 << 16,
        score_limit=1 << 16,
        openings=90,
        accepted_time=_years(dataset),
        initial_seed=sha256(b"andel.demo.weather", seed.to_bytes(8, "big")).hex(),
        reference=UNFOUNDED,
    )
    casting = Casting(owners_per_site=4, dishonest=dishonest, quarter=2, noisy=6, noise=300)
    return _scenario("New York weather", dataset, task, "pebble", casting, rounds)


@dataclass(frozen=True, slots=True)
class TableChoice:
    """What a user chooses of their own table; a feature is a column, or COLUMN@-SECONDS for what it was before."""

    features: tuple[str, ...]
    target: str
    horizon_hours: int
    owners_per_site: int
    dishonest: bool

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the features are made of. Raises PlanError for a feature that names no value."""
        return tuple(dict.fromkeys(read_value_name(name)[0] for name in self.features))


def table_scenario(dataset: Dataset, choice: TableChoice, rounds: int, seed: int) -> Scenario:
    """A user's table: one device per site and owner, scaling from the founder's weeks.

    Raises SettingsError when the table has no week to train on, to score or to report on.
    """
    founder = [np.isin(week_of(s.timestamps), [w for w in _weeks(s) if _is_reference(w)]) for s in dataset.series]
    target = dataset.channel(choice.target)
    step = choice.horizon_hours * 3_600
    changes = np.concatenate([_changes(s, choice.target, step) for s in dataset.series])
    if len(changes) == 0:
        raise SettingsError(
            f"no two rows of a device lie {choice.horizon_hours} hours apart", "choose another --horizon"
        )
    channels = []
    for name in dict.fromkeys([*choice.features, choice.target]):
        channel, back = read_value_name(name)
        values = np.concatenate([s.values[channel][mask] for s, mask in zip(dataset.series, founder, strict=True)])
        low, high = _range(values[values != MISSING], channel)
        kind: FeatureKind = "lag" if back else "channel"
        exponent = dataset.channel(channel).exponent
        channels.append(FeatureSpec(name, kind, channel, low, high, exponent=exponent, seconds=back))
    task = Task(
        name=f"{choice.target} {choice.horizon_hours} hours ahead",
        target=choice.target,
        unit=target.unit or "units",
        exponent=target.exponent,
        horizon_seconds=step,
        target_scale=max(1, round(float(changes.std()))),
        features=(*channels, *clock_features()),
        layers=(32,),
        steps=40,
        batch_rows=256,
        rate_shift=3,  # at 2, on wild data, whole first updates point the wrong way, and a reversed one is worth pay
        residual_limit=4 << 16,
        score_limit=4 << 16,
        openings=90,
        accepted_time=_years(dataset),
        initial_seed=sha256(b"andel.demo.table", seed.to_bytes(8, "big")).hex(),
        reference=UNFOUNDED,
    )
    casting = Casting(owners_per_site=choice.owners_per_site, dishonest=choice.dishonest)
    return _scenario(task.name, dataset, task, "envelope", casting, rounds)


def clock_features() -> tuple[FeatureSpec, ...]:
    """Time of day (two harmonics) and of year, as sines and cosines."""
    return (
        FeatureSpec("hour sine", "hour-sin", high=HOUR_AMPLITUDE, harmonic=1),
        FeatureSpec("hour cosine", "hour-cos", high=HOUR_AMPLITUDE, harmonic=1),
        FeatureSpec("half-day sine", "hour-sin", high=HOUR_AMPLITUDE, harmonic=2),
        FeatureSpec("half-day cosine", "hour-cos", high=HOUR_AMPLITUDE, harmonic=2),
        FeatureSpec("year sine", "year-sin", high=HOUR_AMPLITUDE, harmonic=1),
        FeatureSpec("year cosine", "year-cos", high=HOUR_AMPLITUDE, harmonic=1),
    )


def relabelled(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """The same run with other names for its participants."""
    renamed = tuple(replace(p, name=name) for p, name in zip(scenario.participants, names, strict=True))
    return replace(scenario, participants=renamed)


def scenario_of(
    name: str, dataset: Dataset, task: Task, profile: Profile, participants: tuple[Participant, ...], rounds: int
) -> Scenario:
    """The run of a task with these participants, on the data's own weeks.

    Raises SettingsError when the data has no week to train on, to score or to report on.
    """
    days = {
        "train": _days(dataset, lambda week: not _is_reference(week)),
        "score": _days(dataset, lambda week: week % 100 % 10 == 4),
        "report": _days(dataset, lambda week: week % 100 % 10 == 9),
    }
    for purpose, ranges in days.items():
        if not ranges:
            raise SettingsError(f"the data has no week to {purpose} on", "it must reach over weeks 1 to 9 of a year")
    return Scenario(name, dataset, task, profile, participants, rounds, days["train"], days["score"], days["report"])


def weeks_to_train_on(series: Series) -> list[int]:
    """The weeks of a site that are not the founder's, year * 100 + week, rising."""
    return [week for week in _weeks(series) if not _is_reference(week)]


def _scenario(name: str, dataset: Dataset, task: Task, profile: Profile, casting: Casting, rounds: int) -> Scenario:
    weeks = {site: weeks_to_train_on(series) for site, series in enumerate(dataset.series)}
    participants = cast([series.site for series in dataset.series], weeks, casting)
    return scenario_of(name, dataset, task, profile, participants, rounds)


def _weeks(series: Series) -> list[int]:
    return [int(week) for week in np.unique(week_of(series.timestamps))]


def _is_reference(week: int) -> bool:
    return week % 100 % 5 == 4


def _days(dataset: Dataset, chosen: Callable[[int], bool]) -> DayRanges:
    days = np.unique(np.concatenate([series.timestamps for series in dataset.series]) // DAY_SECONDS)
    weeks = week_of(days * DAY_SECONDS)
    kept = [int(day) for day, week in zip(days, weeks, strict=True) if chosen(int(week))]
    ranges: list[tuple[int, int]] = []
    for day in kept:
        if ranges and day == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return tuple(ranges)


def _years(dataset: Dataset) -> tuple[int, int]:
    """The accepted time range: whole days around everything measured, end excluded."""
    first = min(int(series.timestamps[0]) for series in dataset.series)
    last = max(int(series.timestamps[-1]) for series in dataset.series)
    return first // DAY_SECONDS * DAY_SECONDS, (last // DAY_SECONDS + 1) * DAY_SECONDS


def _changes(series: Series, channel: str, seconds: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    values = series.values[channel]
    later = np.searchsorted(series.timestamps, series.timestamps + seconds)
    inside = later < len(values)
    paired = np.flatnonzero(inside)[series.timestamps[later[inside]] == series.timestamps[inside] + seconds]
    after = values[later[paired]]
    whole = (values[paired] != MISSING) & (after != MISSING)
    return np.asarray((after - values[paired])[whole], np.int64)


def _range(values: np.ndarray[tuple[int], np.dtype[np.int64]], name: str) -> tuple[int, int]:
    if len(values) == 0:
        raise SettingsError(f"{name} has no value in the founder's weeks", "leave it out of --features")
    mean, spread = float(values.mean()), float(values.std())
    low = max(int(values.min()), round(mean - _SPREAD * spread))
    high = min(int(values.max()), round(mean + (_SPREAD + 1) * spread))
    return low, max(high, low + 1)
