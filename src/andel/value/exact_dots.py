"""Dot products of integer vectors, exactly, at the speed of BLAS where its float64 is exact.

Takes int64 arrays of any size within 2**62. Gives Python integers. Never rounds.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.training.integer_mlp import IntArray
from andel.value.exact_blocks import EXACT, Updates, in_threads, largest, row_blocks

_EXACT_INT64: Final = 1 << 62
_FEW_VALUES: Final = 1 << 17
_LOW_BITS: Final = 13


def exact_dots(updates: Updates, gradient: IntArray) -> list[int]:
    """⟨x_i, G⟩ of each row, exactly, as Python integers.

    The gradient is cut into as many pieces of few bits as keep every sum below 2**53, so that float64 BLAS is exact:
    two for usual gradients and a few thousand parameters. The updates are read once. Of few updates, whose products fit
    int64, cutting and joining would cost more than the products.
    """
    steepest = largest(gradient)
    if updates.size < _FEW_VALUES and largest(updates) * len(gradient) * steepest < _EXACT_INT64:
        few: list[int] = (updates.astype(np.int64, copy=False) @ gradient).tolist()
        return few

    def measure(rows: slice) -> list[int]:
        dots: list[int] = []
        pieces: dict[int, npt.NDArray[np.float64]] = {}
        for place, block in row_blocks(updates, rows):
            worst = largest(updates[place]) * len(gradient)
            bits = _piece_bits(worst)
            if bits == 0:  # over 2**25 parameters at the largest update: slower and never wrong
                dots += [int(dot) for dot in updates[place].astype(object) @ gradient.astype(object)]
                continue
            if bits not in pieces:
                pieces[bits] = _pieces(gradient, bits)
            dots += _joined((block @ pieces[bits]).astype(np.int64), bits, worst * steepest)
        return dots

    return [dot for part in in_threads(measure, updates) for dot in part]


def exact_products(left: IntArray, right: IntArray) -> npt.NDArray[Any]:
    """left (n, m) times right (m,) or (m, k), exactly, as an array of Python integers.

    Both sides are split into high and low halves; where their products add up below 2**53, as they do for all but
    extreme values, float64 BLAS is exact, and elsewhere Python's integers take over.
    """
    total: npt.NDArray[Any] = np.zeros(left.shape[:1] + right.shape[1:], object)
    for shift, half in _halves(left):
        for other_shift, other in _halves(right):
            bound = int(np.abs(half).max(initial=0)) * int(np.abs(other).max(initial=0)) * len(right)
            if bound < EXACT:
                product = (half.astype(np.float64) @ other.astype(np.float64)).astype(np.int64).astype(object)
            else:  # slower and never wrong
                product = half.astype(object) @ other.astype(object)
            total = total + product * (1 << (shift + other_shift))
    return total


def _halves(values: IntArray) -> tuple[tuple[int, IntArray], tuple[int, IntArray]]:
    high = values >> _LOW_BITS
    return (_LOW_BITS, high), (0, values - (high << _LOW_BITS))


def _piece_bits(bound: int) -> int:
    """The bits of a factor whose products with all that adds up to `bound` stay below 2**53; 0 when there are none."""
    return max(EXACT // (bound + 1), 1).bit_length() - 1


def _joined(parts: IntArray, bits: int, bound: int) -> list[int]:
    """Σ column k · 2**(bits · k) of each row, whose magnitude is within `bound`."""
    wide = bound >= _EXACT_INT64
    total: npt.NDArray[Any] = np.zeros(len(parts), object if wide else np.int64)
    for column in parts.T[::-1]:  # Horner's rule: no step goes beyond twice the bound
        total = (total << bits) + (column.astype(object) if wide else column)
    found: list[int] = total.tolist()
    return found


def _pieces(values: IntArray, bits: int) -> npt.NDArray[np.float64]:
    """Columns with Σ column k · 2**(bits · k) = values, each within ±2**bits."""
    columns, most = [], largest(values)
    while most > 1 << bits:
        high = values >> bits
        columns.append(values - (high << bits))
        values, most = high, (most >> bits) + 1
    return np.array([*columns, values], np.float64).T
