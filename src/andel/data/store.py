"""The evidence store: every packet that arrived, accepted or refused, in one SQL database.

SQLite by default, PostgreSQL by URL (SQLAlchemy Core). Append-only: `forget` alone takes bytes away, never a row.
One call of `add` is one transaction, durable when it returns; writers, also of several processes, stand in line. A
device has at most one accepted packet per timestamp, which a unique index holds. A repeated refusal of the same bytes
is kept once, so that sending one bad packet for ever does not fill the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

from andel.data import schema
from andel.data.schema import accepted as _accepted
from andel.data.schema import devices as _devices
from andel.data.schema import forgotten_days as _forgotten
from andel.data.schema import refused as _refused
from andel.device.epochs import Epoch
from andel.device.reading import MAX_PACKET_BYTES, Refusal, SignedReading
from andel.hashing import sha256
from andel.keys import address_bytes, checksummed
from andel.units import DAY_SECONDS, Address, Digest

MAX_DETAIL: Final = 200
MAX_NAME: Final = 64
OTHER_CONTENT: Final = "other content at the same time"
"""How the detail of a replay begins that is no copy."""

CONTRADICTS: Final = sa.and_(_refused.c.reason == Refusal.REPLAY.value, _refused.c.detail.startswith(OTHER_CONTENT))
"""Whether a refused packet has other signed content than one accepted for the same time."""

_LOOKUP: Final = 500  # values of one IN list, below the limit of every SQLite
_STREAMED: Final = 1_000  # rows that a reader holds at once
_INSERTED: Final = 100  # rows of one statement
# SQLite's usual ABORT copies every page before each statement of many rows that might fail halfway, which costs half as
# much as writing the rows; a transaction that fails here is rolled back as a whole anyway
_INSERT: Final = {"sqlite": ("INSERT OR FAIL", "(?, ?, ?, ?)"), "postgresql": ("INSERT", "(%s, %s, %s, %s)")}
_Row = tuple[int, int, Digest, bytes]


@dataclass(frozen=True, slots=True)
class RefusedPacket:
    """A packet that was not accepted: the device it was announced as, why, and its bytes (at most 4 KiB)."""

    device: str
    reason: Refusal
    detail: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What reading a device's packets takes: its public key, and its firmware's epoch where the owner knew it."""

    public_key: bytes
    epoch: Epoch | None = None


@dataclass(frozen=True, slots=True)
class KeptPacket:
    """An accepted packet as it is kept: `raw` is None once it was deleted, its SHA-256 `raw_hash` stays."""

    device: Address
    timestamp: int
    digest: Digest
    raw: bytes | None
    raw_hash: Digest


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """Rows kept. A packet refused again for the same reason counts once here, each time in `IntakeCounts`."""

    accepted: int
    refused: Mapping[Refusal, int]


class EvidenceStore:
    """Accepted and refused packets at an SQLAlchemy URL, e.g. `sqlite:////path/evidence.db`.

    Every method raises StoreError when the database fails: locked for too long, full, gone or damaged.
    """

    def __init__(self, url: str, wait_seconds: int = schema.WAIT_SECONDS) -> None:
        """Opens or creates the database; a writer waits `wait_seconds` for another one.

        Raises SettingsError for a URL that gives none.
        """
        self.url = url
        self._engine = schema.open_engine(url, wait_seconds)
        dialect = self._engine.dialect
        self._ids: dict[Address, int] = {}
        insert = schema.INSERT[dialect.name]
        self._add_slowly = (
            insert(_accepted).on_conflict_do_nothing().returning(_accepted.c.device, _accepted.c.timestamp)
        )
        self._add_device = insert(_devices).on_conflict_do_nothing()
        self._add_refused = insert(_refused).on_conflict_do_nothing()

    def add(self, accepted: Iterable[SignedReading], refused: Iterable[RefusedPacket]) -> tuple[RefusedPacket, ...]:
        """Keeps both in one transaction; returns those of `accepted` that were replays, now kept as refused.

        A replay has the device and the timestamp of a packet accepted before, or earlier in `accepted`, which is read
        to its end before `refused` is.
        """
        ids = self._ids
        rows = [(ids.get(r.device) or self._number(r.device), r.timestamp, r.digest, r.raw) for r in accepted]
        refusals = [_refused_row(packet) for packet in refused]
        with self.writing() as connection:
            if self._insert(connection, rows) == len(rows):
                self._insert_refused(connection, refusals)
                return ()
            connection.rollback()
        # some were known: which, only a slower insert tells, in a transaction of its own
        with self.writing() as connection:
            replays = self._insert_with_replays(connection, rows)
            self._insert_refused(connection, refusals + [_refused_row(packet) for packet in replays])
        return replays

    def remember(self, devices: Mapping[Address, KnownDevice]) -> None:
        """Keeps the keys and epochs of devices, so that the store alone is enough to read its packets again."""
        known = self.devices()
        changed = {device: told for device, told in devices.items() if known.get(device) != told}
        if not changed:
            return
        rows = [
            {"number": self._number(device), "key": told.public_key, "told": told.epoch and told.epoch.value}
            for device, told in changed.items()
        ]
        row = _devices.update().where(_devices.c.id == sa.bindparam("number"))
        with self.writing() as connection:
            connection.execute(row.values(public_key=sa.bindparam("key"), epoch=sa.bindparam("told")), rows)

    def devices(self) -> dict[Address, KnownDevice]:
        """What was last told of every device that packets may have been taken of, sorted by its bytes."""
        query = sa.select(_devices).where(_devices.c.public_key.is_not(None)).order_by(_devices.c.address)
        with self.reading() as connection:
            return {
                checksummed(row.address): KnownDevice(row.public_key, Epoch(row.epoch) if row.epoch else None)
                for row in connection.execute(query)
            }

    def number(self, device: Address) -> int:
        """The number that stands for `device` in the tables; 0, which none has, when the store does not know it."""
        with self.reading() as connection:
            query = sa.select(_devices.c.id).where(_devices.c.address == address_bytes(device))
            return connection.scalar(query) or 0

    def readings(self, device: Address, first_day: int, last_day: int) -> tuple[bytes, ...]:
        """Raw packets of `device` from `first_day` to `last_day` (days since 1970, both included), time
        rising; without those whose bytes were deleted.
        """
        query = (
            sa.select(_accepted.c.raw)
            .where(*_in_days(self.number(device), first_day, last_day), _accepted.c.raw.is_not(None))
            .order_by(_accepted.c.timestamp)
        )
        with self.reading() as connection:
            return tuple(connection.scalars(query))

    def stream(self, device: Address, first_day: int, last_day: int) -> Iterator[KeptPacket]:
        """Everything accepted of `device` in those days, time rising, deleted bytes included as hashes.

        A thousand rows are in memory at once, however many there are.
        """
        number = self.number(device)
        start, end = first_day * DAY_SECONDS, (last_day + 1) * DAY_SECONDS
        while True:
            query = (
                sa.select(_accepted)
                .where(_accepted.c.device == number)
                .where(_accepted.c.timestamp >= start, _accepted.c.timestamp < end)
                .order_by(_accepted.c.timestamp)
                .limit(_STREAMED)
            )
            with self.reading() as connection:
                rows = connection.execute(query).all()
            for row in rows:
                yield KeptPacket(device, row.timestamp, row.digest, row.raw, row.raw_hash or sha256(row.raw))
            if len(rows) < _STREAMED:
                return
            start = rows[-1].timestamp + 1

    def days(self) -> tuple[tuple[Address, int], ...]:
        """Every (device, day) with an accepted packet and no deleted one, sorted by device bytes and day."""
        forgotten = set(self.forgotten_days())
        day = (_accepted.c.timestamp - _accepted.c.timestamp % DAY_SECONDS).label("start")
        held = sa.select(_accepted.c.device, day).distinct().subquery()
        query = (
            sa.select(_devices.c.address, held.c.start)
            .join(held, held.c.device == _devices.c.id)
            .order_by(_devices.c.address, held.c.start)
        )
        with self.reading() as connection:
            found = ((checksummed(row.address), row.start // DAY_SECONDS) for row in connection.execute(query))
            return tuple(place for place in found if place not in forgotten)

    def forgotten_days(self) -> tuple[tuple[Address, int], ...]:
        """Every (device, day) of which bytes were deleted, sorted by device bytes and day."""
        query = (
            sa.select(_devices.c.address, _forgotten.c.day)
            .join(_forgotten, _forgotten.c.device == _devices.c.id)
            .order_by(_devices.c.address, _forgotten.c.day)
        )
        with self.reading() as connection:
            return tuple((checksummed(row.address), row.day) for row in connection.execute(query))

    def refused(self, reason: Refusal | None = None, limit: int = 1_000) -> tuple[RefusedPacket, ...]:
        """The first `limit` refused packets in the order of arrival, of one reason or of all."""
        query = sa.select(_refused).order_by(_refused.c.id).limit(limit)
        if reason is not None:
            query = query.where(_refused.c.reason == reason.value)
        with self.reading() as connection:
            return tuple(
                RefusedPacket(row.device, Refusal(row.reason), row.detail, row.raw) for row in connection.execute(query)
            )

    def counts(self) -> StoreCounts:
        """How many packets are kept, by fate."""
        by_reason = sa.select(_refused.c.reason, sa.func.count()).group_by(_refused.c.reason)
        with self.reading() as connection:
            accepted = connection.scalar(sa.select(sa.func.count()).select_from(_accepted)) or 0
            refused = {Refusal(reason): count for reason, count in connection.execute(by_reason)}
        return StoreCounts(accepted, dict(sorted(refused.items())))

    def close(self) -> None:
        """Closes all connections; the store can be used again afterwards."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for queries."""
        with schema.database_errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection that alone may write; what was done is committed at the end, or nothing of it."""
        with schema.database_errors(), self._engine.connect() as connection:
            connection.exec_driver_sql(schema.ONE_WRITER[self._engine.dialect.name])
            yield connection
            connection.commit()

    def outside_transactions(self, statement: str) -> list[Any]:
        """Runs a statement that no transaction may hold (VACUUM) and gives its rows, if it has any."""
        with schema.database_errors(), self._engine.connect() as connection:
            if self.kind == "postgresql":  # SQLite's connections are in no transaction unless `writing` began one
                connection.execution_options(isolation_level="AUTOCOMMIT")
            result = connection.exec_driver_sql(statement)
            return list(result) if result.returns_rows else []

    @property
    def kind(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    def _number(self, device: Address) -> int:
        if device not in self._ids:
            with self.writing() as connection:
                connection.execute(self._add_device, {"address": address_bytes(device)})
            self._ids[device] = self.number(device)
        return self._ids[device]

    def _insert(self, connection: sa.Connection, rows: list[_Row]) -> int:
        # text and many rows a statement, not Core: binding each row by itself costs more than writing it
        inserted = 0
        insert, place = _INSERT[self.kind]
        into = f"{insert} INTO accepted (device, timestamp, digest, raw) VALUES"
        for start in range(0, len(rows), _INSERTED):
            part = rows[start : start + _INSERTED]
            statement = f"{into} {', '.join([place] * len(part))} ON CONFLICT DO NOTHING"
            inserted += connection.exec_driver_sql(statement, tuple(chain.from_iterable(part))).rowcount
        return inserted

    def _insert_refused(self, connection: sa.Connection, rows: list[dict[str, object]]) -> None:
        if rows:
            connection.execute(self._add_refused, rows)

    def _insert_with_replays(self, connection: sa.Connection, rows: list[_Row]) -> tuple[RefusedPacket, ...]:
        first: dict[tuple[int, int], _Row] = {}
        repeated: list[_Row] = []
        for row in rows:
            if first.setdefault(_place(row), row) is not row:
                repeated.append(row)
        fields = ("device", "timestamp", "digest", "raw")
        values = [dict(zip(fields, row, strict=True)) for row in first.values()]
        kept = {tuple(row) for row in connection.execute(self._add_slowly, values)}
        repeated.extend(row for place, row in first.items() if place not in kept)
        known = _known_digests(connection, repeated)
        names = {number: device for device, number in self._ids.items()}
        return tuple(_replay(names[row[0]], row, known[_place(row)]) for row in repeated)


_place = itemgetter(0, 1)


def _in_days(number: int, first_day: int, last_day: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _accepted.c.device == number,
        _accepted.c.timestamp >= first_day * DAY_SECONDS,
        _accepted.c.timestamp < (last_day + 1) * DAY_SECONDS,
    )


def _known_digests(connection: sa.Connection, rows: Sequence[_Row]) -> dict[tuple[int, int], bytes]:
    times: dict[int, set[int]] = {}
    for device, timestamp, _, _ in rows:
        times.setdefault(device, set()).add(timestamp)
    known: dict[tuple[int, int], bytes] = {}
    for device, wanted in times.items():
        ordered = sorted(wanted)
        for start in range(0, len(ordered), _LOOKUP):
            query = sa.select(_accepted.c.timestamp, _accepted.c.digest).where(
                _accepted.c.device == device, _accepted.c.timestamp.in_(ordered[start : start + _LOOKUP])
            )
            known.update(((device, row.timestamp), row.digest) for row in connection.execute(query))
    return known


def _replay(device: Address, row: _Row, known: bytes) -> RefusedPacket:
    _, timestamp, digest, raw = row
    # the first is a copy; the second may be an honest device that repeats its clock, and deserves a look
    detail = "same signed content" if known == digest else OTHER_CONTENT
    return RefusedPacket(device, Refusal.REPLAY, f"{detail}: {timestamp}", raw)


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
