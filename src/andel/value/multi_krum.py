"""Weighted multi-Krum: updates that lie furthest from the mass of the others are left out, up to a part of the weight.

Krum's score of an update is the sum of its squared distances to its nearest others; here a neighbour counts with its
proven slots, never as one head, so that ten names of one contributor are as near to each other as one name to itself.
With equal weights it is multi-Krum of Blanchard et al. 2017 with f = drop, whose n − f survivors are kept. It compares
every pair of updates, and it drops whoever differs, not only who harms: no default
(docs/decisions/0014-the-value-pipeline.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from andel.training.integer_mlp import IntArray
from andel.value.exact_dots import exact_products

_BPS: Final = 10_000


def multi_krum(updates: IntArray, weights: Sequence[int], drop_bps: int) -> list[bool]:
    """Which of the updates (n, parameters), not clipped, are dropped: the furthest, while their weight fits `drop_bps`.

    The first that does not fit ends it. Of equal scores the later in order is dropped first.
    """
    allowed = sum(weights) * drop_bps // _BPS
    dropped = [False] * len(weights)
    if not allowed:
        return dropped
    scores = krum_scores(updates, weights, allowed)
    for i in sorted(range(len(weights)), key=lambda i: (scores[i], i), reverse=True):
        allowed -= weights[i]
        if allowed < 0:
            break
        dropped[i] = True
    return dropped


def krum_scores(updates: IntArray, weights: Sequence[int], drop: int) -> list[int]:
    """Σ weight · squared distance over each update's nearest others, exactly.

    They are taken until they and the update itself weigh Σ weights − `drop` − the least weight, of the last one only
    the part that fits: with equal weights n − f − 2 others.
    """
    products = exact_products(updates, updates.T)
    mass = sum(weights) - drop - min(weights)
    found = []
    for i, own in enumerate(weights):
        row = sorted(
            (products[i, i] + products[j, j] - 2 * products[i, j], weights[j]) for j in range(len(weights)) if j != i
        )
        left, score = mass - own, 0
        for square, weight in row:
            if left <= 0:
                break
            score += square * min(weight, left)
            left -= weight
        found.append(int(score))
    return found
