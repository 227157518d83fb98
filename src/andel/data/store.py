"""The evidence store: every packet that arrived, accepted or refused, in one SQL database.

SQLite by default, PostgreSQL by URL (SQLAlchemy Core). Append-only: nothing here alters or deletes a row.
One call of `add` is one transaction, durable when it returns. A device has at most one accepted packet per
timestamp, which a unique index holds even between processes. A repeated refusal of the same bytes is kept
once, so that sending one bad packet for ever does not fill the disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from andel.device.reading import MAX_PACKET_BYTES, Refusal, SignedReading
from andel.errors import SettingsError
from andel.hashing import sha256
from andel.keys import address_bytes, checksummed
from andel.units import DAY_SECONDS, Address

MAX_DETAIL: Final = 200
MAX_NAME: Final = 64
OTHER_CONTENT: Final = "other content at the same time"
"""How the detail of a replay begins that is no copy."""

_tables = sa.MetaData()
_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")  # SQLite numbers rows by itself only under INTEGER
_accepted = sa.Table(
    "accepted",
    _tables,
    sa.Column("id", _id, primary_key=True),
    sa.Column("device", sa.LargeBinary(20), nullable=False),
    sa.Column("timestamp", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary(32), nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("device", "timestamp"),
)
_refused = sa.Table(
    "refused",
    _tables,
    sa.Column("id", _id, primary_key=True),
    sa.Column("identity", sa.LargeBinary(32), nullable=False, unique=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True)
class RefusedPacket:
    """A packet that was not accepted: the device it was announced as, why, and its bytes (at most 4 KiB)."""

    device: str
    reason: Refusal
    detail: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """Rows kept. A packet refused again for the same reason counts once here, each time in `IntakeCounts`."""

    accepted: int
    refused: Mapping[Refusal, int]


class EvidenceStore:
    """Accepted and refused packets at an SQLAlchemy URL, e.g. `sqlite:////path/evidence.db`."""

    def __init__(self, url: str) -> None:
        """Opens or creates the database. Raises SettingsError for a URL that gives none."""
        try:
            self._engine = sa.create_engine(url)
            if self._engine.dialect.name not in _INSERT:
                raise SettingsError(f"no evidence store on {self._engine.dialect.name}", "use SQLite or PostgreSQL")
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _make_durable)
            _tables.create_all(self._engine)
        except (sa.exc.SQLAlchemyError, ImportError) as error:
            raise SettingsError(f"cannot open the evidence store: {error}") from error
        insert = _INSERT[self._engine.dialect.name]
        self._add_accepted = (
            insert(_accepted).on_conflict_do_nothing().returning(_accepted.c.device, _accepted.c.timestamp)
        )
        self._add_refused = insert(_refused).on_conflict_do_nothing()

    def add(self, accepted: Sequence[SignedReading], refused: Sequence[RefusedPacket]) -> tuple[RefusedPacket, ...]:
        """Keeps both in one transaction; returns those of `accepted` that were replays, now kept as refused.

        A replay has the device and the timestamp of a packet accepted before, or earlier in `accepted`.
        """
        with self._engine.begin() as connection:
            replays = self._insert_accepted(connection, accepted) if accepted else ()
            if rows := [_refused_row(packet) for packet in (*refused, *replays)]:
                connection.execute(self._add_refused, rows)
        return replays

    def readings(self, device: Address, first_day: int, last_day: int) -> tuple[bytes, ...]:
        """Raw packets of `device` from `first_day` to `last_day` (days since 1970, both included), time
        rising.
        """
        query = (
            sa.select(_accepted.c.raw)
            .where(
                _accepted.c.device == address_bytes(device),
                _accepted.c.timestamp >= first_day * DAY_SECONDS,
                _accepted.c.timestamp < (last_day + 1) * DAY_SECONDS,
            )
            .order_by(_accepted.c.timestamp)
        )
        with self._engine.connect() as connection:
            return tuple(connection.scalars(query))

    def days(self) -> tuple[tuple[Address, int], ...]:
        """Every (device, day) with an accepted packet, sorted by device bytes and day."""
        day = (_accepted.c.timestamp - _accepted.c.timestamp % DAY_SECONDS).label("start")
        query = sa.select(_accepted.c.device, day).distinct().order_by(_accepted.c.device, day)
        with self._engine.connect() as connection:
            return tuple((checksummed(row.device), row.start // DAY_SECONDS) for row in connection.execute(query))

    def refused(self, reason: Refusal | None = None, limit: int = 1_000) -> tuple[RefusedPacket, ...]:
        """The first `limit` refused packets in the order of arrival, of one reason or of all."""
        query = sa.select(_refused).order_by(_refused.c.id).limit(limit)
        if reason is not None:
            query = query.where(_refused.c.reason == reason.value)
        with self._engine.connect() as connection:
            return tuple(
                RefusedPacket(row.device, Refusal(row.reason), row.detail, row.raw) for row in connection.execute(query)
            )

    def counts(self) -> StoreCounts:
        """How many packets are kept, by fate."""
        by_reason = sa.select(_refused.c.reason, sa.func.count()).group_by(_refused.c.reason)
        with self._engine.connect() as connection:
            accepted = connection.scalar(sa.select(sa.func.count()).select_from(_accepted)) or 0
            refused = {Refusal(reason): count for reason, count in connection.execute(by_reason)}
        return StoreCounts(accepted, dict(sorted(refused.items())))

    def close(self) -> None:
        """Closes all connections; the store can be used again afterwards."""
        self._engine.dispose()

    def _insert_accepted(
        self, connection: sa.Connection, accepted: Sequence[SignedReading]
    ) -> tuple[RefusedPacket, ...]:
        rows: list[SignedReading] = []
        repeated: list[SignedReading] = []
        seen: set[tuple[Address, int]] = set()
        for reading in accepted:
            key = (reading.device, reading.timestamp)
            (repeated if key in seen else rows).append(reading)
            seen.add(key)
        values = [
            {
                "device": address_bytes(reading.device),
                "timestamp": reading.timestamp,
                "digest": reading.digest,
                "raw": reading.raw,
            }
            for reading in rows
        ]
        kept = {tuple(row) for row in connection.execute(self._add_accepted, values)}
        if len(kept) < len(rows):
            known = (r for r in rows if (address_bytes(r.device), r.timestamp) not in kept)
            repeated.extend(known)
        return tuple(_replay(connection, reading) for reading in repeated)


def _replay(connection: sa.Connection, reading: SignedReading) -> RefusedPacket:
    kept = connection.scalar(
        sa.select(_accepted.c.digest).where(
            _accepted.c.device == address_bytes(reading.device), _accepted.c.timestamp == reading.timestamp
        )
    )
    # the first is a copy; the second may be an honest device that repeats its clock, and deserves a look
    detail = "same signed content" if kept == reading.digest else OTHER_CONTENT
    return RefusedPacket(reading.device, Refusal.REPLAY, f"{detail}: {reading.timestamp}", reading.raw)


def _refused_row(packet: RefusedPacket) -> dict[str, object]:
    device = _storable(packet.device, MAX_NAME)
    return {
        "identity": sha256(device.encode(), b"\x00", packet.reason.encode(), b"\x00", packet.raw),
        "device": device,
        "reason": packet.reason.value,
        "detail": _storable(packet.detail, MAX_DETAIL),
        "raw": packet.raw[:MAX_PACKET_BYTES],
    }


def _storable(text: str, length: int) -> str:
    # what was announced may hold lone surrogates or zero bytes, which no database takes as text
    return "".join(character if character.isprintable() else "?" for character in text[:length])


def _make_durable(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


_INSERT: Final[Mapping[str, Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
