"""A round's aggregate, scores, step and gain a second time: Python integers and fractions, no NumPy.

Written from docs/rooms/value.md, over the plain network of tests/training. Vectors are lists of integers in the
order of a version's bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial, floor, isqrt

from tests.training import plain_network

Vector = list[int]


def nearest(value: Fraction) -> int:
    """The nearest integer, halves upward."""
    return floor(value + Fraction(1, 2))


def norm(update: Vector) -> int:
    """Floor of the Euclidean length."""
    return isqrt(sum(value * value for value in update))


def median(values: Sequence[int], weights: Sequence[int]) -> int:
    """The smallest value up to which at least half of the weight lies."""
    return min(
        value
        for value in values
        if 2 * sum(w for v, w in zip(values, weights, strict=True) if v <= value) >= sum(weights)
    )


def clipped(updates: Sequence[Vector], weights: Sequence[int]) -> tuple[list[Vector], int]:
    """Updates shortened to the weighted median of their lengths, and that length."""
    limit = median([norm(update) for update in updates], weights)
    short = [
        [nearest(Fraction(value * limit, norm(update))) for value in update] if norm(update) > limit else list(update)
        for update in updates
    ]
    return short, limit


def moved(before: Vector, updates: Sequence[Vector], weights: Sequence[int], times: Fraction) -> Vector:
    """before + times · Σ weight · update / Σ weight."""
    totals = [sum(w * update[i] for w, update in zip(weights, updates, strict=True)) for i in range(len(before))]
    return [b + nearest(times * Fraction(total, sum(weights))) for b, total in zip(before, totals, strict=True)]


class PlainGame:
    """A round's game: updates with weights around `before`, judged on rows with targets."""

    def __init__(
        self, before: Vector, updates: Sequence[Vector], weights: Sequence[int], shape: tuple[int, Sequence[int]]
    ) -> None:
        self.before, self.weights, self.shape = before, list(weights), shape
        self.updates, self.limit = clipped(updates, weights)

    def at(self, times: Fraction) -> Vector:
        """The parameters at `times` of the aggregate."""
        return moved(self.before, self.updates, self.weights, times)

    def scores(self, codes: plain_network.Rows, targets: Sequence[int], residual_limit: int) -> list[int]:
        """Aumann–Shapley with nodes 1/4 and 3/4, at 2**49."""
        gradient = [0] * len(self.before)
        for times in (Fraction(1, 4), Fraction(3, 4)):
            slopes = plain_network.gradient(
                plain_network.unflat(self.at(times), *self.shape), codes, targets, residual_limit
            )
            gradient = [g - s for g, s in zip(gradient, plain_network.flat(slopes), strict=True)]
        dots = [sum(x * g for x, g in zip(update, gradient, strict=True)) for update in self.updates]
        return [nearest(Fraction(w * dot, sum(self.weights))) for w, dot in zip(self.weights, dots, strict=True)]

    def loss(self, vector: Vector, codes: plain_network.Rows, targets: Sequence[int], limit: int) -> int:
        """Twice the summed Huber loss at 2**32."""
        return plain_network.loss(plain_network.unflat(vector, *self.shape), codes, targets, limit)


def shapley(players: int, worth: dict[frozenset[int], float]) -> list[float]:
    """The exact Shapley value from the worth of every coalition."""
    values = [0.0] * players
    for player in range(players):
        others = [other for other in range(players) if other != player]
        for size in range(players):
            share = factorial(size) * factorial(players - size - 1) / factorial(players)
            for members in combinations(others, size):
                coalition = frozenset(members)
                values[player] += share * (worth[coalition | {player}] - worth[coalition])
    return values
