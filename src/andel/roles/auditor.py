"""The auditor: replays everything from the chain and the content store, trusting nobody.

From the answer back to the packets: the prediction's signature, the model file and the code on chain, the version,
every round that led to it (commitments, openings, updates, aggregation, value, attestations), the claims, and
last every byte of the store. It stops at the first place where evidence and chain disagree, and names it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from andel.content import ContentStore, cid_of_digest, digest_of_cid
from andel.errors import AndelError, ChainError, ContentError, EvidenceError, Reverted
from andel.hashing import keccak
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_hashes import round_seed
from andel.ledger.round_state import RoundState, Status
from andel.roles.chain_facts import read_round
from andel.roles.gateway import model_file_of
from andel.roles.replay import ReferenceOpener, Replay, replay_round
from andel.serving.compile import compile_model
from andel.serving.evaluate import evaluate, unpack_question
from andel.serving.prediction import Prediction, verify_prediction
from andel.value.claims import ClaimTree
from andel.value.history import EMPTY_HISTORY
from andel.value.manifest import read_named
from andel.value.proof import is_entered
from andel.value.reference import ReferenceSet
from andel.value.report import ValueReport


@dataclass(slots=True)
class Checked:
    """How much was checked: verified packet signatures, opened sets, signed updates, rounds, claims, answers."""

    packets: int = 0
    openings: int = 0
    updates: int = 0
    rounds: int = 0
    claims: int = 0
    answers: int = 0
    objects: int = 0


@dataclass(slots=True)
class Audit:
    """What an audit found. `failure` names the first place that does not hold; empty when all does."""

    checked: Checked = field(default_factory=Checked)
    reports: list[ValueReport] = field(default_factory=list)
    rests_on: list[str] = field(default_factory=list)
    failure: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.failure


def audit(model: ModelContracts, store: ContentStore, prediction: Prediction | None = None) -> Audit:
    """Replays the model's whole evidence; never raises for what evidence holds, but reports the first failure.

    Raises ChainError when the node fails, which says nothing about the evidence.
    """
    result = Audit()
    names: dict[str, str] = {}
    try:
        task_cid = _audit_rounds(model, store, result, names)
        _audit_claims(model, result)
        if task_cid:
            _audit_model(model, store, task_cid, prediction, result, names)
        _audit_store(store, result, names)
    except ContentError as error:
        result.failure = f"{names.get(error.cid, 'content store')}: {error.message}"
    except EvidenceError as error:
        result.failure = str(error)
    except AndelError as error:
        if isinstance(error, ChainError) and not isinstance(error, Reverted):
            raise
        result.failure = f"evidence cannot be read: {error.message}"
    return result


def _audit_rounds(model: ModelContracts, store: ContentStore, result: Audit, names: dict[str, str]) -> str:
    references = ReferenceOpener(store, lambda plan: read_named(store, "reference packets", plan.reference.packets))
    founding = model.round_manager.founding()
    version, state_hash, minted = founding.genesis_version, EMPTY_HISTORY.hash, 0
    task_cid = ""
    for number in range(1, model.round_manager.rounds_count() + 1):
        state = model.round_manager.round_of(number)
        if state.status != Status.FINALISED:
            result.rests_on.append(f"round {number} is {state.status.name.lower()}: it changed nothing")
            continue
        replay = replay_round(model, store, number, references)
        plan = replay.evidence.plan
        _name_objects(number, state, replay, names)
        _compare(number, state, replay)
        if (plan.version, plan.state) != (version, state_hash):
            raise EvidenceError(f"round {number}, plan", "it does not build on the last final round")
        if task_cid and plan.task != task_cid:
            raise EvidenceError(f"round {number}, plan", "it names another task than the rounds before")
        _check_seeds(model, number, state)
        task_cid, version, state_hash = plan.task, state.version_hash, state.state_hash
        minted += replay.report.minted
        result.reports.append(replay.report)
        result.checked.rounds += 1
        result.checked.packets += replay.report.packets_checked
        result.checked.openings += replay.report.packets_checked
        result.checked.updates += len(replay.evidence.updates)
    if task_cid and digest_of_cid(task_cid) != founding.task_hash:
        raise EvidenceError("task", "it is not the one the model was founded with")
    if result.reports and result.reports[-1].claims_total != minted:
        raise EvidenceError("claims", "their running sum is not what the rounds minted")
    for reference in references.sets:
        _audit_reference(model, reference)
        result.checked.packets += reference.packets
    return task_cid


def _name_objects(number: int, state: RoundState, replay: Replay, names: dict[str, str]) -> None:
    """Everything that a round refers to must be there, also what no replay reads: each gets the place it stands for."""
    plan = replay.evidence.plan
    named = {cid: f"round {number}, {what}" for what, cid in replay.evidence.cids}
    named |= {
        cid_of_digest(state.commitments_hash): f"round {number}, commitments",
        cid_of_digest(state.version_hash): f"round {number}, version",
        cid_of_digest(state.state_hash): f"round {number}, state after it",
        cid_of_digest(plan.policy): "policy",
        cid_of_digest(plan.terms): "terms",
        plan.reference.batches: "reference batches",
        plan.reference.sealed: "sealed reference packets",
        plan.reference.packets: "reference packets",
    }
    for cid, what in named.items():
        names.setdefault(cid, what)


def _compare(number: int, state: RoundState, replay: Replay) -> None:
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


def _check_seeds(model: ModelContracts, number: int, state: RoundState) -> None:
    """Both seeds must follow from what was posted and from the hash of a block nobody had seen then."""
    manager = model.round_manager
    steps = (
        (1, "DataCommitted", state.commitments_root, state.first_seed),
        (2, "RoundClosed", state.updates_root, state.second_seed),
    )
    for which, event, root, seed in steps:
        logs = manager.logs(event, state.opened_block, state.settled_block, round=number, attempt=state.attempt)
        hashes = [manager.chain.block_hash(int(log.arguments["seedBlock"])) for log in logs]
        chain_id = manager.chain.chain_id
        made = [round_seed(which, chain_id, manager.address, number, state.attempt, root, block) for block in hashes]
        if made != [seed]:
            raise EvidenceError(f"round {number}, seed {which}", "it does not follow from its root and block hash")


def _audit_reference(model: ModelContracts, reference: ReferenceSet) -> None:
    opened_at = read_round(model, 1).opened_at
    keys = sorted({(header.device, header.day) for header in reference.headers})
    entries = dict(zip(keys, model.batch_registry.entries_of(keys), strict=True))
    for header in reference.headers:
        if not is_entered(entries[header.device, header.day], header.root, reference.owner, opened_at):
            place = f"reference batch of {header.device}, day {header.day}"
            raise EvidenceError(place, "it was not entered in the registry before round 1")


def _audit_claims(model: ModelContracts, result: Audit) -> None:
    if not result.reports:
        return
    history = result.reports[-1].history
    tree = ClaimTree(history.earned)
    if tree.root != model.pool.claims_root():
        raise EvidenceError("claims", "the earnings of the rounds do not give the pool's root")
    for account, earned in history.earned.items():
        if model.pool.claimed(account) > earned:
            raise EvidenceError("claims", f"{account} was paid more than it earned")
        result.checked.claims += 1


def _audit_model(
    model: ModelContracts,
    store: ContentStore,
    task_cid: str,
    prediction: Prediction | None,
    result: Audit,
    names: dict[str, str],
) -> None:
    registry = model.onchain_models
    published = registry.current_of(model.round_manager.address) if registry else None
    if registry is None or published is None:
        if prediction is not None:
            raise EvidenceError("answer", "no published version is known to check it by; name the deployment file")
        result.rests_on.append("no version is known to be published on chain: no answer was checked")
        return
    if not model.round_manager.is_final_version(published.version):
        raise EvidenceError("published version", "no final round made it")
    file, _ = model_file_of(store, published.version, task_cid)
    names[cid_of_digest(file.file_hash)] = "model file"
    if file.file_hash != published.model_file_hash:
        raise EvidenceError("model file", "the version does not give the file whose hash is on chain")
    if keccak(compile_model(file)) != published.codehash:
        raise EvidenceError("on-chain model", "compiling the model file does not give the code on chain")
    if prediction is None:
        return
    operators = model.operators.of_epoch()
    signers = {operators.coordinator, *(validator.account for validator in operators.validators)}
    verify_prediction(prediction, model.round_manager.domain, signers)
    codes, base = unpack_question(prediction.question, file.inputs)
    answers = {
        "model file": int(evaluate(file, codes[None, :], np.array([base], np.int64))[0]),
        "on-chain model": registry.predict_at(model.round_manager.address, prediction.version, prediction.question),
    }
    for what, answer in answers.items():
        if prediction.version != published.version or answer != prediction.answer:
            raise EvidenceError("answer", f"the signed answer {prediction.answer} is not the {what}'s {answer}")
    result.checked.answers += 1


def _audit_store(store: ContentStore, result: Audit, names: dict[str, str]) -> None:
    """Every object's bytes against its name: all that is referred to must be there, and the rest be whole."""
    for cid in store.cids():
        names.setdefault(cid, "object that no round refers to")
    for cid in names:
        store.get(cid)
        result.checked.objects += 1
