"""The one loop of `streamed_sum` that is worth compiling, by Numba where it is installed (the extra `kernel`).

Takes a block of int32 values and int64 weights. Gives their weighted sum in int64, which wraps nowhere as the caller
has checked, and so the same integers as the arithmetic in NumPy. Never needed: without Numba the sum is slower.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

AddBlock = Callable[[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.int64]], int]
"""(total (m,), values (n, m), weights (n,)): adds Σ weight · value to the total; gives the largest magnitude."""


@lru_cache(maxsize=1)
def compiled_add() -> AddBlock | None:
    """The compiled loop, ready to run; None where Numba is not installed."""
    try:
        from numba import njit  # an extra of two hundred megabytes
    except ImportError:
        return None
    compiled: AddBlock = njit("int64(int64[::1], int32[:, ::1], int64[::1])", nogil=True)(_add)
    return compiled


def _add(total: Any, values: Any, weights: Any) -> int:
    """Four rows at a time, so that the total is read and written a quarter as often."""
    count, columns = values.shape
    low = high = np.int32(0)
    row = 0
    while row + 4 <= count:
        w0, w1, w2, w3 = weights[row], weights[row + 1], weights[row + 2], weights[row + 3]
        for j in range(columns):
            a, b, c, d = values[row, j], values[row + 1, j], values[row + 2, j], values[row + 3, j]
            low = min(low, min(min(a, b), min(c, d)))
            high = max(high, max(max(a, b), max(c, d)))
            total[j] += w0 * a + w1 * b + w2 * c + w3 * d
        row += 4
    while row < count:
        weight = weights[row]
        for j in range(columns):
            value = values[row, j]
            low = min(low, value)
            high = max(high, value)
            total[j] += weight * value
        row += 1
    most: int = max(np.int64(high), -np.int64(low))  # type: ignore[assignment]  # compiled: an int64
    return most
