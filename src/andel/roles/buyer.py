"""Whoever buys: a share of a model at its offering, or a pass to ask it.

Takes keys and contracts; where another account pays the gas, the buyer signs and that account brings it. Gives
receipts and what was received. What a contract refuses is told in one sentence. Never keeps a key and never decides
what a price is worth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from andel.errors import InputError
from andel.keys import AccountKey
from andel.ledger.access import AccessPassContract, PassOrder, price_in_coin
from andel.ledger.connection import Chain
from andel.ledger.offering import ModelOfferingContract, OfferingStatus
from andel.ledger.payment import COIN, PaymentToken, allow
from andel.ledger.receipt import Receipt
from andel.roles.owner import OWNERS_SIGNATURE_SECONDS, Sentence, clock_text, told
from andel.typed_data import sign_typed
from andel.units import Address, BaseUnits, Digest

_ROUNDS_AT_ONCE: Final = 64
_MAX_COUNTS: Final = 200


def buy_tokens(
    offering: ModelOfferingContract,
    buyer: AccountKey,
    amount: int,
    admission: bytes = b"",
    account: Address | None = None,
    payer: AccountKey | None = None,
) -> tuple[int, Receipt]:
    """Pays up to `amount` units for `account` (None: the buyer's own), and says how many were taken.

    With a `payer` the buyer needs no coin: it signs, and pays in the token. Raises ChainError, in words; InputError.
    """
    payment, chain = offering.terms().payment, offering.chain
    if payer is None or payer.address == buyer.address:
        allow(chain, payment, buyer, offering.address, amount)
        owner = account or buyer.address
        receipt = told(lambda: offering.buy(buyer, owner, amount, payment, admission), OFFERING_SENTENCES)
    else:
        if payment == COIN:
            raise InputError("the chain's coin cannot be paid by signature", "buy with the account that has it")
        if account not in (None, buyer.address):
            raise InputError("a signed purchase is the signer's own", "leave --for out, or pay with your own gas")
        deadline = chain.block_time() + OWNERS_SIGNATURE_SECONDS
        nonce = offering.nonce_of(buyer.address)
        message = {"buyer": buyer.address, "amount": amount, "nonce": nonce, "deadline": deadline}
        signature = sign_typed(buyer, "OfferingPurchase", offering.domain, message)
        permit = _permit(chain, payment, buyer, offering.address, amount, deadline)
        brings = payer
        receipt = told(
            lambda: offering.buy_signed(brings, buyer.address, amount, admission, deadline, signature, permit),
            OFFERING_SENTENCES,
        )
    return int(receipt.event("Bought").arguments["amount"]), receipt


def claim_tokens(offering: ModelOfferingContract, payer: AccountKey, account: Address) -> tuple[BaseUnits, Receipt]:
    """Gives the account its tokens, and says how many; anybody may pay the gas. Raises ChainError, in words."""
    return told(lambda: offering.claim(payer, account), OFFERING_SENTENCES)


def fetch_refund(
    offering: ModelOfferingContract, payer: AccountKey, account: Address, to: Address | None = None
) -> tuple[int, Receipt]:
    """Pays the account what is due to it, milestones that were missed included, and says how much (units).

    `to` is another account that shall have it; then `payer` must be the buyer. Raises ChainError, in words; InputError.
    """
    if to is not None and payer.address != account:
        raise InputError(f"only {account} itself sends its refund elsewhere", "use the buyer's key")
    count_rounds(offering, payer, only_when_over=True)
    if to is not None:
        return told(lambda: offering.refund_to(payer, to), OFFERING_SENTENCES)
    return told(lambda: offering.refund(payer, account), OFFERING_SENTENCES)


def release_proceeds(offering: ModelOfferingContract, payer: AccountKey) -> tuple[int, Receipt]:
    """Counts rounds and pays the treasury what they release, and says how much (units). Raises ChainError, in words."""
    count_rounds(offering, payer)
    return told(lambda: offering.release(payer), OFFERING_SENTENCES)


def count_rounds(offering: ModelOfferingContract, payer: AccountKey, only_when_over: bool = False) -> int:
    """Counts finalised rounds as far as they go, and says how many count; sends nothing when there is nothing to count.

    With `only_when_over` it counts only after the milestones' deadline. Settles where that is due. Raises ChainError.
    """
    terms = offering.terms()
    over = offering.chain.block_time() > terms.milestone_deadline
    if terms.milestone_rounds == 0 or (only_when_over and not over):
        return 0
    if not offering.is_settled():
        told(lambda: offering.settle(payer), OFFERING_SENTENCES)
    books = offering.books()
    for _ in range(_MAX_COUNTS):
        done = books.ended or books.rounds_counted == terms.milestone_rounds
        if done or books.status != OfferingStatus.SUCCEEDED:
            break
        before = books.rounds_counted
        told(lambda: offering.count_rounds(payer, _ROUNDS_AT_ONCE), OFFERING_SENTENCES)
        books = offering.books()
        if books.rounds_counted == before and not over:
            break
    return books.rounds_counted


def order_of(passes: AccessPassContract, model: Address, plan: Digest, holder: Address, terms: Digest) -> PassOrder:
    """An order of a plan at the price it has now, under terms that were read. Raises ChainError, in words."""
    found = told(lambda: passes.plan_of(model, plan), PASS_SENTENCES)
    if found.terms != terms:
        raise InputError(
            f"the plan is sold under the terms {found.terms.hex()}, not {terms.hex()}", "read them, and name their hash"
        )
    return PassOrder(model, plan, holder, terms, found.token, found.price)


def buy_pass(
    passes: AccessPassContract,
    holder: AccountKey,
    order: PassOrder,
    payer: AccountKey | None = None,
    gift: bool = False,
) -> tuple[int, Receipt]:
    """Buys a pass and says its last second; `holder` pays for whom the order names.

    With a `payer` the order is the holder's own: it signs, `payer` brings it, and pays the price too if it is a `gift`.
    Raises ChainError, in words; InputError.
    """
    chain, plan = passes.chain, told(lambda: passes.plan_of(order.model, order.plan), PASS_SENTENCES)
    if payer is None or payer.address == holder.address:
        allow(chain, order.token, holder, passes.address, plan.price)
        receipt = told(lambda: passes.buy(holder, order, price_in_coin(plan)), PASS_SENTENCES)
    else:
        if order.holder != holder.address:
            raise InputError("a signed order is the signer's own", "leave --for out, or pay with your own gas")
        if order.token == COIN and plan.price and not gift:
            raise InputError("the chain's coin cannot be paid by signature", "let the payer give it: --gift")
        deadline = chain.block_time() + OWNERS_SIGNATURE_SECONDS
        message = order.message(passes.nonce_of(holder.address), deadline)
        signature = sign_typed(holder, "PassPurchase", passes.domain, message)
        permit = b""
        if gift:
            allow(chain, order.token, payer, passes.address, plan.price)
        elif plan.price:
            permit = _permit(chain, order.token, holder, passes.address, plan.price, deadline)
        value = price_in_coin(plan) if gift else None
        brings = payer
        receipt = told(lambda: passes.buy_signed(brings, order, deadline, signature, permit, value), PASS_SENTENCES)
    return int(receipt.event("PassBought").arguments["expiry"]), receipt


def _permit(chain: Chain, token: Address, owner: AccountKey, spender: Address, amount: int, deadline: int) -> bytes:
    found = PaymentToken(chain, token)
    if found.allowance(owner.address, spender) >= amount:
        return b""
    return found.permit(owner, spender, amount, deadline)


OFFERING_SENTENCES: Final[Mapping[str, Sentence]] = {
    "ModelOffering_NotOpen": (
        lambda now, opens, closes: (
            f"one can buy from {clock_text(opens)} to {clock_text(closes)}; the chain's clock says {clock_text(now)}"
        ),
        "",
    ),
    "ModelOffering_NotClosed": (
        lambda now, closes: (
            f"the offering is open until {clock_text(closes)}; it is {clock_text(now)} by the chain's clock"
        ),
        "payments are binding until then",
    ),
    "ModelOffering_Empty": (lambda: "the zero address, or an amount of zero, buys nothing", ""),
    "ModelOffering_CapReached": (lambda buyer, most: f"{buyer} has paid the {most} units it may pay at most", ""),
    "ModelOffering_WrongTransfer": (
        lambda received, expected: f"the payment token moved {received} units when told to move {expected}",
        "a token that keeps a fee cannot pay here",
    ),
    "ModelOffering_NotMember": (
        lambda buyer, device: f"{buyer} is no member of the alliance by the device {device}",
        "its owner must have accepted the terms in force, and the alliance admit the device; see `andel alliance show`",
    ),
    "ModelOffering_DeviceUsed": (
        lambda device, buyer: f"{device} has admitted {buyer} before, and admits only one",
        "",
    ),
    "ModelOffering_NotAllowed": (
        lambda buyer, most: f"{buyer} is not on this offering's list with at most {most} units",
        "check --admission",
    ),
    "ModelOffering_BadSignature": (
        lambda buyer, nonce: f"the signature is not {buyer}'s with its present nonce {nonce}",
        "another purchase came between; try again",
    ),
    "ModelOffering_Expired": (lambda deadline, now: f"the buyer's signature ended at {clock_text(deadline)}", ""),
    "ModelOffering_NotReceived": (
        lambda to, amount: f"{to} does not take the {amount} wei",
        "the buyer can name another account: --to",
    ),
}
"""What each refusal of an offering means."""

PASS_SENTENCES: Final[Mapping[str, Sentence]] = {
    "AccessPass_UnknownPlan": (lambda model, plan: f"{model} sells no plan {plan.hex()}", ""),
    "AccessPass_Changed": (
        lambda terms, token, price: (
            f"the plan has changed: it now costs {price} units of {token} under the terms {terms.hex()}"
        ),
        "look at it again: `andel pass show`",
    ),
    "AccessPass_OtherPass": (
        lambda holder, expiry: f"{holder} has a pass of other terms until {clock_text(expiry)}",
        "only the holder replaces it, itself or by its signature",
    ),
    "AccessPass_BadSignature": (
        lambda holder, nonce: f"the signature is not {holder}'s with its present nonce {nonce}",
        "another order came between; try again",
    ),
    "AccessPass_Expired": (lambda deadline, now: f"the holder's signature ended at {clock_text(deadline)}", ""),
    "AccessPass_NotReceived": (lambda pay_to, price: f"{pay_to} does not take the price of {price} wei", ""),
}
"""What each refusal of a pass means."""
