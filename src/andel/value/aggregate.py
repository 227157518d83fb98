"""Aggregation: an exact integer function of the set of updates; their order cannot matter.

Clipped updates are multiplied by their weights and added. The sum is kept over its common denominator, so no division
comes before the last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.hashing import sha256
from andel.training.integer_mlp import IntArray
from andel.units import Digest

_EXACT_INT64: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`total` = Σ weight · update (parameters,); the aggregate update is total / weight_sum."""

    total: IntArray
    weight_sum: int

    @property
    def hash(self) -> Digest:
        """SHA-256 of the weights' sum (8 bytes) and the total, int64 little-endian."""
        return sha256(self.weight_sum.to_bytes(8, "big"), self.total.astype("<i8").tobytes())


def aggregate(updates: npt.NDArray[np.int64], weights: Sequence[int]) -> Aggregate:
    """Adds. `updates` (n, parameters) int64 within ±2**26; `weights` positive, one per update.

    Raises InputError when there is nothing to add or the sum would leave int64.
    """
    if len(updates) == 0 or len(updates) != len(weights) or min(weights) <= 0:
        raise InputError("aggregation takes one positive weight for each of at least one update")
    largest = int(np.abs(updates).max(initial=0))
    if largest * sum(weights) >= _EXACT_INT64:
        raise InputError("the weighted sum of these updates leaves 64-bit integers")
    total = np.asarray(weights, np.int64) @ updates  # integer matmul: exact in any order
    return Aggregate(total, sum(weights))


def stepped(parameters: IntArray, step: Aggregate, numerator: int, denominator: int) -> IntArray:
    """parameters + (numerator / denominator) · total / weight_sum, rounded to nearest; flat int64."""
    divisor = 2 * step.weight_sum * denominator
    if int(np.abs(step.total).max(initial=0)) * 2 * max(numerator, 1) + divisor < _EXACT_INT64:
        return parameters + (2 * numerator * step.total + divisor // 2) // divisor
    wide = (2 * numerator * step.total.astype(object) + divisor // 2) // divisor
    return parameters + wide.astype(np.int64)
