"""A local file of rounds that an audit has proven, so that the next one need not prove them again.

Takes proofs and what the node was asked for them. Gives back only what was written by the same code, about the same
chain, model and settings; whoever uses a record still asks the node the same questions, compares every answer, and
reads every object against its name (`attempts`). So the file saves computing, never trust: it holds what this machine
has found out itself, and is refused when another account could have written it. One JSON line a record; a line that is
cut or changed counts for nothing.
"""

from __future__ import annotations

import base64
import json
import os
import stat
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from andel.encoding import canonical_json
from andel.errors import SettingsError
from andel.hashing import sha256
from andel.keys import parse_address
from andel.roles.auditing.findings import Tally
from andel.roles.auditing.rounds import RoundProof
from andel.units import Digest

_FORMAT: Final = "andel-audit/2"
_MAX_LINE: Final = 16 * 1024 * 1024
_MAX_QUESTIONS: Final = 64 * 1024 * 1024
_DIGESTS: Final = ("parent", "version", "before", "state", "claims_root")
_NUMBERS: Final = ("number", "minted", "claims_total", "settled_block", "k", "n", "reference_packets")


@dataclass(frozen=True, slots=True)
class Record:
    """A proven round: the key of its inputs, the questions it rests on, and the SHA-256 over them and their answers."""

    key: bytes
    proof: RoundProof
    questions: tuple[bytes, ...]
    answers: bytes


def record_key(base: bytes, number: int, state: object) -> bytes:
    """What a record is kept under: the audit's own inputs (`base`), the round, and its whole state on chain."""
    return sha256(b"andel.audit.record.1", base, number.to_bytes(8, "big"), repr(state).encode())


class Checkpoint:
    """The records of one file. Never raises for what the file holds."""

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        """Reads what is there, or begins anew. Raises SettingsError when others could have written the file."""
        self._path = path
        self._records: dict[int, Record] = {}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if fresh:
                path.unlink(missing_ok=True)
            elif path.exists() or path.is_symlink():
                self._read()
        except OSError as error:
            raise SettingsError(f"checkpoint {path} cannot be used: {error.strerror or error}") from error

    def __len__(self) -> int:
        return len(self._records)

    def record_of(self, number: int) -> Record | None:
        """What was kept of a round; whether it still counts, its key tells."""
        return self._records.get(number)

    def keep(self, record: Record) -> None:
        """Adds a record; on disk when this returns. A round with missing evidence is never kept. Raises OSError."""
        if record.proof.missing or self._same(record):
            return
        self._records[record.proof.number] = record
        line = _line(record)
        if len(line) > _MAX_LINE:
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        with os.fdopen(os.open(self._path, flags, 0o600), "ab") as file:
            file.write(line)
            file.flush()

    def _same(self, record: Record) -> bool:
        known = self._records.get(record.proof.number)
        return known is not None and (known.key, known.answers) == (record.key, record.answers)

    def _read(self) -> None:
        about = self._path.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.getuid() or about.st_mode & 0o022:
            raise SettingsError(
                f"checkpoint {self._path} is not a file that only this account can write",
                "use --fresh, or name another file with --checkpoint",
            )
        with self._path.open("rb") as file:
            while line := file.readline(_MAX_LINE + 1):
                if (record := _parse(line)) is not None:
                    self._records[record.proof.number] = record


def _line(record: Record) -> bytes:
    proof = record.proof
    questions = zlib.compress(b"\n".join(record.questions), 6)
    values: dict[str, Any] = {
        "format": _FORMAT,
        "key": record.key.hex(),
        "answers": record.answers.hex(),
        "questions": base64.b64encode(questions).decode("ascii"),
        "task": proof.task,
        "reference": proof.reference,
        "operators": [[account, str(amount)] for account, amount in proof.operators.items()],
        "tally": [[kind, rests, count] for (kind, rests), count in proof.tally.counts.items()],
        "objects": [list(item) for item in proof.objects],
        "frauds": list(proof.frauds),
    }
    values |= {name: getattr(proof, name).hex() for name in _DIGESTS}
    values |= {name: str(getattr(proof, name)) for name in _NUMBERS}
    body = canonical_json(values)
    return body + b" " + sha256(body).hex().encode() + b"\n"


def _parse(line: bytes) -> Record | None:
    body, _, digest = line.rstrip(b"\n").rpartition(b" ")
    if not line.endswith(b"\n") or sha256(body).hex().encode() != digest:
        return None
    try:
        values = json.loads(body)
        if values["format"] != _FORMAT:
            return None
        tally = Tally()
        tally.counts.update({(kind, rests): count for kind, rests, count in values["tally"]})
        proof = RoundProof(
            **cast(dict[str, Any], {name: Digest(bytes.fromhex(values[name])) for name in _DIGESTS}),
            **cast(dict[str, Any], {name: int(values[name]) for name in _NUMBERS}),
            task=values["task"],
            reference=values["reference"],
            operators={parse_address(account): int(amount) for account, amount in values["operators"]},
            tally=tally,
            objects=tuple((place, cid) for place, cid in values["objects"]),
            frauds=tuple(str(fraud) for fraud in values["frauds"]),
            resumed=True,
        )
        return Record(
            bytes.fromhex(values["key"]), proof, _questions(values["questions"]), bytes.fromhex(values["answers"])
        )
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error):
        return None


def _questions(text: str) -> tuple[bytes, ...]:
    unpacked = zlib.decompressobj().decompress(base64.b64decode(text), _MAX_QUESTIONS)
    return tuple(unpacked.split(b"\n")) if unpacked else ()


def code_hash(files: Sequence[Path], versions: str) -> bytes:
    """SHA-256 of the code that judges: the names and bytes of its files, and the versions of what it runs on."""
    parts = [sha256(file.name.encode()) + sha256(file.read_bytes()) for file in sorted(files)]
    return sha256(b"andel.audit.code.1", versions.encode(), *parts)
