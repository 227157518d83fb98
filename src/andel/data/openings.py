"""Openings: the drawn leaves of a contributor's batches, shown with their packets and proofs, and their
check.

A seed that was unknown when the batches were committed draws leaves over the whole set; each is opened with
its neighbour, and the last leaf of every batch is opened too, because it carries the batch's weight. A batch
with one failed or missing opening weighs zero. Whatever the bytes are, the check gives a report and never
raises.
"""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import Any, Final

from andel.data.batch import SLOTS_PER_DAY, Batch, BatchHeader, batch_leaves, leaf_bytes, running_slots
from andel.data.bounds import Ranges, check_bounds, find_fault
from andel.device.known_keys import is_publicly_known
from andel.device.packets import verify_packet
from andel.device.reading import MAX_PACKET_BYTES, PacketRefused, Refusal
from andel.encoding import canonical_json, parse_json
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.merkle import MerkleTree, verify_merkle
from andel.units import DAY_SECONDS, Address, slot_of

FORMAT: Final = "andel-openings/1"
_DOMAIN = b"andel openings 1\x00"
_DRAW_SPACE = 2**256
_MAX_ENTRY_BYTES = 2 * MAX_PACKET_BYTES  # base64 of the longest packet, a proof of 17 siblings, the field names
_FIELDS = {"batch", "leaf", "slots", "packet", "proof"}


class OpeningFault(StrEnum):
    """Why a batch's openings prove nothing, beside the refusals of its packets."""

    MALFORMED = "malformed-openings"
    WITHHELD = "withheld"
    NOT_IN_BATCH = "not-in-batch"
    OUTSIDE_DAY = "outside-day"
    TIME_ORDER = "time-order"
    SLOT_COUNT = "slot-count"


@dataclass(frozen=True, slots=True)
class OpeningRules:
    """What opened readings must satisfy: times (end excluded), and ranges per channel in hundredths."""

    accepted_time: tuple[int, int]
    ranges: Ranges = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_bounds(self.accepted_time, self.ranges)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A batch's weight (its slots, or 0) and, for 0, the reason and where it showed."""

    weight: int
    reason: OpeningFault | Refusal | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class OpeningReport:
    """One verdict per header, in the headers' order, and how many packets were verified."""

    verdicts: tuple[Verdict, ...]
    packets: int

    @property
    def weight(self) -> int:
        """The sum over all batches."""
        return sum(verdict.weight for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class _Opening:
    batch: int
    leaf: int
    slots: int
    packet: bytes
    proof: tuple[bytes, ...]


class _Failed(Exception):
    def __init__(self, reason: OpeningFault | Refusal, detail: str) -> None:
        super().__init__(detail)
        self.verdict = Verdict(0, reason, detail)


def draw_leaves(
    seed: bytes, contributor: Address, headers: Sequence[BatchHeader], count: int
) -> tuple[tuple[int, int], ...]:
    """The (batch index, leaf index) pairs to open, sorted, each once.

    `count` draws with repetition, uniform over all leaves of the set, by SHA-256 of domain, seed,
    contributor and a counter; each draw brings its neighbour (the next leaf; before the last one, the
    former). The last leaf of every batch is always among them.
    """
    ends = list(accumulate(header.count for header in headers))
    drawn = {(index, header.count - 1) for index, header in enumerate(headers)}
    if ends:
        for position in _draw_positions(seed, contributor, ends[-1], count):
            batch = bisect_right(ends, position)
            size = headers[batch].count
            leaf = position - (ends[batch] - size)
            drawn.add((batch, leaf))
            if size > 1:
                drawn.add((batch, leaf + 1 if leaf + 1 < size else leaf - 1))
    return tuple(sorted(drawn))


def make_openings(seed: bytes, contributor: Address, batches: Sequence[Batch], count: int) -> bytes:
    """The openings object (canonical JSON) of `batches`, which stand in the order of the committed list."""
    trees: dict[int, tuple[MerkleTree, list[int]]] = {}
    entries = []
    for index, leaf in draw_leaves(seed, contributor, [batch.header for batch in batches], count):
        batch = batches[index]
        if index not in trees:
            running = running_slots(batch.timestamps)
            trees[index] = MerkleTree(batch_leaves(batch.timestamps, running, batch.packets)), running
        tree, running = trees[index]
        entries.append(
            {
                "batch": index,
                "leaf": leaf,
                "slots": running[leaf],
                "packet": base64.b64encode(batch.packets[leaf]).decode("ascii"),
                "proof": b"".join(tree.proof(leaf)).hex(),
            }
        )
    return canonical_json({"format": FORMAT, "contributor": contributor, "openings": entries})


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
    chain fix. An object that is malformed, of another contributor, or opens leaves that were not drawn gives
    every batch zero.
    """
    drawn = draw_leaves(seed, contributor, headers, count)
    try:
        openings = _parse_openings(data, contributor, drawn)
    except InputError as error:
        return OpeningReport((Verdict(0, OpeningFault.MALFORMED, error.message),) * len(headers), 0)
    by_batch: dict[int, list[int]] = {}
    for batch, leaf in drawn:
        by_batch.setdefault(batch, []).append(leaf)
    verdicts = []
    packets = 0
    for index, header in enumerate(headers):
        try:
            _check_batch(header, index, by_batch[index], openings, rules)
            verdicts.append(Verdict(header.slots))
            packets += len(by_batch[index])
        except _Failed as failure:
            verdicts.append(failure.verdict)
    return OpeningReport(tuple(verdicts), packets)


def _draw_positions(seed: bytes, contributor: Address, total: int, count: int) -> Iterator[int]:
    limit = _DRAW_SPACE - _DRAW_SPACE % total
    prefix = _DOMAIN + sha256(seed) + address_bytes(contributor)
    counter = 0
    while count > 0:
        value = int.from_bytes(sha256(prefix, counter.to_bytes(8, "big")), "big")
        counter += 1
        if value < limit:  # above it the modulo would favour the first leaves
            yield value % total
            count -= 1


def _parse_openings(
    data: bytes, contributor: Address, drawn: Sequence[tuple[int, int]]
) -> Mapping[tuple[int, int], _Opening]:
    value = parse_json(data, 1_024 + _MAX_ENTRY_BYTES * len(drawn))
    if not isinstance(value, dict) or set(value) != {"format", "contributor", "openings"}:
        raise InputError(f"not an openings object ({FORMAT})")
    if value["format"] != FORMAT or value["contributor"] != contributor:
        raise InputError(f"not {contributor}'s openings ({FORMAT})")
    if not isinstance(value["openings"], list) or len(value["openings"]) > len(drawn):
        raise InputError(f"{len(drawn)} leaves were drawn; the object opens others or more")
    wanted = set(drawn)
    found: dict[tuple[int, int], _Opening] = {}
    for item in value["openings"]:
        opening = _parse_opening(item)
        place = (opening.batch, opening.leaf)
        if place not in wanted or place in found:
            raise InputError(f"leaf {opening.leaf} of batch {opening.batch} was not drawn, or is opened twice")
        found[place] = opening
    return found


def _parse_opening(item: Any) -> _Opening:
    if not isinstance(item, dict) or set(item) != _FIELDS:
        raise InputError(f"an opening has the fields {sorted(_FIELDS)}")
    packet, proof = item["packet"], item["proof"]
    if not isinstance(packet, str) or not isinstance(proof, str):
        raise InputError("packet and proof of an opening are texts")
    for name in ("batch", "leaf", "slots"):
        if type(item[name]) is not int:
            raise InputError(f"{name} of an opening is an integer")
    try:
        raw = base64.b64decode(packet, validate=True)
        siblings = bytes.fromhex(proof)
    except ValueError as error:
        raise InputError("a packet is no base64, or a proof no hex") from error
    if len(raw) > MAX_PACKET_BYTES or len(siblings) % 32:
        raise InputError("a packet is too long, or a proof no sequence of hashes")
    path = tuple(siblings[i : i + 32] for i in range(0, len(siblings), 32))
    return _Opening(item["batch"], item["leaf"], item["slots"], raw, path)


def _check_batch(
    header: BatchHeader,
    index: int,
    leaves: Sequence[int],
    openings: Mapping[tuple[int, int], _Opening],
    rules: OpeningRules,
) -> None:
    if is_publicly_known(header.device):
        raise _Failed(Refusal.PUBLICLY_KNOWN_KEY, "the device's private key is public")
    former: tuple[int, int, int] | None = None
    for leaf in leaves:
        opening = openings.get((index, leaf))
        if opening is None:
            raise _Failed(OpeningFault.WITHHELD, f"leaf {leaf} is not opened")
        timestamp = _check_leaf(header, opening, rules)
        if former is not None:
            _check_order(former, (leaf, timestamp, opening.slots))
        former = (leaf, timestamp, opening.slots)
    if former is None or former[2] != header.slots:
        raise _Failed(OpeningFault.SLOT_COUNT, f"the last leaf does not count {header.slots} slots")


def _check_leaf(header: BatchHeader, opening: _Opening, rules: OpeningRules) -> int:
    place = f"leaf {opening.leaf}"
    try:
        reading = verify_packet(opening.packet, header.public_key)  # its values are not what is proven here
    except PacketRefused as refusal:
        raise _Failed(refusal.reason, f"{place}: {refusal.message}") from refusal
    if reading.device != header.device:
        raise _Failed(Refusal.BAD_SIGNATURE, f"{place} is signed by {reading.device}")
    if not 0 < opening.slots <= SLOTS_PER_DAY:
        raise _Failed(OpeningFault.SLOT_COUNT, f"{place} counts {opening.slots} slots")
    leaf = leaf_bytes(reading.timestamp, opening.slots, opening.packet)
    if not verify_merkle(leaf, opening.leaf, header.count, opening.proof, header.root):
        raise _Failed(OpeningFault.NOT_IN_BATCH, f"{place} does not stand there under the batch's root")
    if reading.timestamp // DAY_SECONDS != header.day:
        raise _Failed(OpeningFault.OUTSIDE_DAY, f"{place}: time {reading.timestamp} is not of day {header.day}")
    if fault := find_fault(reading, rules.accepted_time, rules.ranges):
        raise _Failed(fault[0], f"{place}: {fault[1]}")
    hour = slot_of(reading.timestamp) % SLOTS_PER_DAY
    # what one leaf alone can show: no more slots than leaves or hours so far, nor more to come than are left
    most = min(opening.leaf, hour) + 1
    least = header.slots - min(header.count - 1 - opening.leaf, SLOTS_PER_DAY - 1 - hour)
    if not least <= opening.slots <= most:
        text = f"{place} counts {opening.slots} slots; its place and hour allow {least} to {most}"
        raise _Failed(OpeningFault.SLOT_COUNT, text)
    return reading.timestamp


def _check_order(former: tuple[int, int, int], current: tuple[int, int, int]) -> None:
    """Times rise, and the slots between two opened leaves grow as their times and their distance allow."""
    distance, grown = current[0] - former[0], current[2] - former[2]
    hours = slot_of(current[1]) - slot_of(former[1])
    if current[1] - former[1] < distance:  # strictly rising whole seconds: at least one a leaf
        raise _Failed(OpeningFault.TIME_ORDER, f"time does not rise from leaf {former[0]} to leaf {current[0]}")
    if not min(hours, 1) <= grown <= min(hours, distance):
        text = f"leaf {current[0]} counts {grown} slots more than leaf {former[0]}, {hours} hours before"
        raise _Failed(OpeningFault.SLOT_COUNT, text)
