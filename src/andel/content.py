"""The content store: objects named by their own hash.

An object's name is its CID: version 1, raw bytes, sha2-256, base32 (`bafkrei…`), as IPFS names a single block.
The 32-byte digest inside the CID is what stands on chain, so whoever reads the chain can ask any copy of the
store. Reading verifies the bytes against the name; nothing that comes back unverified leaves this file.
Where the objects lie is a back end's affair (`Objects`): here those of `fsspec` (a directory, memory, S3 …), beside
it a service over HTTP (`content_remote`) and copies kept in front of another store (`content_mirror`).
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

from andel.errors import (
    AndelError,
    ContentCorrupt,
    ContentError,
    ContentMissing,
    ContentUnreachable,
    InputError,
    SettingsError,
)
from andel.hashing import sha256
from andel.units import Digest
from andel.whole_files import sync_folder

MAX_CONTENT_BYTES = 64 * 1024 * 1024
"""Largest object that is written or read."""

_CID_PREFIX = bytes([0x01, 0x55, 0x12, 0x20])  # CID v1, raw codec, sha2-256, 32 bytes (multiformats table)
_PIECE: Final = 256 * 1024
_NAMES: Final = 1 << 14  # a round of thousands of contributors names each of its objects several times
_WHOLE_WRITES: Final = frozenset({"s3", "s3a", "memory"})
"""File systems where an object that is written at once is seen whole or not at all: no move is needed."""

_S3_OPTIONS: Final = {
    # a listing that was kept would hide what others have written since
    "use_listings_cache": False,
    "default_block_size": 1024 * 1024,
    "config_kwargs": {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 3}},
}


@lru_cache(maxsize=_NAMES)
def cid_of_digest(digest: bytes) -> str:
    """The CID of the object whose SHA-256 is `digest` (32 bytes)."""
    if len(digest) != 32:
        raise InputError(f"a digest has 32 bytes, not {len(digest)}")
    return "b" + base64.b32encode(_CID_PREFIX + digest).decode("ascii").lower().rstrip("=")


@lru_cache(maxsize=_NAMES)
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


class Objects(Protocol):
    """Where a store's objects lie. Names are CIDs that the store has checked; it checks what is read as well."""

    def open(self, cid: str, limit: int) -> BinaryIO:
        """The object, to be read and closed; of one over `limit` bytes it may give no more than one byte beyond.

        Raises ContentMissing, ContentUnreachable.
        """

    def keep(self, cid: str, data: bytes) -> None:
        """Keeps an object, whole or not at all; one that is there and sound stays. Raises as `open`, ContentError."""

    def exists(self, cid: str) -> bool:
        """Whether the object is listed. Raises ContentUnreachable."""

    def names(self, before: float | None) -> Iterator[str]:
        """All names, in any order; with `before` those of objects kept before that second (unix)."""


class ContentStore:
    """Objects by CID, at an fsspec URL (a plain path is a directory) or wherever another back end keeps them."""

    def __init__(
        self,
        url: str,
        max_bytes: int = MAX_CONTENT_BYTES,
        objects: Objects | None = None,
        *,
        durable: bool = False,
    ) -> None:
        """Makes a directory that is not there. With `durable`, what was kept in a directory outlasts a power failure.

        Raises SettingsError for a URL that no installed file system opens.
        """
        self.url = _without_secrets(url)
        self._max_bytes = max_bytes
        self._objects = objects or FileObjects(url, durable=durable)

    def put(self, data: bytes) -> str:
        """Keeps `data` and returns its CID. Idempotent; a reader never sees half an object."""
        if len(data) > self._max_bytes:
            raise InputError(f"object of {len(data)} bytes is over the store's limit of {self._max_bytes}")
        cid = cid_of_digest(sha256(data))
        self._objects.keep(cid, data)
        return cid

    def put_digest(self, data: bytes) -> Digest:
        """`put`, giving the digest that stands on chain instead of the CID."""
        return digest_of_cid(self.put(data))

    def get(self, cid: str) -> bytes:
        """The object's bytes, verified against its name.

        Raises ContentMissing, ContentCorrupt; ContentUnreachable, which says nothing about the object.
        """
        digest = digest_of_cid(cid)
        try:
            with self._objects.open(cid, self._max_bytes) as file:
                data = file.read(min(_PIECE, self._max_bytes + 1))
                if len(data) == _PIECE:  # room for the longest object is made only where one is long
                    data += file.read(self._max_bytes + 1 - _PIECE)
        except OSError as error:
            raise ContentMissing(cid, f"object {cid} cannot be read: {error.strerror or error}") from error
        if len(data) > self._max_bytes or sha256(data) != digest:
            raise self._corrupt(cid)
        return data

    def get_digest(self, digest: bytes) -> bytes:
        """`get` by the digest that stands on chain."""
        return self.get(cid_of_digest(digest))

    def open(self, cid: str) -> tuple[int, BinaryIO]:
        """An object's size and its bytes from the start, verified in a first pass: memory does not grow with it.

        The caller closes the file. Raises as `get`.
        """
        digest, hasher, size = digest_of_cid(cid), hashlib.sha256(), 0
        file = self._objects.open(cid, self._max_bytes)
        try:
            while size <= self._max_bytes and (piece := file.read(_PIECE)):
                hasher.update(piece)
                size += len(piece)
            if size > self._max_bytes or hasher.digest() != digest:
                raise self._corrupt(cid)
            file.seek(0)
        except OSError as error:
            file.close()
            raise ContentMissing(cid, f"object {cid} cannot be read: {error.strerror or error}") from error
        except AndelError:
            file.close()
            raise
        return size, file

    def has(self, cid: str) -> bool:
        """Whether the store lists the object (its bytes are not read). Raises ContentUnreachable."""
        return self._objects.exists(cid)

    def cids(self, before: float | None = None) -> Iterator[str]:
        """The names of all whole objects in the store, sorted; with `before` of those kept before that second (unix).

        Raises ContentUnreachable.
        """
        yield from sorted(self._objects.names(before))

    def _corrupt(self, cid: str) -> ContentCorrupt:
        return ContentCorrupt(cid, f"object {cid} does not match its name", f"the store is {self.url}")


class FileObjects:
    """Objects as files of one folder of an fsspec file system."""

    def __init__(self, url: str, *, durable: bool = False) -> None:
        """Raises SettingsError when the URL's file system is not installed or cannot be opened."""
        self._url, protocol = _without_secrets(url), url.partition("://")[0]
        try:
            self._files, self._root = fsspec.core.url_to_fs(url, **(_S3_OPTIONS if protocol in ("s3", "s3a") else {}))
            self._local = isinstance(self._files, LocalFileSystem)
            self._files.makedirs(self._root, exist_ok=True)
        except ImportError as error:
            hint = "pip install 'andel[s3]'" if protocol in ("s3", "s3a") else f"install what fsspec needs: {error}"
            raise SettingsError(f"{self._url} cannot be opened here: {protocol} is not installed", hint) from error
        except OSError:
            raise
        except Exception as error:  # each file system has errors of its own (no credentials, unknown protocol …)
            raise SettingsError(f"the content store {self._url} cannot be opened: {_told(error)}") from error
        self._durable = durable and self._local
        self._whole = protocol in _WHOLE_WRITES

    def open(self, cid: str, limit: int) -> BinaryIO:
        """The object's file. Raises ContentMissing, ContentUnreachable."""
        try:
            if self._local:  # by the system's own calls: fsspec's take longer than a small object does
                return open(self._path(cid), "rb")
            return cast(BinaryIO, _FarFile(cast(BinaryIO, self._files.open(self._path(cid), "rb")), self._unreachable))
        except FileNotFoundError as error:
            raise ContentMissing(cid, f"object {cid} is not in the store", f"the store is {self._url}") from error
        except Exception as error:
            if self._local and isinstance(error, OSError):
                raise ContentMissing(cid, f"object {cid} cannot be read: {error.strerror or error}") from error
            raise self._unreachable(error) from error

    def keep(self, cid: str, data: bytes) -> None:
        """Keeps the object unless the same bytes are there; a damaged copy is written anew."""
        if self._holds(cid, data):
            return
        # several writers may keep the same object at once: each writes a file of its own, the last move wins
        partial = f"{self._path(cid)}.{uuid4().hex}.partial"
        try:
            if self._whole:
                self._files.pipe_file(self._path(cid), data)
            elif self._local:
                self._write(partial, self._path(cid), data)
            else:
                with self._files.open(partial, "wb") as file:
                    file.write(data)
                self._files.mv(partial, self._path(cid))
        except Exception as error:
            with suppress(Exception):  # what is left of it is listed nowhere
                self._files.rm(partial)
            if isinstance(error, OSError) and self._local:
                raise ContentError(cid, f"object {cid} cannot be kept: {error.strerror or error}") from error
            raise self._unreachable(error) from error

    def _write(self, partial: str, path: str, data: bytes) -> None:
        with open(partial, "wb") as file:
            file.write(data)
            if self._durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(partial, path)
        if self._durable:
            sync_folder(Path(self._root))

    def exists(self, cid: str) -> bool:
        """Whether there is a file of that name."""
        try:
            return bool(self._files.exists(self._path(cid)))
        except Exception as error:
            raise self._unreachable(error) from error

    def names(self, before: float | None) -> Iterator[str]:
        """The names of all whole files."""
        try:
            entries = self._files.ls(self._root, detail=before is not None)
        except FileNotFoundError:
            return  # a folder of S3 is there once an object is in it
        except Exception as error:
            raise self._unreachable(error) from error
        for entry in entries:
            name = str(entry["name"] if isinstance(entry, dict) else entry).rsplit("/", 1)[-1]
            if not name or name.endswith(".partial") or (before is not None and _kept_at(entry) >= before):
                continue
            yield name

    def drop(self, cid: str) -> None:
        """Removes an object, if it is there."""
        with suppress(OSError):
            self._files.rm_file(self._path(cid))

    def _holds(self, cid: str, data: bytes) -> bool:
        try:
            with self.open(cid, len(data)) as file:
                return file.read(len(data) + 1) == data
        except (ContentError, OSError):
            return False

    def _path(self, cid: str) -> str:
        return f"{self._root}/{cid}"

    def _unreachable(self, error: Exception) -> ContentUnreachable:
        return ContentUnreachable(f"the content store {self._url} does not answer: {_told(error)}")


class _FarFile:
    """A file on another machine: what fails while it is read says nothing about the object."""

    def __init__(self, file: BinaryIO, failed: Callable[[Exception], ContentUnreachable]) -> None:
        self._file = file
        self._failed = failed

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except Exception as error:
            raise self._failed(error) from error

    def seek(self, place: int) -> int:
        return self._file.seek(place)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> _FarFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _kept_at(entry: dict[str, object]) -> float:
    """When a file was written, by whatever name its file system has for it; never, when it does not say."""
    for name in ("mtime", "LastModified", "created"):
        moment = entry.get(name)
        if isinstance(moment, datetime):
            return moment.timestamp()
        if isinstance(moment, int | float):
            return float(moment)
    return float("inf")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {_without_secrets(str(error))[:200]}"


def _without_secrets(url: str) -> str:
    """A URL without what stands before an @ in it."""
    return re.sub(r"://[^/@\s]*@", "://", url)
