"""The public line search: which multiple of the aggregate the model takes, by the loss on the steering rows."""

from __future__ import annotations

from collections.abc import Sequence

from andel.errors import InputError
from andel.training.integer_mlp import IntArray, loss_sum
from andel.training.task import Task
from andel.training.updates import split_parameters
from andel.value.aggregate import Aggregate, stepped
from andel.value.reference import ScoringRows


def best_step(parameters: IntArray, step: Aggregate, task: Task, lengths: Sequence[int], rows: ScoringRows) -> int:
    """The quarters of the aggregate, of `lengths` and 0, with the least loss; of equal ones the smallest.

    A length that would carry a parameter over its bound does not compete.
    """
    least = loss_sum(split_parameters(parameters, task), rows.codes, rows.targets, task.score_limit)
    best = 0
    for quarters in sorted(set(lengths) - {0}):
        candidate = split_parameters(stepped(parameters, step, quarters, 4), task)
        try:
            loss = loss_sum(candidate, rows.codes, rows.targets, task.score_limit)
        except InputError:
            continue
        if loss < least:
            best, least = quarters, loss
    return best
