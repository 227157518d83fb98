"""What a step was worth: how much the loss fell on the scored rows, the noise it must pass, and the model's error."""

from __future__ import annotations

from math import isqrt
from typing import Final

import numpy as np

from andel.training.integer_mlp import Parameters, predict_change, row_losses
from andel.training.task import Task
from andel.value.reference import ScoringRows

_UNIT_PARTS: Final = 1_000
_MAX_EVALUATION: Final = (1 << 63) - 1  # what the attestation's int64 can say


def gain_and_noise(
    task: Task, sigmas: int, before: Parameters, after: Parameters, rows: ScoringRows
) -> tuple[int, int]:
    """(how much the summed loss fell, the bound it must pass): the bound is `sigmas` standard errors.

    The standard error of a sum of paired differences d is the square root of Σ d² − (Σ d)² / n.
    """
    first, then = (row_losses(p, rows.codes, rows.targets, task.score_limit) for p in (before, after))
    fallen = first - then
    gain = int(fallen.sum())
    squares = sum(int(value) * int(value) for value in fallen)
    variance = squares - gain * gain // len(fallen)
    return gain, sigmas * isqrt(max(variance, 0))


def evaluation(task: Task, parameters: Parameters, rows: ScoringRows) -> int:
    """Mean absolute error on the rows in thousandths of the target's unit step, floor; at most 2**63 − 1."""
    errors = np.abs(predict_change(parameters, rows.codes, task.target_scale) - rows.change)
    mean = sum(int(error) for error in errors) * _UNIT_PARTS // len(errors)  # the sum may leave int64
    return min(mean, _MAX_EVALUATION)
