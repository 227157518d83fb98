"""The scales and bounds of integer networks, and the proof that no sum of a pass leaves float64's exact integers.

Takes a network's form (how many inputs, how many units in each hidden layer). Gives the largest magnitude that each
sum of products can reach, whatever the parameters and the rows are. Never looks at values: what is proven of a form
holds for every version of it, so a task is refused when it is read and no round can fail by it later.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from andel.errors import InputError

PARAMETER_BITS: Final = 24
WEIGHT_BITS: Final = 16
INPUT_BITS: Final = 5
HIDDEN_BITS: Final = 12
OUTPUT_BITS: Final = 16

INPUT_ZERO: Final = 128
"""The code (0..255) that means 0."""

MAX_PARAMETER: Final = 1 << 30
"""Largest magnitude of a parameter (64.0)."""
MAX_HIDDEN: Final = 1 << 22
"""Where a hidden unit is held (1024.0)."""
MAX_RESIDUAL: Final = 1 << 20
"""Largest limit at which residuals can be held (16.0)."""
MAX_SLOPE: Final = 1 << 20
"""Where slopes are held that go back through a layer behind the first (16.0)."""
BLOCK_ROWS: Final = 2_047
"""Most rows whose products are added in float64; the sums of blocks are added as integers."""
_BLOCK_VALUES: Final = 1 << 16
"""Values of a layer's units in a block: half a MiB, so that a block stays in the cache from one pass to the next."""

_EXACT: Final = 1 << 53
_EXACT_INT64: Final = 1 << 62
_MAX_WEIGHT: Final = MAX_PARAMETER >> (PARAMETER_BITS - WEIGHT_BITS)


def worst_sums(inputs: int, layers: Sequence[int]) -> dict[str, int]:
    """The largest magnitude of every sum of products, by what it is for; layer L + 1 is the output.

    `forward`: a layer's sums. `gradient`: the products of a block of rows with the slopes of a layer. `slopes`: what
    goes back through a layer to the one before it.
    """
    slopes = worst_slopes(inputs, layers)
    sums = {}
    for number, (taken, units) in enumerate(pairwise([inputs, *layers, 1]), start=1):
        value, bits = (INPUT_ZERO, INPUT_BITS) if number == 1 else (MAX_HIDDEN, HIDDEN_BITS)
        bias = (MAX_PARAMETER << (bits + WEIGHT_BITS)) >> PARAMETER_BITS
        sums[f"layer {number}, forward"] = taken * value * _MAX_WEIGHT + bias
        sums[f"layer {number}, gradient"] = BLOCK_ROWS * value * slopes[number - 1]
        if number > 1:
            sums[f"layer {number}, slopes"] = units * slopes[number - 1] * _MAX_WEIGHT
    return sums


def worst_slopes(inputs: int, layers: Sequence[int]) -> list[int]:
    """The largest magnitude of each layer's slopes at 2**16, the output's residuals last."""
    slopes = [MAX_RESIDUAL]
    widths = [*layers, 1]
    for number in range(len(layers), 0, -1):
        through = widths[number] * slopes[0] * _MAX_WEIGHT >> WEIGHT_BITS
        slopes.insert(0, min(through, MAX_SLOPE) if number > 1 else through)
    return slopes


def block_rows(layers: Sequence[int]) -> int:
    """How many rows a pass takes at once: what the proof allows at most, and of wide layers what the cache holds."""
    return min(BLOCK_ROWS, max(1, _BLOCK_VALUES // max(layers, default=1)))


@lru_cache(maxsize=256)
def int64_rows(inputs: int, layers: tuple[int, ...]) -> int:
    """How many rows a gradient can sum and scale in int64, after every sum of the form is proven exact in float64.

    Raises InputError naming the sum that is not.
    """
    for name, worst in worst_sums(inputs, layers).items():
        if worst >= _EXACT:
            raise InputError(
                f"a network of {inputs} inputs and layers {list(layers)}: the sums of {name} can reach 2**"
                f"{worst.bit_length() - 1}, which leaves float64's exact integers",
                f"layers of at most {_EXACT // (MAX_HIDDEN * _MAX_WEIGHT) - 1} units are exact",
            )
    grown = []
    for number, slope in enumerate(worst_slopes(inputs, layers), start=1):
        value, bits = (INPUT_ZERO, INPUT_BITS) if number == 1 else (MAX_HIDDEN, HIDDEN_BITS)
        grown.append(value * slope << max(PARAMETER_BITS - bits - OUTPUT_BITS, 0))
        grown.append(slope << (PARAMETER_BITS - OUTPUT_BITS))
    return _EXACT_INT64 // (2 * max(grown)) - 1
