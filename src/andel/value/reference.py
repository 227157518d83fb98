"""The rows that score a round: readings of the founder's reference set, whose roots stand in the plan.

Every packet is verified and every batch rebuilt before a row is used, so whoever opens the reference set, sealed
or published, scores the same rows. Seed 2, which is drawn after the round closed, splits the scoring rows into
those that steer the line search and those that score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from andel.data.batch import BatchHeader, parse_batches
from andel.data.bundle import unpack_packets
from andel.data.disclosure import read_whole
from andel.data.features import CodeArray, IntArray, RowSet, build_rows
from andel.device.epochs import Epoch
from andel.device.reading import SignedReading
from andel.errors import InputError
from andel.hashing import counter_blocks, sha256
from andel.training.integer_mlp import scaled_targets
from andel.training.plan import DayRanges, RoundPlan
from andel.training.task import Task
from andel.units import Address, Digest, day_of


@dataclass(frozen=True, slots=True)
class ReferenceSet:
    """The verified reference readings as rows: those that `score`, and those that only `report`.

    `digest` is the SHA-256 of the plain packets, `owner` the founder, `packets` how many were verified.
    """

    owner: Address
    digest: Digest
    headers: tuple[BatchHeader, ...]
    packets: int
    score: RowSet
    report: RowSet


@dataclass(frozen=True, slots=True)
class ScoringRows:
    """One half of a round's rows: codes (n, features) uint8, targets (n,) at 2**16, change (n,) in the unit."""

    codes: CodeArray
    targets: IntArray
    change: IntArray


def open_reference(plan: RoundPlan, task: Task, batches: bytes, packets: bytes) -> ReferenceSet:
    """The reference set in its batch list and plain packet bundle.

    Raises EvidenceError when a packet is not its device's, or a batch is not the one the plan's list names.
    """
    owner, headers = parse_batches(batches)
    raw = unpack_packets(packets)
    readings = read_whole(headers, raw, lambda _: _epoch(plan), "reference ")
    return ReferenceSet(
        owner,
        sha256(packets),
        headers,
        len(raw),
        _rows(readings, task, plan.reference.score),
        _rows(readings, task, plan.reference.report),
    )


def draw_rows(score: RowSet, task: Task, seed: bytes) -> tuple[ScoringRows, ScoringRows]:
    """(steering rows, scoring rows): two halves of the scoring set, drawn by seed 2.

    Rows are ranked by SHA-256 of seed and row number; the first half steers. Raises InputError when there are
    fewer than two rows.
    """
    count = len(score.change)
    if count < 2:
        raise InputError(f"{count} scoring rows cannot both steer and score")
    prefix = b"andel.rows.1" + seed
    hashes = counter_blocks(prefix, count)
    ranks = sorted(range(count), key=hashes.__getitem__)
    half = count // 2
    return _take(score, task, ranks[:half]), _take(score, task, ranks[half:])


def _epoch(plan: RoundPlan) -> Epoch | None:
    return Epoch(plan.reference.epoch) if plan.reference.epoch else None


def _rows(readings: Sequence[SignedReading], task: Task, days: DayRanges) -> RowSet:
    chosen = [r for r in readings if any(first <= day_of(r.timestamp) <= last for first, last in days)]
    return build_rows(chosen, task.features, task.target, task.horizon_seconds, task.exponent)


def _take(rows: RowSet, task: Task, chosen: Sequence[int]) -> ScoringRows:
    index = np.sort(np.asarray(chosen, np.int64))
    change = rows.change[index]
    return ScoringRows(rows.codes[index], scaled_targets(change, task.target_scale), change)
