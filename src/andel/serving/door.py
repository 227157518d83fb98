"""The door of a server: who asks, whether it may, and how often, by every way in that the server has.

Takes the holders' terms (`admission`), the operator's keys, sign-in, and the counts; each may be left out. Gives for
the headers of a request its `Caller`, whose questions are counted under one name whichever way it came, or a refusal.
Ways:

    Authorization: Bearer andel_k_…     a key of the operator's (`api_keys`)
    Authorization: Bearer andel_s_…     a session of an account (`sign_in`)
    Authorization: AndelPass …          an account's own signature (`admission`)
    nothing                             anybody; whoever pays by the call, where the server takes that

Never trusts what a proxy says of an address, never keeps a header.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address
from typing import Final

from andel.serving.admission import Admission
from andel.serving.api_keys import PREFIX as KEY_PREFIX
from andel.serving.api_keys import ApiKeys
from andel.serving.http_edge import RefusedRequest
from andel.serving.limits import Counts, Left, Rate
from andel.serving.sign_in import PREFIX as SESSION_PREFIX
from andel.serving.sign_in import SignIn
from andel.units import Address

_BEARER: Final = "Bearer "
_NETWORK_BITS: Final = 64
_WAYS: Final = "AndelPass, Bearer"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: by which way (`key`, `account`, `payer`, `anybody`), counted under which name, how often it may."""

    kind: str
    name: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class Door:
    """One model at one server. `rate` is the operator's own; holders and keys may set another number a day.

    `counts` None counts nothing. `keys_only` lets in nobody without a key. `by_call`: who has no right may pay a call.
    """

    terms: Admission | None = None
    keys: ApiKeys | None = None
    sign_in: SignIn | None = None
    counts: Counts | None = None
    rate: Rate = Rate()
    keys_only: bool = False
    by_call: bool = False

    @property
    def is_open(self) -> bool:
        """Whether nobody is ever refused nor counted here."""
        return self.terms is None and self.counts is None and not self.keys_only and not self.by_call

    def enter(self, authorization: str, address: str) -> tuple[Caller, Left | None]:
        """Who asks from `address`, and what it has left after this request. May take as long as the chain does.

        Raises RefusedRequest: 401 for a header that proves nothing, 402 with what access costs, 429 with when to come
        again; ChainError.
        """
        try:
            caller = self._caller(authorization, address)
        except RefusedRequest as refused:
            if refused.response.status_code == 401:
                refused.response.headers["WWW-Authenticate"] = _WAYS
            raise
        return caller, None if self.counts is None else self.counts.spend(caller.name, 1, caller.rate)

    def count_more(self, caller: Caller, questions: int) -> Left | None:
        """Counts the further questions of a request that was let in. Raises RefusedRequest (429)."""
        if self.counts is None or questions < 1:
            return None
        return self.counts.spend(caller.name, questions, caller.rate, requests=0)

    def _caller(self, authorization: str, address: str) -> Caller:
        token = authorization.removeprefix(_BEARER)
        if self.keys is not None and token.startswith(KEY_PREFIX):
            key = self.keys.find(token)
            if key is None:
                raise RefusedRequest(401, "this key is nobody's", "ask the server's operator for one")
            return Caller("key", f"key {key.id}", self._daily(key.per_day or self._terms_per_day()))
        if self.keys_only:
            raise RefusedRequest(401, "this server answers who has a key", "Authorization: Bearer andel_k_…")
        account = self._account(authorization, token)
        if account is None and self.by_call and (self.terms is None or self.terms.sells()):
            return Caller("payer", f"at {network_of(address)}", replace(self.rate, per_day=0))
        per_day = 0 if self.terms is None else self.terms.let_in(account)
        if account is None:
            return Caller("anybody", f"at {network_of(address)}", self._daily(per_day))
        return Caller("account", f"account {account}", self._daily(per_day))

    def _account(self, authorization: str, token: str) -> Address | None:
        if self.sign_in is not None and token.startswith(SESSION_PREFIX):
            account = self.sign_in.account_of(token)
            if account is None:
                raise RefusedRequest(401, "this session is over, or none of this server's", "sign in again")
            return account
        if self.terms is None or not self.terms.asks_who():
            return None
        return self.terms.holder_of(authorization)

    def _terms_per_day(self) -> int:
        return 0 if self.terms is None else self.terms.per_day()

    def _daily(self, per_day: int) -> Rate:
        return replace(self.rate, per_day=per_day or self.rate.per_day)


def network_of(address: str) -> str:
    """What an address is counted as: itself; of IPv6 the network of 64 bits, which one household has."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "elsewhere"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return f"{int(found) >> (128 - _NETWORK_BITS):x}/64"
    return str(found)
