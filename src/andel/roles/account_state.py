"""What an account has of a model: tokens, votes, and what it can take from the vault in coin.

Takes a model's contracts and an account. Gives plain values from the chain alone. What an account has earned and not
claimed from the pool needs the content store: `holder.find_claim`.
"""

from __future__ import annotations

from dataclasses import dataclass

from andel.ledger.delegation import delegate_of, is_set_aside, votes_of
from andel.ledger.deployment import ModelContracts
from andel.ledger.governance import find_governor
from andel.ledger.policy import find_policy
from andel.ledger.revenue import COIN
from andel.units import Address, BaseUnits


@dataclass(frozen=True, slots=True)
class AccountState:
    """Base units, but `revenue` in wei. `delegate` votes with its tokens (None: nobody); `votes` are its own, others'
    that were delegated to it included; `threshold` is what a proposer needs (None: nobody votes here).
    """

    account: Address
    balance: BaseUnits
    held_supply: BaseUnits
    set_aside: bool
    delegate: Address | None
    votes: BaseUnits
    threshold: int | None
    revenue: int


def account_state(model: ModelContracts, account: Address) -> AccountState:
    """What the chain says now. Raises ChainError."""
    token, policy = model.token, find_policy(model.round_manager)
    return AccountState(
        account=account,
        balance=token.balance_of(account),
        held_supply=token.held_supply(),
        set_aside=is_set_aside(token, account),
        delegate=delegate_of(token, account),
        votes=votes_of(token, account),
        threshold=None if policy is None else find_governor(policy).proposal_threshold(),
        revenue=sum(model.vault.claimable(account, COIN).values()),
    )
