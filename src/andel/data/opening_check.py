"""The check of openings: whether what a contributor shows proves the slots that its batches claim.

Takes an openings object, the seed, and the committed headers. Gives a verdict per batch with the readings it showed.
A batch with one failed or missing opening weighs zero. Whatever the bytes are, the check gives a report and never
raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from andel.data.batch import SLOTS_PER_DAY, BatchHeader, leaf_bytes
from andel.data.bounds import Ranges, check_bounds, find_fault
from andel.data.cross_checks import beyond_physics
from andel.data.draws import Drawn, draw
from andel.data.openings import Opening, Openings, parse_openings, reached, surplus
from andel.data.policy import EVERYWHERE, Policy
from andel.device.known_keys import is_publicly_known
from andel.device.packets import verify_packet
from andel.device.reading import PacketRefused, Refusal, SignedReading
from andel.errors import InputError
from andel.merkle import verify_merkle
from andel.units import DAY_SECONDS, Address, slot_of


class OpeningFault(StrEnum):
    """Why a batch's openings prove nothing, beside the refusals of its packets."""

    MALFORMED = "malformed-openings"
    WITHHELD = "withheld"
    NOT_IN_BATCH = "not-in-batch"
    OUTSIDE_DAY = "outside-day"
    TIME_ORDER = "time-order"
    SLOT_COUNT = "slot-count"
    MISSING_CHANNEL = "missing-channel"
    OUTSIDE_REGION = "outside-region"


@dataclass(frozen=True, slots=True)
class OpeningRules:
    """What opened readings must satisfy: times (end excluded), ranges per channel in hundredths, a policy."""

    accepted_time: tuple[int, int]
    ranges: Ranges = field(default_factory=dict)
    policy: Policy = EVERYWHERE

    def __post_init__(self) -> None:
        check_bounds(self.accepted_time, self.ranges)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A batch's weight (its slots, or 0), the readings that it showed, and, for 0, the reason and its place."""

    weight: int
    reason: OpeningFault | Refusal | None = None
    detail: str = ""
    readings: tuple[SignedReading, ...] = ()


@dataclass(frozen=True, slots=True)
class OpeningReport:
    """One verdict per header, in the headers' order."""

    verdicts: tuple[Verdict, ...]

    @property
    def weight(self) -> int:
        """The sum over all batches."""
        return sum(verdict.weight for verdict in self.verdicts)

    @property
    def packets(self) -> int:
        """How many packets were verified in batches that hold."""
        return sum(len(verdict.readings) for verdict in self.verdicts)


class _Failed(Exception):
    def __init__(self, reason: OpeningFault | Refusal, detail: str) -> None:
        super().__init__(detail)
        self.verdict = Verdict(0, reason, detail)


def verify_openings(
    data: bytes,
    seed: bytes,
    contributor: Address,
    headers: Sequence[BatchHeader],
    count: int,
    rules: OpeningRules,
) -> OpeningReport:
    """The weight of each batch, proven by the openings object `data`. Never raises for what `data` holds.

    `headers` are those of the committed list (`parse_batches`); `seed` and `count` those the round's plan and
    chain fix. An object that is malformed, of another contributor, or opens leaves that nothing asked for gives
    every batch zero.
    """
    return verify_drawn(data, draw(seed, contributor, headers, count), contributor, headers, rules)


def verify_drawn(
    data: bytes, drawn: Drawn, contributor: Address, headers: Sequence[BatchHeader], rules: OpeningRules
) -> OpeningReport:
    """The same for what was drawn already, of all batches or of some: the others weigh what their headers claim.

    The last leaf of each batch that is opened has to be among `drawn`.
    """
    opened = {batch for batch, _ in drawn.leaves}
    try:
        openings = parse_openings(data, contributor, headers, drawn)
        if more := surplus(openings, drawn):
            batch, leaf = min(more)
            raise InputError(f"leaf {leaf} of batch {batch} was not drawn")
    except InputError as error:
        failed = Verdict(0, OpeningFault.MALFORMED, error.message)
        return OpeningReport(tuple(failed if i in opened else Verdict(h.slots) for i, h in enumerate(headers)))
    absent = _absent(openings, drawn)
    shown: dict[int, list[Opening]] = {}
    for (batch, _), opening in openings.items():
        shown.setdefault(batch, []).append(opening)
    verdicts = []
    for index, header in enumerate(headers):
        if index not in opened:
            verdicts.append(Verdict(header.slots))
            continue
        try:
            if index in absent:
                raise _Failed(OpeningFault.WITHHELD, absent[index])
            verdicts.append(Verdict(header.slots, readings=_check_batch(header, shown[index], rules)))
        except _Failed as failure:
            verdicts.append(failure.verdict)
    return OpeningReport(tuple(verdicts))


def _absent(openings: Openings, drawn: Drawn) -> dict[int, str]:
    """The batches that lack something drawn, with the first thing they lack."""
    found: dict[int, str] = {}
    for batch, leaf in drawn.leaves:
        if (batch, leaf) not in openings:
            found.setdefault(batch, f"leaf {leaf} is not opened")
    steps = reached(openings, drawn)
    for batch, slot in drawn.slots:
        if (batch, slot) not in steps:
            found.setdefault(batch, f"the leaf that reaches slot {slot} is not opened with the one before it")
    return found


def _check_batch(header: BatchHeader, shown: Sequence[Opening], rules: OpeningRules) -> tuple[SignedReading, ...]:
    if is_publicly_known(header.device):
        raise _Failed(Refusal.PUBLICLY_KNOWN_KEY, "the device's private key is public")
    hours = header.slot_hours
    readings: list[SignedReading] = []
    former: Opening | None = None
    for opening in shown:
        reading = _check_leaf(header, hours, opening, rules)
        if former is not None:
            _check_order(former, readings[-1].timestamp, opening, reading.timestamp)
        readings.append(reading)
        former = opening
    if former is None or former.slots != header.slots:
        raise _Failed(OpeningFault.SLOT_COUNT, f"the last leaf does not count {header.slots} slots")
    return tuple(readings)


def _check_leaf(header: BatchHeader, hours: Sequence[int], opening: Opening, rules: OpeningRules) -> SignedReading:
    place = f"leaf {opening.leaf}"
    try:
        reading = verify_packet(opening.packet, header.public_key)  # which epoch it is of is not proven here
    except PacketRefused as refusal:
        raise _Failed(refusal.reason, f"{place}: {refusal.message}") from refusal
    if reading.device != header.device:
        raise _Failed(Refusal.BAD_SIGNATURE, f"{place} is signed by {reading.device}")
    leaf = leaf_bytes(reading.timestamp, opening.slots, opening.packet)
    if not verify_merkle(leaf, opening.leaf, header.count, opening.proof, header.root):
        raise _Failed(OpeningFault.NOT_IN_BATCH, f"{place} does not stand there under the batch's root")
    if reading.timestamp // DAY_SECONDS != header.day:
        raise _Failed(OpeningFault.OUTSIDE_DAY, f"{place}: time {reading.timestamp} is not of day {header.day}")
    if fault := find_fault(reading, rules.accepted_time, rules.ranges):
        raise _Failed(fault[0], f"{place}: {fault[1]}")
    if excess := beyond_physics(reading):
        raise _Failed(Refusal.OUT_OF_RANGE, f"{place}: {excess}")
    if missing := rules.policy.missing_channel(reading):
        raise _Failed(OpeningFault.MISSING_CHANNEL, f"{place} has no {missing}, which the policy asks for")
    if outside := rules.policy.outside(reading):
        raise _Failed(OpeningFault.OUTSIDE_REGION, f"{place}: {outside}")
    # slot number r is one hour of the day, named before the seed: a reading of another hour does not stand for it
    hour = slot_of(reading.timestamp) % SLOTS_PER_DAY
    if opening.slots > header.slots or hours[opening.slots - 1] != hour:
        text = f"{place} counts {opening.slots} slots in hour {hour}; the batch claims the hours {list(hours)}"
        raise _Failed(OpeningFault.SLOT_COUNT, text)
    least = header.slots - (header.count - 1 - opening.leaf)
    if not least <= opening.slots <= opening.leaf + 1:
        text = f"{place} counts {opening.slots} slots; its place allows {least} to {opening.leaf + 1}"
        raise _Failed(OpeningFault.SLOT_COUNT, text)
    return reading


def _check_order(former: Opening, then: int, current: Opening, now: int) -> None:
    """Between two opened leaves times rise by a second a leaf at least, and slots by one a leaf at most."""
    distance = current.leaf - former.leaf
    if now - then < distance:  # strictly rising whole seconds
        raise _Failed(OpeningFault.TIME_ORDER, f"time does not rise from leaf {former.leaf} to leaf {current.leaf}")
    if not 0 <= current.slots - former.slots <= distance:
        text = f"leaf {current.leaf} counts {current.slots} slots, leaf {former.leaf} {former.slots}"
        raise _Failed(OpeningFault.SLOT_COUNT, text)
