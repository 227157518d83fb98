"""Some bits of a word, brought side by side by one multiplication.

Takes bit positions and the places they are wanted at; gives the mask, the factor and the shift that do it:
((word & mask) · factor mod 2**256) >> shift. Every factor is tried on every pattern of the bits before it is given, so
what is given is proven. (The method is that of chess programs' magic bitboards.) Never writes code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from andel.serving.assembler import WORD_BITS

LEAF_SHIFT: Final = 4
"""Places are counted from bit 4 on: the gathered number times 16 bits is where a leaf lies."""
MAX_BITS: Final = 4
_TOP: Final = WORD_BITS - MAX_BITS


@dataclass(frozen=True, slots=True)
class Gather:
    """How bits are brought together."""

    mask: int
    factor: int
    shift: int
    cleaned: int | None
    """What the result is masked with, where products of other bits lie beside it."""


@lru_cache(maxsize=1 << 16)
def gather(positions: tuple[int, ...], places: tuple[int, ...]) -> Gather | None:
    """The way to bring bit positions[k] to bit 4 + places[k]; None where one multiplication cannot.

    At most four positions, and places in 0..3, each different.
    """
    mask = sum(1 << position for position in positions)
    if len(positions) == 1:
        down = positions[0] - LEAF_SHIFT - places[0]
        return Gather(mask, 1 << max(-down, 0), max(down, 0), None)
    # bits that stand as far apart as they shall are moved together, by one and the same power of two
    moves = {_TOP + place - position for position, place in zip(positions, places, strict=True)}
    if min(moves) < 0:
        return None
    factor = sum(1 << move for move in moves)
    shift = _TOP - LEAF_SHIFT
    wanted = sum(1 << LEAF_SHIFT + place for place in places)
    for cleaned in (None, wanted):
        if all(
            _found(pattern, positions, factor, shift, cleaned) == _asked(pattern, places)
            for pattern in _patterns(positions)
        ):
            return Gather(mask, factor, shift, cleaned)
    return None


def _patterns(positions: Sequence[int]) -> range:
    return range(1 << len(positions))


def _found(pattern: int, positions: Sequence[int], factor: int, shift: int, cleaned: int | None) -> int:
    word = sum((pattern >> k & 1) << position for k, position in enumerate(positions))
    product = word * factor % (1 << WORD_BITS) >> shift
    return product if cleaned is None else product & cleaned


def _asked(pattern: int, places: Sequence[int]) -> int:
    return sum((pattern >> k & 1) << LEAF_SHIFT + place for k, place in enumerate(places))
