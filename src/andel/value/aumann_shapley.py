"""Scores: the Aumann–Shapley value of each update in the round's additive game (DESIGN §6).

v(S) = U(w + Σ_{i∈S} p_i x_i) with U = −loss on the scored rows and p_i = weight_i / weight_sum. The score is
φ_i = p_i ⟨x_i, G⟩ with G the mean gradient of U at t = 1/4 and 3/4 on the path w → w + T. Two gradients and n
dot products; splitting one contributor into several gains nothing, and a zero update scores exactly zero.
Source: Aumann & Shapley 1974; K = 2 dyadic nodes: reference, valuation-and-data §1.2 and §1.5.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.fixed_point import div_nearest
from andel.training.integer_mlp import MAX_PARAMETER, IntArray, loss_gradient
from andel.training.task import Task
from andel.training.updates import flatten, split_parameters
from andel.value.aggregate import Aggregate, stepped

_NODES: Final = ((1, 4), (3, 4))
_LOW_BITS: Final = 12
_EXACT: Final = 1 << 53


def path_gradient(
    parameters: IntArray,
    step: Aggregate,
    task: Task,
    codes: npt.NDArray[np.uint8],
    targets: IntArray,
) -> IntArray:
    """−Σ of the loss gradient over the two nodes of the path, flat int64 at 2**24 (twice the mean gradient of U)."""
    gradient = np.zeros_like(parameters)
    for numerator, denominator in _NODES:
        reached = stepped(parameters, step, numerator, denominator)
        # beyond the bound there is no exact network; a round must be settled all the same
        node = split_parameters(reached.clip(-MAX_PARAMETER, MAX_PARAMETER), task)
        gradient -= flatten(loss_gradient(node, codes, targets, task.score_limit))
    return gradient


def scores(step: Aggregate, gradient: IntArray) -> list[int]:
    """φ of each update, rounded to nearest, at 2**49 (gradient twice the mean at 2**24, update at 2**24)."""
    dots = exact_dots(step.updates, gradient)
    return [div_nearest(weight * dot, step.weight_sum) for weight, dot in zip(step.weights, dots, strict=True)]


def exact_dots(updates: IntArray, gradient: IntArray) -> list[int]:
    """⟨x_i, G⟩ of each row, exactly, as Python integers.

    Both sides are split into high and low halves; where their products add up below 2**53, as they do for all but
    extreme gradients, float64 BLAS is exact, and elsewhere Python's integers take over.
    """
    parts: list[tuple[int, npt.NDArray[Any]]] = []
    for shift, half in _halves(updates):
        for other_shift, other in _halves(gradient):
            bound = int(np.abs(half).max(initial=0)) * int(np.abs(other).max(initial=0)) * len(gradient)
            kind = np.float64 if bound < _EXACT else object  # slower and never wrong
            parts.append((shift + other_shift, half.astype(kind) @ other.astype(kind)))
    return [sum(int(part[i]) << shift for shift, part in parts) for i in range(len(updates))]


def _halves(values: IntArray) -> tuple[tuple[int, IntArray], tuple[int, IntArray]]:
    high = values >> _LOW_BITS
    return (_LOW_BITS, high), (0, values - (high << _LOW_BITS))
