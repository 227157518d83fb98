"""The public line search: which multiple of the aggregate the model takes, by the loss on the steering rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.training.integer_mlp import IntArray, loss_sum
from andel.training.task import Task
from andel.training.updates import split_parameters
from andel.value.aggregate import Aggregate, stepped


def best_step(
    parameters: IntArray,
    step: Aggregate,
    task: Task,
    codes: npt.NDArray[np.uint8],
    targets: IntArray,
) -> int:
    """The quarters of the aggregate with the least loss; of equal ones the smallest.

    A length that would carry a parameter over its bound does not compete.
    """
    best, least = 0, loss_sum(split_parameters(parameters, task), codes, targets, task.score_limit)
    for quarters in sorted(set(task.line_search) - {0}):
        candidate = split_parameters(stepped(parameters, step, quarters, 4), task)
        try:
            loss = loss_sum(candidate, codes, targets, task.score_limit)
        except InputError:
            continue
        if loss < least:
            best, least = quarters, loss
    return best
