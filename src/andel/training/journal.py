"""The journal: which replies a coordinator has taken in the attempt under way, on its own disk.

Takes a file and short entries, one JSON line each. Gives back, after a crash, those of the same attempt. The bytes
themselves lie in the content store, so an entry holds names and signatures only; whoever reads it back checks every
signature again. Without a journal nothing is lost but time: everybody is asked again. Never holds more than one
attempt.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from andel.encoding import canonical_json, parse_json
from andel.errors import InputError, SettingsError
from andel.training.plan import RoundPlan

MAX_ENTRIES: Final = 1_000_000
"""Most entries of an attempt: ten for each of a hundred thousand contributors. What comes later is not kept."""

_MAX_LINE_BYTES: Final = 4_096

log = logging.getLogger(__name__)

Entry = Mapping[str, Any]


class Journal(Protocol):
    """What a round notes its replies in."""

    def begin(self, plan: RoundPlan) -> list[Entry]:
        """The entries of this plan's attempt; those of any other are forgotten."""

    def note(self, entry: Entry) -> None:
        """Keeps an entry. It outlives this process at once, and a power cut after `settle`."""

    def settle(self) -> None:
        """Brings what was noted to the disk."""


class NoJournal:
    """Keeps nothing."""

    def begin(self, plan: RoundPlan) -> list[Entry]:
        """Nothing was kept."""
        return []

    def note(self, entry: Entry) -> None:
        """Forgets it."""

    def settle(self) -> None:
        """Nothing to bring anywhere."""


class FileJournal:
    """A journal in one file, which one coordinator has to itself."""

    def __init__(self, path: Path) -> None:
        """Creates the file where it is not there. Raises SettingsError."""
        self._path = path
        self._count = 0
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise SettingsError(
                f"the journal {path} cannot be written: {error.strerror}", "name a file in a folder of your own"
            ) from error
        self._file = os.fdopen(descriptor, "r+b")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # ends with the process, however that ends
        except OSError as error:
            self._file.close()
            raise SettingsError(f"another process has the journal {path}", "give each coordinator its own") from error

    def begin(self, plan: RoundPlan) -> list[Entry]:
        """The entries of this plan's attempt; those of any other are forgotten."""
        name = {"plan": plan.hash.hex()}
        self._file.seek(0)
        first = self._read_line()
        entries: list[Entry] = []
        if first is not None and dict(first) == name:
            end = self._file.tell()
            while len(entries) < MAX_ENTRIES and (entry := self._read_line()) is not None:
                entries.append(entry)
                end = self._file.tell()
            self._file.truncate(end)  # a line that a crash cut off
        else:
            self._file.truncate(0)
            self._write(name)
        self._count = len(entries)
        self.settle()
        return entries

    def note(self, entry: Entry) -> None:
        """Keeps an entry. It outlives this process at once, and a power cut after `settle`."""
        if self._count >= MAX_ENTRIES:
            return
        self._count += 1
        self._write(entry)

    def settle(self) -> None:
        """Brings what was noted to the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the file."""
        self._file.close()

    def _write(self, entry: Entry) -> None:
        self._file.write(canonical_json(dict(entry)) + b"\n")
        self._file.flush()  # the system has it now: a process that is killed takes nothing with it

    def _read_line(self) -> Entry | None:
        """The next whole line's entry; None where the file ends, or where a line is none of ours."""
        line = self._file.readline(_MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            return None
        try:
            value = parse_json(line[:-1], _MAX_LINE_BYTES)
        except InputError:
            log.warning("the journal %s has a line that cannot be read: the rest is asked for again", self._path)
            return None
        return value if isinstance(value, dict) else None
