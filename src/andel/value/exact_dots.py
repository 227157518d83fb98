"""Dot products of integer vectors, exactly, at the speed of BLAS where its float64 is exact.

Takes int64 arrays of any size within 2**62. Gives Python integers. Never rounds.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.training.integer_mlp import IntArray

_LOW_BITS: Final = 13
_EXACT: Final = 1 << 53


def exact_dots(rows: IntArray, vector: IntArray) -> list[int]:
    """⟨row, vector⟩ of each row (n, m), exactly."""
    return [int(dot) for dot in exact_products(rows, vector)]


def exact_products(left: IntArray, right: IntArray) -> npt.NDArray[Any]:
    """left (n, m) times right (m,) or (m, k), exactly, as an array of Python integers.

    Both sides are split into high and low halves; where their products add up below 2**53, as they do for all but
    extreme values, float64 BLAS is exact, and elsewhere Python's integers take over.
    """
    total: npt.NDArray[Any] = np.zeros(left.shape[:1] + right.shape[1:], object)
    for shift, half in _halves(left):
        for other_shift, other in _halves(right):
            bound = int(np.abs(half).max(initial=0)) * int(np.abs(other).max(initial=0)) * len(right)
            if bound < _EXACT:
                product = (half.astype(np.float64) @ other.astype(np.float64)).astype(np.int64).astype(object)
            else:  # slower and never wrong
                product = half.astype(object) @ other.astype(object)
            total = total + product * (1 << (shift + other_shift))
    return total


def _halves(values: IntArray) -> tuple[tuple[int, IntArray], tuple[int, IntArray]]:
    high = values >> _LOW_BITS
    return (_LOW_BITS, high), (0, values - (high << _LOW_BITS))
