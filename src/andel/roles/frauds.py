"""What a contract can be shown at once of an agreed result: money that breaks the rules, updates nobody signed.

Takes the agreed attestation, the state object that it names, and one's own verdict where there is one. Gives the proof
that `Disputes` takes, or None. A value root is opened by trying: total and root follow from the state, the gain is the
verdict's or a small number. What cannot be opened is left to a hearing. Never sends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final

from andel.content import ContentStore, cid_of_digest
from andel.errors import AndelError, ChainError, InputError
from andel.keys import AccountKey, address_bytes
from andel.ledger.deployment import ModelContracts
from andel.ledger.disputes import ClaimLeaf, ClosedUpdate, ValueOpening
from andel.ledger.round_state import RoundState
from andel.roles.replay import read_history
from andel.training.plan import parse_plan
from andel.training.result import update_place
from andel.typed_data import typed_digest
from andel.units import Address, BaseUnits
from andel.value.claims import ClaimTree, value_root
from andel.value.history import History, parse_history
from andel.value.manifest import read_evidence, read_named
from andel.value.report import ValueReport

log = logging.getLogger(__name__)

Proof = Callable[[AccountKey], object]
"""Sends one proof for the key that pays."""

_GAINS: Final = (0, 1, -1)


def fraud_of(
    model: ModelContracts,
    store: ContentStore,
    state: RoundState,
    attestation: Mapping[str, object],
    report: ValueReport | None,
) -> Proof | None:
    """A proof that the agreed result breaks a rule; None where nothing is found or can be read. Raises ChainError."""
    try:
        plan = parse_plan(read_named(store, "plan", cid_of_digest(state.plan_hash)))
        former = read_history(store, plan)
        present = _history(store, attestation["stateHash"])
    except ChainError:
        raise
    except AndelError as error:
        log.info("round %d: what was agreed cannot be opened: %s", state.round, error)
        return None
    tree = ClaimTree(present.earned)
    value = _opened(model, attestation["valueRoot"], tree, report, state)
    if value is None:
        return None
    disputes = model.disputes
    if _is_overpaid(model, state, value):
        return lambda key: disputes.show_overpaid(key, attestation, value)
    return _fallen_or_vanished(model, attestation, value, former, present, tree)


def forged_update(model: ModelContracts, store: ContentStore, state: RoundState) -> Proof | None:
    """A proof that the closed set holds an update its contributor did not sign. Raises ChainError."""
    try:
        evidence = read_evidence(store, state.evidence_hash, f"round {state.round}")
        forged = next((item for item in evidence.updates if not item.is_signed(evidence.plan)), None)
        if forged is None:
            return None
        place = update_place(evidence.plan, evidence.updates, forged.contributor)
        digest = typed_digest("Update", evidence.plan.domain, forged.message(evidence.plan))
    except ChainError:
        raise
    except AndelError as error:
        log.info("round %d: its updates cannot be read: %s", state.round, error)
        return None
    shown = ClosedUpdate(forged.contributor, digest, forged.signature, place)
    return lambda key: model.disputes.show_forged_update(key, state.round, shown)


def _history(store: ContentStore, state_hash: object) -> History:
    if not isinstance(state_hash, bytes) or len(state_hash) != 32:
        raise InputError("the attested state is no hash")
    return parse_history(read_named(store, "attested state", cid_of_digest(state_hash)))


def _opened(
    model: ModelContracts, root: object, tree: ClaimTree, report: ValueReport | None, state: RoundState
) -> ValueOpening | None:
    """What the value root stands for, found by trying what it can stand for."""
    before = model.pool.contributors_minted()
    minted = {tree.total - before, 0, state.budget} | ({report.minted} if report else set())
    gains = (*((report.gain,) if report else ()), *_GAINS)
    for amount in minted:
        for gain in gains:
            if amount >= 0 and value_root(tree.root, tree.total, amount, gain) == root:
                return ValueOpening(tree.root, tree.total, amount, gain)
    return None


def _is_overpaid(model: ModelContracts, state: RoundState, value: ValueOpening) -> bool:
    """The rules of `IFrauds.showOverpaid`, in its order."""
    minted = value.minted
    if minted > state.budget or minted + model.round_manager.operator_part_of(state.round, minted) > state.budget:
        return True
    if value.claims_total != model.pool.contributors_minted() + minted or (minted and value.gain <= 0):
        return True
    return not any(value.claims_root) if minted else value.claims_root != model.pool.claims_root()


def _fallen_or_vanished(
    model: ModelContracts,
    attestation: Mapping[str, object],
    value: ValueOpening,
    former: History,
    present: History,
    tree: ClaimTree,
) -> Proof | None:
    disputes, old = model.disputes, ClaimTree(former.earned)
    if old.root != model.pool.claims_root():
        return None
    for account, amount in former.earned.items():
        now = present.earned.get(account, BaseUnits(0))
        if now >= amount:
            continue
        was = _leaf(old, account)
        if now > 0:
            fallen = _leaf(tree, account)
            return lambda key: disputes.show_fallen(key, attestation, value, was, fallen)  # returned now
        below, above = _neighbours(tree, present, account)
        if below.account or above.account:
            return lambda key: disputes.show_vanished(key, attestation, value, was, below, above)
    return None


def _neighbours(tree: ClaimTree, present: History, account: Address) -> tuple[ClaimLeaf, ClaimLeaf]:
    """The leaves between which an account would stand; without an account where there is none."""
    ordered = sorted((item for item, amount in present.earned.items() if amount > 0), key=address_bytes)
    below = [item for item in ordered if address_bytes(item) < address_bytes(account)]
    above = ordered[len(below) :]
    return (
        _leaf(tree, below[-1]) if below else ClaimLeaf(None),
        _leaf(tree, above[0]) if above else ClaimLeaf(None),
    )


def _leaf(tree: ClaimTree, account: Address) -> ClaimLeaf:
    claim = tree.claim(account)
    return ClaimLeaf(claim.account, claim.cumulative, claim.running_sum, claim.proof)
