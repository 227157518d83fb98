"""Integer networks a second time: plain Python integers, no NumPy, as docs/rooms/training.md has it.

Slow on purpose and by another route: one row and one unit at a time, sums are Python's, minibatches come from
`hashlib`. What it gives must be bit for bit what `andel.training` gives, for any number of layers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from math import isqrt

Rows = Sequence[Sequence[int]]
Layer = tuple[list[list[int]], list[int]]
"""W as rows, one for each value taken in, each with an entry for every unit; and b. Integers at 2**24."""
Network = list[Layer]
"""Hidden layers from the inputs on, and last the output, a layer of one unit."""

PARAMETER_LIMIT = 2**30
HIDDEN_LIMIT = 2**22
SLOPE_LIMIT = 2**20
UPDATE_LIMIT = 2**26


def held(value: int, limit: int) -> int:
    """The value, within ±limit."""
    return max(-limit, min(value, limit))


def nearest(numerator: int, denominator: int) -> int:
    """The quotient rounded to nearest, halves upward."""
    return (2 * numerator + denominator) // (2 * denominator)


def forward(network: Network, codes: Sequence[int]) -> tuple[list[list[int]], int]:
    """(inputs at 2**5 and each hidden layer's units at 2**12, output at 2**16) of one row of codes."""
    values = [[code - 128 for code in codes]]
    for place, (weights, bias) in enumerate(network):
        sums = []
        for unit in range(len(bias)):
            total = sum(value * (row[unit] // 2**8) for value, row in zip(values[-1], weights, strict=True))
            total += bias[unit] // 2**3 if place == 0 else bias[unit] * 2**4
            sums.append(total)
        bits = 21 if place == 0 else 28
        if place == len(network) - 1:
            return values, sums[0] // 2 ** (bits - 16)
        values.append([max(0, min(total // 2 ** (bits - 12), HIDDEN_LIMIT)) for total in sums])
    raise ValueError("a network has an output")


def loss(network: Network, rows: Rows, targets: Sequence[int], limit: int) -> int:
    """Twice the summed Huber loss at 2**32."""
    total = 0
    for codes, target in zip(rows, targets, strict=True):
        residual = abs(forward(network, codes)[1] - target)
        total += residual**2 if residual <= limit else 2 * limit * residual - limit**2
    return total


def slopes_of(network: Network, values: Sequence[Sequence[int]], residual: int) -> list[list[int]]:
    """Every layer's slopes at 2**16 for one row, the output's own last."""
    slopes = [[residual]]
    for place in range(len(network) - 1, 0, -1):
        weights, _ = network[place]
        before = []
        for unit, value in enumerate(values[place]):
            slope = sum(s * (weight // 2**8) for s, weight in zip(slopes[0], weights[unit], strict=True)) // 2**16
            if place > 1:
                slope = held(slope, SLOPE_LIMIT)
            before.append(slope if 0 < value < HIDDEN_LIMIT else 0)
        slopes.insert(0, before)
    return slopes


def gradient(network: Network, rows: Rows, targets: Sequence[int], limit: int) -> Network:
    """The gradient of the mean Huber loss at 2**24, rounded to nearest, halves upward."""
    sums = [([[0] * len(bias) for _ in weights], [0] * len(bias)) for weights, bias in network]
    for codes, target in zip(rows, targets, strict=True):
        values, output = forward(network, codes)
        slopes = slopes_of(network, values, held(output - target, limit))
        for place, (of_weights, of_bias) in enumerate(sums):
            for unit, slope in enumerate(slopes[place]):
                of_bias[unit] += slope
                for taken, value in enumerate(values[place]):
                    of_weights[taken][unit] += value * slope
    return [
        (
            [[nearest(total * 2**24, len(rows) * 2 ** (21 if place == 0 else 28)) for total in row] for row in weights],
            [nearest(total * 2**24, len(rows) * 2**16) for total in bias],
        )
        for place, (weights, bias) in enumerate(sums)
    ]


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

    def moved(value: int, slope: int) -> int:
        half = 2 ** (rate_shift - 1) if rate_shift else 0  # a rate of one divides nothing
        return held(value - (slope + half) // 2**rate_shift, PARAMETER_LIMIT)

    words = _words(seed, steps * batch_rows)
    for step in range(steps):
        drawn = [word * len(rows) // 2**32 for word in words[step * batch_rows : (step + 1) * batch_rows]]
        slopes = gradient(network, [rows[i] for i in drawn], [targets[i] for i in drawn], limit)
        network = [
            (
                [[moved(v, s) for v, s in zip(*pair, strict=True)] for pair in zip(weights, of_weights, strict=True)],
                [moved(v, s) for v, s in zip(bias, of_bias, strict=True)],
            )
            for (weights, bias), (of_weights, of_bias) in zip(network, slopes, strict=True)
        ]
    return network


def first_network(inputs: int, layers: Sequence[int], seed: bytes) -> Network:
    """The first version of a task."""
    sizes = list(pairwise([inputs, *layers, 1]))
    words = _words(seed, sum(taken * units for taken, units in sizes))
    network: Network = []
    for place, (taken, units) in enumerate(sizes):
        square = 2**48 // (4 * taken) if place == len(layers) else 3 * 2**48 // (4 * taken) if place == 0 else 0
        bound = isqrt(square or 6 * 2**48 // taken)
        drawn = [word * 2 * bound // 2**32 - bound for word in words[: taken * units]]
        words = words[taken * units :]
        network.append(([drawn[i * units : (i + 1) * units] for i in range(taken)], [0] * units))
    return network


def update(
    network: Network,
    rows: Rows,
    change: Sequence[int],
    *,
    target_scale: int,
    seed: bytes,
    contributor: str,
    steps: int,
    batch_rows: int,
    rate_shift: int,
    limit: int,
) -> list[int]:
    """What a contributor's local training changes, flat; `change` in the target's unit."""
    trained = train(
        network,
        rows,
        [value * 2**16 // target_scale for value in change],
        seed=hashlib.sha256(b"andel.minibatches.1" + seed + contributor.encode()).digest(),
        steps=steps,
        batch_rows=batch_rows,
        rate_shift=rate_shift,
        limit=limit,
    )
    return [held(a - b, UPDATE_LIMIT) for a, b in zip(flat(trained), flat(network), strict=True)]


def flat(network: Network) -> list[int]:
    """All integers in the order of a version's bytes."""
    return [value for weights, bias in network for values in (*weights, bias) for value in values]


def unflat(vector: Sequence[int], inputs: int, layers: Sequence[int]) -> Network:
    """The inverse of `flat`."""
    network: Network = []
    left = list(vector)
    for taken, units in pairwise([inputs, *layers, 1]):
        weights = [left[i * units : (i + 1) * units] for i in range(taken)]
        network.append((weights, left[taken * units : (taken + 1) * units]))
        left = left[(taken + 1) * units :]
    return network


def encoded(tag: bytes, vector: Sequence[int], inputs: int, layers: Sequence[int], size: int) -> bytes:
    """Canonical bytes of a version (size 8) or an update (size 4), byte by byte."""
    shapes: list[tuple[int, ...]] = []
    for place, (taken, units) in enumerate(pairwise([inputs, *layers, 1])):
        shapes += [(taken,) if place == len(layers) else (taken, units), (units,)]
    data = tag + bytes([0, 8 * size, len(shapes)])
    for shape in shapes:
        data += bytes([len(shape)]) + b"".join(length.to_bytes(4, "big") for length in shape)
    return data + b"".join(value.to_bytes(size, "little", signed=True) for value in vector)


def _words(seed: bytes, count: int) -> list[int]:
    words: list[int] = []
    block = 0
    while len(words) < count:
        digest = hashlib.sha256(seed + block.to_bytes(8, "big")).digest()
        words += [int.from_bytes(digest[i : i + 4], "big") for i in range(0, 32, 4)]
        block += 1
    return words[:count]
