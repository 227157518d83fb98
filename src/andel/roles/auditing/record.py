"""A round as the chain's events tell it, against the state that `RoundManager` holds and the signatures it was sent.

Takes a final round. Gives what its value root stands for and how many attestations carry their validator's signature.
Each field of the state must be what an event said, each event must lie in the block that it names, each seed follow
from its root and block hash, and each attestation that is found in a transaction be signed by its validator. Raises
EvidenceError naming the step. Never reads the content store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from andel.errors import ChainError, EvidenceError, InputError
from andel.keys import recover_address
from andel.ledger.abi import decode_call
from andel.ledger.connection import Block, Chain
from andel.ledger.deployment import ModelContracts
from andel.ledger.receipt import Event
from andel.ledger.round_hashes import attestation_commitment, round_seed
from andel.ledger.round_state import OperatorSet, RoundState
from andel.roles.auditing.findings import Rests, Tally
from andel.roles.chain_facts import RoundOnChain, as_text
from andel.roles.signed_results import attestation_of
from andel.units import Address, Digest
from andel.value.claims import value_root

_EVENTS: Final = (
    "RoundOpened",
    "DataCommitted",
    "SeedRecorded",
    "RoundClosed",
    "AttestationCommitted",
    "AttestationRevealed",
    "AttestationAgreed",
    "ValueOpened",
    "RoundFinalised",
    "VoteDropped",
    "RoundResumed",
)
_CREDITS: Final = ("RoundCredited", "OperatorCredited")
_BPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """What the chain's record of a round adds to its state; amounts are base units.

    `operators` are what each operator was credited.
    """

    claims_root: Digest
    claims_total: int
    operators: Mapping[Address, int]
    k: int
    n: int


@dataclass(frozen=True, slots=True)
class _Steps:
    """The events of the round's last attempt by name, and the blocks they lie in."""

    place: str
    by_name: Mapping[str, Sequence[Event]]
    blocks: Mapping[int, Block]

    def only(self, name: str) -> Event:
        found = self.by_name.get(name, ())
        if len(found) != 1:
            raise EvidenceError(f"{self.place}, {name}", f"the chain tells {len(found)} such events, not one")
        return found[0]

    def all(self, name: str) -> Sequence[Event]:
        return self.by_name.get(name, ())

    def time_of(self, event: Event) -> int:
        return self.blocks[event.block].time


def check_record(model: ModelContracts, on_chain: RoundOnChain, tally: Tally) -> RoundRecord:
    """The record of a final round. Raises EvidenceError where it contradicts itself, ChainError."""
    state, manager = on_chain.state, model.round_manager
    place = f"round {state.round}"
    operators = model.operators.of_epoch(state.operators_epoch)
    events = manager.logs(_EVENTS, state.opened_block, state.settled_block, round=state.round)
    steps = _steps(manager.chain, place, [item for item in events if item.arguments["attempt"] == state.attempt])
    _check_opening(steps, on_chain)
    _check_data(steps, state, model)
    _check_closing(steps, state, model)
    _check_times(steps, state, model)
    value = _check_end(steps, state)
    _check_attestations(steps, model, state, operators, tally)
    credited = _check_credits(steps, model, state, operators, value)
    tally.add("steps", Rests.RECOMPUTED, len(events) + 2)
    tally.add("credits", Rests.RECOMPUTED, 1 + len(credited))
    return RoundRecord(
        Digest(value["claimsRoot"]),
        int(value["claimsTotal"]),
        credited,
        operators.k,
        len(operators.validators),
    )


def blocks_of(chain: Chain, place: str, events: Sequence[Event]) -> dict[int, Block]:
    """The blocks that events lie in.

    Raises EvidenceError when an event names another block's hash or transaction, or time runs backwards.
    """
    ordered = chain.blocks(sorted({event.block for event in events}))
    for earlier, later in zip(ordered, ordered[1:], strict=False):
        if earlier.time > later.time:
            raise EvidenceError(f"{place}, blocks", f"block {later.number} is older than block {earlier.number}")
    blocks = {block.number: block for block in ordered}
    for event in events:
        block = blocks[event.block]
        if event.block_hash != block.hash or event.transaction not in block.transactions:
            raise EvidenceError(f"{place}, {event.name}", f"it does not lie in block {event.block}, as the node says")
    return blocks


def is_direct(chain: Chain, place: str, contract: Address, to: Address | None) -> bool:
    """Whether a transaction called `contract` itself, so that its calldata says what was sent; another contract may
    have called it as well, then the calldata says nothing. Raises EvidenceError where no code can have called.
    """
    if to != contract and (to is None or not chain.code(to)):
        raise EvidenceError(place, f"its transaction went to {to}, which has no code to call a contract with")
    return to == contract


def _steps(chain: Chain, place: str, events: Sequence[Event]) -> _Steps:
    by_name: dict[str, list[Event]] = {}
    for event in events:
        by_name.setdefault(event.name, []).append(event)
    return _Steps(place, by_name, blocks_of(chain, place, events))


def _same(place: str, what: str, told: Mapping[str, Any], expected: Mapping[str, object]) -> None:
    for name, value in expected.items():
        if told[name] != value:
            said = f"its event says {name} {as_text(told[name])}, the round's state {as_text(value)}"
            raise EvidenceError(f"{place}, {what}", said)


def _check_opening(steps: _Steps, on_chain: RoundOnChain) -> None:
    state, opened = on_chain.state, steps.only("RoundOpened")
    expected = {
        "planHash": state.plan_hash,
        "parentVersion": state.parent_version,
        "budget": state.budget,
        "deadline": state.deadline,
        "operatorsEpoch": state.operators_epoch,
    }
    _same(steps.place, "opening", opened.arguments, expected)
    later = opened.block > state.opened_block  # a retry keeps the block in which the round's first attempt opened
    if opened.block < state.opened_block or later != bool(state.attempt):
        raise EvidenceError(
            f"{steps.place}, opening", f"its event is of block {opened.block}, not {state.opened_block}"
        )
    if not later and steps.time_of(opened) != on_chain.opened_at:
        raise EvidenceError(f"{steps.place}, opening", "the node gives its block two times")


def _check_data(steps: _Steps, state: RoundState, model: ModelContracts) -> None:
    committed = steps.only("DataCommitted")
    hashes = {"commitmentsRoot": state.commitments_root, "commitmentsHash": state.commitments_hash}
    _same(steps.place, "commitments", committed.arguments, hashes)
    _check_seed(steps, state, model, 1, committed)


def _check_closing(steps: _Steps, state: RoundState, model: ModelContracts) -> None:
    closed = steps.only("RoundClosed")
    hashes = {"updatesRoot": state.updates_root, "evidenceHash": state.evidence_hash, "seedBlock": state.seed_block}
    _same(steps.place, "closing", closed.arguments, hashes)
    _check_seed(steps, state, model, 2, closed)


def _check_seed(steps: _Steps, state: RoundState, model: ModelContracts, which: int, posted: Event) -> None:
    """A seed must follow from what was posted and from the hash of a block nobody had seen then."""
    chain, address = model.round_manager.chain, model.round_manager.address
    place, seed = f"{steps.place}, seed {which}", (state.first_seed, state.second_seed)[which - 1]
    root = (state.commitments_root, state.updates_root)[which - 1]
    block = int(posted.arguments["seedBlock"])
    if block != posted.block + model.round_manager.founding().seed_delay:
        raise EvidenceError(place, f"its block {block} does not follow block {posted.block} at the seed's delay")
    if round_seed(which, chain.chain_id, address, state.round, state.attempt, root, chain.block_hash(block)) != seed:
        raise EvidenceError(place, "it does not follow from its root and block hash")
    recorded = [event for event in steps.all("SeedRecorded") if event.arguments["number"] == which]
    if len(steps.all("SeedRecorded")) != 2 or len(recorded) != 1 or recorded[0].arguments["seed"] != seed:
        raise EvidenceError(place, "the events do not tell it once, as the round's state has it")
    if recorded[0].block <= block or (which == 2 and steps.time_of(recorded[0]) != state.seeded_at):
        raise EvidenceError(place, "it was not recorded when the round's state says")


def _check_times(steps: _Steps, state: RoundState, model: ModelContracts) -> None:
    """When a result could become final follows from the times of the reveals (`RoundManager._decide`)."""
    founding, agreed = model.round_manager.founding(), steps.only("AttestationAgreed")
    if agreed.arguments["attestationHash"] != state.agreed:
        raise EvidenceError(f"{steps.place}, agreement", "its event names another attestation than the round's state")
    reveals, dropped = steps.all("AttestationRevealed"), steps.all("VoteDropped")
    last = max((steps.time_of(event) for event in reveals), default=0)
    whole = len(reveals) == len(steps.all("AttestationCommitted"))
    earliest = steps.time_of(agreed) + founding.challenge_window
    told = int(agreed.arguments["finalisableAt"])
    if told not in (earliest, earliest + founding.commit_period):
        raise EvidenceError(f"{steps.place}, agreement", "its window does not follow from the time of the reveals")
    sooner = min(told, last + founding.challenge_window)
    possible = {sooner if whole else told}
    if dropped:  # whether all had revealed depends on which came first, the slash or the last reveal
        possible |= {sooner, told}
    if resumed := steps.all("RoundResumed"):
        possible = {max(each, steps.time_of(resumed[0])) for each in possible} | {sooner}
    end = state.finalisable_at
    if end not in possible or steps.time_of(steps.only("RoundFinalised")) < end:
        raise EvidenceError(f"{steps.place}, agreement", "the round's state has another end of its window")


def _check_end(steps: _Steps, state: RoundState) -> Mapping[str, Any]:
    final, value = steps.only("RoundFinalised"), steps.only("ValueOpened").arguments
    expected = {
        "versionHash": state.version_hash,
        "valueRoot": state.value_root,
        "stateHash": state.state_hash,
        "evaluation": state.evaluation,
        "minted": state.minted,
    }
    _same(steps.place, "end", final.arguments, expected)
    if final.block != state.settled_block:
        raise EvidenceError(f"{steps.place}, end", f"its event is of block {final.block}, not {state.settled_block}")
    opened = value_root(value["claimsRoot"], value["claimsTotal"], value["minted"], value["gain"])
    if opened != state.value_root or value["minted"] != state.minted:
        raise EvidenceError(f"{steps.place}, value root", "what was opened does not give it")
    return value


def _check_attestations(
    steps: _Steps, model: ModelContracts, state: RoundState, operators: OperatorSet, tally: Tally
) -> None:
    """Commitments and reveals, and the signatures that are found in their transactions."""
    committed = {event.arguments["validator"]: event for event in steps.all("AttestationCommitted")}
    reveals = steps.all("AttestationRevealed")
    place = f"{steps.place}, attestations"
    dropped = _dropped(steps)
    if not dropped <= set(committed):
        raise EvidenceError(place, "a vote was taken out that was never cast")
    # who was slashed before it revealed counts as if it had never committed
    counted = len(committed) - len(dropped - {event.arguments["validator"] for event in reveals})
    if (counted, len(reveals)) != (state.commit_count, state.reveal_count):
        raise EvidenceError(place, "the events are not as many as the round's state counts")
    known = {validator.account for validator in operators.validators}
    named = [event.arguments["validator"] for event in reveals]
    if len(set(named)) != len(named) or not set(named) <= set(committed) <= known:
        raise EvidenceError(place, "one was not committed to, or not by a validator of the round")
    agreed = _agreed(steps, state)
    if len(agreed) < operators.k:
        raise EvidenceError(place, f"{len(agreed)} reveals agree with what is final; k is {operators.k}")
    sent = model.round_manager.chain.sent_to([event.transaction for event in reveals])
    for event, (to, data) in zip(reveals, sent, strict=True):
        validator = event.arguments["validator"]
        direct = is_direct(model.round_manager.chain, place, model.round_manager.address, to)
        found = direct and _signature_of(place, model, event, committed[validator], data)
        tally.add("attestations", Rests.RECOMPUTED if found else Rests.NODE)


def _dropped(steps: _Steps) -> set[Address]:
    """The validators that were slashed out of the attempt (`Disputes`): their votes count no longer."""
    return {event.arguments["validator"] for event in steps.all("VoteDropped")}


def _agreed(steps: _Steps, state: RoundState) -> list[Address]:
    """The validators whose votes for the final result count."""
    dropped = _dropped(steps)
    reveals = [event.arguments for event in steps.all("AttestationRevealed")]
    return [
        item["validator"]
        for item in reveals
        if item["attestationHash"] == state.agreed and item["validator"] not in dropped
    ]


def _signature_of(place: str, model: ModelContracts, event: Event, commitment: Event, data: bytes) -> bool:
    """Whether the calldata holds the validator's own signature; a contract's word (ERC-1271) is not judged here."""
    validator = event.arguments["validator"]
    try:
        name, values = decode_call("RoundManager", data)
    except ChainError as error:
        raise EvidenceError(place, f"{validator}'s reveal cannot be read: {error.message}") from error
    if name != "reveal" or values["validator"] != validator:
        raise EvidenceError(place, f"{validator}'s reveal lies in a transaction that reveals nothing")
    _, digest = attestation_of(model.round_manager.domain, values["attestation"])
    salted = attestation_commitment(digest, validator, values["salt"])
    if digest != event.arguments["attestationHash"] or salted != commitment.arguments["commitment"]:
        raise EvidenceError(place, f"{validator} revealed another attestation than it committed to")
    try:
        signer = recover_address(digest, values["signature"])
    except InputError:
        signer = None
    if signer != validator and not model.round_manager.chain.code(validator):
        raise EvidenceError(place, f"{validator} did not sign what was revealed for it")
    return bool(signer == validator)


def _check_credits(
    steps: _Steps, model: ModelContracts, state: RoundState, operators: OperatorSet, value: Mapping[str, Any]
) -> dict[Address, int]:
    """What contributors and operators were credited, worked out again (`RoundManager._operatorPay`)."""
    place, block = f"{steps.place}, credit", state.settled_block
    events = model.pool.logs(_CREDITS, block, block, round=state.round)
    blocks_of(model.pool.chain, place, events)
    rounds = [event.arguments for event in events if event.name == "RoundCredited"]
    agreed = _agreed(steps, state)
    bps = model.round_manager.founding().operator_share_bps
    each = state.minted * bps // (_BPS - bps) // (1 + len(agreed))
    due = {account: each for account in (operators.coordinator, *agreed)} if each else {}
    paid = {
        event.arguments["operator"]: int(event.arguments["amount"])
        for event in events
        if event.name == "OperatorCredited"
    }
    expected = {
        "claimsRoot": value["claimsRoot"],
        "claimsTotal": value["claimsTotal"],
        "amount": state.minted,
        "operatorAmount": each * len(due),
    }
    if len(rounds) != 1 or paid != due or value["operatorMinted"] != each * len(due):
        raise EvidenceError(place, "operators were not credited what the round's minted amount gives")
    _same(steps.place, "credit", rounds[0], expected)
    return due
