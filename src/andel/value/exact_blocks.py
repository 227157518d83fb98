"""Exact sums over many updates, as fast as memory gives them: blocks of rows in float64, every sum under 2**53.

*Takes* updates (n, parameters) of any signed integer type within ±2**26; int32 is how ten thousand of them are best
kept, since reading them is what costs. *Gives* integers that do not depend on the size of a block, the order of a sum,
BLAS kernel, threads or fused multiply-adds, because no float in here ever holds anything but an exact integer, save
for one quotient whose rounding is checked. *Never* keeps a second copy of the updates in a wider type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import isqrt
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

EXACT: Final = 1 << 53
"""Integers below it, and so partial sums below it, are exact in float64."""

Updates = npt.NDArray[np.signedinteger[Any]]
"""(n, parameters): int64, or int32 where there are many. Arithmetic on int32 wraps: multiply in a wider type."""

_BLOCK_VALUES: Final = 1 << 17  # 1 MiB as float64: stays in the cache between one step and the next
_THREADS: Final = 2
_THREADED_VALUES: Final = 1 << 21  # below it a thread costs more than it saves
_LOW_BITS: Final = 13
_EXACT_INT64: Final = 1 << 62
_TIE: Final = 2.0**-24  # an update's value is within 2**26: the quotient below errs by less than 2**-25

_Floats = npt.NDArray[np.float64]
_Result = TypeVar("_Result")


def row_blocks(updates: Updates, rows: slice | None = None) -> Iterator[tuple[slice, _Floats]]:
    """(place, its values as float64) of all rows or of `rows`; the array is the caller's until the next block."""
    first, end = (rows.start, rows.stop) if rows else (0, len(updates))
    buffer = _block_of(updates)
    for start in range(first, end, len(buffer)):
        place = slice(start, min(start + len(buffer), end))
        block = buffer[: place.stop - start]
        block[...] = updates[place]
        yield place, block


def in_threads(work: Callable[[slice], _Result], updates: Updates) -> list[_Result]:
    """`work` of consecutive row ranges that cover all rows, in their order: two threads for many updates, else none.

    NumPy lets go of the interpreter inside a block, so two cores halve the time until memory is the limit.
    """
    count = len(updates)
    if updates.size < _THREADED_VALUES or count < _THREADS:
        return [work(slice(0, count))]
    ends = [count * part // _THREADS for part in range(_THREADS + 1)]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(work, map(slice, ends, ends[1:])))


def largest(values: npt.NDArray[np.signedinteger[Any]]) -> int:
    """The largest magnitude; 0 of nothing. Makes no copy."""
    return max(int(values.max(initial=0)), -int(values.min(initial=0)))


def lengths(updates: Updates) -> list[int]:
    """Floor of each row's Euclidean length, exactly."""

    def measure(rows: slice) -> list[int]:
        return [isqrt(square) for _, block in row_blocks(updates, rows) for square in row_squares(block)]

    return [length for part in in_threads(measure, updates) for length in part]


def row_squares(block: _Floats) -> list[int]:
    """Sum of the squares of each row of integers within 2**26, exactly."""
    # whole squares only add up, so a sum below 2**53 had no step above it
    squares = np.einsum("ij,ij->i", block, block).tolist()
    return [int(square) for square in squares] if max(squares) < EXACT else _long_squares(block)


def clipped_sum(
    updates: Updates, weights: Sequence[int], lengths: Sequence[int], limit: int, *, in_place: bool = False
) -> tuple[Updates, npt.NDArray[np.int64]]:
    """(the updates with each row longer than `limit` multiplied by limit / length; Σ weight · update of these).

    Values are rounded to nearest, halves upward; the type stays. The first result is `updates` itself where no row is
    longer, or when it may be overwritten (`in_place`). The caller has checked that the sum fits int64.
    """
    long = np.array(lengths) > limit
    ratios = np.where(long, limit / np.maximum(lengths, 1), 1.0)
    kept = np.empty_like(updates) if long.any() and not in_place else updates

    def add(rows: slice) -> npt.NDArray[np.int64]:
        scratch = _block_of(updates)  # a fresh array of this size for each block would cost more than the arithmetic
        total = np.zeros(updates.shape[1], np.int64)
        for place, block in row_blocks(updates, rows):
            shorten = bool(long[place].any())
            if shorten:
                for row in clip_block(block, ratios[place], scratch):
                    block[row] = scaled(updates[place][row], lengths[place][row], limit)
            if shorten or kept is not updates:
                kept[place] = block
            total += _weighted(block, weights[place], max(lengths[place]))
        return total

    return kept, np.sum(in_threads(add, updates), axis=0)


def scaled(update: npt.NDArray[np.signedinteger[Any]], length: int, limit: int) -> npt.NDArray[np.int64]:
    """update · limit / length, each value rounded to nearest, halves upward; integers only, whatever their size."""
    if largest(update) * 2 * limit + length < _EXACT_INT64:
        return (2 * update.astype(np.int64) * limit + length) // (2 * length)
    wide = (2 * update.astype(object) * limit + length) // (2 * length)
    return np.asarray(wide.astype(np.int64))


def _block_of(updates: Updates) -> _Floats:
    """An empty block: as many rows as fit, at least one."""
    rows = max(1, _BLOCK_VALUES // max(updates.shape[1], 1))
    return np.empty((min(rows, max(len(updates), 1)), updates.shape[1]))


def _weighted(block: _Floats, weights: Sequence[int], longest: int) -> npt.NDArray[np.int64]:
    """Σ weight · row; no value is larger than its row is long."""
    if sum(weights) * longest < EXACT:
        return (np.asarray(weights, np.float64) @ block).astype(np.int64)
    return np.asarray(weights, np.int64) @ block.astype(np.int64)


def clip_block(block: _Floats, ratios: _Floats, scratch: _Floats) -> list[int]:
    """Multiplies each row, in place, by its ratio (1.0 leaves it as it is), rounded to nearest.

    The rows it returns hold a value too near a tie for float64 to tell; they have to be done again in integers.
    """
    fraction = scratch[: len(block)]
    block *= ratios[:, None]
    block += 0.5
    np.subtract(block, np.floor(block, out=fraction), out=fraction)
    block -= fraction
    doubtful: list[int] = np.flatnonzero((fraction.min(axis=1) < _TIE) | (fraction.max(axis=1) > 1.0 - _TIE)).tolist()
    return doubtful


def _long_squares(block: _Floats) -> list[int]:
    """Sums of squares that leave float64: three sums of halves of 13 bits, in int64."""
    values = block.astype(np.int64)
    high, low = values >> _LOW_BITS, values & ((1 << _LOW_BITS) - 1)
    sums = [np.einsum("ij,ij->i", a, b).tolist() for a, b in ((high, high), (high, low), (low, low))]
    return [(a << 2 * _LOW_BITS) + (b << (_LOW_BITS + 1)) + c for a, b, c in zip(*sums, strict=True)]
