"""What of a round's evidence counts: that it is what the chain committed to, and which updates are taken.

Takes evidence as it came. Gives the accepted updates in the order of contributors' addresses. Evidence that is not the
chain's stops the round; what one contributor sent wrong costs only that contributor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from andel.content import cid_of_digest
from andel.data.policy import Policy
from andel.errors import EvidenceError, InputError, PlanError
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.training.integer_mlp import IntArray, Parameters
from andel.training.plan import RoundPlan, check_pace
from andel.training.privacy import check_rules
from andel.training.result import DataCommitment, SignedUpdate, commitments_root, updates_root
from andel.training.task import Task
from andel.training.updates import decode_update, encode_version
from andel.units import Address, Digest
from andel.value.history import History
from andel.value.proof import ProvenData, RegistryEntries, check_signature
from andel.value.sealed_proof import Seeds


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """What the chain says of a round: both seeds, both roots, the registry's entries of committed batches, and
    which of their devices the alliance admitted and whose owners had accepted the plan's terms when the round opened,
    and when that was. `seeds` are what batches may be drawn under outside open mode; empty is this attempt's alone.
    """

    first_seed: Digest
    second_seed: Digest
    commitments_root: Digest
    updates_root: Digest
    entries: RegistryEntries
    admitted: frozenset[Address]
    consenting: frozenset[Address]
    opened_at: int
    seeds: Seeds = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """An update that takes part (flat), and the proven data that it weighs by."""

    data: ProvenData
    update: IntArray


def check_bindings(
    plan: RoundPlan,
    task: Task,
    parameters: Parameters,
    former: Sequence[Parameters],
    commitments: Sequence[DataCommitment],
    chain: ChainFacts,
    updates: Sequence[SignedUpdate],
    history: History,
    policy: Policy,
) -> None:
    """Raises EvidenceError, naming the place, unless plan, chain and evidence are of one round."""
    place = f"round {plan.round}"
    for first, then in zip(commitments, commitments[1:], strict=False):
        if first.contributor == then.contributor:
            raise EvidenceError(f"{place}, commitment of {then.contributor}", "it stands twice in the list")
    if cid_of_digest(sha256(task.to_bytes())) != plan.task:
        raise EvidenceError(f"{place}, task", "it is not the one the plan names")
    try:
        check_pace(plan, task)
    except PlanError as error:
        raise EvidenceError(f"{place}, pace", error.message) from error
    if plan.rules.hash.hex() != task.rules:
        raise EvidenceError(f"{place}, rules", "they are not those the model was founded with")
    if task.floats is not None and plan.rules.audits:
        raise EvidenceError(f"{place}, rules", "they draw trainings to do again, which floats do not allow")
    try:
        check_rules(task.privacy, plan.rules)
    except PlanError as error:
        raise EvidenceError(f"{place}, rules", error.message) from error
    if sha256(encode_version(parameters)) != plan.version:
        raise EvidenceError(f"{place}, parent version", "its bytes are not those the plan names")
    if history.hash != plan.state:
        raise EvidenceError(f"{place}, state", "it is not the one the plan names")
    if tuple(sha256(encode_version(version)) for version in former) != history.versions:
        raise EvidenceError(f"{place}, former versions", "they are not those the state names")
    if commitments_root(plan, commitments) != chain.commitments_root:
        raise EvidenceError(f"{place}, commitments", "they do not give the root on chain")
    if updates_root(plan, updates) != chain.updates_root:
        raise EvidenceError(f"{place}, updates", "they do not give the root on chain")
    if policy.hash != plan.policy:
        raise EvidenceError(f"{place}, policy", "it is not the one the plan names")


def accept_updates(
    plan: RoundPlan,
    task: Task,
    commitments: Sequence[DataCommitment],
    proven: Sequence[ProvenData],
    updates: Sequence[SignedUpdate],
) -> tuple[list[Accepted], dict[Address, str]]:
    """The updates that count, and why the others do not. Raises EvidenceError for one that stands twice."""
    committed = {item.contributor: item for item in commitments}
    data = {item.contributor: item for item in proven}
    accepted: dict[Address, Accepted] = {}
    reasons: dict[Address, str] = {}
    for update in sorted(updates, key=lambda item: address_bytes(item.contributor)):
        contributor = update.contributor
        if contributor in accepted or contributor in reasons:
            raise EvidenceError(f"round {plan.round}, update of {contributor}", "it stands twice in the closed set")
        try:
            check_signature("Update", plan.domain, update.message(plan), update.signature, contributor)
            if contributor not in committed or committed[contributor].batches_hash != update.batches_hash:
                raise InputError("the update names batches that were not committed")
            if data[contributor].weight == 0:
                raise InputError(data[contributor].reason or "no slot is proven")
            if sha256(update.update) != update.update_hash:
                raise InputError("the update is not the one that was signed")
            accepted[contributor] = Accepted(data[contributor], decode_update(update.update, task))
        except InputError as error:
            reasons[contributor] = error.message
    return [accepted[contributor] for contributor in sorted(accepted, key=address_bytes)], reasons
