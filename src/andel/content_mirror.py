"""Copies of one's own in front of another store: what was read once is kept, and read from there from then on.

Takes two stores. Gives a `ContentStore` over both: reading looks into the copies first, and keeps a copy of whatever
comes from behind before it gives it out, so who has read an object holds it. Writing goes behind first, where others
read it, then into the copies. Never gives out what could not be kept, and never drops a copy unless told.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from andel.content import ContentStore, FileObjects
from andel.errors import ContentError


class MirroredStore(ContentStore):
    """Copies in a directory, in front of another store."""

    def __init__(self, folder: str, behind: ContentStore, *, writes: bool = True) -> None:
        """`writes` False keeps new objects among the copies only, for who may not write to the store behind."""
        self.copies = ContentStore(folder, objects=(files := FileObjects(folder, durable=True)))
        self._files = files
        super().__init__(behind.url, objects=_Mirror(self.copies, behind, writes))

    def drop(self, cid: str) -> None:
        """Removes a copy, if there is one; the store behind stays as it is."""
        self._files.drop(cid)


class _Mirror:
    def __init__(self, copies: ContentStore, behind: ContentStore, writes: bool) -> None:
        self._copies = copies
        self._behind = behind
        self._writes = writes

    def open(self, cid: str, limit: int) -> BinaryIO:
        try:
            return BytesIO(self._copies.get(cid))
        except ContentError:
            data = self._behind.get(cid)
        self._copies.put(data)  # raises when it cannot: what is not held is not given out
        return BytesIO(data)

    def keep(self, cid: str, data: bytes) -> None:
        if self._writes:
            self._behind.put(data)
        self._copies.put(data)

    def exists(self, cid: str) -> bool:
        return self._copies.has(cid) or self._behind.has(cid)

    def names(self, before: float | None) -> Iterator[str]:
        yield from {*self._copies.cids(before), *self._behind.cids(before)}
