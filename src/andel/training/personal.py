"""A contributor's own version: the shared one, trained on with its own rows, for itself alone.

Takes a version, rows to train on and rows kept back. Gives the parameters that did best on the rows kept back, never
worse there than the shared ones. Nothing of it leaves the contributor, is signed or is paid: what a round asks for is
trained from the shared version anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.hashing import sha256
from andel.training.engine import train_update
from andel.training.integer_mlp import IntArray, Parameters
from andel.training.local_errors import LocalErrors, local_errors
from andel.training.task import Task
from andel.training.updates import flatten, split_parameters

MAX_PASSES: Final = 1_000

Rows = tuple[npt.NDArray[np.uint8], IntArray]
"""Codes (n, features) and changes (n,)."""


@dataclass(frozen=True, slots=True)
class Personal:
    """The parameters that did best, after how many passes, and the errors on the rows kept back before and after."""

    parameters: tuple[IntArray, ...]
    passes: int
    shared: LocalErrors
    own: LocalErrors


def personalise(
    task: Task, parameters: Parameters, train: Rows, kept: Rows, *, number: int, passes: int = 20, slower: int = 2
) -> Personal:
    """Trains on for `passes` times the local steps of round `number`, at its rate over 2**slower; keeps the best pass.

    The same rows give the same result in an integer task. Raises InputError without a row on either side.
    """
    if not 1 <= passes <= MAX_PASSES:
        raise InputError(f"{passes} passes are not in 1..{MAX_PASSES}")
    if not len(train[1]) or not len(kept[1]):
        raise InputError("there is no row to train on, or none kept back to judge by", "keep some days back")
    pace = task.pace(number)
    gentle = replace(task, steps=pace.steps, rate_shift=min(pace.rate_shift + slower, 24), schedule=())
    shared = best = local_errors(task, parameters, *kept)
    found, after, now = tuple(parameters), 0, tuple(parameters)
    for pass_ in range(1, passes + 1):
        seed = sha256(b"andel.personal.1", pass_.to_bytes(4, "big"))
        update = train_update(gentle, now, *train, number=1, seed=seed, contributor="")
        now = tuple(split_parameters(flatten(now) + update, task))
        errors = local_errors(task, now, *kept)
        if errors.missed < best.missed:
            found, after, best = now, pass_, errors
    return Personal(found, after, shared, best)
