"""How facts look in JSON: amounts as decimal text, bytes in hex, a token by address, symbol and decimals.

Takes values of the lower rooms. Gives JSON's own types. Never asks a chain but for a token's name, and that through a
memory that keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from andel.units import Address

Facts = dict[str, Any]
"""One JSON object."""

CHAINS: Final = {
    4689: ("IoTeX", "IOTX"),
    4690: ("IoTeX testnet", "IOTX"),
    31_337: ("a chain of one's own", "ETH"),
}
"""Name of a chain and symbol of its coin, by id."""


def hex_of(data: bytes) -> str:
    """Bytes as 0x and hex."""
    return "0x" + data.hex()


def hash_of(data: bytes) -> str | None:
    """A hash in hex; None for the one of zeros, which stands for none."""
    return hex_of(data) if any(data) else None


def word_of(name: str) -> str:
    """A member of an enumeration as words: `SEED_LAPSED` becomes "seed lapsed"."""
    return name.lower().replace("_", " ")


def page_of(items: Sequence[Mapping[str, Any]], total: int | None, first: int) -> Facts:
    """A page of a list."""
    return {"total": total, "first": first, "items": list(items)}


def places(first: int, count: int, total: int) -> range:
    """The places of a page that are there, from 0."""
    return range(min(first, total), min(first + count, total))


def accounts(addresses: Sequence[Address]) -> list[str]:
    """Addresses as texts."""
    return [str(each) for each in addresses]
