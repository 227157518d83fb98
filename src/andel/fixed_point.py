"""Integer arithmetic with the rounding in the name, for money, shares and everything validators replay."""

from __future__ import annotations

from collections.abc import Sequence


def mul_div_down(a: int, b: int, divisor: int) -> int:
    """floor(a * b / divisor); exact, for any size."""
    return a * b // divisor


def mul_div_up(a: int, b: int, divisor: int) -> int:
    """ceil(a * b / divisor); exact, for any size."""
    return -(-a * b // divisor)


def div_nearest(a: int, divisor: int) -> int:
    """a / divisor rounded to the nearest integer, halves upward; `divisor` > 0."""
    return (2 * a + divisor) // (2 * divisor)


def split_exactly(total: int, weights: Sequence[int]) -> list[int]:
    """`total` (>= 0) in integer parts proportional to `weights` (>= 0) that sum to it exactly.

    Each part is rounded down; what is left goes, one unit each, to the largest remainders, ties to the lower
    index. Weights that are all zero give all-zero parts, whatever `total` is: nobody earned it.
    """
    weight_sum = sum(weights)
    if weight_sum == 0:
        return [0] * len(weights)
    parts = [total * weight // weight_sum for weight in weights]
    remainders = [total * weight % weight_sum for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts
