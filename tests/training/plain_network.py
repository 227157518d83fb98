"""The integer network a second time: plain Python integers and fractions, no NumPy, as docs/rooms/training.md has it.

Slow on purpose and by another route: sums are Python's, rounding is `floor` of a `Fraction`, minibatches come from
`hashlib`. What it gives must be bit for bit what `andel.training.integer_mlp` gives.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from math import floor

Rows = Sequence[Sequence[int]]
Network = tuple[list[list[int]], list[int], list[int], int]
"""W1 as rows of inputs, b1, W2, b2; integers at 2**24."""

LIMIT = 2**30
HIDDEN_LIMIT = 2**22


def forward(network: Network, codes: Sequence[int]) -> tuple[list[int], int]:
    """(hidden at 2**12, output at 2**16) of one row of codes."""
    w1, b1, w2, b2 = network
    inputs = [code - 128 for code in codes]
    hidden = []
    for j in range(len(b1)):
        before = sum(x * floor(Fraction(row[j], 2**8)) for x, row in zip(inputs, w1, strict=True))
        before += floor(Fraction(b1[j], 2**3))
        hidden.append(min(max(floor(Fraction(before, 2**9)), 0), HIDDEN_LIMIT))
    total = sum(a * floor(Fraction(w, 2**8)) for a, w in zip(hidden, w2, strict=True)) + b2 * 2**4
    return hidden, floor(Fraction(total, 2**12))


def loss(network: Network, rows: Rows, targets: Sequence[int], limit: int) -> int:
    """Twice the summed Huber loss at 2**32."""
    total = 0
    for codes, target in zip(rows, targets, strict=True):
        residual = abs(forward(network, codes)[1] - target)
        total += residual**2 if residual <= limit else 2 * limit * residual - limit**2
    return total


def gradient(network: Network, rows: Rows, targets: Sequence[int], limit: int) -> Network:
    """The gradient of the mean Huber loss at 2**24, rounded to nearest, halves upward."""
    w1, b1, w2, _ = network
    inputs, hidden = len(w1), len(b1)
    sum_w1 = [[0] * hidden for _ in range(inputs)]
    sum_b1, sum_w2, sum_b2 = [0] * hidden, [0] * hidden, 0
    for codes, target in zip(rows, targets, strict=True):
        activations, output = forward(network, codes)
        residual = min(max(output - target, -limit), limit)
        sum_b2 += residual
        for j in range(hidden):
            sum_w2[j] += activations[j] * residual
            if not 0 < activations[j] < HIDDEN_LIMIT:
                continue
            slope = floor(Fraction(residual * floor(Fraction(w2[j], 2**8)), 2**16))
            sum_b1[j] += slope
            for i in range(inputs):
                sum_w1[i][j] += (codes[i] - 128) * slope
    count = len(rows)

    def mean(total: int, bits: int) -> int:
        return floor(Fraction(total * 2**24, count * 2**bits) + Fraction(1, 2))

    return (
        [[mean(value, 21) for value in row] for row in sum_w1],
        [mean(value, 16) for value in sum_b1],
        [mean(value, 28) for value in sum_w2],
        mean(sum_b2, 16),
    )


def train(
    network: Network,
    rows: Rows,
    targets: Sequence[int],
    *,
    seed: bytes,
    steps: int,
    batch_rows: int,
    rate_shift: int,
    limit: int,
) -> Network:
    """The network after `steps` of gradient descent at rate 2**-rate_shift."""
    words = list(_words(seed, steps * batch_rows))
    for step in range(steps):
        drawn = [word * len(rows) // 2**32 for word in words[step * batch_rows : (step + 1) * batch_rows]]
        slopes = gradient(network, [rows[i] for i in drawn], [targets[i] for i in drawn], limit)

        def moved(value: int, slope: int) -> int:
            # nearest, halves upward; a rate of one divides nothing
            change = floor(Fraction(slope, 2**rate_shift) + (Fraction(1, 2) if rate_shift else 0))
            return min(max(value - change, -LIMIT), LIMIT)

        network = (
            [[moved(v, s) for v, s in zip(*pair, strict=True)] for pair in zip(network[0], slopes[0], strict=True)],
            [moved(v, s) for v, s in zip(network[1], slopes[1], strict=True)],
            [moved(v, s) for v, s in zip(network[2], slopes[2], strict=True)],
            moved(network[3], slopes[3]),
        )
    return network


def _words(seed: bytes, count: int) -> list[int]:
    words: list[int] = []
    block = 0
    while len(words) < count:
        digest = hashlib.sha256(seed + block.to_bytes(8, "big")).digest()
        words += [int.from_bytes(digest[i : i + 4], "big") for i in range(0, 32, 4)]
        block += 1
    return words[:count]
