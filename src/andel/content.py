"""The content store: objects named by their own hash.

An object's name is its CID: version 1, raw bytes, sha2-256, base32 (`bafkrei…`), as IPFS names a single block.
The 32-byte digest inside the CID is what stands on chain, so whoever reads the chain can ask any copy of the
store. Reading verifies the bytes against the name; nothing that comes back unverified leaves this file.
Back ends are those of `fsspec` (a directory, memory, S3 …).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import BinaryIO, cast
from uuid import uuid4

import fsspec

from andel.errors import ContentCorrupt, ContentError, ContentMissing, InputError
from andel.hashing import sha256
from andel.units import Digest

MAX_CONTENT_BYTES = 64 * 1024 * 1024
"""Largest object that is written or read."""

_CID_PREFIX = bytes([0x01, 0x55, 0x12, 0x20])  # CID v1, raw codec, sha2-256, 32 bytes (multiformats table)


def cid_of_digest(digest: bytes) -> str:
    """The CID of the object whose SHA-256 is `digest` (32 bytes)."""
    if len(digest) != 32:
        raise InputError(f"a digest has 32 bytes, not {len(digest)}")
    return "b" + base64.b32encode(_CID_PREFIX + digest).decode("ascii").lower().rstrip("=")


def digest_of_cid(cid: str) -> Digest:
    """The SHA-256 inside a CID of the one form used here. Raises InputError for any other form."""
    text = cid[1:].upper()
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8)) if cid.startswith("b") else b""
    except ValueError as error:
        raise InputError(f"not a CID: {cid[:80]!r}") from error
    if len(raw) != 36 or not raw.startswith(_CID_PREFIX) or cid_of_digest(raw[4:]) != cid:
        raise InputError(f"not a version-1 raw sha2-256 CID: {cid[:80]!r}")
    return Digest(raw[4:])


class ContentStore:
    """Objects by CID at an fsspec URL (a plain path is a directory)."""

    def __init__(self, url: str, max_bytes: int = MAX_CONTENT_BYTES) -> None:
        self.url = url
        self._max_bytes = max_bytes
        self._files, self._root = fsspec.core.url_to_fs(url)
        self._files.makedirs(self._root, exist_ok=True)

    def put(self, data: bytes) -> str:
        """Keeps `data` and returns its CID. Idempotent; a reader never sees half an object."""
        if len(data) > self._max_bytes:
            raise InputError(f"object of {len(data)} bytes is over the store's limit of {self._max_bytes}")
        cid = cid_of_digest(sha256(data))
        if not self._holds(cid):
            # several writers may keep the same object at once: each writes a file of its own, the last move wins
            partial = f"{self._path(cid)}.{uuid4().hex}.partial"
            try:
                with self._files.open(partial, "wb") as file:
                    file.write(data)
                self._files.mv(partial, self._path(cid))
            except OSError as error:
                raise ContentError(cid, f"object {cid} cannot be kept: {error.strerror or error}") from error
        return cid

    def put_digest(self, data: bytes) -> Digest:
        """`put`, giving the digest that stands on chain instead of the CID."""
        return digest_of_cid(self.put(data))

    def _holds(self, cid: str) -> bool:
        """Whether a sound copy is there; a damaged one is written anew."""
        try:
            return bool(self.get(cid))
        except ContentError:
            return False

    def get(self, cid: str) -> bytes:
        """The object's bytes, verified against its name.

        Raises ContentMissing, ContentCorrupt.
        """
        digest = digest_of_cid(cid)
        try:
            with self._files.open(self._path(cid), "rb") as file:
                data: bytes = file.read(self._max_bytes + 1)
        except FileNotFoundError as error:
            raise ContentMissing(cid, f"object {cid} is not in the store", f"the store is {self.url}") from error
        except OSError as error:
            raise ContentMissing(cid, f"object {cid} cannot be read: {error.strerror or error}") from error
        if len(data) > self._max_bytes or sha256(data) != digest:
            raise ContentCorrupt(cid, f"object {cid} does not match its name", f"the store is {self.url}")
        return data

    def get_digest(self, digest: bytes) -> bytes:
        """`get` by the digest that stands on chain."""
        return self.get(cid_of_digest(digest))

    def open(self, cid: str) -> BinaryIO:
        """The object as a file to read in a stream; its bytes are NOT verified: that was done when it was put.

        Raises ContentMissing.
        """
        digest_of_cid(cid)
        try:
            return cast(BinaryIO, self._files.open(self._path(cid), "rb"))
        except OSError as error:
            raise ContentMissing(cid, f"object {cid} is not in the store", f"the store is {self.url}") from error

    def has(self, cid: str) -> bool:
        """Whether the store lists the object (its bytes are not read)."""
        return bool(self._files.exists(self._path(cid)))

    def cids(self) -> Iterator[str]:
        """The names of all whole objects in the store, sorted."""
        names = (str(path).rsplit("/", 1)[-1] for path in self._files.ls(self._root, detail=False))
        yield from sorted(name for name in names if not name.endswith(".partial"))

    def _path(self, cid: str) -> str:
        return f"{self._root}/{cid}"
