"""The door type of this room: what the chain did with a transaction, as plain values.

Takes nothing; `connection` makes receipts from what a node says. Gives frozen values: integers, bytes, tuples and
checksummed addresses. Never holds a transaction that failed: a failure is raised as `Reverted`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from andel.errors import ChainError
from andel.units import Address


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a contract of ours: its name, who emitted it, its values by name, its block and transaction."""

    name: str
    address: Address
    arguments: Mapping[str, Any]
    block: int
    block_hash: bytes = b""
    transaction: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transaction that succeeded; `contract_address` is set where it created one. Gas as the chain counted it."""

    hash: str
    block: int
    gas_used: int
    contract_address: Address | None
    events: tuple[Event, ...]

    def event(self, name: str) -> Event:
        """The first event of that name. Raises ChainError when there is none."""
        for event in self.events:
            if event.name == name:
                return event
        raise ChainError(f"transaction {self.hash} emitted no {name}")
