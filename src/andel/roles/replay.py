"""Settling a round again from the chain and the content store: what validators attest to and auditors check.

There is one way to do it, used by both; they differ only in how they come to the reference packets, which are
sealed to validators until they are published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from andel.content import ContentStore, cid_of_digest
from andel.data.policy import Policy, parse_policy
from andel.errors import EvidenceError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.roles.chain_facts import chain_facts, check_plan, read_round
from andel.roles.judgements import agreed_judge
from andel.roles.obeying import check_obeys
from andel.roles.unsealing import Unsealed, opening_seeds, unsealed
from andel.training.plan import RoundPlan
from andel.training.task import Task
from andel.training.updates import decode_version
from andel.typed_data import typed_digest
from andel.units import Address, Digest
from andel.value.history import EMPTY_HISTORY, History, parse_history
from andel.value.judge import JudgeOf, LiveJudge
from andel.value.judgement import AgreedJudge
from andel.value.manifest import (
    RoundEvidence,
    commitments_object,
    read_disclosed,
    read_evidence,
    read_former,
    read_named,
)
from andel.value.reference import ReferenceSet, open_reference
from andel.value.report import ValueReport
from andel.value.settle import ChainFacts, settle


@dataclass(frozen=True, slots=True)
class Replay:
    """A round settled again: its evidence, what the chain said of it, the verdict, and the attestation that follows;
    of a float task, the `agreed` median that it rests on. `unseen` are contributors whose sealed openings were taken
    for what the attested state says of them.
    """

    evidence: RoundEvidence
    facts: ChainFacts
    report: ValueReport
    attestation: dict[str, object]
    digest: Digest
    agreed: AgreedJudge | None = None
    unseen: tuple[Address, ...] = ()


class ReferenceOpener:
    """Opens reference sets and keeps them: verifying thousands of packets again each round would change nothing.

    Sealed openings are opened with the key of `reader`, where it is a validator of their round.
    """

    def __init__(
        self, store: ContentStore, read_packets: Callable[[RoundPlan], bytes], reader: AccountKey | None = None
    ) -> None:
        self.reader = reader
        self._store = store
        self._read_packets = read_packets
        self._opened: dict[object, ReferenceSet] = {}

    def open(self, plan: RoundPlan, task: Task) -> ReferenceSet:
        """The plan's reference set. Raises EvidenceError, ContentError, InputError."""
        name = (plan.reference, plan.task)
        if name not in self._opened:
            batches = read_named(self._store, "reference batches", plan.reference.batches)
            packets = self._read_packets(plan)
            if cid_of_digest(sha256(packets)) != plan.reference.packets:
                raise EvidenceError("reference packets", "they are not those that the plan says will be published")
            self._opened[name] = open_reference(plan, task, batches, packets)
        return self._opened[name]


def replay_round(
    model: ModelContracts,
    store: ContentStore,
    number: int,
    references: ReferenceOpener,
    judge_of: JudgeOf | None = None,
) -> Replay:
    """Round `number` settled again; with a `judge_of` of one's own instead of what settles it for everybody.

    Raises EvidenceError naming the place where evidence and chain disagree, EvidenceDue while a float task's judgements
    may still come, ContentError for a missing or
    altered object, InputError for one that is not of its format.
    """
    on_chain = read_round(model, number)
    state = on_chain.state
    place = f"round {number}"
    evidence = read_evidence(store, state.evidence_hash, place)
    plan, task = evidence.plan, evidence.task
    check_plan(plan, model, number, on_chain)
    check_obeys(plan, task, model, store, state)
    if plan.reference.hash.hex() != task.reference:
        raise EvidenceError(f"{place}, plan", "it scores by another reference set than the model was founded with")
    listed = read_named(store, f"{place}, commitments", cid_of_digest(state.commitments_hash))
    if listed != commitments_object(evidence.commitments):
        raise EvidenceError(f"{place}, commitments", "the list of seed 1 is not that of the manifest")
    history = read_history(store, plan)
    facts = chain_facts(model, plan, on_chain, evidence.commitments)
    shown = Unsealed(evidence.openings)
    if task.privacy.grouped:
        facts = replace(facts, seeds=opening_seeds(model.round_manager, state))
        shown = unsealed(evidence.openings, references.reader, model.round_manager, store, state)
    agreed = agreed_judge(model, store, plan, task, state) if task.floats and judge_of is None else None
    report = settle(
        plan,
        task,
        decode_version(read_named(store, f"{place}, parent version", cid_of_digest(plan.version)), task),
        evidence.commitments,
        shown.openings,
        facts,
        evidence.updates,
        history,
        references.open(plan, task),
        read_policy(store, plan),
        evidence.conflicts,
        read_former(store, plan, task, history),
        read_disclosed(store, history, evidence.disclosures, place),
        judge_of or ((lambda *_: agreed) if agreed else LiveJudge),
        evidence.masks,
        shown.believe,
    )
    attestation = report.attestation(plan, state.updates_root, state.evidence_hash)
    digest = typed_digest("Attestation", plan.domain, attestation)
    return Replay(evidence, facts, report, attestation, digest, agreed, shown.unseen)


def read_policy(store: ContentStore, plan: RoundPlan) -> Policy:
    """The policy that a plan names. Raises ContentError, InputError when the object is none."""
    return parse_policy(read_named(store, f"round {plan.round}, policy", cid_of_digest(plan.policy)))


def read_history(store: ContentStore, plan: RoundPlan) -> History:
    """The state that a plan builds on; the empty one before the first round. Raises EvidenceError, ContentError."""
    if plan.state == EMPTY_HISTORY.hash:
        return EMPTY_HISTORY
    place = f"round {plan.round}, state"
    history = parse_history(read_named(store, place, cid_of_digest(plan.state)))
    if history.round >= plan.round:
        raise EvidenceError(place, f"it is of round {history.round}")
    return history
