"""What the calls of a vote are told with, read from the model.

Takes a model that holders govern. Gives its contracts by name, the tokens that its treasury may hold, and their money.
Never tells a call itself: `roles/telling` does.
"""

from __future__ import annotations

from functools import lru_cache

from andel.ledger.deployment import ModelContracts
from andel.ledger.offering import ModelOfferingContract
from andel.ledger.payment import COIN, money_of
from andel.ledger.successors import SuccessorsContract
from andel.roles.revenue import payment_tokens
from andel.roles.showing.plain import CHAINS
from andel.roles.telling.naming import TREASURY, Naming
from andel.roles.voter import governor_of, names_known
from andel.units import Address


def naming_for_votes(model: ModelContracts, successors: SuccessorsContract | None) -> Naming:
    """What a vote's calls are told with: it is the treasury that pays.

    Raises SettingsError where nobody votes on the model, ChainError.
    """
    chain = model.token.chain
    offering = governor_of(model).offering()
    payment = COIN if offering is None else ModelOfferingContract(chain, offering).terms().payment
    tokens = {token: "AuthorizedToken" for token in (*payment_tokens(model), payment) if token != COIN}

    @lru_cache(maxsize=256)
    def money(token: Address) -> tuple[int, str]:
        decimals, symbol = money_of(chain, token)
        return decimals, CHAINS.get(chain.chain_id, ("", symbol))[1] if token == COIN else symbol

    return Naming(tokens | names_known(model, successors), model.token.address, payment, money, TREASURY)
