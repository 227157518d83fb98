"""The money: every claim that was paid against the root it was paid under, and every balance against the rounds.

Takes the proofs of all final rounds in order. Gives counts. The root in force must be that of the last round's
earnings; each payment must be a leaf of the root in force then, and the account's sum so far; what was minted must be
what the rounds minted, for contributors and operators, within what had accrued, beside what the launch gave to sale and
founders. Raises EvidenceError.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.content import ContentStore, cid_of_digest
from andel.errors import ContentMissing, EvidenceError
from andel.ledger.deployment import ModelContracts
from andel.ledger.receipt import Event
from andel.roles.auditing.findings import Audit, Rests
from andel.roles.auditing.record import blocks_of
from andel.roles.auditing.rounds import RoundProof
from andel.units import Address
from andel.value.claims import ClaimTree
from andel.value.history import EMPTY_HISTORY, History, parse_history

_PLACE = "claims"


def audit_pool(model: ModelContracts, store: ContentStore, rounds: Sequence[RoundProof], result: Audit) -> None:
    """Checks the pool and the token against the rounds."""
    last = rounds[-1]
    if last.claims_total != sum(proof.minted for proof in rounds):
        raise EvidenceError(_PLACE, "their running sum is not what the rounds minted")
    histories = _Histories(store, rounds)
    history = histories.of(last)
    _check_root(model, last, history)
    events = model.pool.logs(("Claimed", "OperatorClaimed"), rounds[0].settled_block)
    blocks_of(model.pool.chain, _PLACE, events)
    paid = _check_claims(histories, [event for event in events if event.name == "Claimed"], result)
    if history is not None:
        _check_paid(model, history, paid, result)
    due = _check_operators(model, rounds, [event for event in events if event.name == "OperatorClaimed"])
    _check_balances(model, rounds, sum(paid.values()), due, result)


class _Histories:
    """The state after each round, out of the store; one at a time, since claims come in the order of rounds."""

    def __init__(self, store: ContentStore, rounds: Sequence[RoundProof]) -> None:
        self._store = store
        self._rounds = rounds
        self._kept: tuple[int, History | None] = (-1, None)

    def of(self, proof: RoundProof) -> History | None:
        """None when the object is gone: its round's result rests on signatures."""
        if self._kept[0] != proof.number:
            self._kept = (proof.number, self._read(proof))
        return self._kept[1]

    def at(self, block: int) -> list[RoundProof]:
        """The rounds whose root was in force in `block`: two where one of them was credited in that very block."""
        before = [proof for proof in self._rounds if proof.settled_block < block][-1:]
        return before + [proof for proof in self._rounds if proof.settled_block == block]

    def _read(self, proof: RoundProof) -> History | None:
        if proof.state == EMPTY_HISTORY.hash:
            return EMPTY_HISTORY
        try:
            return parse_history(self._store.get(cid_of_digest(proof.state)))
        except ContentMissing:
            return None


def _check_root(model: ModelContracts, last: RoundProof, history: History | None) -> None:
    if history is not None and ClaimTree(history.earned).root != last.claims_root:
        raise EvidenceError(_PLACE, "the earnings of the rounds do not give the root that was credited")
    if model.pool.claims_root() != last.claims_root:
        raise EvidenceError(_PLACE, "the earnings of the rounds do not give the pool's root")
    manager = model.round_manager
    if (manager.current_version(), manager.state_hash()) != (last.version, last.state):
        raise EvidenceError("current version", "it is not that of the last final round")
    if model.pool.last_round() != last.number:
        raise EvidenceError(_PLACE, f"the pool was last credited for round {model.pool.last_round()}")


def _check_claims(histories: _Histories, events: Sequence[Event], result: Audit) -> dict[Address, int]:
    """What each account was paid: every payment under the root in force, each account's sum without a gap."""
    paid: dict[Address, int] = {}
    for event in events:
        account, cumulative = event.arguments["account"], int(event.arguments["cumulative"])
        place = f"{_PLACE}, payment to {account} in block {event.block}"
        known = [histories.of(proof) for proof in histories.at(event.block)]
        sound = [history for history in known if history is not None]
        if not any(history.earned.get(account) == cumulative for history in sound) and len(sound) == len(known):
            raise EvidenceError(place, f"no leaf of the root in force says {cumulative}")
        if int(event.arguments["paid"]) != cumulative - paid.get(account, 0):
            raise EvidenceError(place, "it is not what the account had earned and not received")
        result.tally.add("claims", Rests.RECOMPUTED if sound else Rests.SIGNATURES)
        paid[account] = cumulative
    return paid


def _check_paid(model: ModelContracts, history: History, paid: dict[Address, int], result: Audit) -> None:
    accounts = sorted({*history.earned, *paid})
    for account, amount in zip(accounts, model.pool.claimed_of(accounts), strict=True):
        if amount > history.earned.get(account, 0):
            raise EvidenceError(_PLACE, f"{account} was paid more than it earned")
        if amount != paid.get(account, 0):
            raise EvidenceError(_PLACE, f"{account} was paid {amount}, of which the pool's events tell otherwise")
    result.checked.claims += len(history.earned)


def _check_operators(model: ModelContracts, rounds: Sequence[RoundProof], events: Sequence[Event]) -> int:
    """What all operators together can pull, each checked."""
    owed: dict[Address, int] = {}
    for proof in rounds:
        for operator, amount in proof.operators.items():
            owed[operator] = owed.get(operator, 0) + amount
    for event in events:
        operator = event.arguments["operator"]
        owed[operator] = owed.get(operator, 0) - int(event.arguments["paid"])
    for operator, amount in owed.items():
        if amount < 0 or model.pool.operator_balance(operator) != amount:
            raise EvidenceError("operators' pay", f"{operator} can pull another amount than the rounds credited")
    return sum(owed.values())


def _check_balances(model: ModelContracts, rounds: Sequence[RoundProof], paid: int, due: int, result: Audit) -> None:
    """`paid` is what contributors received, `due` what operators can pull; base units."""
    pool, token = model.pool, model.token
    contributors = sum(proof.minted for proof in rounds)
    everything = contributors + sum(sum(proof.operators.values()) for proof in rounds)
    now = model.round_manager.chain.block_time()
    minted = pool.minted()
    # what was there from the launch on, and an operator's part comes into being when it is pulled
    there = token.minted_at_launch() + everything - due
    found = {
        "minted by the pool": (minted, everything),
        "minted for contributors": (pool.contributors_minted(), contributors),
        "ever minted by the token": (token.total_ever_minted(), there),
    }
    for what, (told, expected) in found.items():
        if told != expected:
            raise EvidenceError("balances", f"{what}: the chain says {told}, the rounds give {expected}")
    bounds = {
        "minted over the token's cap": (minted, token.cap()),
        "minted over what has accrued": (minted, pool.schedule().accrued(now)),
        "more accrued than the schedule allows": (pool.accrued(), pool.schedule().accrued(now)),
        "paid to contributors": (pool.contributors_claimed(), paid),
        "owed over what the pool holds": (contributors - paid, token.balance_of(pool.address)),
        "more tokens than were ever minted": (token.total_supply(), there),
    }
    for what, (amount, most) in bounds.items():
        if amount > most:
            raise EvidenceError("balances", f"{what}: {amount} over {most}")
    result.tally.add("balances", Rests.RECOMPUTED, len(found) + len(bounds))
