"""`Judge`: where a round's gradients and losses come from, so that the pipeline knows nothing of engines.

`LiveJudge` computes them from the drawn rows by the task's engine. Of an integer task everybody gets the same bytes;
of a float task they are one validator's view, and rounds are settled by `andel.value.judgement.AgreedJudge`, which
answers from what validators agreed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from andel.training.integer_mlp import IntArray
from andel.training.task import Task
from andel.training.updates import split_parameters
from andel.units import Digest
from andel.value.aggregate import Aggregate, stepped
from andel.value.aumann_shapley import path_gradient, start_gradient
from andel.value.gain import evaluation, gain_and_deviation
from andel.value.line_search import steering_losses
from andel.value.reference import ScoringRows


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step was worth on the scoring rows: how much the summed loss fell, the standard error of that, and the
    model's error after it (`andel.value.gain`).
    """

    gain: int
    deviation: int
    evaluation: int


class Judge(Protocol):
    """The measures of one round. `before` are the flat parameters it starts from."""

    @property
    def judgements(self) -> tuple[Digest, ...]:
        """Hashes of the judgements that these measures are the median of; none where anybody can compute them."""

    def start_gradient(self, before: IntArray) -> IntArray:
        """See `andel.value.aumann_shapley.start_gradient`, on the steering rows."""

    def path_gradient(self, before: IntArray, summed: Aggregate) -> IntArray:
        """See `andel.value.aumann_shapley.path_gradient`, on the scoring rows."""

    def losses(self, before: IntArray, summed: Aggregate, lengths: Sequence[int]) -> Mapping[int, int]:
        """See `andel.value.line_search.steering_losses`."""

    def measured(self, before: IntArray, summed: Aggregate | None, quarters: int) -> Measured:
        """What so many quarters of the aggregate are worth; None: nothing was added."""


JudgeOf = Callable[[Task, ScoringRows, ScoringRows], Judge]
"""Makes a round's judge of its task, its steering rows and its scoring rows."""


@dataclass(frozen=True, slots=True)
class LiveJudge:
    """Measures on the rows that seed 2 drew. Its methods raise InputError where the task's engine does."""

    task: Task
    steering: ScoringRows
    scoring: ScoringRows

    @property
    def judgements(self) -> tuple[Digest, ...]:
        """See `Judge`."""
        return ()

    def start_gradient(self, before: IntArray) -> IntArray:
        """See `Judge`."""
        return start_gradient(before, self.task, self.steering)

    def path_gradient(self, before: IntArray, summed: Aggregate) -> IntArray:
        """See `Judge`."""
        return path_gradient(before, summed, self.task, self.scoring)

    def losses(self, before: IntArray, summed: Aggregate, lengths: Sequence[int]) -> Mapping[int, int]:
        """See `Judge`."""
        return steering_losses(before, summed, self.task, lengths, self.steering)

    def measured(self, before: IntArray, summed: Aggregate | None, quarters: int) -> Measured:
        """See `Judge`."""
        first = split_parameters(before, self.task)
        after = split_parameters(stepped(before, summed, quarters, 4), self.task) if summed and quarters else first
        gain, deviation = gain_and_deviation(self.task, first, after, self.scoring)
        return Measured(gain, deviation, evaluation(self.task, after, self.scoring))
