"""Scores: the Aumann–Shapley value of each update in the round's additive game (DESIGN §6).

v(S) = U(w + Σ_{i∈S} p_i x_i) with U = −loss on the scored rows and p_i = weight_i / weight_sum. The score is
φ_i = p_i ⟨x_i, G⟩ with G the mean gradient of U at t = 1/4 and 3/4 on the path w → w + T. Two gradients and n
dot products; splitting one contributor into several gains nothing, and a zero update scores exactly zero.
Source: Aumann & Shapley 1974; K = 2 dyadic nodes: reference, valuation-and-data §1.2 and §1.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from andel.fixed_point import div_nearest
from andel.training.engine import engine_of
from andel.training.integer_mlp import MAX_PARAMETER, IntArray
from andel.training.task import Task
from andel.value.aggregate import Aggregate, stepped
from andel.value.reference import ScoringRows

_NODES: Final = ((1, 4), (3, 4))


def path_gradient(parameters: IntArray, step: Aggregate, task: Task, rows: ScoringRows) -> IntArray:
    """−Σ of the loss gradient over the two nodes of the path, flat int64 at 2**24 (twice the mean gradient of U)."""
    first, second = _slopes([stepped(parameters, step, *node) for node in _NODES], task, rows)
    return -(first + second)


def start_gradient(parameters: IntArray, task: Task, rows: ScoringRows) -> IntArray:
    """−2 times the loss gradient before the round, at the scale of `path_gradient`; no update can have moved it."""
    (slopes,) = _slopes([parameters], task, rows)
    return -2 * slopes


def score_of(dot: int, weight: int, weight_sum: int, scale: int = 1) -> int:
    """φ of a dot product held at `scale`, rounded to nearest, at 2**49 (gradient twice the mean at 2**24, update
    at 2**24).
    """
    return div_nearest(weight * dot, weight_sum * scale)


def scores(dots: Sequence[int], weights: Sequence[int], weight_sum: int, scale: int = 1) -> list[int]:
    """`score_of` of each."""
    return [score_of(dot, weight, weight_sum, scale) for dot, weight in zip(dots, weights, strict=True)]


def _slopes(points: Sequence[IntArray], task: Task, rows: ScoringRows) -> list[IntArray]:
    """The loss gradient at each of the points (flat), flat."""
    # beyond the bound there is no exact network; a round must be settled all the same
    inside = [point.clip(-MAX_PARAMETER, MAX_PARAMETER) for point in points]
    return engine_of(task).gradients(task, inside, rows.codes, rows.targets)
