"""Whoever has to do with a model's revenue: pays it in, claims it, or burns tokens for what is redeemable.

Takes a model, keys and payment tokens by their address (`COIN` for the chain's coin). Gives plain values and receipts;
amounts are smallest units of the payment token. What the vault refuses is told in one sentence. Never sells a token
and never decides when to claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from andel.errors import InputError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.payment import COIN, allow, amount_text
from andel.ledger.policy import find_policy
from andel.ledger.receipt import Receipt
from andel.ledger.revenue import Calendar
from andel.roles.owner import Sentence, clock_text, told
from andel.units import Address

EPOCHS_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class TokenRevenue:
    """Of one payment token: what the vault holds, what is redeemable by burning, what holders share of the newest
    epochs (by epoch), and what an account can claim of which epoch; of nothing where no account was named.
    """

    token: Address
    held: int
    pot: int
    shared: Mapping[int, int]
    claimable: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class RevenueState:
    """A model's revenue now; `redeemable_bps` of what arrives is put aside for burning."""

    vault: Address
    calendar: Calendar
    redeemable_bps: int
    tokens: tuple[TokenRevenue, ...]


def payment_tokens(model: ModelContracts, named: Sequence[Address] = ()) -> tuple[Address, ...]:
    """The coin, what the model's prices are in, and what is named: where revenue may lie. Raises ChainError."""
    policy = find_policy(model.round_manager)
    priced = [price.token for price in policy.prices()[1]] if policy is not None else []
    return tuple(dict.fromkeys([COIN, *priced, *named]))


def revenue_state(model: ModelContracts, tokens: Sequence[Address], account: Address | None) -> RevenueState:
    """What the vault says now. Raises ChainError."""
    vault = model.vault
    calendar = vault.calendar()
    epochs = range(max(0, calendar.present + 1 - EPOCHS_SHOWN), calendar.present + 1)
    found = []
    for token in tokens:
        shared = zip(epochs, vault.revenue_of(token, epochs), strict=True)
        claimable = {} if account is None else vault.claimable(account, token)
        found.append(TokenRevenue(token, vault.accounted_of(token), vault.pot_of(token), dict(shared), dict(claimable)))
    return RevenueState(vault.address, calendar, vault.redeemable_bps(), tuple(found))


def pay_in(model: ModelContracts, key: AccountKey, token: Address, amount: int) -> Receipt:
    """Pays revenue in; allows the vault as much before, where it is no coin. Raises ChainError, in words."""
    vault = model.vault
    allow(vault.chain, token, key, vault.address, amount)
    return told(lambda: vault.deposit(key, token, amount), REVENUE_SENTENCES)


def count_in(model: ModelContracts, key: AccountKey, token: Address) -> int:
    """Counts what was simply sent to the vault, and says how much; 0 where there is none. Raises ChainError."""
    receipt = model.vault.sync(key, token)
    events = [event.arguments for event in receipt.events if event.name == "RevenueReceived"]
    return sum(int(each["shared"]) + int(each["redeemable"]) for each in events)


def claim_revenue(
    model: ModelContracts, payer: AccountKey, account: Address, token: Address
) -> tuple[int, tuple[Receipt, ...]]:
    """Pays the account its part of all finished epochs, and says how much; anybody may pay the gas.

    Nothing is sent where nothing is due. Raises ChainError, in words.
    """
    paid, receipts = told(lambda: model.vault.claim_all_for(payer, account, token), REVENUE_SENTENCES)
    return paid, tuple(receipts)


def redeem(
    model: ModelContracts, key: AccountKey, amount: int, tokens: Sequence[Address]
) -> tuple[dict[Address, int], Receipt]:
    """Burns `amount` base units of `key`'s tokens for its part of each pot, and says what was paid of which.

    Raises InputError where it has fewer or nothing would be paid; ChainError, in words.
    """
    held = model.token.balance_of(key.address)
    if held < amount:
        raise InputError(f"{key.address} holds {amount_text(held, 18)} tokens", "burn no more than that")
    supply, vault = model.token.total_supply(), model.vault
    worth = {token: int(vault.chain.call(vault.contract, "redeemable", token, amount, supply)) for token in tokens}
    paying = [token for token, units in worth.items() if units]
    if not paying:
        raise InputError("burning would pay nothing: the pots of these payment tokens are empty", "see `revenue show`")
    receipt = told(lambda: model.token.burn_and_redeem(key, amount, paying), REVENUE_SENTENCES)
    events = [event for event in receipt.events if event.name == "RevenueRedeemed"]
    return {Address(event.arguments["token"]): int(event.arguments["paid"]) for event in events}, receipt


REVENUE_SENTENCES: Final[Mapping[str, Sentence]] = {
    "RevenueVault_EpochOpen": (lambda epoch, present: f"epoch {epoch} is not over; it is epoch {present} now", ""),
    "RevenueVault_DepositFailed": (
        lambda token, payer, amount: f"{token} did not take {amount} units from {payer}",
        "the account must hold as much, and the token must allow it to be moved",
    ),
    "RevenueVault_PaymentFailed": (
        lambda token, account, amount: f"{amount} units of {token} were not taken by {account}",
        "the claim stands; a contract that refuses coin cannot be paid in coin",
    ),
    "ModelToken_SetAside": (lambda account: f"{account} is set aside: it redeems nothing", ""),
}
"""What each refusal of the vault means."""


def epoch_text(calendar: Calendar) -> str:
    """When the present epoch ends, for people."""
    return f"epoch {calendar.present} until {clock_text(calendar.end_of(calendar.present))}"
