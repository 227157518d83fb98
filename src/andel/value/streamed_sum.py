"""The aggregate of updates too large or too many to hold: read block by block, exact, in memory that does not grow.

*Takes* ways to open the canonical bytes of updates (files, objects of a content store) and their weights. *Gives* the
`Aggregate` of `andel.value.aggregate` without the clipped updates, under the same hash. Memory is the total (8 bytes a
parameter) and some blocks, however many updates there are. Sums of disjoint sets add up exactly (`joined`). *Never*
checks whose bytes it reads: an update is verified against its signed hash when it arrives, and what is opened here has
to be the copy that was verified.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from math import isqrt
from typing import BinaryIO, Final, TypeVar

import numpy as np
import numpy.typing as npt

from andel.encoding import array_header
from andel.errors import InputError
from andel.training.integer_mlp import IntArray
from andel.training.updates import MAX_UPDATE, UPDATE_TAG
from andel.units import Digest
from andel.value.clip import norm_limit
from andel.value.exact_blocks import EXACT, clip_block, largest, row_squares, scaled
from andel.value.sum_kernel import compiled_add

Opener = Callable[[], BinaryIO]
"""Opens one update's canonical bytes to read and to seek in; the caller closes it."""

Shapes = Sequence[tuple[int, ...]]

_TOGETHER: Final = 32  # updates that are open at once, in each thread
_READ_VALUES: Final = 1 << 19  # values read before they are added: 2 MiB stay in the cache
_ADD_COLUMNS: Final = 1 << 12  # columns added at once: the sums of a block stay in the cache nearest to the core
_THREADS: Final = 2
_EXACT_INT64: Final = 1 << 62
_VALUE_BYTES: Final = 4
_HASH_BYTES: Final = 1 << 22

_Raw = npt.NDArray[np.int32]
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class StreamedSum:
    """`total` = Σ weight · update (parameters,) of updates clipped to `norm_limit`, and the sum of the weights.

    `lengths` are the updates' before the clip, empty where nothing is clipped and nobody asked for them.
    """

    total: IntArray
    weight_sum: int
    norm_limit: int
    lengths: tuple[int, ...]

    @property
    def hash(self) -> Digest:
        """As `Aggregate.hash`, without another copy of the total."""
        digest = hashlib.sha256(self.weight_sum.to_bytes(8, "big"))
        for start in range(0, len(self.total), _HASH_BYTES // 8):
            digest.update(self.total[start : start + _HASH_BYTES // 8].astype("<i8", copy=False).data)
        return Digest(digest.digest())


def streamed_sum(
    updates: Sequence[Opener], weights: Sequence[int], shapes: Shapes, clip: str = "weighted-median"
) -> StreamedSum:
    """Clips and adds, as `aggregate` does with all updates kept.

    `updates` open canonical update bytes of these `shapes`; `weights` are positive, one per update. With the clip
    "none" each update is read once, else twice. Raises InputError for bytes that are no such update, a value over
    ±2**26, weights that do not fit, or a sum that could leave 64-bit integers.
    """
    if not updates or len(updates) != len(weights) or min(weights) <= 0:
        raise InputError("aggregation takes one positive weight for each of at least one update")
    if sum(weights) * MAX_UPDATE >= _EXACT_INT64:
        raise InputError("the weighted sum of these updates could leave 64-bit integers")
    if clip == "none":
        return StreamedSum(_added(updates, weights, shapes, None, 0), sum(weights), 0, ())
    lengths = streamed_lengths(updates, shapes)
    limit = norm_limit(lengths, weights, clip)
    return StreamedSum(_added(updates, weights, shapes, lengths, limit), sum(weights), limit, tuple(lengths))


def streamed_lengths(updates: Sequence[Opener], shapes: Shapes) -> list[int]:
    """Floor of each update's Euclidean length, exactly. Raises InputError as `streamed_sum`."""
    squares = [0] * len(updates)
    for group in _groups(len(updates)):
        parts = _in_ranges(updates[group], shapes, _squares_of)
        for number, found in enumerate(map(sum, zip(*parts, strict=True)), start=group.start):
            squares[number] = found
    return [isqrt(square) for square in squares]


def joined(parts: Sequence[StreamedSum]) -> StreamedSum:
    """The sum of disjoint sets of updates clipped to one limit: what a coordinator over regions adds up.

    Raises InputError for no parts, other sizes or limits, or a sum that leaves 64-bit integers.
    """
    if not parts or len({(len(part.total), part.norm_limit) for part in parts}) != 1:
        raise InputError("only sums of equally many parameters, clipped to one limit, can be joined")
    if sum(largest(part.total) for part in parts) >= _EXACT_INT64:
        raise InputError("the joined sum leaves 64-bit integers")
    total = parts[0].total.copy()
    for part in parts[1:]:
        total += part.total
    lengths = tuple(length for part in parts for length in part.lengths)
    return StreamedSum(total, sum(part.weight_sum for part in parts), parts[0].norm_limit, lengths)


def _added(
    updates: Sequence[Opener], weights: Sequence[int], shapes: Shapes, lengths: Sequence[int] | None, limit: int
) -> IntArray:
    total = np.zeros(_size(shapes), np.int64)
    compiled_add()  # here and not in each thread at once
    for group in _groups(len(updates)):
        long = None if lengths is None else lengths[group]
        add = partial(_add_blocks, total=total, weights=weights[group], lengths=long, limit=limit)
        _in_ranges(updates[group], shapes, add)
    return total


def _add_blocks(
    blocks: Iterator[tuple[int, _Raw]],
    total: IntArray,
    weights: Sequence[int],
    lengths: Sequence[int] | None,
    limit: int,
) -> None:
    long = [length > limit for length in lengths or ()]
    add = compiled_add()
    if add is None or any(long):
        _add_in_numpy(blocks, total, weights, lengths or [0] * len(weights), limit)
        return
    whole = np.array(weights, np.int64)
    for start, raw in blocks:
        _check(add(total[start : start + raw.shape[1]], np.ascontiguousarray(raw), whole))


def _add_in_numpy(
    blocks: Iterator[tuple[int, _Raw]], total: IntArray, weights: Sequence[int], lengths: Sequence[int], limit: int
) -> None:
    exact, shortens = sum(weights) * MAX_UPDATE < EXACT, any(length > limit for length in lengths)
    factors, whole = np.array(weights, np.float64), np.array(weights, np.int64)
    ratios = np.array([limit / length if length > limit else 1.0 for length in lengths])
    buffer, scratch = (np.empty((len(weights), _ADD_COLUMNS)) for _ in range(2))
    for start, raw in blocks:
        for first in range(0, raw.shape[1], _ADD_COLUMNS):
            piece = raw[:, first : first + _ADD_COLUMNS]
            _check(largest(piece))
            block = buffer[:, : piece.shape[1]]
            block[...] = piece
            if shortens:
                for row in clip_block(block, ratios, scratch[:, : piece.shape[1]]):
                    block[row] = scaled(piece[row], lengths[row], limit)
            place = total[start + first : start + first + piece.shape[1]]
            # not BLAS, whose own threads and these would wait for each other
            if exact:
                place += np.einsum("i,ij->j", factors, block).astype(np.int64)
            else:
                place += np.einsum("i,ij->j", whole, block.astype(np.int64))


def _squares_of(blocks: Iterator[tuple[int, _Raw]]) -> list[int]:
    found: list[int] = []
    for _, raw in blocks:
        _check(largest(raw))
        squares = row_squares(raw.astype(np.float64))
        found = [a + b for a, b in zip(found, squares, strict=True)] if found else squares
    return found


def _groups(count: int) -> list[slice]:
    return [slice(start, min(start + _TOGETHER, count)) for start in range(0, count, _TOGETHER)]


def _in_ranges(
    updates: Sequence[Opener], shapes: Shapes, work: Callable[[Iterator[tuple[int, _Raw]]], _Result]
) -> list[_Result]:
    """`work` of the blocks of consecutive ranges of parameters, in their order, each in a thread of its own."""
    size = _size(shapes)
    count = _THREADS if size > _READ_VALUES else 1
    ends = [size * part // count for part in range(count + 1)]
    ranges = list(zip(ends, ends[1:], strict=False))

    def run(place: tuple[int, int]) -> _Result:
        with ExitStack() as stack:
            files = [stack.enter_context(open_one()) for open_one in updates]
            return work(_blocks(files, shapes, *place))

    if count == 1:
        return [run(ranges[0])]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, ranges))


def _blocks(files: Sequence[BinaryIO], shapes: Shapes, start: int, end: int) -> Iterator[tuple[int, _Raw]]:
    """(first parameter, its values (updates, columns)) over a range; the array is the caller's until the next block."""
    header = array_header(UPDATE_TAG, shapes, 8 * _VALUE_BYTES)
    for number, file in enumerate(files):
        if file.read(len(header)) != header or file.seek(0, 2) != len(header) + _VALUE_BYTES * _size(shapes):
            raise InputError(f"update {number} of those added together is none of the expected shapes")
        file.seek(len(header) + _VALUE_BYTES * start)
    columns = max(1, _READ_VALUES // len(files))
    raw = np.empty((len(files), columns), "<i4")
    for first in range(start, end, columns):
        width = min(columns, end - first)
        for number, file in enumerate(files):
            _fill(file, raw[number, :width], number)
        yield first, raw[:, :width]


def _fill(file: BinaryIO, values: npt.NDArray[np.int32], number: int) -> None:
    wanted = values.data.cast("B")
    while wanted:
        taken = file.readinto(wanted)  # type: ignore[attr-defined]  # of every binary file, though typing does not say so
        if not taken:
            raise InputError(f"update {number} of those added together ends early")
        wanted = wanted[taken:]


def _check(most: int) -> None:
    if most > MAX_UPDATE:
        raise InputError(f"an update's value is over ±{MAX_UPDATE}")


def _size(shapes: Shapes) -> int:
    return sum(int(np.prod(shape)) for shape in shapes)
