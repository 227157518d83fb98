"""What a step was worth: how much the loss fell on the scored rows, how sure that is, and the model's error."""

from __future__ import annotations

from math import isqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.training.engine import engine_of
from andel.training.integer_mlp import Parameters
from andel.training.task import Task
from andel.value.reference import ScoringRows

_UNIT_PARTS: Final = 1_000
_MAX_EVALUATION: Final = (1 << 63) - 1  # what the attestation's int64 can say


def gain_and_deviation(task: Task, before: Parameters, after: Parameters, rows: ScoringRows) -> tuple[int, int]:
    """(how much the summed loss fell, the standard error of that), at 2**32 of twice the loss.

    The standard error of a sum of paired differences d is the square root of Σ d² − (Σ d)² / n, floor.
    """
    first, then = (engine_of(task).losses(task, p, rows.codes, rows.targets) for p in (before, after))
    fallen = first - then
    return int(fallen.sum()), deviation_of(fallen)


def deviation_of(fallen: npt.NDArray[Any]) -> int:
    """The standard error of the sum of such differences, floor."""
    gain = int(fallen.sum())
    squares = sum([value * value for value in fallen.tolist()])  # Python's integers, which nothing overflows
    variance = squares - gain * gain // len(fallen)
    return isqrt(max(variance, 0))


def evaluation(task: Task, parameters: Parameters, rows: ScoringRows) -> int:
    """Mean absolute error on the rows in thousandths of the target's unit step, floor; at most 2**63 − 1."""
    errors: list[int] = np.abs(engine_of(task).predict(task, parameters, rows.codes) - rows.change).tolist()
    mean = sum(errors) * _UNIT_PARTS // len(errors)  # the sum may leave int64
    return min(mean, _MAX_EVALUATION)
