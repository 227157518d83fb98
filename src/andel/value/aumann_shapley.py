"""Scores: the Aumann–Shapley value of each update in the round's additive game (DESIGN §6).

v(S) = U(w + Σ_{i∈S} p_i x_i) with U = −loss on the scored rows and p_i = weight_i / weight_sum. The score is
φ_i = p_i ⟨x_i, G⟩ with G the mean gradient of U at t = 1/4 and 3/4 on the path w → w + T. Two gradients and n
dot products; splitting one contributor into several gains nothing, and a zero update scores exactly zero.
Source: Aumann & Shapley 1974; K = 2 dyadic nodes: reference, valuation-and-data §1.2 and §1.5.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from andel.fixed_point import div_nearest
from andel.training.integer_mlp import MAX_PARAMETER, IntArray, loss_gradient
from andel.training.task import Task
from andel.training.updates import flatten, split_parameters
from andel.value.aggregate import Aggregate, stepped
from andel.value.exact_blocks import EXACT, Updates, largest, row_blocks

_NODES: Final = ((1, 4), (3, 4))
_ROOM: Final = EXACT


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


def exact_dots(updates: Updates, gradient: IntArray) -> list[int]:
    """⟨x_i, G⟩ of each row, exactly, as Python integers.

    The gradient is cut into as many pieces of few bits as keep every sum below 2**53, so that float64 BLAS is exact:
    two for usual gradients and a few thousand parameters. The updates are read once.
    """
    dots: list[int] = []
    pieces: dict[int, npt.NDArray[np.float64]] = {}
    for place, block in row_blocks(updates):
        bits = _piece_bits(largest(updates[place]) * len(gradient))
        if bits == 0:  # over 2**25 parameters at the largest update: slower and never wrong
            dots += [int(dot) for dot in updates[place].astype(object) @ gradient.astype(object)]
            continue
        if bits not in pieces:
            pieces[bits] = _pieces(gradient, bits)
        products = (block @ pieces[bits]).tolist()
        dots += [sum(int(part) << (bits * k) for k, part in enumerate(parts)) for parts in products]
    return dots


def _piece_bits(bound: int) -> int:
    """The bits of a factor whose products with all that adds up to `bound` stay below 2**53; 0 when there are none."""
    return max(_ROOM // (bound + 1), 1).bit_length() - 1


def _pieces(values: IntArray, bits: int) -> npt.NDArray[np.float64]:
    """Columns with Σ column k · 2**(bits · k) = values, each within ±2**bits."""
    columns = []
    while largest(values) > 1 << bits:
        high = values >> bits
        columns.append(values - (high << bits))
        values = high
    return np.stack([*columns, values], axis=1).astype(np.float64)
