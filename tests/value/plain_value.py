"""A round's filters, aggregate, scores, step, gain and budget a second time: Python integers and fractions, no NumPy.

Written from docs/rooms/value.md, over the plain network of tests/training. Vectors are lists of integers in the
order of a version's bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import factorial, floor, isqrt

from andel.training.rules import ValueRules
from andel.training.task import Task
from tests.training import plain_network

Vector = list[int]


def nearest(value: Fraction) -> int:
    """The nearest integer, halves upward."""
    return floor(value + Fraction(1, 2))


def norm(update: Vector) -> int:
    """Floor of the Euclidean length."""
    return isqrt(sum(value * value for value in update))


def median(values: Sequence[int], weights: Sequence[int]) -> int:
    """The smallest value up to which at least half of the weight lies; 0 of nothing."""
    reached = (
        value
        for value in values
        if 2 * sum(w for v, w in zip(values, weights, strict=True) if v <= value) >= sum(weights)
    )
    return min(reached, default=0)


def limit_of(updates: Sequence[Vector], weights: Sequence[int], clip: str = "weighted-median") -> int:
    """The length that updates are clipped to."""
    if clip == "none":
        return max(map(norm, updates), default=0)
    moving = [(norm(update), weight) for update, weight in zip(updates, weights, strict=True) if any(update)]
    return median([length for length, _ in moving], [weight for _, weight in moving])


def shortened(update: Vector, limit: int) -> Vector:
    """The update, no longer than `limit` but for rounding."""
    length = norm(update)
    return [nearest(Fraction(value * limit, length)) for value in update] if length > limit else list(update)


def clipped(updates: Sequence[Vector], weights: Sequence[int]) -> tuple[list[Vector], int]:
    """Updates shortened to the weighted median of their lengths, and that length."""
    limit = limit_of(updates, weights)
    return [shortened(update, limit) for update in updates], limit


def dot(left: Sequence[int], right: Sequence[int | Fraction]) -> Fraction:
    """Their product."""
    return sum((Fraction(x) * y for x, y in zip(left, right, strict=True)), Fraction(0))


def length_squared(vector: Sequence[Fraction]) -> Fraction:
    """⟨x, x⟩."""
    return sum((value * value for value in vector), Fraction(0))


def gated(dots: Sequence[int], weights: Sequence[int], credits: Sequence[int], mads: int) -> list[bool]:
    """Whom the gate drops, by ⟨x, G⟩ at the start."""
    moving = [(value, weight) for value, weight in zip(dots, weights, strict=True) if value]
    heavy = [weight for _, weight in moving]
    total = sum(weights)
    records = [nearest(Fraction(credit * total, weight)) for credit, weight in zip(credits, weights, strict=True)]
    usual = max(0, median(records, weights))
    middle = median([value for value, _ in moving], heavy)
    spread = median([abs(value - middle) for value, _ in moving], heavy)
    return [
        bool(mads)
        and (
            (value < 0 and value < middle - mads * spread and record + value < -Fraction(usual, 2))
            or (usual > 0 and record < -Fraction(usual, 2))
        )
        for value, record in zip(dots, records, strict=True)
    ]


def krum_scores(updates: Sequence[Vector], weights: Sequence[int], drop: int) -> list[int]:
    """Sums of squared distances over one neighbour's slot after the other, nearest first."""
    found = []
    for i, update in enumerate(updates):
        slots: list[int] = []
        for j, other in enumerate(updates):
            if j != i:
                square = sum((x - y) ** 2 for x, y in zip(update, other, strict=True))
                slots += [square] * weights[j]
        found.append(sum(sorted(slots)[: max(0, sum(weights) - drop - min(weights) - weights[i])]))
    return found


def krum_dropped(updates: Sequence[Vector], weights: Sequence[int], bps: int) -> list[bool]:
    """Whom multi-Krum drops: the furthest, of equals the last, until one does not fit."""
    room = sum(weights) * bps // 10_000
    dropped = [False] * len(updates)
    scores = krum_scores(updates, weights, room)
    for _, i in sorted(((score, i) for i, score in enumerate(scores)), reverse=True):
        room -= weights[i]
        if room < 0:
            break
        dropped[i] = True
    return dropped


def projected(gradient: Sequence[int], steps: Sequence[Vector]) -> list[Fraction]:
    """The gradient without what lies along the steps: Gram and Schmidt, in fractions."""
    rest = [Fraction(value) for value in gradient]
    base: list[list[Fraction]] = []
    for step in steps:
        new = [Fraction(value) for value in step]
        for former in base:
            times = dot(step, former) / length_squared(former)
            new = [x - times * y for x, y in zip(new, former, strict=True)]
        if any(new):
            base.append(new)
            times = dot(gradient, new) / length_squared(new)
            rest = [x - times * y for x, y in zip(rest, new, strict=True)]
    return rest


def paid(budget: int, operators: int, fixed: int, gain: int, noise: int, best: int) -> int:
    """What contributors are paid of a budget; `operators` and `fixed` in basis points."""
    whole = floor(Fraction(budget * (10_000 - operators), 10_000))
    if gain <= noise:
        return 0
    first = floor(Fraction(whole * fixed, 10_000))
    return first + floor((whole - first) * min(Fraction(1), Fraction(gain, max(best, gain))))


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


@dataclass
class PlainRows:
    """Rows with targets."""

    codes: plain_network.Rows
    targets: Sequence[int]


class PlainRound:
    """The whole pipeline under given rules: who is dropped, the clip, scores plain and novel, the step."""

    def __init__(
        self,
        task: Task,
        rules: ValueRules,
        before: Vector,
        steps: Sequence[Vector],
        given: Sequence[tuple[Vector, int, int]],
        steering: PlainRows,
        scoring: PlainRows,
    ) -> None:
        """`given` are (update, weight, credit)."""
        self.shape, self.limit = (len(task.features), task.layers), task.score_limit
        updates, weights = [update for update, _, _ in given], [weight for _, weight, _ in given]
        start = [-2 * slope for slope in self._slopes(before, steering)]
        dots = [int(dot(update, start)) for update in updates]
        self.dropped = gated(dots, weights, [credit for _, _, credit in given], rules.gate_mads)
        passed = [i for i, drop in enumerate(self.dropped) if not drop]
        if rules.krum_drop_bps:
            apart = krum_dropped([updates[i] for i in passed], [weights[i] for i in passed], rules.krum_drop_bps)
            for i, drop in zip(passed, apart, strict=True):
                self.dropped[i] = drop
        kept = [i for i, drop in enumerate(self.dropped) if not drop]
        mass = sum(weights[i] for i in kept)
        self.norm_limit = limit_of([updates[i] for i in kept], [weights[i] for i in kept], rules.clip)
        short = [shortened(update, self.norm_limit) for update in updates]
        chosen, heavy = [short[i] for i in kept], [weights[i] for i in kept]
        halves = [self._slopes(moved(before, chosen, heavy, Fraction(t, 4)), scoring) for t in (1, 3)]
        gradient = [-a - b for a, b in zip(*halves, strict=True)]
        novel = projected(gradient, steps[max(0, len(steps) - rules.novelty_steps) :])
        self.plain = [nearest(w * dot(x, gradient) / mass) for w, x in zip(weights, short, strict=True)]
        scores = [nearest(w * dot(x, novel) / mass) for w, x in zip(weights, short, strict=True)]
        owed = [max(0, -credit) for _, _, credit in given]
        self.scores = [min(debt, s) if drop else s for s, debt, drop in zip(scores, owed, self.dropped, strict=True)]
        losses = [
            (self._loss(moved(before, chosen, heavy, Fraction(q, 4)), steering), q)
            for q in sorted({0, *rules.line_search})
        ]
        self.step = min(losses)[1]
        self.after = moved(before, chosen, heavy, Fraction(self.step, 4))

    def _slopes(self, vector: Vector, rows: PlainRows) -> Vector:
        network = plain_network.unflat(vector, *self.shape)
        return plain_network.flat(plain_network.gradient(network, rows.codes, rows.targets, self.limit))

    def _loss(self, vector: Vector, rows: PlainRows) -> int:
        return plain_network.loss(plain_network.unflat(vector, *self.shape), rows.codes, rows.targets, self.limit)


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
