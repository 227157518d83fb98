"""What an intake has to tell its owner: how much was kept of which device, what was refused, what is missing or waits.

Takes an evidence store and the time; gives one value for people and programs. Counted by the database; never reads a
packet's bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from andel.data.confirmations import ConfirmationStore, KeptConfirmation
from andel.data.schema import refused
from andel.data.store import EvidenceStore
from andel.data.summary import DeviceSummary, Gap, find_gaps, summarise
from andel.device.reading import Refusal
from andel.units import Address

CONTRADICTION: Final = "other content at the same time"
"""How the stored detail of such a replay begins."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A device with its first gaps, and how often it signed other content for a time that it had used before."""

    summary: DeviceSummary
    gaps: tuple[Gap, ...]
    contradictions: int


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """Totals of what is kept, each device, claims that the registry would take now, and all claims by verdict."""

    accepted: int
    refused: Mapping[Refusal, int]
    devices: tuple[DeviceReport, ...]
    waiting: tuple[KeptConfirmation, ...]
    confirmations: Mapping[str, int]


def report_intake(store: EvidenceStore, now: int, devices_max: int, gaps_max: int) -> IntakeReport:
    """The report at `now` (unix seconds): at most so many devices, and gaps of each. Raises StoreError."""
    counts = store.counts()
    contradictions = _contradictions(store)
    claims = ConfirmationStore(store)
    devices = tuple(
        DeviceReport(
            summary,
            find_gaps(store, Address(summary.device), gaps_max) if summary.missing else (),
            contradictions.get(summary.device, 0),
        )
        for summary in summarise(store, devices_max)
    )
    return IntakeReport(counts.accepted, counts.refused, devices, tuple(claims.waiting(now)), claims.counts())


def _contradictions(store: EvidenceStore) -> dict[str, int]:
    query = (
        sa.select(refused.c.device, sa.func.count())
        .where(refused.c.reason == Refusal.REPLAY.value, refused.c.detail.startswith(CONTRADICTION))
        .group_by(refused.c.device)
    )
    with store.reading() as connection:
        return {device: count for device, count in connection.execute(query)}
