"""Adversaries that try to read a contributor's readings out of what a round shows.

Takes what everybody has (the task, the version, seed 1, who contributed) and what was shown: one update, or the mean of
a group. Gives guesses at rows, at one reading, and at who trained on a row. Only benchmarks and attack tests call it;
how far each gets in each privacy mode stands in docs/privacy.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from andel.data.features import CodeArray
from andel.training.engine import engine_of, train_update
from andel.training.integer_bounds import INPUT_BITS, INPUT_ZERO, MAX_PARAMETER
from andel.training.integer_mlp import IntArray, Parameters, flatten, scaled_targets, unflatten
from andel.training.task import Task

Floats = npt.NDArray[np.float64]


def inverted_rows(task: Task, update: IntArray) -> Floats:
    """Rows of codes (hidden units, features) by the quotient of first-layer weights and biases.

    A unit's weights change by Σ δ x and its bias by Σ δ, so where one row moved it, the quotient *is* that row; where
    many did, it is a mean of them (Zhu et al. 2019 and Geiping et al. 2020 start from the same). Units that did not
    move give no row.
    """
    weights, biases = unflatten(update, task.shapes)[:2]
    moved = np.flatnonzero(biases)
    inputs = weights[:, moved] / biases[moved]
    return np.asarray(INPUT_ZERO + inputs.T * (1 << INPUT_BITS))


def distance_to_rows(guesses: Floats, codes: CodeArray) -> float:
    """The median over guesses of the root mean square distance, in codes, to the nearest of these rows."""
    if not len(guesses):
        return 255.0
    rows = np.unique(codes, axis=0).astype(np.float64)
    nearest = [np.sqrt(((rows - np.clip(guess, 0, 255)) ** 2).mean(axis=1)).min() for guess in guesses]
    return float(np.median(nearest))


def guessed_reading(
    task: Task,
    parameters: Parameters,
    codes: CodeArray,
    change: IntArray,
    place: tuple[int, int],
    seen: IntArray,
    seed: bytes,
    contributor: str,
    candidates: Sequence[int] = tuple(range(256)),
    number: int = 1,
) -> int:
    """The code at `place` (row, feature) that, trained on with all other rows known in round `number`, comes nearest to
    what was `seen`.

    Local training is exact and its seed is public, so where an update is seen alone the right code gives it bit by bit.
    """
    tried = codes.copy()
    best, found = None, candidates[0]
    for code in candidates:
        tried[place] = code
        update = train_update(task, parameters, tried, change, number=number, seed=seed, contributor=contributor)
        off = float(((update - seen).astype(np.float64) ** 2).sum())
        if best is None or off < best:
            best, found = off, code
    return found


def membership_auc(
    task: Task,
    parameters: Parameters,
    seen: IntArray,
    member: tuple[CodeArray, IntArray],
    other: tuple[CodeArray, IntArray],
) -> float:
    """How often what was seen helps a row that was trained on more than one that was not (0.5 is a coin).

    Rows are scored by how far their loss falls along the update (Yeom et al. 2018).
    """
    trained, strange = (_fall(task, parameters, seen, *rows) for rows in (member, other))
    ranks = np.searchsorted(np.sort(strange), trained, "left") + np.searchsorted(np.sort(strange), trained, "right")
    return float(ranks.mean() / (2 * len(strange)))


def _fall(task: Task, parameters: Parameters, seen: IntArray, codes: CodeArray, change: IntArray) -> Floats:
    before = flatten(parameters)
    after = unflatten((before + seen).clip(-MAX_PARAMETER, MAX_PARAMETER), task.shapes)
    targets, engine = scaled_targets(change, task.target_scale), engine_of(task)
    losses = [engine.losses(task, point, codes, targets).astype(np.float64) for point in (parameters, after)]
    return np.asarray(losses[0] - losses[1])
