"""Aggregation: an exact integer function of the set of updates; their order cannot matter.

Updates longer than the weighted median are shortened to it (the clip that keeps one contributor from leading),
then multiplied by their weights and added. The sum is kept over its common denominator, so no division comes
before the last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from andel.errors import InputError
from andel.training.integer_mlp import IntArray
from andel.value.exact_blocks import Updates, clipped_sum, largest, lengths, scaled

_EXACT_INT64 = 1 << 62


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`updates` (n, parameters) after clipping; `total` = Σ weight · update (parameters,); `weight_sum`.

    The aggregate update is total / weight_sum; `norm_limit` is the length that updates were clipped to. `updates` has
    the type that was given, int64 or int32.
    """

    updates: Updates
    weights: tuple[int, ...]
    total: IntArray
    weight_sum: int
    norm_limit: int


def aggregate(updates: Updates, weights: Sequence[int], *, in_place: bool = False) -> Aggregate:
    """Clips and adds. `updates` (n, parameters) int64 or int32 within ±2**26; `weights` positive, one per update.

    `in_place`: the caller has no more use for `updates`, and they are clipped where they lie, without a second copy.
    Raises InputError when there is nothing to add or the sum would leave int64.
    """
    if len(updates) == 0 or len(updates) != len(weights) or min(weights) <= 0:
        raise InputError("aggregation takes one positive weight for each of at least one update")
    norms = lengths(updates)
    # no value is larger than its row is long; only where that is not enough are they all looked at
    if max(norms) * sum(weights) >= _EXACT_INT64 and largest(updates) * sum(weights) >= _EXACT_INT64:
        raise InputError("the weighted sum of these updates leaves 64-bit integers")
    # over updates that change anything: half the weight in zeros must not clip everybody else to nothing
    moving = [(length, weight) for length, weight in zip(norms, weights, strict=True) if length]
    limit = weighted_median([length for length, _ in moving], [weight for _, weight in moving])
    clipped, total = clipped_sum(updates, weights, norms, limit, in_place=in_place)
    return Aggregate(clipped, tuple(weights), total, sum(weights), limit)


def norm(update: IntArray) -> int:
    """Floor of the Euclidean length of an update, exactly."""
    return lengths(update[None, :])[0]


def weighted_median(values: Sequence[int], weights: Sequence[int]) -> int:
    """The smallest value such that values up to it hold at least half of the weight; 0 of nothing."""
    half = sum(weights)
    running = 0
    for value, weight in sorted(zip(values, weights, strict=True)):
        running += 2 * weight
        if running >= half:
            return value
    return 0


def clip_to(update: IntArray, length: int, limit: int) -> IntArray:
    """The update shortened to `limit`, each value rounded to nearest; unchanged when it is not longer."""
    return update if length <= limit else scaled(update, length, limit)


def stepped(parameters: IntArray, step: Aggregate, numerator: int, denominator: int) -> IntArray:
    """parameters + (numerator / denominator) · total / weight_sum, rounded to nearest; flat int64."""
    divisor = 2 * step.weight_sum * denominator
    if int(np.abs(step.total).max(initial=0)) * 2 * max(numerator, 1) + divisor < _EXACT_INT64:
        return parameters + (2 * numerator * step.total + divisor // 2) // divisor
    wide = (2 * numerator * step.total.astype(object) + divisor // 2) // divisor
    return parameters + wide.astype(np.int64)
