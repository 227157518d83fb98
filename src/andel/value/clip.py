"""The clip: no update leads by its length.

Updates longer than the weighted median length are shortened to it. Weights are proven slots, so that a contributor
under ten names moves the median no further than under one.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import Final

import numpy as np

from andel.training.integer_mlp import IntArray

_EXACT_INT64: Final = 1 << 62


def norm_limit(lengths: Sequence[int], weights: Sequence[int], clip: str) -> int:
    """The length that updates are clipped to, of the updates' lengths: the median, or with "none" the longest.

    The median is over updates that change anything: half the weight in zeros must not clip everybody else to nothing.
    """
    if clip == "none":
        return max(lengths, default=0)
    moving = [(length, weight) for length, weight in zip(lengths, weights, strict=True) if length]
    return weighted_median([length for length, _ in moving], [weight for _, weight in moving])


def norm(update: IntArray) -> int:
    """Floor of the Euclidean length of an update, exactly."""
    high, low = update >> 13, update & 0x1FFF
    # |update| <= 2**26: three partial sums that fit int64 for any length below 2**35
    square = (int((high * high).sum()) << 26) + (int((high * low).sum()) << 14) + int((low * low).sum())
    return isqrt(square)


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
    if length <= limit:
        return update
    if int(np.abs(update).max(initial=0)) * 2 * limit + length < _EXACT_INT64:
        return (2 * update * limit + length) // (2 * length)
    wide = (2 * update.astype(object) * limit + length) // (2 * length)
    return wide.astype(np.int64)
