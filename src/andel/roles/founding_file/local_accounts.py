"""Accounts whose keys everybody knows: good on a chain of one's own, refused where anything is worth a theft.

Takes a role's name. Gives its key. `andel new` writes these addresses into model.toml, so that an experiment runs
before its founder has a wallet. Never used on another chain.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from andel.keys import AccountKey, derive_secret
from andel.sealing import sealing_public_key
from andel.units import Address

_SEED: Final = b"andel local accounts"

LOCAL_ROLES: Final = ("founder", "coordinator", "standby", "validator-1", "validator-2", "validator-3", "consumer")
"""Who plays a part in an experiment on a chain of one's own."""

ANVIL: Final = tuple(
    Address(each)
    for each in (
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
        "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
        "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
        "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
        "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
        "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
        "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
    )
)
"""The ten that anvil and Hardhat print at their start."""


def local_key(role: str) -> AccountKey:
    """The account of a role. Whoever has this package has it too."""
    return AccountKey(derive_secret(_SEED, role))


def local_sealing_key(role: str) -> bytes:
    """The public key that evidence for a validator is encrypted to."""
    return sealing_public_key(local_key(role))


@cache
def known_to_everybody() -> frozenset[Address]:
    """Accounts whose keys are published."""
    return frozenset((*ANVIL, *(local_key(role).address for role in LOCAL_ROLES)))
