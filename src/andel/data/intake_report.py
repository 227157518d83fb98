"""What an intake has to tell its owner: how much was kept of which device, what was refused, what is missing or waits.

Takes an evidence store and the time; gives one value for people and programs. Counted by the database; never reads a
packet's bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from andel.data.batch import BatchHeader
from andel.data.confirmations import ConfirmationStore, KeptConfirmation
from andel.data.forget import deleted_days
from andel.data.refused_limits import dropped_counts
from andel.data.schema import refused
from andel.data.store import CONTRADICTS, EvidenceStore
from andel.data.summary import DeviceSummary, Gap, find_gaps, summarise
from andel.device.reading import Refusal
from andel.units import Address

DELETED_MAX: Final = 1_000
"""Most deleted days that a report names."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A device with its first gaps, and how often it signed other content for a time that it had used before."""

    summary: DeviceSummary
    gaps: tuple[Gap, ...]
    contradictions: int


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """Totals, each device, claims that the registry would take now, and all claims by verdict.

    `deleted` are the first days of which bytes were deleted, with the roots that stay (`andel.data.forget`).
    `refused` are all that were refused, `dropped` how many of them are kept no longer (`andel.data.refused_limits`).
    """

    accepted: int
    refused: Mapping[Refusal, int]
    dropped: int
    devices: tuple[DeviceReport, ...]
    deleted: tuple[BatchHeader, ...]
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
    gone: Counter[Refusal] = Counter()
    for by_reason in dropped_counts(store).values():
        gone.update(by_reason)
    refused_ever = dict(sorted((gone + Counter(counts.refused)).items()))
    return IntakeReport(
        accepted=counts.accepted,
        refused=refused_ever,
        dropped=gone.total(),
        devices=devices,
        deleted=deleted_days(store, DELETED_MAX),
        waiting=tuple(claims.waiting(now)),
        confirmations=claims.counts(),
    )


def _contradictions(store: EvidenceStore) -> dict[str, int]:
    query = sa.select(refused.c.device, sa.func.count()).where(CONTRADICTS).group_by(refused.c.device)
    with store.reading() as connection:
        return {device: count for device, count in connection.execute(query)}
