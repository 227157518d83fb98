"""Which contributors' data is proven in a round, and how many slots it weighs.

A commitment counts when its signature binds this round's plan, each of its batches was entered in the batch
registry by the same contributor under the committed root, lies in the plan's windows, comes from a device that
the alliance admits, of an owner who had accepted the plan's terms, before the round opened, and all its openings hold,
also by the alliance's policy: one that fails or is withheld
costs the whole set its weight. A set of batches is opened once, under the first seed
drawn after it was committed; later rounds that commit the same set under the same policy take what was proven then.
The weight is the number of distinct slots with a proven reading: never a self-report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from andel.data.batch import BatchHeader, parse_batches
from andel.data.openings import OpeningReport, OpeningRules, verify_openings
from andel.data.policy import Policy
from andel.errors import InputError
from andel.hashing import keccak, sha256
from andel.keys import address_bytes
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment
from andel.training.task import Task
from andel.typed_data import Domain, typed_signer
from andel.units import Address, Digest
from andel.value.history import History

_BOUND_BYTES = 24

RegistryEntries = Mapping[tuple[Address, int], bytes]
"""What `BatchRegistry.entriesOf` answers for (device, day): 32 bytes, zero where nothing was entered."""


@dataclass(frozen=True, slots=True)
class ProvenData:
    """One contributor's verdict: slots by device (what was proven), packets verified in this round, and the
    reason where something is not proven.
    """

    contributor: Address
    batches_hash: Digest
    slots: Mapping[Address, int]
    packets: int
    reason: str = ""

    @property
    def weight(self) -> int:
        """Distinct slots over all devices."""
        return sum(self.slots.values())


def registry_entry(root: bytes, owner: Address, entered_at: int) -> Digest:
    """What the registry stores for a batch: 24 bytes of keccak256(abi.encode(root, owner)), then the time in 8."""
    bound = keccak(root, bytes(12), address_bytes(owner))  # abi.encode of two static words
    return Digest(bound[:_BOUND_BYTES] + entered_at.to_bytes(8, "big"))


def is_entered(entry: bytes, root: bytes, owner: Address, by: int) -> bool:
    """Whether a registry entry says that `owner` entered `root`, at the time `by` or before."""
    entered_at = int.from_bytes(entry[_BOUND_BYTES:], "big")
    return 0 < entered_at <= by and entry == registry_entry(root, owner, entered_at)


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
) -> tuple[ProvenData, ...]:
    """A verdict per commitment, in their order. Nothing here raises for what a contributor sent."""
    rules = OpeningRules(accepted_time=task.accepted_time, policy=policy)
    verdicts: dict[Address, ProvenData] = {}
    used: dict[tuple[Address, int], Address] = {}
    for commitment in commitments:
        contributor = commitment.contributor
        if contributor in verdicts:
            continue
        try:
            if contributor not in consenting:
                raise InputError(f"{contributor} had not accepted the plan's terms when the round opened")
            headers = _committed_headers(plan, commitment, entries, admitted, opened_at, used)
        except InputError as error:
            verdicts[contributor] = ProvenData(contributor, commitment.batches_hash, {}, 0, error.message)
            continue
        if slots := history.proven.get(proof_key(plan, commitment.batches_hash)):
            verdicts[contributor] = ProvenData(contributor, commitment.batches_hash, slots, 0)
            continue
        report = verify_openings(openings.get(contributor, b""), seed, contributor, headers, task.openings, rules)
        verdicts[contributor] = _verdict(commitment, headers, report)
    return tuple(verdicts.values())


def proof_key(plan: RoundPlan, batches_hash: bytes) -> Digest:
    """What a proven set is remembered under: its hash and the policy that its openings were judged by."""
    return sha256(batches_hash, plan.policy)


def unopened(plan: RoundPlan, commitments: Iterable[DataCommitment], history: History) -> tuple[Address, ...]:
    """The contributors whose committed batches have not been opened and proven before, under the plan's policy."""
    proven = history.proven
    return tuple(item.contributor for item in commitments if proof_key(plan, item.batches_hash) not in proven)


def check_signature(
    name: str, domain: Domain, message: Mapping[str, object], signature: bytes, signer: Address
) -> None:
    """Raises InputError unless `signer` signed the typed message."""
    if typed_signer(name, domain, message, signature) != signer:
        raise InputError(f"{name} does not carry {signer}'s signature under this plan")


def _committed_headers(
    plan: RoundPlan,
    commitment: DataCommitment,
    entries: RegistryEntries,
    admitted: frozenset[Address],
    opened_at: int,
    used: dict[tuple[Address, int], Address],
) -> tuple[BatchHeader, ...]:
    contributor, headers = parse_batches(commitment.batches)
    if contributor != commitment.contributor:
        raise InputError(f"batches of {contributor} under the commitment of {commitment.contributor}")
    check_signature("DataCommitment", plan.domain, commitment.message(plan), commitment.signature, contributor)
    for header in headers:
        place = f"batch of {header.device}, day {header.day}"
        if not plan.covers(header.day):
            raise InputError(f"{place}: the plan does not name that day")
        if header.device not in admitted:
            raise InputError(f"{place}: the alliance does not admit the device")
        if not is_entered(entries.get((header.device, header.day), b""), header.root, contributor, opened_at):
            raise InputError(f"{place}: not entered by {contributor} under this root before the round opened")
        other = used.setdefault((header.device, header.day), contributor)
        if other != contributor:
            raise InputError(f"{place}: committed by {other} already")
    return headers


def _verdict(commitment: DataCommitment, headers: Sequence[BatchHeader], report: OpeningReport) -> ProvenData:
    for header, verdict in zip(headers, report.verdicts, strict=True):
        if not verdict.weight:
            # the whole set: who could choose which batch to lose would claim too much and withhold what shows it
            reason = f"batch of {header.device}, day {header.day}: {verdict.reason}: {verdict.detail}"
            return ProvenData(commitment.contributor, commitment.batches_hash, {}, report.packets, reason)
    slots: dict[Address, int] = {}
    for header in headers:
        slots[header.device] = slots.get(header.device, 0) + header.slots
    return ProvenData(commitment.contributor, commitment.batches_hash, slots, report.packets)
