"""How a device is named: by its DID, its address, or the public key that both follow from.

Takes texts that people and files write. Gives addresses and keys. A DID is `did:io:` and the address in lower-case hex,
as IoTeX writes it; it says nothing of a registry. Never asks a chain whether the device exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel import p256
from andel.errors import InputError
from andel.keys import address_of_public_key, parse_address
from andel.units import Address

DID_PREFIX: Final = "did:io:"
P256_PREFIX: Final = "p256:"
_MAX_TEXT: Final = 200
_HINT: Final = f"an address, {DID_PREFIX}0x…, a secp256k1 key in SEC 1 hex, or a P-256 key as {P256_PREFIX}<hex>"


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
    """The device a person named: by DID, address or public key in hex.

    A key of P-256 is told by its prefix: `p256:` before the point (33, 64 or 65 bytes), or the multicodec 8024 before
    the compressed one. Raises InputError for anything else.
    """
    name = text.strip()
    if len(name) > _MAX_TEXT:
        raise InputError(f"not a device: a text of {len(name)} characters", _HINT)
    if name.startswith(DID_PREFIX):
        return NamedDevice(address_of_did(name))
    try:
        raw = bytes.fromhex(name.removeprefix(P256_PREFIX).removeprefix("0x"))
        if name.startswith(P256_PREFIX):
            return _of_key(_p256_key(raw))
        if len(raw) == 20:
            return NamedDevice(parse_address(name))
        return _of_key(raw)
    except (InputError, ValueError) as error:
        raise InputError(f"not a device: {name[:80]!r}", _HINT) from error


def _of_key(public_key: bytes) -> NamedDevice:
    return NamedDevice(address_of_public_key(public_key), public_key)


def _p256_key(point: bytes) -> bytes:
    if len(point) == 33:
        return p256.MULTICODEC + point
    return p256.public_key_of_point(point[1:] if len(point) == 65 and point[0] == 4 else point)
