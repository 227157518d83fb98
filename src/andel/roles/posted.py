"""Updates that contributors post on chain themselves, and what becomes of them.

A contributor whose update does not reach the coordinator puts it into the content store and posts its signed hash. An
honest coordinator takes it up from there before it closes, and shows afterwards that the closed set holds it. What it
does not take up it refuses with a reason that lies in the content store; validators judge the reason, and attest to no
round with one that is not true. While one posted update is neither, no validator can commit.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from andel.content import ContentStore, cid_of_digest, digest_of_cid
from andel.encoding import canonical_json, parse_json
from andel.errors import ChainError, EvidenceError, InputError
from andel.hashing import keccak
from andel.keys import AccountKey, parse_address
from andel.ledger.abi import decode_call
from andel.ledger.deployment import ModelContracts
from andel.ledger.receipt import Event, Receipt
from andel.ledger.round_state import RoundState, Status
from andel.roles.replay import Replay
from andel.roles.sent import sent
from andel.training.plan import RoundPlan
from andel.training.result import (
    DataCommitment,
    RoundResult,
    SignedUpdate,
    commitment_place,
    update_place,
)
from andel.training.task import Task
from andel.training.updates import decode_update
from andel.units import Address, Digest
from andel.value.manifest import read_named
from andel.value.report import ContributorValue

log = logging.getLogger(__name__)

_FORMAT: Final = "andel-refusal/1"
_MAX_REASON_BYTES: Final = 4 * 1024
_LATE_SECONDS: Final = 60  # else whoever posts just before the close would kill the attempt


class Ground(StrEnum):
    """Why a coordinator may refuse a posted update.

    Validators check each but NOT_THERE: no store tells since when it holds an object, and whoever could show its bytes
    after a true refusal would kill rounds for the price of a posting.
    """

    NOT_SINGLE = "the model takes sums of groups, and no single updates"
    NOT_SIGNED = "no signed update was posted with the hash"
    NOT_THERE = "its bytes are not in the content store"
    MALFORMED = "its bytes are no update of the task"
    NOT_PROVEN = "no slot of the contributor is proven"
    OTHER = "the closed set holds another update that the contributor signed"
    LATE = "it was posted less than a minute before the close"


class Fate(StrEnum):
    """What becomes of a posted update."""

    OPEN = "is neither in the closed set nor refused yet; so long nobody can attest to the round"
    HELD = "is in the closed set"
    REFUSED = "was refused"
    DEAD = "was never answered, and the attempt is void"


@dataclass(frozen=True, slots=True)
class Posted:
    """An update's hash as it was posted; `signed` the update without its bytes, where it was posted with one."""

    contributor: Address
    update_hash: Digest
    signed: SignedUpdate | None
    block: int


def post_update(
    key: AccountKey,
    model: ModelContracts,
    store: ContentStore,
    plan: RoundPlan,
    commitments: tuple[DataCommitment, ...],
    update: SignedUpdate,
) -> None:
    """Puts an update into the store and its hash on chain; `key` pays. Raises Reverted, ChainError, InputError."""
    store.put(update.update)
    post_hash(key, model, plan, commitments, update)


def post_hash(
    key: AccountKey,
    model: ModelContracts,
    plan: RoundPlan,
    commitments: tuple[DataCommitment, ...],
    update: SignedUpdate,
    gas: int | None = None,
) -> Receipt:
    """Puts the hash alone on chain, with at most so much `gas`; `key` pays. Raises Reverted, ChainError."""
    place = commitment_place(plan, commitments, update.contributor)
    signed = update.update_hash, update.batches_hash, update.weight, update.signature
    return model.round_manager.post_update_for(key, plan.round, update.contributor, *signed, place, gas=gas)


def fate_of(model: ModelContracts, store: ContentStore, plan: RoundPlan, posted: Posted) -> tuple[Fate, str]:
    """What became of an update that was posted, and the reason where it was refused. `posted.block` is where to look
    from; that the reason is true is for validators to say.

    Raises ChainError.
    """
    manager = model.round_manager
    found = {"round": plan.round, "attempt": plan.attempt, "contributor": posted.contributor}
    events = manager.logs(("PostedResolved", "PostedRefused"), posted.block, None, **found)
    for event in events:
        if event.name == "PostedResolved":
            return Fate.HELD, ""
        try:
            place = f"round {plan.round}, refusal of {posted.contributor}"
            ground: str = _read_reason(store, place, event.arguments["reasonHash"], plan, posted).value
        except EvidenceError as error:
            ground = f"no reason that can be read: {error.message}"
        return Fate.REFUSED, ground
    state = manager.round_of(plan.round)
    over = state.attempt != plan.attempt or state.status in (Status.VOID, Status.FINALISED)
    return (Fate.DEAD if over else Fate.OPEN), ""


def posted_in(model: ModelContracts, state: RoundState) -> list[Posted]:
    """What was posted in an attempt, in the chain's order, resolved or not. Raises ChainError."""
    manager = model.round_manager
    found = {"round": state.round, "attempt": state.attempt}
    events = manager.logs("UpdatePosted", state.opened_block, state.settled_block or None, **found)
    calls = manager.chain.sent_to([event.transaction for event in events])
    return [_posted(event, data) for event, (_, data) in zip(events, calls, strict=True)]


def take_posted(
    store: ContentStore, result: RoundResult, task: Task, proven: Mapping[Address, int], posted: Posted
) -> SignedUpdate | None:
    """The posted update with its bytes, if it can count; None where there is a ground to refuse it."""
    if _ground(store, result.plan, result.commitments, task, proven, posted) is not None or posted.signed is None:
        return None
    item = posted.signed
    data = store.get_digest(item.update_hash)
    return SignedUpdate(item.contributor, item.update_hash, item.batches_hash, item.weight, item.signature, data)


def answer_posted(
    key: AccountKey,
    model: ModelContracts,
    store: ContentStore,
    result: RoundResult,
    task: Task,
    proven: Mapping[Address, int],
) -> None:
    """Resolves or refuses everything that was posted in a round just closed. `key` is the coordinator.

    Raises ChainError.
    """
    plan, manager = result.plan, model.round_manager
    closed, state = {item.contributor: item for item in result.updates}, manager.round_of(plan.round)
    for posted in posted_in(model, state):
        if not any(manager.posted_of(plan.round, plan.attempt, posted.contributor)):
            continue
        item = closed.get(posted.contributor)
        if item is not None and item.update_hash == posted.update_hash:
            place = update_place(plan, result.updates, posted.contributor)
            shown = item.batches_hash, item.weight, keccak(item.signature), place
            sent(manager.resolve_posted, key, plan.round, posted.contributor, *shown)
            continue
        ground = _ground(store, plan, result.commitments, task, proven, posted)
        if item is not None and item.is_signed(plan):
            ground = Ground.OTHER
        elif ground is None and _is_late(model, state, posted):
            ground = Ground.LATE
        if ground is None:
            log.error("round %d: %s posted an update that is not in the closed set", plan.round, posted.contributor)
            continue
        reason = digest_of_cid(store.put(_reason(plan, posted, ground)))
        sent(manager.refuse_posted, key, plan.round, posted.contributor, reason)


def check_refusals(model: ModelContracts, store: ContentStore, state: RoundState, replay: Replay) -> None:
    """Raises EvidenceError unless each posted update that was refused was refused for a reason that is true."""
    manager, plan = model.round_manager, replay.evidence.plan
    found = {"round": state.round, "attempt": state.attempt}
    refusals = manager.logs("PostedRefused", state.opened_block, state.settled_block or None, **found)
    if not refusals:
        return
    posted = {item.contributor: item for item in posted_in(model, state)}
    judged = {value.contributor: value for value in replay.report.contributors}
    for event in refusals:
        contributor = event.arguments["contributor"]
        place = f"round {state.round}, refusal of {contributor}"
        item = posted.get(contributor)
        if item is None:
            raise EvidenceError(place, "the chain tells of no such posting")
        ground = _read_reason(store, place, event.arguments["reasonHash"], plan, item)
        late = ground is Ground.LATE and _is_late(model, state, item)
        if not late and not _is_true(ground, store, replay, judged, item):
            raise EvidenceError(place, f"it is not true that {ground.value}")


def _is_true(
    ground: Ground, store: ContentStore, replay: Replay, judged: Mapping[Address, ContributorValue], posted: Posted
) -> bool:
    evidence = replay.evidence
    if ground is Ground.NOT_PROVEN:
        value = judged.get(posted.contributor)
        # an update that is not in the set has no weight in the report: the data's own verdict stands in its reason
        return value is None or (value.weight == 0 and value.reason != "no update")
    if ground is Ground.OTHER:
        closed = {item.contributor: item for item in evidence.updates}
        other = closed.get(posted.contributor)
        return other is not None and other.update_hash != posted.update_hash and other.is_signed(evidence.plan)
    weights = {item.contributor: 1 for item in evidence.commitments}
    if ground is Ground.NOT_THERE:
        if store.has(cid_of_digest(posted.update_hash)):
            log.warning("%s's posted update was refused as missing, and is there now", posted.contributor)
        return True
    return _ground(store, evidence.plan, evidence.commitments, evidence.task, weights, posted) is ground


def _is_late(model: ModelContracts, state: RoundState, posted: Posted) -> bool:
    found = {"round": state.round, "attempt": state.attempt}
    (closed,) = model.round_manager.logs("RoundClosed", posted.block, state.settled_block or None, **found)
    chain = model.round_manager.chain
    return chain.block_time(closed.block) - chain.block_time(posted.block) < _LATE_SECONDS


def _ground(
    store: ContentStore,
    plan: RoundPlan,
    commitments: tuple[DataCommitment, ...],
    task: Task,
    proven: Mapping[Address, int],
    posted: Posted,
) -> Ground | None:
    """The first ground to refuse a posted update; None if it can count."""
    if task.privacy.grouped:
        return Ground.NOT_SINGLE
    item = posted.signed
    committed = {each.contributor: each.batches_hash for each in commitments}
    if item is None or not item.is_signed(plan) or committed.get(item.contributor) != item.batches_hash:
        return Ground.NOT_SIGNED
    if not proven.get(posted.contributor):
        return Ground.NOT_PROVEN
    try:
        data = read_named(store, "posted update", cid_of_digest(item.update_hash))
    except EvidenceError:
        return Ground.NOT_THERE
    try:
        decode_update(data, task)
    except InputError:
        return Ground.MALFORMED
    return None


def _posted(event: Event, data: bytes) -> Posted:
    contributor, update_hash = event.arguments["contributor"], Digest(event.arguments["updateHash"])
    try:
        name, values = decode_call("RoundManager", data)
    except ChainError:
        name, values = "", {}
    signed = None
    if name == "postUpdateFor" and (values["contributor"], values["updateHash"]) == (contributor, update_hash):
        batches, weight = Digest(values["batchesHash"]), int(values["weight"])
        signed = SignedUpdate(contributor, update_hash, batches, weight, values["signature"])
    return Posted(contributor, update_hash, signed, event.block)


def _reason(plan: RoundPlan, posted: Posted, ground: Ground) -> bytes:
    return canonical_json(
        {
            "format": _FORMAT,
            "model": plan.model,
            "round": plan.round,
            "attempt": plan.attempt,
            "contributor": posted.contributor,
            "update": posted.update_hash.hex(),
            "ground": ground.name,
        }
    )


def _read_reason(store: ContentStore, place: str, reason: bytes, plan: RoundPlan, posted: Posted) -> Ground:
    """The ground in a stored reason. Raises EvidenceError: gone, malformed, or of another update."""
    data = read_named(store, place, cid_of_digest(reason))
    try:
        value: Any = parse_json(data, _MAX_REASON_BYTES)
        named = parse_address(value["model"]), value["round"], value["attempt"], parse_address(value["contributor"])
        ground = Ground[value["ground"]]
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise EvidenceError(place, f"the reason cannot be read: {error}") from error
    if named != (plan.model, plan.round, plan.attempt, posted.contributor) or data != _reason(plan, posted, ground):
        raise EvidenceError(place, "the reason is about something else")
    return ground
