"""What a seed asks a contributor to open: leaves, and slots, of the batches it committed.

Takes a seed that was unknown when the batches were committed, and their headers. Gives leaves by place and slots by
number, uniform over all leaves and over all claimed slots of the set. Never reads a packet.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from andel.data.batch import BatchHeader
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.units import Address

_DOMAIN = b"andel openings 2\x00"
_DRAW_BITS = 256

Place = tuple[int, int]
"""(index of the batch in the committed list, index of a leaf or number of a slot in it)."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What must be opened: `leaves` by (batch, leaf), and `slots` by (batch, r), r from 1: the leaf where the running
    count reaches r, with the leaf before it. Both sorted, each once.
    """

    leaves: tuple[Place, ...]
    slots: tuple[Place, ...]

    @property
    def most(self) -> int:
        """How many leaves openings of this can hold."""
        return len(self.leaves) + 2 * len(self.slots)


def draw(seed: bytes, contributor: Address, headers: Sequence[BatchHeader], count: int) -> Drawn:
    """What `seed` asks for: `count` draws with repetition, each naming one leaf and one slot.

    Draw n is the integer v = SHA-256(domain, seed, contributor, n); the leaf is number floor(v * leaves / 2**256) of
    the whole set, the slot number floor(v * slots / 2**256). A leaf brings the leaf before it (leaf 0 the next), and
    the last leaf of every batch is always among them, because it carries the batch's weight. Where every leaf has an
    hour of its own, both name the same leaves.
    """
    leaf_ends = list(accumulate(header.count for header in headers))
    slot_ends = list(accumulate(header.slots for header in headers))
    leaves = {(index, header.count - 1) for index, header in enumerate(headers)}
    slots: set[Place] = set()
    prefix = _DOMAIN + sha256(seed) + address_bytes(contributor)
    for number in range(count if headers else 0):
        value = int.from_bytes(sha256(prefix, number.to_bytes(8, "big")), "big")
        batch, leaf = _locate(leaf_ends, value)
        leaves.add((batch, leaf))
        if headers[batch].count > 1:
            leaves.add((batch, leaf - 1 if leaf else 1))
        batch, slot = _locate(slot_ends, value)
        slots.add((batch, slot + 1))
    return Drawn(tuple(sorted(leaves)), tuple(sorted(slots)))


def _locate(ends: Sequence[int], value: int) -> Place:
    # multiplied and shifted, not taken modulo: no place is favoured by more than one part in 2**200
    position = value * ends[-1] >> _DRAW_BITS
    batch = bisect_right(ends, position)
    return batch, position - (ends[batch - 1] if batch else 0)
