"""Keys whose private half is public: what they sign proves nothing about where it came from.

Pebble firmware of 2020 carried one P-256 key in its published source, the same in every device. The list is
constant, here and in `DeviceRegistry`; nobody can add to it.
"""

from __future__ import annotations

from typing import Final

from andel.units import Address

FIRMWARE_KEY_2020: Final = Address("0xE540678F0B995BF3B287E47f84f84aeA44CFEb31")
"""keccak256(x || y)[12:] of the P-256 key in the 2020 firmware of Pebble (x = 30a8f41d…, y = 7ffe428c…)."""

PUBLICLY_KNOWN: Final = frozenset({FIRMWARE_KEY_2020})


def is_publicly_known(address: Address) -> bool:
    """Whether the private key behind `address` (checksummed) is public."""
    return address in PUBLICLY_KNOWN


FIRMWARE_PUBLIC_KEY_2020: Final = bytes.fromhex(
    "80240330a8f41d35ba3cfe39cc1effab498683796e53191abf1226c3637c801556bdf8"
)
"""The same key as `andel.keys` writes it: P-256, compressed. What verifies under it is recognised, never accepted."""
