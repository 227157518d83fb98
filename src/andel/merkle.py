"""Ordered, position-binding Merkle trees over SHA-256, for evidence.

A proof shows which leaf stands at which position of how many: the path follows from position and count, the
count is bound into the root, leaves, nodes and root are hashed under different first bytes, and an odd node
is promoted, never doubled (doubling lets two lists share a root: CVE-2012-2459).

    leaf = SHA-256(00 ‖ bytes)    node = SHA-256(01 ‖ left ‖ right)    root = SHA-256(02 ‖ count as 8 bytes ‖ top)

The tree of an empty list has 32 zero bytes as its top.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from andel.units import Digest

_EMPTY_TOP = bytes(32)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf stands in a tree: its position, how many leaves there are, and the siblings up to the top."""

    index: int
    count: int
    siblings: tuple[bytes, ...]

    def values(self) -> tuple[object, ...]:
        """As a contract takes it (`IPostedUpdates.Place`)."""
        return self.index, self.count, list(self.siblings)


class MerkleTree:
    """The tree over `leaves` (byte strings in order); keeps all levels, so that proofs cost nothing more."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        level = [_hash(b"\x00" + leaf) for leaf in leaves]
        self._levels = [level]
        while len(level) > 1:
            paired = [_hash(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
            if len(level) % 2:
                paired.append(level[-1])
            level = paired
            self._levels.append(level)
        self.count = len(leaves)
        self.root = _root(level[0] if level else _EMPTY_TOP, self.count)

    def proof(self, index: int) -> tuple[bytes, ...]:
        """The siblings from the leaf at `index` up to the top. Raises IndexError outside the tree."""
        if not 0 <= index < self.count:
            raise IndexError(f"no leaf {index} in a tree of {self.count}")
        siblings = []
        for level in self._levels[:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                siblings.append(level[sibling])
            index //= 2
        return tuple(siblings)

    def place(self, index: int) -> Place:
        """The proof with what it is read by. Raises IndexError outside the tree."""
        return Place(index, self.count, self.proof(index))


def merkle_root(leaves: Sequence[bytes]) -> Digest:
    """The root of the tree over `leaves` in this order."""
    return MerkleTree(leaves).root


def verify_merkle(leaf: bytes, index: int, count: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` stands at `index` of `count` leaves under `root`."""
    if not 0 <= index < count:
        return False
    node = _hash(b"\x00" + leaf)
    siblings = iter(proof)
    width = count
    while width > 1:
        if index ^ 1 < width:
            sibling = next(siblings, None)
            if sibling is None or len(sibling) != 32:
                return False
            node = _hash(b"\x01" + (sibling + node if index % 2 else node + sibling))
        index //= 2
        width = (width + 1) // 2
    return next(siblings, None) is None and _root(node, count) == root


def _root(top: bytes, count: int) -> Digest:
    return Digest(_hash(b"\x02" + count.to_bytes(8, "big") + top))


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
