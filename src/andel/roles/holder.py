"""Whoever has earned: finds its claim in the attested state and takes it from the pool."""

from __future__ import annotations

from andel.content import ContentStore
from andel.errors import EvidenceError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.receipt import Receipt
from andel.units import Address, BaseUnits
from andel.value.claims import Claim, ClaimTree
from andel.value.history import EMPTY_HISTORY, History, parse_history


def current_history(model: ModelContracts, store: ContentStore) -> History:
    """The state after the last final round, out of the store, by the hash on chain."""
    digest = model.round_manager.state_hash()
    if digest in (bytes(32), EMPTY_HISTORY.hash):
        return EMPTY_HISTORY
    return parse_history(store.get_digest(digest))


def find_claim(model: ModelContracts, store: ContentStore, account: Address) -> Claim:
    """The account's claim under the root on chain.

    Raises InputError when it has earned nothing, EvidenceError when the state is not the one the pool pays by.
    """
    tree = ClaimTree(current_history(model, store).earned)
    if tree.root != model.pool.claims_root():
        raise EvidenceError("claims", "the state in the store does not give the pool's root")
    return tree.claim(account)


def claim(model: ModelContracts, store: ContentStore, payer: AccountKey, account: Address) -> tuple[BaseUnits, Receipt]:
    """Pays the account what it has earned and not yet taken, and says how much; anybody may pay the gas."""
    found = find_claim(model, store, account)
    return model.pool.claim(payer, account, found.cumulative, found.running_sum, found.proof)
