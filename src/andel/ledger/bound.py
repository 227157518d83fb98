"""What every contract of ours on a chain has: a chain, an address, a signing domain, its events.

Takes a `Chain` and an address. Gives the base of the classes in `contracts`, `onchain_models` and `round_manager`.
Never sends by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from andel.keys import AccountKey
from andel.ledger.connection import Call, Chain
from andel.ledger.interface import Contract
from andel.ledger.receipt import Event
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
