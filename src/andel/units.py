"""Names for quantities, and the few constants that the whole protocol shares.

Times are unix seconds (UTC). Money and shares are integers in base units (10**18 of a token).
"""

from __future__ import annotations

from typing import Final, NewType

Address = NewType("Address", str)
"""An account's, a contract's or a device's address, EIP-55 checksummed."""

Digest = NewType("Digest", bytes)
"""A 32-byte hash."""

BaseUnits = NewType("BaseUnits", int)
"""An amount of a token in its smallest unit."""

NOBODY: Final = Address("0x" + "0" * 40)
"""The zero address, which stands for nobody, and where a payment token is asked for, for the chain's coin."""

TOKEN: Final = 10**18
"""Base units of one model token."""

SLOT_SECONDS: Final = 3_600
"""A slot: the span in which a device's readings count once. Protocol-wide."""

DAY_SECONDS: Final = 86_400
"""A window: the span of one batch. Protocol-wide."""


def day_of(timestamp: int) -> int:
    """The window (days since 1970-01-01 UTC) that holds `timestamp` (unix seconds)."""
    return timestamp // DAY_SECONDS


def slot_of(timestamp: int) -> int:
    """The slot (hours since 1970-01-01 UTC) that holds `timestamp` (unix seconds)."""
    return timestamp // SLOT_SECONDS
