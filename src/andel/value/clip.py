"""The clip: no update leads by its length.

Updates longer than the weighted median length are shortened to it. Weights are proven slots, so that a contributor
under ten names moves the median no further than under one.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.training.integer_mlp import IntArray
from andel.value.exact_blocks import lengths, scaled


def norm_limit(norms: Sequence[int], weights: Sequence[int], clip: str) -> int:
    """The length that updates are clipped to, of the updates' lengths: the median, or with "none" the longest.

    The median is over updates that change anything: half the weight in zeros must not clip everybody else to nothing.
    """
    if clip == "none":
        return max(norms, default=0)
    moving = [(length, weight) for length, weight in zip(norms, weights, strict=True) if length]
    return weighted_median([length for length, _ in moving], [weight for _, weight in moving])


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
