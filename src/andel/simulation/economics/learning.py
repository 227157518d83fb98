"""A small world that is really learnt, so that rounds are valued by the real pipeline and not by assumption.

A season's truth is a vector that swings over the year; rows are whole numbers times the truth plus noise. Contributors
send the way from the model to what their own rows say. `SquaresJudge` measures on drawn rows as a task's engine would,
in integers, and `andel.value.improvement` does the rest. Takes seeds; never sees money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from andel.simulation.economics.draws import draws_of, spread
from andel.training.integer_mlp import IntArray
from andel.training.updates import MAX_UPDATE
from andel.units import Digest
from andel.value.aggregate import Aggregate, stepped
from andel.value.gain import deviation_of
from andel.value.judge import Measured

SIZE = 12
ROWS = 400
ONE = 1 << 24
_INPUT = 32
_NOISE = 5_000


@dataclass(frozen=True, slots=True)
class Rows:
    """Inputs (rows, SIZE) at 2**5 and what was measured (rows,) at 2**16."""

    inputs: IntArray
    targets: IntArray

    def errors(self, parameters: IntArray) -> IntArray:
        """What the model says less what was measured, at 2**16."""
        return (self.inputs @ parameters >> 13) - self.targets

    def losses(self, parameters: IntArray) -> IntArray:
        """Twice the loss of each row, at 2**32."""
        found: IntArray = self.errors(parameters) ** 2
        return found

    def slope(self, parameters: IntArray) -> IntArray:
        """The gradient of the mean loss at 2**24, rounded down."""
        return (self.inputs.T @ self.errors(parameters) << 3) // len(self.targets)


@dataclass(frozen=True, slots=True)
class SquaresJudge:
    """`andel.value.judge.Judge` of squared errors on steering and scoring rows."""

    steering: Rows
    scoring: Rows

    @property
    def judgements(self) -> tuple[Digest, ...]:
        """None: everybody computes the same."""
        return ()

    def start_gradient(self, before: IntArray) -> IntArray:
        """See `Judge`."""
        return -2 * self.steering.slope(before)

    def path_gradient(self, before: IntArray, summed: Aggregate) -> IntArray:
        """See `Judge`."""
        nodes = (stepped(before, summed, 1, 4), stepped(before, summed, 3, 4))
        return -sum((self.scoring.slope(node) for node in nodes), np.zeros(SIZE, np.int64))

    def losses(self, before: IntArray, summed: Aggregate, lengths: Sequence[int]) -> Mapping[int, int]:
        """See `Judge`."""
        reached = {quarters: stepped(before, summed, quarters, 4) for quarters in sorted({*lengths} - {0})}
        return {0: int(self.steering.losses(before).sum())} | {
            quarters: int(self.steering.losses(point).sum()) for quarters, point in reached.items()
        }

    def measured(self, before: IntArray, summed: Aggregate | None, quarters: int) -> Measured:
        """See `Judge`; the error is the mean absolute one on the scoring rows, at 2**16."""
        after = stepped(before, summed, quarters, 4) if summed and quarters else before
        fallen = self.scoring.losses(before) - self.scoring.losses(after)
        error = int(np.abs(self.scoring.errors(after)).sum()) // len(fallen)
        return Measured(int(fallen.sum()), deviation_of(fallen), error)


@dataclass(frozen=True, slots=True)
class World:
    """What there is to learn: `truth` swings by `swing` over a year, each coordinate at its own time."""

    seed: bytes
    swing: int = ONE

    def truth(self, day: int) -> IntArray:
        """The season's vector at 2**24."""
        base = spread(draws_of(self.seed, "base"), SIZE, ONE)
        phases = draws_of(self.seed, "phases").integers(0, 365, SIZE)
        # A triangle instead of a sine: whole numbers give the same year on every machine.
        place = (day + phases) % 365 * 4
        height = np.where(place < 730, place - 365, 1_095 - place)
        found: IntArray = base + self.swing * height // 365
        return found

    def rows(self, day: int, part: str) -> Rows:
        """The day's reference rows for one purpose."""
        draws = draws_of(self.seed, f"rows {part} {day}")
        inputs = draws.integers(-_INPUT, _INPUT + 1, (ROWS, SIZE))
        noise = spread(draws, ROWS, _NOISE)
        return Rows(inputs, (inputs @ self.truth(day) >> 13) + noise)

    def estimate(self, name: str, day: int, error: int) -> IntArray:
        """What a contributor's own rows say the truth is, off by about `error` a coordinate, at 2**24."""
        return self.truth(day) + spread(draws_of(self.seed, f"data {name} {day}"), SIZE, error)

    def update(self, name: str, day: int, error: int, model: IntArray) -> IntArray:
        """What training on these rows sends: half of the way from the model to the estimate."""
        return ((self.estimate(name, day, error) - model) // 2).clip(-MAX_UPDATE, MAX_UPDATE)
