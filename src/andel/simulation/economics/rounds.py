"""A year of rounds: what each contributor's data was worth, by the real gate, clip, scores, novelty, debt and standing.

Takes a world and who contributes how. Gives for each round the gain, its noise and everybody's merit; budgets, tokens
and prices come later, so that one year of learning serves any terms of pay. Training done again finds who sent what was
never trained, as `andel.value.retraining` does; openings and roots are taken as sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from andel.fixed_point import split_exactly
from andel.simulation.economics.draws import below
from andel.simulation.economics.learning import ONE, SIZE, SquaresJudge, World
from andel.training.integer_mlp import IntArray
from andel.training.rules import ValueRules
from andel.value.improvement import Contribution, improve
from andel.value.novelty import public_steps
from andel.value.shares import merits
from andel.value.standing import CLEAN, Standing

HONEST, COPY, ZERO, REVERSED = "honest", "copy", "zero", "reversed"
SLOTS = 168


@dataclass(frozen=True, slots=True)
class Contributor:
    """Who sends what: a name, `conduct`, proven slots, how far off its data is (2**24 a coordinate), and under how many
    `names` it appears, over which its slots are dealt.
    """

    name: str
    conduct: str = HONEST
    slots: int = SLOTS
    error: int = ONE // 4
    names: int = 1

    def weights(self) -> list[tuple[str, int]]:
        """Names with their slots. One root for a device and day, so no slot stands under two."""
        parts = split_exactly(self.slots, [1] * self.names)
        return [(f"{self.name}{f'/{i + 1}' if self.names > 1 else ''}", part) for i, part in enumerate(parts)]


@dataclass(frozen=True, slots=True)
class ValuedRound:
    """One round: `gain` against its `noise`, the model's mean `error` at 2**16, and merits by name."""

    gain: int
    noise: int
    error: int
    merit: dict[str, int]
    barred: tuple[str, ...]


@dataclass(slots=True)
class _Record:
    credit: dict[str, int] = field(default_factory=dict)
    standing: dict[str, Standing] = field(default_factory=dict)
    due: dict[str, bool] = field(default_factory=dict)
    best: IntArray | None = None


def value_rounds(world: World, rules: ValueRules, who: Sequence[Contributor], days: int) -> list[ValuedRound]:
    """The rounds of so many days, one a day."""
    model = np.zeros(SIZE, np.int64)
    versions = [model]
    record = _Record()
    found = []
    for day in range(days):
        barred = _train_again(record, day)
        # In the second of the launch nothing has accrued: the first round opens a day later, as number 1.
        sent = _sent(world, who, record, model, day) if day else []
        if not sent:
            found.append(ValuedRound(0, 0, 0, {}, barred))
            continue
        judge = SquaresJudge(world.rows(day, "steering"), world.rows(day, "scoring"))
        contributions = [Contribution(update, weight, record.credit.get(name, 0)) for name, weight, update, _ in sent]
        improved = improve(judge, rules, model, public_steps(versions), contributions)
        measured = judge.measured(model, improved.aggregate, improved.step)
        noise = rules.noise_sigmas * measured.deviation
        scores = [item.score for item in improved.scored]
        merit = merits(scores, [item.credit for item in contributions])
        if abs(measured.gain) > noise:
            for (name, *_), score in zip(sent, scores, strict=True):
                record.credit[name] = record.credit.get(name, 0) + score
        record.best = sent[scores.index(max(scores))][2]
        _draw(record, world, rules, sent, day)
        found.append(
            ValuedRound(
                measured.gain,
                noise,
                measured.evaluation,
                {name: part for (name, *_), part in zip(sent, merit, strict=True)},
                barred,
            )
        )
        if improved.step:
            model = improved.after
            versions = [*versions, model][-rules.novelty_steps - 1 :]
    return found


_Sent = tuple[str, int, IntArray, bool]


def _sent(world: World, who: Sequence[Contributor], record: _Record, model: IntArray, day: int) -> list[_Sent]:
    """Name, counted slots, update, and whether it was trained on the sender's own readings."""
    sent: list[_Sent] = []
    for each in who:
        update, trained = _update_of(world, each, record, model, day)
        for name, slots in each.weights():
            weight = record.standing.get(name, CLEAN).counted(slots, day)
            if weight:
                sent.append((name, weight, update.copy(), trained))
    return sent


def _update_of(world: World, each: Contributor, record: _Record, model: IntArray, day: int) -> tuple[IntArray, bool]:
    if each.conduct == COPY:
        # Of a round that is closed: what is under way is committed before it is shown.
        return (np.zeros(SIZE, np.int64) if record.best is None else record.best), False
    if each.conduct == ZERO:
        return np.zeros(SIZE, np.int64), False
    own = world.update(each.name, day, each.error, model)
    return (-own, False) if each.conduct == REVERSED else (own, True)


def _draw(record: _Record, world: World, rules: ValueRules, sent: Sequence[_Sent], day: int) -> None:
    """Seed 2 draws whose training is done again in the next round."""
    order = sorted(sent, key=lambda item: below(world.seed, f"audit {day} {item[0]}", 1 << 64))
    record.due = {name: trained for name, _, _, trained in order[: rules.audits]}


def _train_again(record: _Record, day: int) -> tuple[str, ...]:
    barred = tuple(name for name, trained in record.due.items() if not trained)
    for name in barred:
        record.standing[name] = record.standing.get(name, CLEAN).after_false_training(day)
    return barred
