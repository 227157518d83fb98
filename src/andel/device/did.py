"""How a device is named: by its DID, its address, or the public key that both follow from.

Takes texts that people and files write, and is the one place where a public key in text is read. Gives addresses and
keys, these compressed. A DID is `did:io:` and the address in lower-case hex,
as IoTeX writes it; it says nothing of a registry. Never asks a chain whether the device exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from andel import p256
from andel.errors import InputError
from andel.keys import address_of_public_key, compressed, parse_address
from andel.units import Address

DID_PREFIX: Final = "did:io:"
P256_PREFIX: Final = "p256:"
_MAX_TEXT: Final = 200
_ADDRESS_DIGITS: Final = 40
_KEY_HINT: Final = f"hex of a secp256k1 key (33, 64 or 65 bytes), or {P256_PREFIX} and that of a P-256 key"
_HINT: Final = f"an address, {DID_PREFIX}0x…, or {_KEY_HINT}"
_HEX: Final = re.compile(r"(?:0[xX])?((?:[0-9a-fA-F]{2})+)")


@dataclass(frozen=True, slots=True)
class NamedDevice:
    """A device's address, and its public key where the name told it (else empty)."""

    address: Address
    public_key: bytes = b""

    @property
    def did(self) -> str:
        """The device's DID."""
        return did_of(self.address)


def did_of(address: Address) -> str:
    """The DID of a device: `did:io:0x` and 40 lower-case hex digits."""
    return DID_PREFIX + address.lower()


def address_of_did(did: str) -> Address:
    """The device's address in a DID. Raises InputError for another method or form."""
    text = did.removeprefix(DID_PREFIX)
    if text == did or not text.startswith("0x"):
        raise InputError(f"not a DID of a device: {did[:80]!r}", f"it begins with {DID_PREFIX}0x")
    return parse_address(text)


def parse_device(text: str) -> NamedDevice:
    """The device a person named: by DID, by address, or by its public key as `parse_public_key` takes it.

    Raises InputError for anything else.
    """
    name = text.strip()
    if len(name) > _MAX_TEXT:
        raise InputError(f"not a device: a text of {len(name)} characters", _HINT)
    try:
        if name.startswith(DID_PREFIX):
            return NamedDevice(address_of_did(name))
        match = _HEX.fullmatch(name)
        if match is not None and len(match[1]) == _ADDRESS_DIGITS:
            return NamedDevice(parse_address(match[1]))
        public_key = parse_public_key(name)
        return NamedDevice(address_of_public_key(public_key), public_key)
    except InputError as error:
        raise InputError(f"not a device: {name[:80]!r}", _HINT) from error


def parse_public_key(text: str) -> bytes:
    """The public key that a person or a file wrote, compressed: 33 bytes, on P-256 35 with the multicodec 8024.

    Hex in any case, with or without 0x, blanks around it. On secp256k1 33 or 65 bytes (SEC 1), or 64 (X‖Y); on P-256
    the same behind `p256:`, or 8024 and the 33 bytes. Raises InputError for anything else, and for what is no point.
    """
    name = text.strip()
    match = _HEX.fullmatch(name.removeprefix(P256_PREFIX)) if len(name) <= _MAX_TEXT else None
    try:
        raw = bytes.fromhex(match[1]) if match else b""
        if name.startswith(P256_PREFIX):
            return compressed(p256.MULTICODEC + raw if len(raw) == 33 else p256.public_key_of_point(_x_and_y(raw)))
        return compressed(b"\x04" + raw if len(raw) == 64 else raw)
    except InputError as error:
        raise InputError(f"not a public key: {name[:80]!r}", _KEY_HINT) from error


def _x_and_y(point: bytes) -> bytes:
    return point[1:] if len(point) == 65 and point[0] == 4 else point
