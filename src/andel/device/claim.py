"""A device's claim for an owner, as a person brings it: a ConfirmPackage in some text form, and the device's name.

Takes bytes of a file, base64 or hex, and how the device is named. Gives a `Confirmation` for the registry and the
public key it was verified with. Reading and checking the package is `pebble.read_confirmation`'s; this file only finds
the key where an address was given, which for secp256k1 follows from the signature.
"""

from __future__ import annotations

import base64
from typing import Final

from andel.device.did import NamedDevice
from andel.device.pebble import Confirmation, parse_confirmation, read_confirmation
from andel.device.reading import PacketRefused, Refusal
from andel.errors import InputError
from andel.keys import address_of_public_key, recover_device_keys

MAX_CLAIM_BYTES: Final = 1_024
"""Longest text or package that is looked at; a ConfirmPackage has 96 bytes."""


def package_in(data: bytes) -> bytes:
    """The package in `data`: the bytes themselves, or base64 or hex of them. Raises InputError when too long."""
    if len(data) > MAX_CLAIM_BYTES:
        raise InputError(f"a claim of {len(data)} bytes is over {MAX_CLAIM_BYTES}", "give one ConfirmPackage")
    text = data.strip()
    try:
        return bytes.fromhex(text.decode("ascii").removeprefix("0x"))
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return data


def read_claim(package: bytes, device: NamedDevice) -> tuple[Confirmation, bytes]:
    """The claim in a ConfirmPackage, and the public key it was verified with.

    Raises PacketRefused as `read_confirmation` does, and when the key cannot be found from an address: a P-256 device
    must be named by its key.
    """
    key = device.public_key or _key_behind(package, device)
    return read_confirmation(package, key), key


def _key_behind(package: bytes, device: NamedDevice) -> bytes:
    claim = parse_confirmation(package)
    for key in recover_device_keys(claim.digest, claim.signature):
        if address_of_public_key(key) == device.address:
            return key
    raise PacketRefused(
        Refusal.BAD_SIGNATURE,
        f"no key of {device.address} made this signature",
        "check the device's address; name a P-256 device by its public key, as p256:<hex>",
    )
