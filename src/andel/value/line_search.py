"""The public line search: which multiple of the aggregate the model takes, by the loss on the steering rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from andel.errors import InputError
from andel.training.engine import engine_of
from andel.training.integer_mlp import IntArray
from andel.training.task import Task
from andel.training.updates import split_parameters
from andel.value.aggregate import Aggregate, stepped
from andel.value.reference import ScoringRows


def best_step(parameters: IntArray, step: Aggregate, task: Task, lengths: Sequence[int], rows: ScoringRows) -> int:
    """The quarters of the aggregate, of `lengths` and 0, with the least loss on the steering rows (`least_of`)."""
    return least_of(steering_losses(parameters, step, task, lengths, rows))


def least_of(losses: Mapping[int, int]) -> int:
    """The quarters with the least loss, of equal ones the smallest."""
    return min(sorted(losses), key=losses.__getitem__)


def steering_losses(
    parameters: IntArray, step: Aggregate, task: Task, lengths: Sequence[int], rows: ScoringRows
) -> dict[int, int]:
    """Twice the summed loss at 2**32 by quarters of the aggregate, of `lengths` and 0.

    A length that would carry a parameter over its bound does not compete, and is left out. Raises InputError where the
    loss of the parameters as they are cannot be measured.
    """
    found = {}
    for quarters in sorted({0, *lengths}):
        reached = stepped(parameters, step, quarters, 4) if quarters else parameters
        try:
            losses = engine_of(task).losses(task, split_parameters(reached, task), rows.codes, rows.targets)
        except InputError:
            if not quarters:
                raise
            continue
        found[quarters] = int(losses.sum())
    return found
