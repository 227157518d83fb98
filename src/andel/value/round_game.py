"""The round as a game: what any coalition's updates would have been worth, by the same exact integer loss.

*Takes* the parameters, the aggregate and the scoring rows of a round. *Gives* v(S) = U(w + Σ_{i∈S} p_i x_i) as an
integer for any coalition, to be handed to `andel.value.coalition_values`: how far a round's scores are from Shapley's
value is then a matter of counting. *Never* part of a verdict.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from andel.training.engine import engine_of
from andel.training.integer_mlp import MAX_PARAMETER, IntArray
from andel.training.task import Task
from andel.training.updates import split_parameters
from andel.value.aggregate import Aggregate, stepped
from andel.value.aumann_shapley import path_gradient, scores
from andel.value.exact_dots import exact_dots
from andel.value.reference import ScoringRows

_SCORE_BITS = 49
_LOSS_BITS = 33  # twice the loss at 2**32


@dataclass(frozen=True, slots=True)
class RoundGame:
    """A utility: called with a coalition, it gives minus twice its summed loss on the scoring rows, at 2**32.

    `parameters` flat; `step` the round's aggregate (clipped updates, weights); `rows` the scoring rows.
    """

    parameters: IntArray
    step: Aggregate
    task: Task
    rows: ScoringRows
    _weighted: IntArray = field(init=False)

    def __post_init__(self) -> None:
        weights = np.asarray(self.step.weights, np.int64)
        object.__setattr__(self, "_weighted", weights[:, None] * self.step.updates.astype(np.int64))

    @property
    def players(self) -> int:
        """How many updates the round has."""
        return len(self.step.weights)

    def __call__(self, coalition: Collection[int]) -> int:
        """The worth of the coalition; nobody's is that of the parameters as they are."""
        reached = stepped(self.parameters, replace(self.step, total=self.total(coalition)), 1, 1)
        inside = split_parameters(reached.clip(-MAX_PARAMETER, MAX_PARAMETER), self.task)
        return -int(engine_of(self.task).losses(self.task, inside, self.rows.codes, self.rows.targets).sum())

    def total(self, coalition: Collection[int]) -> IntArray:
        """Σ weight · update over the coalition, flat."""
        members = np.fromiter(coalition, np.int64, len(coalition))
        return np.asarray(self._weighted[members].sum(axis=0))

    def scores(self) -> list[int]:
        """What the round pays by: the Aumann–Shapley values, at 2**49."""
        gradient = path_gradient(self.parameters, self.step, self.task, self.rows)
        return scores(exact_dots(self.step.updates, gradient), self.step.weights, self.step.weight_sum)

    def as_scores(self, values: Sequence[Fraction]) -> list[Fraction]:
        """Values of this game in the unit of `andel.value.aumann_shapley.scores`: mean loss at 2**49."""
        return [value * (1 << (_SCORE_BITS - _LOSS_BITS)) / len(self.rows.targets) for value in values]
