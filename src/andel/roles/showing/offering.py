"""The offering of a model's token: what it asks, how far it has come, and one account's part in it.

Takes a memory and an account or none. Gives terms and books as the chain has them. Never decides whether to buy.
"""

from __future__ import annotations

from andel.ledger.offering import ModelOfferingContract, OfferingBooks, OfferingStatus, OfferingTerms
from andel.roles.showing.followed import Followed
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts, hash_of
from andel.units import Address


def offering_facts(memory: Memory, bought: Followed | None, account: Address | None) -> Facts:
    """The offering; phase "none" where the model has none. Raises ChainError."""
    offering = memory.offering
    if offering is None:
        return {"status": "none", "phase": "none", "account": None}
    shown = memory.head.get("offering", lambda: _read(memory, offering, bought))
    own = None if account is None else memory.head.get(("buyer", account), lambda: _buyer(memory, offering, account))
    return shown | {"account": own}


def phase_of(books: OfferingBooks, terms: OfferingTerms, settled: bool, now: int) -> str:
    """Where an offering stands, by the chain's clock."""
    if books.status == OfferingStatus.SUCCEEDED or books.status == OfferingStatus.FAILED:
        return books.status.name.lower()
    if now < terms.opens:
        return "before"
    return "open" if now <= terms.closes and not settled else "settling"


def _read(memory: Memory, offering: ModelOfferingContract, bought: Followed | None) -> Facts:
    terms, books, now = offering.terms(), offering.books(), memory.head.block().time
    return {
        "address": offering.address,
        "status": books.status.name.lower(),
        "phase": phase_of(books, terms, offering.is_settled(), now),
        "payment": memory.token(terms.payment),
        "token": {"address": terms.token, "symbol": memory.symbol, "decimals": 18},
        "price": str(terms.price),
        "offered": str(terms.offered),
        "target": str(offering.target()),
        "minimum": str(terms.minimum),
        "cap_per_buyer": str(terms.cap_per_buyer) if terms.cap_per_buyer else None,
        "opens": terms.opens,
        "closes": terms.closes,
        "raised": str(books.raised),
        "proceeds": str(books.proceeds),
        "sold": str(books.sold),
        "buyers": _buyers(memory, bought),
        "milestones": {
            "rounds": terms.milestone_rounds,
            "counted": books.rounds_counted,
            "first_bps": terms.first_bps,
            "deadline": terms.milestone_deadline,
            "missed": books.ended,
        }
        if terms.milestone_rounds
        else None,
        "treasury": terms.treasury,
        "released": str(books.released),
        "releasable": str(offering.releasable()),
        "refunded": str(books.refunded),
        "admission": _admission(terms),
        "allow_root": hash_of(terms.allow_root),
    }


def _buyers(memory: Memory, bought: Followed | None) -> int | None:
    """How many accounts have bought; None where events do not reach back to the offering's beginning."""
    if bought is None:
        return None
    found = bought.read(memory.head.block().number)
    return len({event.arguments["buyer"] for event in found}) if bought.whole else None


def _buyer(memory: Memory, offering: ModelOfferingContract, account: Address) -> Facts:
    """`may_pay_more` is None where nothing but the account's own money bounds it; "0" where nobody buys now."""
    terms, books, buyer = offering.terms(), offering.books(), offering.buyer_of(account)
    ((tokens, units),) = offering.due_to([account])
    more: str | None = "0"
    if phase_of(books, terms, offering.is_settled(), memory.head.block().time) == "open":
        more = str(max(terms.cap_per_buyer - buyer.paid, 0)) if terms.cap_per_buyer else None
    return {
        "account": account,
        "paid": str(buyer.paid),
        "claimed": buyer.claimed,
        "refunded": buyer.refunded,
        "returned": buyer.returned,
        "tokens_due": str(tokens),
        "refund_due": str(units),
        "may_pay_more": more,
        "nonce": str(offering.nonce_of(account)),
    }


def _admission(terms: OfferingTerms) -> str:
    if int(terms.alliance, 16):
        return "alliance"
    return "list" if any(terms.allow_root) else "open"
