"""What a person asks of an evidence store: per device how much there is, what was refused, and where hours are missing.

Takes an evidence store; gives plain values, counted by the database. Never reads a packet's bytes, and never keeps more
than the rows it gives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from andel.data.refused_limits import dropped_counts
from andel.data.schema import accepted, devices, refused
from andel.data.store import EvidenceStore
from andel.device.reading import Refusal
from andel.keys import checksummed
from andel.units import SLOT_SECONDS, Address

MAX_DEVICES: Final = 1_000
MAX_GAPS: Final = 100


@dataclass(frozen=True, slots=True)
class DeviceSummary:
    """One device in a store. `device` is what packets announced; `first` and `last` are unix seconds of accepted ones.

    `slots` counts the hours with an accepted packet, `missing` those without one between the first and the last;
    `deleted` the accepted packets whose bytes were deleted; `refused` those refused, by reason, of which the oldest may
    be kept no longer.
    """

    device: str
    accepted: int
    deleted: int
    first: int | None
    last: int | None
    slots: int
    missing: int
    refused: Mapping[Refusal, int]


@dataclass(frozen=True, slots=True)
class Gap:
    """A run of `slots` hours without an accepted packet; `start` is its first second (unix)."""

    start: int
    slots: int


def summarise(store: EvidenceStore, limit: int = MAX_DEVICES) -> tuple[DeviceSummary, ...]:
    """The devices with accepted packets, sorted by their bytes, then names that only refused packets announced.

    At most `limit` of each, and no such names where the devices alone reach it: whoever sends packets can invent names.
    """
    slot = accepted.c.timestamp - accepted.c.timestamp % SLOT_SECONDS
    counted = (
        sa.select(
            devices.c.address,
            sa.func.count().label("accepted"),
            sa.func.min(accepted.c.timestamp).label("first"),
            sa.func.max(accepted.c.timestamp).label("last"),
            sa.func.count(slot.distinct()).label("slots"),
        )
        .join(devices, devices.c.id == accepted.c.device)
        .group_by(devices.c.address)
        .order_by(devices.c.address)
        .limit(limit)
    )
    deleted = (
        sa.select(devices.c.address, sa.func.count())
        .join(accepted, devices.c.id == accepted.c.device)
        .where(accepted.c.raw_hash.is_not(None))
        .group_by(devices.c.address)
    )
    with store.reading() as connection:
        rows = {checksummed(row.address): row for row in connection.execute(counted)}
        gone = {checksummed(device): count for device, count in connection.execute(deleted)}
        names = (
            sa.select(refused.c.device)
            .where(refused.c.device.not_in(list(rows)))
            .distinct()
            .order_by(refused.c.device)
            .limit(limit)
        )
        strangers = list(connection.scalars(names)) if len(rows) < limit else []  # else they may be devices not listed
        by_reason = (
            sa.select(refused.c.device, refused.c.reason, sa.func.count())
            .where(refused.c.device.in_([*rows, *strangers]))
            .group_by(refused.c.device, refused.c.reason)
        )
        reasons: dict[str, dict[Refusal, int]] = {}
        for device, reason, count in connection.execute(by_reason):
            reasons.setdefault(device, {})[Refusal(reason)] = count
    for device, gone_by_reason in dropped_counts(store).items():
        if device in rows or device in reasons:
            told = reasons.setdefault(device, {})
            reasons[device] = dict(Counter(told) + Counter(gone_by_reason))
    known = [_summary(device, row, gone.get(device, 0), reasons.get(device, {})) for device, row in rows.items()]
    return (*known, *(_summary(name, None, 0, reasons[name]) for name in strangers))


def find_gaps(store: EvidenceStore, device: Address, limit: int = MAX_GAPS) -> tuple[Gap, ...]:
    """The first `limit` runs of hours without an accepted packet of `device`, between its first and its last."""
    slot = (accepted.c.timestamp - accepted.c.timestamp % SLOT_SECONDS).label("slot")
    before = sa.func.lag(slot).over(order_by=accepted.c.timestamp).label("before")
    pairs = sa.select(slot, before).where(accepted.c.device == store.number(device)).subquery()
    query = (
        sa.select(pairs.c.before, pairs.c.slot)
        .where(pairs.c.slot > pairs.c.before + SLOT_SECONDS)
        .order_by(pairs.c.slot)
        .limit(limit)
    )
    with store.reading() as connection:
        return tuple(
            Gap(row.before + SLOT_SECONDS, (row.slot - row.before) // SLOT_SECONDS - 1)
            for row in connection.execute(query)
        )


def _summary(device: str, row: Any, deleted: int, reasons: dict[Refusal, int]) -> DeviceSummary:
    ordered = dict(sorted(reasons.items()))
    if row is None:
        return DeviceSummary(device, 0, 0, None, None, 0, 0, ordered)
    missing = row.last // SLOT_SECONDS - row.first // SLOT_SECONDS + 1 - row.slots
    return DeviceSummary(device, row.accepted, deleted, row.first, row.last, row.slots, missing, ordered)
