"""Aggregation: from weighted updates to one aggregate, bit for bit the same in any order, anywhere.

Updates longer than the limit are shortened to it, and what is kept is added. Everything is integer arithmetic with
stated rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from andel.errors import InputError
from andel.hashing import sha256
from andel.training.integer_mlp import IntArray
from andel.units import Digest
from andel.value.clip import norm_limit
from andel.value.exact_blocks import Updates, clipped_sum, largest, lengths

_EXACT_INT64: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`total` = Σ weight · update (parameters,) of what was kept; the aggregate update is total / weight_sum.

    `updates` (n, parameters) are all, clipped to `norm_limit`, of the type that was given (int64 or int32); `lengths`
    are theirs before the clip and `weights` theirs, kept or not.
    """

    updates: Updates
    weights: tuple[int, ...]
    lengths: tuple[int, ...]
    norm_limit: int
    total: IntArray
    weight_sum: int

    @property
    def hash(self) -> Digest:
        """SHA-256 of the kept weights' sum (8 bytes) and the total, int64 little-endian."""
        return sha256(self.weight_sum.to_bytes(8, "big"), self.total.astype("<i8").tobytes())


def aggregate(
    updates: Updates,
    weights: Sequence[int],
    clip: str = "weighted-median",
    kept: Sequence[bool] | None = None,
    *,
    in_place: bool = False,
) -> Aggregate:
    """Clips and adds. `updates` (n, parameters) int64 or int32 within ±2**26; `weights` positive, one per update.

    `clip` is one of `andel.training.rules.CLIPS`. Those not `kept` (all are, without it) are clipped like the rest, and
    neither added nor part of the limit. `in_place`: the caller has no more use for `updates`, and they are clipped
    where they lie, without a second copy. Raises InputError when there is nothing to add or the sum would leave int64.
    """
    counted = [True] * len(weights) if kept is None else list(kept)
    if len(updates) == 0 or len(updates) != len(weights) or min(weights) <= 0 or not any(counted):
        raise InputError("aggregation takes one positive weight for each of at least one update")
    norms = lengths(updates)
    # no value is larger than its row is long; only where that is not enough are they all looked at
    if max(norms) * sum(weights) >= _EXACT_INT64 and largest(updates) * sum(weights) >= _EXACT_INT64:
        raise InputError("the weighted sum of these updates leaves 64-bit integers")
    among = [i for i, keep in enumerate(counted) if keep]
    limit = norm_limit([norms[i] for i in among], [weights[i] for i in among], clip)
    added = [weight if keep else 0 for weight, keep in zip(weights, counted, strict=True)]
    clipped, total = clipped_sum(updates, added, norms, limit, in_place=in_place)
    return Aggregate(clipped, tuple(weights), tuple(norms), limit, total, sum(added))


def stepped(parameters: IntArray, step: Aggregate, numerator: int, denominator: int) -> IntArray:
    """parameters + (numerator / denominator) · total / weight_sum, rounded to nearest; flat int64."""
    divisor = 2 * step.weight_sum * denominator
    if int(np.abs(step.total).max(initial=0)) * 2 * max(numerator, 1) + divisor < _EXACT_INT64:
        return parameters + (2 * numerator * step.total + divisor // 2) // divisor
    wide = (2 * numerator * step.total.astype(object) + divisor // 2) // divisor
    return parameters + wide.astype(np.int64)
