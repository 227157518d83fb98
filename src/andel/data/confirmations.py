"""Claims that devices sent (their button was pressed for an owner), kept until somebody brings one to the chain.

Takes `ConfirmPackage` bytes with the name they were announced under and, where it is known, the device's public
key; keeps each once, durable when `add` returns, in the same database as the evidence. Never alters a row, and
never sends anything. What nobody can check yet is kept too, up to a limit, because a device is mostly claimed
before it stands in anybody's book.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from andel.data import schema
from andel.data.arrivals import MAX_NAME_CHARACTERS
from andel.data.store import EvidenceStore
from andel.device.pebble import read_confirmation
from andel.device.reading import MAX_PACKET_BYTES, PacketRefused, Refusal
from andel.errors import InputError
from andel.hashing import sha256
from andel.units import Address

CLAIM_SECONDS: Final = 3_600
"""`DeviceRegistry` takes a claim within this time of the device's own clock."""

MAX_UNPROVEN: Final = 10_000
"""Claims kept of which no signature could be checked: anybody can send them."""

PROVEN: Final = "valid"

_tables = sa.MetaData()
_confirmations = sa.Table(
    "confirmations",
    _tables,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("identity", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("timestamp", sa.BigInteger, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class KeptConfirmation:
    """A kept claim: `verdict` is `valid`, or why it proves nothing (yet); owner and time are then "" and 0."""

    device: str
    owner: str
    timestamp: int
    verdict: str
    raw: bytes

    def is_waiting(self, now: int) -> bool:
        """Whether the registry would still take it at `now` (unix seconds)."""
        return self.verdict == PROVEN and abs(now - self.timestamp) <= CLAIM_SECONDS


class ConfirmationStore:
    """Kept claims in the database of an evidence store; every method raises StoreError when that fails."""

    def __init__(self, store: EvidenceStore) -> None:
        """Makes the table where it is missing."""
        self._store = store
        with store.writing() as connection:
            _tables.create_all(connection)
        self._add = schema.INSERT[store.kind](_confirmations).on_conflict_do_nothing()

    def add(
        self, claims: Iterable[tuple[Address, bytes]], public_key_of: Callable[[Address], bytes | None]
    ) -> tuple[str, ...]:
        """Keeps each (announced device, raw bytes) once; the verdicts, in the same order, when all is durable."""
        rows = [_row(device, raw, public_key_of(device)) for device, raw in claims]
        with self._store.writing() as connection:
            unproven = sa.select(sa.func.count()).select_from(_confirmations).where(_confirmations.c.verdict != PROVEN)
            room = MAX_UNPROVEN - (connection.scalar(unproven) or 0)
            for row in rows:
                if row["verdict"] == PROVEN or room > 0:
                    kept = connection.execute(self._add, row).rowcount
                    room -= kept if row["verdict"] != PROVEN else 0
        return tuple(row["verdict"] for row in rows)

    def newest(self, limit: int = 100) -> Sequence[KeptConfirmation]:
        """The last `limit` claims that arrived, the newest first."""
        return self._read(sa.select(_confirmations).order_by(_confirmations.c.id.desc()).limit(limit))

    def waiting(self, now: int) -> Sequence[KeptConfirmation]:
        """The claims that the registry would still take at `now` (unix seconds), by device and time."""
        fresh = _confirmations.c.timestamp.between(now - CLAIM_SECONDS, now + CLAIM_SECONDS)
        query = sa.select(_confirmations).where(_confirmations.c.verdict == PROVEN, fresh)
        return self._read(query.order_by(_confirmations.c.device, _confirmations.c.timestamp))

    def counts(self) -> dict[str, int]:
        """How many claims are kept, by verdict."""
        query = sa.select(_confirmations.c.verdict, sa.func.count()).group_by(_confirmations.c.verdict)
        with self._store.reading() as connection:
            return {verdict: count for verdict, count in sorted(connection.execute(query))}

    def _read(self, query: sa.Select[Any]) -> Sequence[KeptConfirmation]:
        with self._store.reading() as connection:
            return tuple(
                KeptConfirmation(row.device, row.owner, row.timestamp, row.verdict, row.raw)
                for row in connection.execute(query)
            )


def _row(device: Address, raw: bytes, public_key: bytes | None) -> dict[str, Any]:
    name = "".join(character if character.isprintable() else "?" for character in device[:MAX_NAME_CHARACTERS])
    raw = raw[: MAX_PACKET_BYTES + 1]
    owner, timestamp, verdict = "", 0, Refusal.UNKNOWN_DEVICE.value
    if public_key is not None:
        try:
            claim = read_confirmation(raw, public_key)
            owner, timestamp, verdict = claim.owner, claim.timestamp, PROVEN
        except PacketRefused as refusal:
            verdict = refusal.reason.value
        except InputError:
            verdict = Refusal.UNSUPPORTED.value  # a key that no Pebble has
    # what is not signed (the channel, the form of the signature) makes no second claim
    content = f"{name} {owner} {timestamp}".encode() if verdict == PROVEN else name.encode() + b"\x00" + raw
    return {
        "identity": sha256(verdict.encode(), b"\x00", content),
        "device": name,
        "owner": owner,
        "timestamp": timestamp,
        "verdict": verdict,
        "raw": raw[:MAX_PACKET_BYTES],
    }
