"""Novelty: what repeats the model's last public steps is not paid again.

With P the projection off those steps, a contributor is paid for ⟨P x, G⟩ = ⟨x, P G⟩, so G is projected once and not
every update. P G = G − Σ c_k s_k with rational c_k from the steps' normal equations; nothing is rounded here: every
product is held over the one denominator `scale`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from andel.training.integer_mlp import IntArray
from andel.value.exact_dots import exact_dots, exact_products


@dataclass(frozen=True, slots=True)
class Projection:
    """P G = G − Σ parts[k] / scale · steps[k]; `steps` (k, parameters)."""

    steps: IntArray
    parts: tuple[int, ...]
    scale: int

    def novel(self, updates: IntArray, dots: Sequence[int]) -> list[int]:
        """scale · ⟨x, P G⟩ of each update (n, parameters), exactly; `dots` are ⟨x, G⟩."""
        found = [self.scale * dot for dot in dots]
        for step, part in zip(self.steps, self.parts, strict=True):
            repeated = exact_dots(updates, step)
            found = [value - part * again for value, again in zip(found, repeated, strict=True)]
        return found


def project_off(gradient: IntArray, steps: Sequence[IntArray]) -> Projection:
    """The projection of `gradient` off the span of `steps`; steps that add no direction to it count for nothing."""
    kept = np.array([step for step in steps if step.any()], np.int64).reshape(-1, len(gradient))
    parts = _coefficients(exact_products(kept, kept.T).tolist(), exact_dots(kept, gradient))
    scale = lcm(*(part.denominator for part in parts))
    return Projection(kept, tuple(int(part * scale) for part in parts), scale)


def public_steps(versions: Sequence[IntArray]) -> list[IntArray]:
    """What changed between each version (flat) and the next."""
    return [after - before for before, after in zip(versions, versions[1:], strict=False)]


def _coefficients(gram: list[list[int]], right: list[int]) -> list[Fraction]:
    """A solution c of gram · c = right, by elimination; a row that depends on those before it gets 0."""
    size = len(right)
    rows = [[*map(Fraction, row), Fraction(value)] for row, value in zip(gram, right, strict=True)]
    pivots = []
    for column in range(size):
        # a Gram matrix: its pivot is the squared length of what is new in this step, 0 only where nothing is
        if rows[column][column] == 0:
            continue
        pivots.append(column)
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for other in range(size):
            if other != column and rows[other][column]:
                times = rows[other][column]
                rows[other] = [value - times * base for value, base in zip(rows[other], rows[column], strict=True)]
    return [rows[column][size] if column in pivots else Fraction(0) for column in range(size)]
