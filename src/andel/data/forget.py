"""Deletion of raw data on an owner's request, without breaking what was committed.

Takes an evidence store, a device and days; takes the raw bytes away. What remains of each packet is its device,
timestamp, digest and SHA-256: enough for the leaves of a batch, its root and its proofs, never for opening a leaf.
Openings that were already shown lie with others and are out of reach. Never removes a row, so what was accepted
stays known and cannot be taken in again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from andel.data import schema
from andel.data.batch import LAST_DAY, BatchHeader, hours_of, running_slots
from andel.data.schema import accepted, forgotten_days, refused
from andel.data.store import EvidenceStore, KeptPacket
from andel.errors import InputError, StoreError
from andel.hashing import sha256
from andel.merkle import merkle_root
from andel.units import DAY_SECONDS, Address, day_of

DELETED: Final = "deleted on the owner's request"
"""What stands in place of the detail of a refused packet."""

_STEP: Final = 1_000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What one deletion took away: accepted packets' bytes, refused packets' bytes, and over how many days."""

    accepted: int
    refused: int
    days: int


def forget(store: EvidenceStore, device: Address, first_day: int, last_day: int) -> Forgotten:
    """Deletes the raw bytes of `device` from `first_day` to `last_day` (days since 1970, both included).

    Refused packets say nothing certain of their time, so the bytes of all that announced the device go too, and
    exact copies under other names. Afterwards the database is rewritten, so that the bytes are in no page and no
    write-ahead log of SQLite. Raises InputError for an empty range, StoreError when the database fails or another
    program keeps the old pages open; giving the command again goes on where it stopped.
    """
    if not 0 <= first_day <= last_day <= LAST_DAY:
        raise InputError(f"days {first_day} to {last_day} are no range", "give the first day, then the last")
    start, end = first_day * DAY_SECONDS, (last_day + 1) * DAY_SECONDS
    days: set[int] = set()
    packets = copies = 0
    while batch := _next(store, device, start, end):
        copies += _delete(store, device, batch)
        packets += len(batch)
        days.update(day_of(packet.timestamp) for packet in batch)
    with store.writing() as connection:
        cleared = refused.c.detail != DELETED
        statement = sa.update(refused).where(refused.c.device == device, cleared).values(raw=b"", detail=DELETED)
        copies += connection.execute(statement).rowcount
    _rewrite(store)
    return Forgotten(packets, copies, len(days))


def deleted_days(store: EvidenceStore, limit: int) -> tuple[BatchHeader, ...]:
    """The batch headers of the first `limit` days of which bytes were deleted, by device and day; no round gets them.

    They are those that were entered, if everything accepted of the day was: a reading that the contributor kept back
    (`andel.data.kept_back`) is not told apart any more. Raises StoreError.
    """
    known = store.devices()
    return tuple(
        header_of_kept(store.stream(device, day, day), known[device].public_key)
        for device, day in store.forgotten_days()[:limit]
        if device in known
    )


def header_of_kept(packets: Iterable[KeptPacket], public_key: bytes) -> BatchHeader:
    """The header of one device's day from what is kept of it, its bytes deleted or not: the one that was committed.

    Raises InputError when there are no packets, or not of one device and day with rising times.
    """
    ordered = tuple(packets)
    if not ordered:
        raise InputError("a batch holds at least one reading")
    day = day_of(ordered[0].timestamp)
    timestamps = [packet.timestamp for packet in ordered]
    rising = all(earlier < later for earlier, later in zip(timestamps, timestamps[1:], strict=False))
    if not rising or any((p.device, day_of(p.timestamp)) != (ordered[0].device, day) for p in ordered):
        raise InputError("a batch holds one device's packets of one day in rising time")
    leaves = leaves_of_kept(ordered)
    return BatchHeader(ordered[0].device, public_key, day, merkle_root(leaves), len(ordered), hours_of(timestamps))


def leaves_of_kept(packets: Iterable[KeptPacket]) -> list[bytes]:
    """The leaves (44 bytes each) of one day's packets in rising time, from their times and hashes alone."""
    ordered = tuple(packets)
    running = running_slots([packet.timestamp for packet in ordered])
    return [
        packet.timestamp.to_bytes(8, "big") + slots.to_bytes(4, "big") + packet.raw_hash
        for packet, slots in zip(ordered, running, strict=True)
    ]


def _next(store: EvidenceStore, device: Address, start: int, end: int) -> list[KeptPacket]:
    query = (
        sa.select(accepted.c.timestamp, accepted.c.digest, accepted.c.raw)
        .where(accepted.c.device == store.number(device), accepted.c.raw.is_not(None))
        .where(accepted.c.timestamp >= start, accepted.c.timestamp < end)
        .order_by(accepted.c.timestamp)
        .limit(_STEP)
    )
    with store.reading() as connection:
        return [
            KeptPacket(device, row.timestamp, row.digest, row.raw, sha256(row.raw)) for row in connection.execute(query)
        ]


def _delete(store: EvidenceStore, device: Address, packets: list[KeptPacket]) -> int:
    number = store.number(device)
    update = (
        sa.update(accepted)
        .where(accepted.c.device == number, accepted.c.timestamp == sa.bindparam("at"))
        .values(raw=None, raw_hash=sa.bindparam("hash"))
    )
    insert = schema.INSERT[store.kind](forgotten_days).on_conflict_do_nothing()
    raws = [packet.raw for packet in packets]
    copies = 0
    with store.writing() as connection:
        connection.execute(update, [{"at": packet.timestamp, "hash": packet.raw_hash} for packet in packets])
        days = sorted({day_of(packet.timestamp) for packet in packets})
        connection.execute(insert, [{"device": number, "day": day} for day in days])
        for first in range(0, len(raws), _STEP // 2):
            same = refused.c.raw.in_(raws[first : first + _STEP // 2])
            copies += connection.execute(sa.update(refused).where(same).values(raw=b"", detail=DELETED)).rowcount
    return copies


def _rewrite(store: EvidenceStore) -> None:
    if store.kind == "postgresql":
        for table in (accepted.name, refused.name):
            store.outside_transactions(f"VACUUM FULL {table}")
        return
    store.outside_transactions("VACUUM")
    busy, _, _ = store.outside_transactions("PRAGMA wal_checkpoint(TRUNCATE)")[0]
    if busy:
        raise StoreError(
            "the bytes are deleted, but another program still reads old pages of the database",
            "end it (intake, contributor) and give the command again",
        )
