"""A version's errors on one owner's rows: counts and sums, in integers.

Takes parameters and rows. Gives what may be told of them (`andel.training.federated_errors`) and what a contributor
judges its own version by (`andel.training.personal`). Never signs or sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andel.training.engine import engine_of
from andel.training.integer_mlp import IntArray, Parameters
from andel.training.task import Task

MAX_ROWS: Final = 1 << 20
MAX_MISSED: Final = 1 << 33
"""Where the error of a row is held, in the channel's steps: no true change is as large."""


@dataclass(frozen=True, slots=True)
class LocalErrors:
    """Over so many rows: the sums of |answer - measured| (`missed`) and of |change| (`moved`: what "no change" misses),
    in the target's steps.
    """

    rows: int
    missed: int
    moved: int


def local_errors(task: Task, parameters: Parameters, codes: npt.NDArray[np.uint8], change: IntArray) -> LocalErrors:
    """A version's errors on rows, of which the first 2**20 count."""
    predicted = engine_of(task).predict(task, parameters, codes[:MAX_ROWS])
    measured = change[:MAX_ROWS]
    missed = np.abs(predicted.clip(-MAX_MISSED, MAX_MISSED) - measured).clip(0, MAX_MISSED)
    return LocalErrors(len(measured), int(missed.sum()), int(np.abs(measured).clip(0, MAX_MISSED).sum()))
