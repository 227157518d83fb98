"""A model that answers outside the chain, asked as one inside it (ERC-3668).

Takes a `Chain` and an address. Gives the lookup that the contract asks for, and what it makes of a gateway's response:
the answer that k operators signed, or its refusal. The interface `IOffchainModel.sol` is the manual. Never asks a
gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from andel.errors import ChainError, Reverted
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.connection import Chain
from andel.ledger.onchain_models import model_id
from andel.units import Address

ANY_VERSION: Final = bytes(32)
_LOOKUP: Final = "OffchainLookup"


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a contract wants to be brought: a gateway's answer to `call_data`, with `extra_data` as it was given."""

    sender: Address
    urls: tuple[str, ...]
    call_data: bytes
    callback: bytes
    extra_data: bytes


class OffchainModelContract(Bound):
    """One model's contract for answers of servers."""

    NAME = "OffchainModel"

    @classmethod
    def deploy(
        cls,
        chain: Chain,
        key: AccountKey,
        model: Address,
        max_age: int,
        urls: Sequence[str],
        threshold: int = 0,
        stated: Sequence[Address] = (),
    ) -> Self:
        """A new one for the model whose `RoundManager` is `model`. Raises Reverted for bad terms.

        With `threshold` 0 the model's own validators sign, k of them; else that many of `stated`.
        """
        made, _ = chain.deploy(key, cls.NAME, model, max_age, list(urls), threshold, list(stated))
        return cls(chain, made.address)

    def lookup(self, question: bytes, version: bytes = ANY_VERSION, age: int | None = None) -> Lookup:
        """What the contract asks gateways for. `age` None: as old as it takes. Raises Reverted, ChainError."""
        asked = (model_id(self.model()), version, self.max_age() if age is None else age, question)
        try:
            self.chain.call(self.contract, "predictWithin", *asked)
        except Reverted as reverted:
            if reverted.error != _LOOKUP or len(reverted.arguments) != 5:
                raise
            return _lookup(reverted.arguments)
        raise ChainError(f"{self.address} answers by itself: it is no OffchainModel")

    def answered(self, response: bytes, lookup: Lookup) -> int:
        """The answer in a gateway's response. Raises Reverted where the contract does not believe it."""
        return int(self.chain.call(self.contract, "answered", response, lookup.extra_data))

    def model(self) -> Address:
        """The model's `RoundManager`."""
        return Address(self.chain.call(self.contract, "model"))

    def max_age(self) -> int:
        """Greatest age of an answer, seconds."""
        return int(self.chain.call(self.contract, "maxAge"))

    def threshold(self) -> int:
        """How many must have signed, now."""
        return int(self.chain.call(self.contract, "threshold"))

    def operators_among(self, accounts: Sequence[Address]) -> frozenset[Address]:
        """Those whose signature counts now."""
        found = self.chain.call_many(self.contract, "isOperator", [(account,) for account in accounts])
        return frozenset(account for account, is_one in zip(accounts, found, strict=True) if is_one)


def _lookup(arguments: tuple[object, ...]) -> Lookup:
    sender, urls, call_data, callback, extra_data = arguments
    if (
        isinstance(sender, str)
        and isinstance(urls, tuple)
        and isinstance(call_data, bytes)
        and isinstance(callback, bytes)
        and isinstance(extra_data, bytes)
    ):
        return Lookup(Address(sender), tuple(map(str, urls)), call_data, callback, extra_data)
    raise ChainError("the contract's lookup is none of ERC-3668")
