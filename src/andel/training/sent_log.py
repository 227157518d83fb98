"""What left this machine: one line for each thing, written and forced to the disk before it leaves.

An append-only file of JSON lines. An entry says what, for which round, to whom, how many bytes, their hash, and how
many readings they show; later lines with its number say that it arrived, and what became of it. So nothing leaves
unlogged, and what may have left when the machine stopped says so. A line that was cut by a crash is kept as it is and
skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from andel.whole_files import sync_folder

MAX_LINE_BYTES: Final = 4_096


class Kind(StrEnum):
    """What can leave."""

    BATCHES = "batches"
    OPENINGS = "openings"
    RECEIPT = "update hash"
    UPDATE = "update"
    DISCLOSURE = "disclosure"
    GROUP = "group of the round"
    ERROR = "error"
    ENTRIES = "batch entries"
    CONSENT = "consent"
    ERRORS = "errors on held-out days"
    POSTED = "update hash on chain"


@dataclass(frozen=True, slots=True)
class Sent:
    """One thing that left: `readings` are those whose packets it shows; `hash` is SHA-256 (hex) of what it carries.

    `arrived` is None where nobody acknowledged it: it may have left or not.
    """

    number: int
    at: str
    kind: Kind
    to: str
    round: int
    attempt: int
    bytes: int
    hash: str
    readings: int
    note: str = ""
    arrived: str | None = None

    def values(self) -> dict[str, object]:
        """For JSON."""
        names = ("number", "at", "kind", "to", "round", "attempt", "bytes", "hash", "readings", "note", "arrived")
        return {name: getattr(self, name) for name in names}


class SentLog:
    """The log in one file, by one process at a time; `clock` gives unix seconds."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        """Reads what is there and ends a line that a crash cut. Raises OSError."""
        self._path = path
        self._clock = clock
        self._next = 1 + max((sent.number for sent in read_sent(path)), default=0)
        if _is_cut(path):
            self._append(b"\n")

    def leaving(
        self,
        kind: Kind,
        to: str,
        size: int,
        digest: bytes,
        *,
        round: int = 0,
        attempt: int = 0,
        readings: int = 0,
        note: str = "",
    ) -> int:
        """Notes what is about to leave; gives its number. Durable when it returns."""
        number, self._next = self._next, self._next + 1
        sent = Sent(number, self._now(), kind, to, round, attempt, size, digest.hex(), readings, note[:300])
        values = sent.values()
        del values["arrived"]
        self._append(json.dumps(values).encode() + b"\n")
        return number

    def arrived(self, number: int) -> None:
        """Notes that what has this number was acknowledged."""
        self._append(json.dumps({"number": number, "arrived": self._now()}).encode() + b"\n")

    def tell(self, number: int, note: str) -> None:
        """Says anew what is to be said of what has this number: what became of it."""
        self._append(json.dumps({"number": number, "note": note[:300]}).encode() + b"\n")

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _append(self, line: bytes) -> None:
        new = not self._path.exists()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(self._path.parent)


def read_sent(path: Path) -> tuple[Sent, ...]:
    """All entries of a log, in order; none where there is no log. Lines that are none are skipped. Raises OSError."""
    if not path.exists():
        return ()
    entries: dict[int, dict[str, Any]] = {}
    with path.open("rb") as file:
        for values in _objects(iter(lambda: file.readline(MAX_LINE_BYTES), b"")):
            entries.setdefault(values["number"], {}).update(values)
    found = []
    for values in entries.values():
        try:
            found.append(Sent(**{**values, "kind": Kind(values["kind"])}))
        except (TypeError, ValueError, KeyError):
            continue  # an acknowledgement whose entry was cut
    return tuple(found)


def _is_cut(path: Path) -> bool:
    """Whether the file's last line has no end."""
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _objects(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            values = json.loads(line)
        except ValueError:
            continue
        if isinstance(values, dict) and isinstance(values.get("number"), int):
            yield values
