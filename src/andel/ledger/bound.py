"""What every contract of ours on a chain has: a chain, an address, a signing domain, its events.

Takes a `Chain` and an address. Gives the bases of the classes in this room that are named after contracts; those with
an owner share how it is handed over. Never sends by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from andel.keys import AccountKey
from andel.ledger.connection import Call, Chain
from andel.ledger.interface import Contract
from andel.ledger.receipt import Event, Receipt
from andel.typed_data import Domain
from andel.units import Address


class Bound:
    """A contract of ours at an address of a chain; the base of the classes below."""

    NAME: ClassVar[str]

    def __init__(self, chain: Chain, address: Address) -> None:
        """Asks nothing."""
        self.chain = chain
        self.address = address
        self.contract = Contract(self.NAME, address)

    @property
    def domain(self) -> Domain:
        """Where signatures for this contract count."""
        return Domain(self.chain.chain_id, self.address)

    def prepare(self, key: AccountKey, function: str, *arguments: object) -> Call:
        """One call for `Chain.send_many`."""
        return Call(key, self.contract, function, arguments)

    def logs(
        self, event: str | Sequence[str], from_block: int, to_block: int | None = None, **indexed: object
    ) -> list[Event]:
        """This contract's events, as `Chain.logs`."""
        return self.chain.logs(self.contract, event, from_block, to_block, **indexed)

    def __repr__(self) -> str:
        return f"{self.NAME}({self.address})"


class Owned(Bound):
    """A contract with an owner, which can be handed over in two steps, or given up."""

    def offer_ownership(self, key: AccountKey, heir: Address) -> Receipt:
        """Offers the ownership to `heir`; it stays `key`'s until that is taken."""
        return self.chain.send(key, self.contract, "transferOwnership", heir)

    def take_ownership(self, key: AccountKey) -> Receipt:
        """Takes the ownership that was offered to `key`."""
        return self.chain.send(key, self.contract, "acceptOwnership")

    def give_up_ownership(self, key: AccountKey) -> Receipt:
        """Leaves the contract without an owner, for ever."""
        return self.chain.send(key, self.contract, "renounceOwnership")

    def owner(self) -> Address | None:
        """Who owns the contract; None when nobody ever will."""
        return _account(self.chain.call(self.contract, "owner"))

    def pending_owner(self) -> Address | None:
        """To whom the ownership is offered, if to anybody."""
        return _account(self.chain.call(self.contract, "pendingOwner"))


def _account(address: str) -> Address | None:
    return Address(address) if int(address, 16) else None
