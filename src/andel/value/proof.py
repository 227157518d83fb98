"""Which contributors' data is proven in a round, and how many slots it weighs.

A commitment counts when its signature binds this round's plan, each of its batches was entered in the batch
registry by the same contributor under the committed root, lies in the plan's windows, comes from a device that
the alliance admits, of an owner who had accepted the plan's terms, before the round opened, and all its openings hold,
also by the alliance's policy: one that fails or is withheld costs the whole set its weight, and its devices their
standing. A set of batches is opened under the first seed drawn after it was committed; later rounds that commit the
same set under the same policy take what was proven then, as long as a proof holds. Outside open mode each batch is
opened by itself, once for ever (`andel.value.sealed_proof`). The weight is the number of
distinct slots with a proven reading, never a self-report, less what a device's standing takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType

from andel.data.batch import BatchHeader, parse_batches
from andel.data.conflict import MAX_CONFLICTS, Conflict, parse_conflict
from andel.data.cross_checks import impossible_travel, stuck_sensor
from andel.data.opening_check import OpeningReport, OpeningRules, verify_drawn, verify_openings
from andel.data.policy import Policy
from andel.data.sealed_draws import Asked, draw_apart, refused_by
from andel.device.reading import SignedReading
from andel.errors import InputError
from andel.hashing import keccak, sha256
from andel.keys import address_bytes
from andel.sealing import is_sealed
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment
from andel.training.task import Task
from andel.typed_data import Domain, typed_signer
from andel.units import Address, Digest
from andel.value.agreement import Sample, samples
from andel.value.history import History, ProvenSet
from andel.value.opened_days import Day, Origin
from andel.value.sealed_proof import Believe, Seeds, check_leaves, to_open
from andel.value.standing import CLEAN, proof_holds

_BOUND_BYTES = 24
_ENTRY_BYTES = _BOUND_BYTES + 8

RegistryEntries = Mapping[tuple[Address, int], bytes]
"""What `BatchRegistry.entriesOf` answers for (device, day): 32 bytes, zero where nothing was entered."""


@dataclass(frozen=True, slots=True)
class ProvenData:
    """One contributor's verdict: the slots by device that count in this round.

    `proof_key` is what the set's proof is remembered under. `whole` are the slots by device that openings have
            report = verify_openings(shown_data, seed, contributor, headers, task.openings, rules)
            verdict = _judge(task, contributor, named, headers, report)
    """

    contributor: Address
    proof_key: Digest
    slots: Mapping[Address, int]
    packets: int
    reason: str = ""
    note: str = ""
    whole: Mapping[Address, int] = field(default_factory=dict)
    opened: bool = False
    samples: tuple[Sample, ...] = ()
    failed: tuple[Address, ...] = ()
    conflicted: tuple[Address, ...] = ()
    drawn: Mapping[Day, Origin] | None = None

    @property
    def weight(self) -> int:
        """Distinct slots over all devices."""
        return sum(self.slots.values())


def registry_entry(root: bytes, owner: Address, entered_at: int) -> Digest:
    """What the registry stores for a batch: 24 bytes of keccak256(abi.encode(root, owner)), then the time in 8."""
    return Digest(_bound(root, owner) + entered_at.to_bytes(8, "big"))


@lru_cache(maxsize=1 << 16)  # the same entries are looked at in every round
def _bound(root: bytes, owner: Address) -> bytes:
    return keccak(root, bytes(12), address_bytes(owner))[:_BOUND_BYTES]  # abi.encode of two static words


def is_entered(entry: bytes, root: bytes, owner: Address, by: int) -> bool:
    """Whether a registry entry says that `owner` entered `root`, at the time `by` or before."""
    bound, entered_at = entry[:_BOUND_BYTES], int.from_bytes(entry[_BOUND_BYTES:], "big")
    return 0 < entered_at <= by and len(entry) == _ENTRY_BYTES and bound == _bound(root, owner)


def prove_data(
    plan: RoundPlan,
    task: Task,
    policy: Policy,
    commitments: Sequence[DataCommitment],
    openings: Mapping[Address, bytes],
    entries: RegistryEntries,
    admitted: frozenset[Address],
    consenting: frozenset[Address],
    opened_at: int,
    seed: bytes,
    history: History,
    conflicts: Sequence[bytes] = (),
    suspended: Mapping[Address, str] = MappingProxyType({}),
    seeds: Seeds = (),
    believe: Believe | None = None,
) -> tuple[ProvenData, ...]:
    """A verdict per commitment, in their order. Nothing here raises for what a contributor or a witness sent.

    `suspended` are devices whose slots count nothing in this round, and why. Outside open mode `openings` are unsealed,
    or, with `believe`, sealed and taken for what it says; `seeds` are those that batches may be drawn under.
    """
    rules = OpeningRules(accepted_time=task.accepted_time, policy=policy)
    shown = sound_conflicts(conflicts, task)
    verdicts: dict[Address, ProvenData] = {}
    used: dict[tuple[Address, int], Address] = {}
    for commitment in commitments:
        contributor, named = commitment.contributor, proof_key(plan, commitment.batches_hash)
        if contributor in verdicts:
            continue
        try:
            if contributor not in consenting:
                raise InputError(f"{contributor} had not accepted the plan's terms when the round opened")
            headers = committed_headers(plan, commitment)
            _check_registered(headers, contributor, entries, admitted, opened_at, used)
            if task.privacy.grouped:
                check_leaves(headers)
        except InputError as error:
            verdicts[contributor] = ProvenData(contributor, named, {}, 0, error.message)
            continue
        shown_data = openings.get(contributor, b"")
        known = history.proven.get(named)
        if task.privacy.grouped:
            asked = to_open(headers, entries, history, seeds or ((opened_at, Origin(plan.round, Digest(seed))),))
            verdict = _prove_apart(contributor, named, headers, shown_data, asked, task, rules, history, believe)
        elif known is not None and proof_holds(known.round, plan.round, task.openings):
            verdict = ProvenData(contributor, named, {}, 0, note=_left_out(headers, known), whole=known.slots)
        else:
            report = verify_openings(shown_data, seed, contributor, headers, task.openings, rules)
            verdict = _judge(task, contributor, named, headers, report)
        verdicts[contributor] = _weigh(verdict, headers, history, plan.round, shown, suspended)
    return tuple(verdicts.values())


def proof_key(plan: RoundPlan, batches_hash: bytes) -> Digest:
    """What a proven set is remembered under: its hash and the policy that its openings were judged by."""
    return sha256(batches_hash, plan.policy)


def unopened(
    plan: RoundPlan, task: Task, commitments: Iterable[DataCommitment], history: History
) -> tuple[Address, ...]:
    """The contributors whose batches must be opened: never proven under the plan's policy, or too long ago."""
    return tuple(
        item.contributor
        for item in commitments
        if (known := history.proven.get(proof_key(plan, item.batches_hash))) is None
        or not proof_holds(known.round, plan.round, task.openings)
    )


def asked_of(
    plan: RoundPlan,
    task: Task,
    commitments: Iterable[DataCommitment],
    entries: RegistryEntries,
    history: History,
    seeds: Seeds,
) -> dict[Address, tuple[Asked, ...]]:
    """Outside open mode: the batches that each contributor has to open, where there are any."""
    found: dict[Address, tuple[Asked, ...]] = {}
    for item in commitments:
        try:
            headers = committed_headers(plan, item)
            check_leaves(headers)
        except InputError:
            continue  # it counts for nothing, whatever it would open
        if asked := to_open(headers, entries, history, seeds):
            found[item.contributor] = asked
    return found


def committed_headers(plan: RoundPlan, commitment: DataCommitment) -> tuple[BatchHeader, ...]:
    """The headers of a commitment that can count as far as it shows itself, before the chain is asked anything.

    Raises InputError: malformed, another contributor's, unsigned, or with a day that the plan does not name.
    """
    contributor, headers = parse_batches(commitment.batches)
    if contributor != commitment.contributor:
        raise InputError(f"batches of {contributor} under the commitment of {commitment.contributor}")
    check_signature("DataCommitment", plan.domain, commitment.message(plan), commitment.signature, contributor)
    if not all(map(plan.covers, {header.day for header in headers})):
        first = next(header for header in headers if not plan.covers(header.day))
        raise InputError(f"{_place(first)}: the plan does not name that day")
    return headers


def sound_conflicts(conflicts: Iterable[bytes], task: Task) -> dict[tuple[Address, int], int]:
    """(device, day) to the hours (bit h for hour h) of conflicts that hold, inside the accepted time; others count
    for nothing, and so does what is listed beyond the bound.
    """
    start, end = task.accepted_time
    found: dict[tuple[Address, int], int] = {}
    for data in list(conflicts)[:MAX_CONFLICTS]:
        try:
            conflict: Conflict = parse_conflict(data)
        except InputError:
            continue
        if start <= conflict.timestamp < end:
            place = (conflict.device, conflict.day)
            found[place] = found.get(place, 0) | 1 << conflict.hour
    return found


def check_signature(
    name: str, domain: Domain, message: Mapping[str, object], signature: bytes, signer: Address
) -> None:
    """Raises InputError unless `signer` signed the typed message."""
    if typed_signer(name, domain, message, signature) != signer:
        raise InputError(f"{name} does not carry {signer}'s signature under this plan")


def _check_registered(
    headers: Sequence[BatchHeader],
    contributor: Address,
    entries: RegistryEntries,
    admitted: frozenset[Address],
    opened_at: int,
    used: dict[tuple[Address, int], Address],
) -> None:
    for header in headers:
        named = (header.device, header.day)
        if header.device not in admitted:
            raise InputError(f"{_place(header)}: the alliance does not admit the device")
        if not is_entered(entries.get(named, b""), header.root, contributor, opened_at):
            raise InputError(f"{_place(header)}: not entered by {contributor} under this root before the round opened")
        if (other := used.setdefault(named, contributor)) != contributor:
            raise InputError(f"{_place(header)}: committed by {other} already")


def _prove_apart(
    contributor: Address,
    named: Digest,
    headers: Sequence[BatchHeader],
    data: bytes,
    asked: Sequence[Asked],
    task: Task,
    rules: OpeningRules,
    history: History,
    believe: Believe | None,
) -> ProvenData:
    """A set of which each batch is opened by itself, once; `data` are unsealed openings, or what `believe` judges."""
    days: dict[Address, list[int]] = {}
    drawn: dict[Day, Origin] = {}
    for item in asked:
        for header in (headers[index] for index in item.batches):
            days.setdefault(header.device, []).append(header.day)
            drawn[header.device, header.day] = Origin(item.round, item.seed)
    whole = {header.device: 0 for header in headers}
    for header in headers:
        whole[header.device] += header.slots
    verdict = ProvenData(contributor, named, {}, 0, whole=whole, drawn=drawn)
    if not asked:
        return verdict
    if reason := refused_by(data, contributor):
        return replace(verdict, whole={}, reason=f"its openings are refused: {reason}")
    if believe is not None and is_sealed(data):
        held = believe(history, days)
        if held is None:
            return replace(verdict, whole={}, reason="its sealed openings did not hold", failed=tuple(whole))
        left = [device for device in days if device not in held]
        note = "; ".join(f"device {device}: left out when its batches were opened" for device in left)
        return replace(verdict, whole={d: n for d, n in whole.items() if d not in left}, note=note, opened=True)
    report = verify_drawn(data, draw_apart(contributor, headers, asked, task.openings), contributor, headers, rules)
    return replace(_judge(task, contributor, named, headers, report), drawn=drawn)


def _judge(
    task: Task, contributor: Address, named: Digest, headers: Sequence[BatchHeader], report: OpeningReport
) -> ProvenData:
    """What the openings of a set have proven, and which of its devices the cross-checks leave out."""
    for header, verdict in zip(headers, report.verdicts, strict=True):
        if not verdict.weight:
            # the whole set: who could choose which batch to lose would claim too much and withhold what shows it
            reason = f"{_place(header)}: {verdict.reason}: {verdict.detail}"
            devices = tuple(dict.fromkeys(header.device for header in headers))
            return ProvenData(contributor, named, {}, report.packets, reason, failed=devices)
    slots: dict[Address, int] = {}
    readings: dict[Address, list[SignedReading]] = {}
    for header, verdict in zip(headers, report.verdicts, strict=True):
        slots[header.device] = slots.get(header.device, 0) + header.slots
        readings.setdefault(header.device, []).extend(verdict.readings)
    notes = []
    for device, shown in readings.items():  # in rising time: a list goes by device, then day
        if fault := impossible_travel(shown) or stuck_sensor(shown):
            notes.append(f"device {device}: {fault}")
            del slots[device]
    opened = samples(task, (reading for shown in readings.values() for reading in shown))
    return ProvenData(
        contributor, named, {}, report.packets, note="; ".join(notes), whole=slots, opened=True, samples=opened
    )


def _left_out(headers: Sequence[BatchHeader], known: ProvenSet) -> str:
    left = dict.fromkeys(header.device for header in headers if header.device not in known.slots)
    return "; ".join(f"device {device}: left out when its set was opened in round {known.round}" for device in left)


def _weigh(
    verdict: ProvenData,
    headers: Sequence[BatchHeader],
    history: History,
    number: int,
    conflicts: Mapping[tuple[Address, int], int],
    suspended: Mapping[Address, str],
) -> ProvenData:
    """The verdict with the slots that count: standing, and conflicts in hours that are claimed, take theirs."""
    claimed = headers if conflicts else ()
    conflicted = tuple(dict.fromkeys(h.device for h in claimed if conflicts.get((h.device, h.day), 0) & h.hours))
    notes = [verdict.note] if verdict.note else []
    slots: dict[Address, int] = {}
    for device, proven in verdict.whole.items():
        standing = history.standing.get(device, CLEAN)
        counted = 0 if device in conflicted or device in suspended else standing.counted(proven, number)
        if device in suspended:
            notes.append(f"device {device}: {suspended[device]}")
        elif device in conflicted:
            notes.append(f"device {device}: two readings are signed for one time of an hour that it claims")
        elif number <= standing.barred_until:
            notes.append(f"device {device}: in quarantine until round {standing.barred_until}")
        elif counted < proven:
            notes.append(f"device {device}: counts half until round {standing.halved_until}, as openings failed before")
        if counted:
            slots[device] = counted
    note = "; ".join(notes)
    reason = verdict.reason or ("" if slots else note)
    return replace(verdict, slots=slots, reason=reason, note=note, conflicted=conflicted)


def _place(header: BatchHeader) -> str:
    return f"batch of {header.device}, day {header.day}"
