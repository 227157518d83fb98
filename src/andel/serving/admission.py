"""Who may ask over HTTP: everybody, whoever holds the model's token, or whoever holds a live pass, as holders decided.

Takes the model's `ModelPolicy`, token and `AccessPass`, and a clock. Gives what a server says of its terms, and lets
an asker in or refuses with the price. Who asks proves itself by a header that it signs once an hour at most (EIP-712
`PassUse`, for this model, this server and a deadline):

    Authorization: AndelPass holder=0x<40 hex digits> until=1767225600 signature=0x<130 hex digits>

Terms are read again after `TERMS_SECONDS`, passes likewise. Never counts requests (`limits` does), never sells
anything.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from andel.errors import InputError
from andel.keys import AccountKey, parse_address
from andel.ledger.access import AccessPassContract, Pass
from andel.ledger.contracts import ModelTokenContract
from andel.ledger.policy import Access, ModelPolicyContract, Price, Rule
from andel.serving.http_edge import RefusedRequest
from andel.typed_data import Domain, sign_typed, typed_signer
from andel.units import Address, Digest

TERMS_SECONDS: Final = 10
"""How long an answer of the chain about terms and passes is taken for its present one."""

MAX_AHEAD_SECONDS: Final = 3_600
"""Furthest deadline of a signed header."""

_HEADER: Final = re.compile(r"AndelPass holder=(0x[0-9a-fA-F]{40}) until=([0-9]{1,12}) signature=0x([0-9a-f]{130})")
_KNOWN_MAX: Final = 10_000
_ROUTE: Final = "predict"


@dataclass(frozen=True, slots=True)
class Terms:
    """What holders decided about asking: who may, under which licence (its hash), at which prices."""

    access: Access
    licence: Digest
    prices: tuple[Price, ...]


def pass_header(key: AccountKey, domain: Domain, server: Address, until: int) -> str:
    """The value of `Authorization` by which `key` asks the server that signs as `server`, up to second `until`."""
    signature = sign_typed(key, "PassUse", domain, _message(domain, key.address, server, until))
    return f"AndelPass holder={key.address} until={until} signature=0x{signature.hex()}"


@dataclass(slots=True)
class Admission:
    """One model at one server. `passes` None: nobody told where passes are sold, then none counts."""

    domain: Domain
    server: Address
    policy: ModelPolicyContract
    token: ModelTokenContract
    passes: AccessPassContract | None
    clock: Callable[[], int]
    keep_seconds: int = TERMS_SECONDS
    _terms: tuple[int, Terms] | None = None
    _known: dict[Address, tuple[int, int | None]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def terms(self) -> Terms:
        """What holds now. Raises ChainError."""
        now = self.clock()
        kept = self._terms
        if kept is not None and now < kept[0] + self.keep_seconds:
            return kept[1]
        access, prices = self.policy.prices()
        terms = Terms(access, self.policy.rule_of(Rule.LICENCE).hash, prices)
        if kept is not None and kept[1].access != access:
            self._known.clear()
        self._terms = now, terms
        return terms

    def describe(self) -> dict[str, object]:
        """The terms as plain values for JSON; amounts as decimal text, in the smallest units."""
        terms = self.terms()
        return {
            "access": terms.access.name.lower(),
            "licence_hash": "0x" + terms.licence.hex(),
            "prices": [_price(price) for price in terms.prices],
            "passes": None if self.passes is None else self.passes.address,
            "policy": self.policy.address,
        }

    def asks_who(self) -> bool:
        """Whether it matters who asks. Raises ChainError."""
        with self._lock:
            terms = self.terms()
            return terms.access != Access.OPEN and not self._is_free(terms)

    def sells(self) -> bool:
        """Whether holders voted that asking costs something. Raises ChainError."""
        with self._lock:
            terms = self.terms()
            return terms.access == Access.PAID and not self._is_free(terms)

    def per_day(self) -> int:
        """Questions a day that the terms grant who asks without a pass; 0 where they say nothing. Raises ChainError."""
        with self._lock:
            return _per_day(self.terms())

    def let_in(self, holder: Address | None) -> int:
        """Lets a question of `holder` in (None: nobody is named); gives its questions a day, 0 for no bound.

        Raises RefusedRequest (402) with what access costs.
        """
        with self._lock:
            terms = self.terms()
            if terms.access == Access.OPEN or self._is_free(terms):
                return _per_day(terms)
            granted = None if holder is None else self._granted(terms, holder)
            if granted is None:
                raise RefusedRequest(402, *_cost(terms, holder, self.domain.contract))
            return granted

    def _is_free(self, terms: Terms) -> bool:
        """Whether asking costs nothing though other things do."""
        priced = [price for price in terms.prices if price.route == _ROUTE]
        return terms.access == Access.PAID and bool(priced) and priced[0].amount == 0 and priced[0].period == 0

    def holder_of(self, header: str) -> Address | None:
        """Who signed the header; None without one. Raises RefusedRequest (401) for a header that is no proof."""
        if not header:
            return None
        match = _HEADER.fullmatch(header)
        if match is None:
            raise RefusedRequest(401, "the header is no proof of a pass", "Authorization: AndelPass holder=… until=…")
        until, now = int(match[2]), self.clock()
        if not now <= until <= now + MAX_AHEAD_SECONDS:
            raise RefusedRequest(
                401,
                f"the proof counts until {until}; it is {now} here",
                f"sign a deadline at most {MAX_AHEAD_SECONDS} s ahead: `andel pass use`",
            )
        try:
            holder = parse_address(match[1])
            message = _message(self.domain, holder, self.server, until)
            signer = typed_signer("PassUse", self.domain, message, bytes.fromhex(match[3]))
        except InputError as error:
            raise RefusedRequest(401, f"the proof cannot be read: {error.message}") from error
        if signer != holder:
            raise RefusedRequest(
                401, "the proof is not its holder's for this model and server", "GET /model names the signer"
            )
        return holder

    def _granted(self, terms: Terms, holder: Address) -> int | None:
        """Questions a day of a holder, None where it has no right."""
        now, kept = self.clock(), self._known.get(holder)
        if kept is not None and now < kept[0] + self.keep_seconds:
            return kept[1]
        while len(self._known) >= _KNOWN_MAX:
            del self._known[next(iter(self._known))]
        if terms.access == Access.HOLDERS:
            granted = _per_day(terms) if self.token.balance_of(holder) > 0 else None
        else:
            granted = self._of_pass(holder, now)
        self._known[holder] = now, granted
        return granted

    def _of_pass(self, holder: Address, now: int) -> int | None:
        found: Pass | None = None if self.passes is None else self.passes.pass_of(self.domain.contract, holder)
        return found.per_day if found is not None and found.is_live(now) else None


def _message(domain: Domain, holder: Address, server: Address, until: int) -> dict[str, object]:
    return {"model": domain.contract, "holder": holder, "server": server, "until": until}


def _cost(terms: Terms, holder: Address | None, model: Address) -> tuple[str, str]:
    """What a refused asker is told: why, and what it costs."""
    who = "nobody is named who asks" if holder is None else f"{holder} has no right to ask"
    if terms.access == Access.HOLDERS:
        return f"{who}: this model answers who holds its token", f"hold some, and sign: `andel pass use` for {model}"
    plans = [price for price in terms.prices if price.period]
    if not plans:
        return f"{who}: this model is paid by the call, which this server does not take", "ask inside the chain"
    said = "; ".join(f"{plan.route}: {plan.amount} units of {plan.token} for {plan.period} s" for plan in plans)
    return f"{who}: this model takes a pass", f"`andel pass buy`, then `andel pass use`; {said}"


def _per_day(terms: Terms) -> int:
    return next((price.rate_per_day for price in terms.prices if price.route == _ROUTE), 0)


def _price(price: Price) -> dict[str, object]:
    return {
        "route": price.route,
        "token": price.token,
        "amount": str(price.amount),
        "period": price.period,
        "rate_per_day": price.rate_per_day,
        "transferable": price.transferable,
    }
