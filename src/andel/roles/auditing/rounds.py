"""Proving one round: its record on chain, its evidence, its replay, and every object that it refers to.

Takes a model, a store and a round's number. Gives a `RoundProof` in plain values that another process can send, or a
`VoidRound`. A round whose evidence is gone or kept back is proven as far as the chain goes; its result then rests on
the signatures of its validators, and is said to. Raises EvidenceError naming the first place that does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from andel.content import ContentStore
from andel.data.batch import BatchHeader, parse_batches
from andel.data.opening_check import OpeningFault
from andel.data.sealed_draws import refused_by
from andel.errors import ContentMissing, EvidenceError, InputError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import RoundState, Status
from andel.roles.auditing.findings import Missing, Rests, Tally, Withheld
from andel.roles.auditing.record import check_record
from andel.roles.auditing.registry import RegistryAudit
from andel.roles.chain_facts import RoundOnChain, read_round
from andel.roles.holding import REFERENCE_PACKETS, held_back, named_objects
from andel.roles.judging import measure_round
from andel.roles.posted import check_refusals
from andel.roles.replay import ReferenceOpener, Replay, replay_round
from andel.training.engine import engine_of
from andel.units import Address, Digest
from andel.value.judgement import far_from
from andel.value.manifest import read_named
from andel.value.proof import is_entered
from andel.value.reference import ReferenceSet
from andel.value.report import ValueReport
from andel.value.retraining import Outcome as Training


@dataclass(frozen=True, slots=True)
class VoidRound:
    """A round that is not final: it changed nothing. `withheld` is the first evidence that it was closed on and that is
    not there: before a round is final its validators must hold it all, so nobody could have deleted it rightly.
    """

    number: int
    status: str
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True)
class RoundProof:
    """A final round as it was proven: what later rounds and the money build on, and what was checked.

    `task` is the task's CID, `reference` that of the reference packets, empty where the plan is gone; `objects` are
    (place, CID) of all it refers to, each verified; amounts are base units. `frauds` tell of trainings that were done
    again and gave another update.
    """

    number: int
    parent: Digest
    version: Digest
    before: Digest
    state: Digest
    task: str
    minted: int
    claims_root: Digest
    claims_total: int
    operators: Mapping[Address, int]
    settled_block: int
    k: int
    n: int
    reference: str
    reference_packets: int
    tally: Tally
    objects: tuple[tuple[str, str], ...]
    missing: tuple[Missing, ...] = ()
    frauds: tuple[str, ...] = ()
    report: ValueReport | None = None
    resumed: bool = False


@dataclass(slots=True)
class _Objects:
    """What a round refers to, and what of it is there."""

    store: ContentStore
    known: set[str]
    found: dict[str, str] = field(default_factory=dict)
    missing: list[Missing] = field(default_factory=list)

    def verify(self, place: str, cid: str) -> None:
        """Raises EvidenceError for a corrupt object; notes a missing one."""
        if cid in self.found:
            return
        try:
            if cid not in self.known:
                read_named(self.store, place, cid)
        except EvidenceError as error:
            note_missing(self.missing, error)
            return
        self.found[cid] = place
        self.known.add(cid)


class RoundProver:
    """Proves rounds of one model; opens each reference set, and checks each batch entry, once."""

    def __init__(
        self,
        model: ModelContracts,
        store: ContentStore,
        *,
        from_block: int = 0,
        keep_reports: bool = False,
        reader: AccountKey | None = None,
    ) -> None:
        """Asks nothing yet; `keep_reports` keeps each round's `ValueReport`, whose size grows with the model. What is
        sealed to `reader`, a validator, is opened and replayed.
        """
        self._model = model
        self._store = store
        self._keep = keep_reports
        self._registry = RegistryAudit(model, from_block)
        self._references = ReferenceOpener(
            store, lambda plan: read_named(store, REFERENCE_PACKETS, plan.reference.packets), reader
        )
        self._entered: list[ReferenceSet] = []
        self._known: set[str] = set()

    def state_of(self, number: int) -> RoundOnChain:
        """The round as the chain has it."""
        return read_round(self._model, number)

    def prove(self, number: int, on_chain: RoundOnChain) -> RoundProof | VoidRound:
        """Everything about one round. Raises EvidenceError; ChainError when the node fails."""
        state, tally = on_chain.state, Tally()
        if state.status != Status.FINALISED:
            return VoidRound(number, state.status.name.lower(), self._withheld(state))
        record = check_record(self._model, on_chain, tally)
        objects = _Objects(self._store, self._known)
        replay = self._replay(number, on_chain, objects, tally)
        for place, cid in named_objects(number, state, replay):
            objects.verify(place, cid)
        tally.add("objects", Rests.RECOMPUTED, len(objects.found))
        for item in objects.missing:
            tally.add("objects", item.rests)
        return RoundProof(
            number=number,
            parent=state.parent_version,
            version=state.version_hash,
            before=replay.evidence.plan.state if replay else Digest(b""),
            state=state.state_hash,
            task=replay.evidence.plan.task if replay else "",
            minted=state.minted,
            claims_root=record.claims_root,
            claims_total=record.claims_total,
            operators=record.operators,
            settled_block=state.settled_block,
            k=record.k,
            n=record.n,
            reference=replay.evidence.plan.reference.packets if replay else "",
            reference_packets=self._check_reference(replay) if replay else 0,
            tally=tally,
            objects=tuple((place, cid) for cid, place in objects.found.items()),
            missing=tuple(objects.missing),
            frauds=_frauds(number, replay) if replay else (),
            report=replay.report if replay and self._keep else None,
        )

    def verify_objects(self, objects: tuple[tuple[str, str], ...]) -> list[Missing]:
        """The objects of a round proven before, against their names again. Raises EvidenceError for a corrupt one."""
        found = _Objects(self._store, self._known)
        for place, cid in objects:
            found.verify(place, cid)
        return found.missing

    def _withheld(self, state: RoundState) -> tuple[Withheld, ...]:
        """What the newest closed attempt of a round that is not final names and the store does not give."""
        place, message = held_back(self._store, state)
        return (Withheld(state.round, place, message),) if place else ()

    def _replay(self, number: int, on_chain: RoundOnChain, objects: _Objects, tally: Tally) -> Replay | None:
        """The round settled again and compared; None, with the place noted, when evidence for that is gone."""
        try:
            replay = replay_round(self._model, self._store, number, self._references)
            check_refusals(self._model, self._store, on_chain.state, replay)
        except EvidenceError as error:
            note_missing(objects.missing, error)
            tally.add("results", Rests.SIGNATURES)
            return None
        except InputError as error:
            raise EvidenceError(f"round {number}", f"its evidence cannot be read: {error.message}") from error
        for place, cid in replay.evidence.cids:
            objects.found.setdefault(cid, f"round {number}, {place}")
            self._known.add(cid)
        compare(number, on_chain.state, replay)
        self._judge(on_chain.state, replay, tally)
        headers = _headers(replay)
        self._registry.check(headers, replay.facts.entries, on_chain.state.opened_block, tally)
        count_evidence(replay, tally)
        return replay

    def _judge(self, state: RoundState, replay: Replay, tally: Tally) -> None:
        """Measures a float task's round again, where its engine is installed; elsewhere its judgements rest on those
        that signed them. Raises EvidenceError when the agreed median is far from what is measured here.
        """
        if replay.agreed is None:
            return
        count = len(replay.agreed.judgements)
        try:
            engine_of(replay.evidence.task)
        except InputError:
            tally.add("judgements", Rests.SIGNATURES, count)
            return
        own = measure_round(self._model, self._store, state, self._references)
        if far := far_from(own, replay.agreed.agreed(own.aggregate)):
            raise EvidenceError(f"round {state.round}, judgements", f"their median is far from {far} measured here")
        tally.add("judgements", Rests.RECOMPUTED, count)

    def _check_reference(self, replay: Replay) -> int:
        """How many packets scored the round, after their batches were found entered; each set is looked at once."""
        reference = self._references.open(replay.evidence.plan, replay.evidence.task)
        if all(reference is not known for known in self._entered):
            _audit_reference(self._model, reference)
            self._entered.append(reference)
        return reference.packets


def _frauds(number: int, replay: Replay) -> tuple[str, ...]:
    """Each training that was due in this round, done again, and differed: what its fraud proof shows."""
    return tuple(
        f"round {number}: {contributor} did not train what it signed: {verdict.detail}"
        for contributor, verdict in replay.report.retrained.items()
        if verdict.outcome is Training.DIFFERENT
    )


def compare(number: int, state: RoundState, replay: Replay) -> None:
    """Raises EvidenceError naming what the replay gives otherwise than the chain holds it."""
    report = replay.report
    found = {
        "agreed attestation": (replay.digest, state.agreed),
        "version": (report.version_hash, state.version_hash),
        "value root": (report.value_root, state.value_root),
        "state": (report.history.hash, state.state_hash),
        "evaluation": (report.evaluation, state.evaluation),
        "minted amount": (report.minted, state.minted),
    }
    for what, (replayed, chained) in found.items():
        if replayed != chained:
            raise EvidenceError(f"round {number}, {what}", "the replay gives another than the chain holds")


def count_evidence(replay: Replay, tally: Tally) -> None:
    """What a replayed round's evidence adds to the table."""
    evidence, report = replay.evidence, replay.report
    kept_back = {
        item.contributor
        for item in report.contributors
        if f": {OpeningFault.WITHHELD}: " in item.reason
        or (f": {OpeningFault.MALFORMED}: " in item.reason and item.contributor not in evidence.openings)
        or refused_by(evidence.openings.get(item.contributor, b""), item.contributor)
    }
    unseen = set(replay.unseen)
    tally.add("commitments", Rests.RECOMPUTED, len(evidence.commitments))
    tally.add("admissions", Rests.NODE, len(replay.facts.admitted) + len(replay.facts.consenting))
    tally.add("openings", Rests.RECOMPUTED, report.packets_checked)
    tally.add("asked", Rests.RECOMPUTED, len(set(evidence.openings) - kept_back - unseen))
    tally.add("asked", Rests.SIGNATURES, len(unseen))
    tally.add("asked", Rests.WITHHELD, len(kept_back))
    tally.add("updates", Rests.RECOMPUTED, len(evidence.updates))
    tally.add("conflicts", Rests.RECOMPUTED, len(evidence.conflicts))
    tally.add("results", Rests.RECOMPUTED)


def note_missing(missing: list[Missing], error: EvidenceError) -> None:
    """Keeps what is not there; raises any other error again.

    Validators attested that they held all evidence of a final round, so what is gone was deleted; only the reference
    packets are kept back by design, until the founder publishes them.
    """
    if not isinstance(error.__cause__, ContentMissing):
        raise error
    rests = Rests.WITHHELD if error.place == REFERENCE_PACKETS else Rests.DELETED
    message = error.message.removeprefix(f"{error.place}: ")
    if all(item.place != error.place for item in missing):
        missing.append(Missing(error.place, message, rests))


def _headers(replay: Replay) -> list[tuple[Address, BatchHeader]]:
    """(owner, header) of what was committed; its signatures are `settle`'s to judge, here entry, root and owner fit."""
    found = []
    for commitment in replay.evidence.commitments:
        try:
            owner, headers = parse_batches(commitment.batches)
        except InputError:
            continue  # `settle` gave the contributor its reason
        found += [(owner, header) for header in headers if header.device in replay.facts.admitted]
    return found


def _audit_reference(model: ModelContracts, reference: ReferenceSet) -> None:
    opened_at = read_round(model, 1).opened_at
    keys = sorted({(header.device, header.day) for header in reference.headers})
    entries = dict(zip(keys, model.batch_registry.entries_of(keys), strict=True))
    for header in reference.headers:
        if not is_entered(entries[header.device, header.day], header.root, reference.owner, opened_at):
            place = f"reference batch of {header.device}, day {header.day}"
            raise EvidenceError(place, "it was not entered in the registry before round 1")
