"""Pebble Tracker packages in protobuf (July 2021 and later): reading them, and signing them as the firmware does.

A device signs SHA-256(type as 4 bytes || data || timestamp as 4 bytes) for data, and SHA-256(owner's 20
bytes || timestamp as 4 bytes) for a claim. Signed data is hashed as received and never encoded again. The
package around it must be in canonical protobuf form, so that no unsigned bytes ride along. What the data means is
told in `pebble_values`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from struct import Struct
from typing import Any, Final, NamedTuple, NoReturn

from google.protobuf.message import DecodeError

from andel.device.epochs import Epoch
from andel.device.pebble_schema import BinPackage, ConfirmPackage
from andel.device.pebble_values import check_decided, measure_data, open_epochs, parse_sensor_data
from andel.device.pebble_values import encode_sensor_data as encode_sensor_data  # what is signed with the signer
from andel.device.pebble_values import pebble_channels as pebble_channels
from andel.device.reading import PacketRefused, Refusal, SignedReading, device_address
from andel.hashing import sha256
from andel.keys import (
    Curve,
    DeviceKey,
    address_bytes,
    checksummed,
    curve_of,
    recoverable_signature,
    verify_signature,
)
from andel.p256 import low_s
from andel.units import Address, Digest

DATA: Final = 0
CONFIG: Final = 1
STATE: Final = 2
PEDOMETER: Final = 3
TYPE_NAMES: Final = {DATA: "DATA", CONFIG: "CONFIG", STATE: "STATE", PEDOMETER: "PEDOMETER"}

MAX_DATA_BYTES: Final = 500
"""Longest signed data of a package, as the firmware bounds it."""

CONFIRMATION_BYTES: Final = 16
"""Data of exactly this length makes the signed bytes those of a claim: 4 + 16 + 4 = 20 + 4."""

NOT_THE_DEVICES: Final = "the signature is not the device's over these bytes"
_sha256: Final = hashlib.sha256  # joining parts, as `hashing` does, takes as long as hashing these few bytes
_make: Final = tuple.__new__  # a third of the time of the named tuple's own constructor
_VARINT_HIGH_BITS: Final = 128 + (128 << 7) + (128 << 14) + (128 << 21)


class Package(NamedTuple):
    """The fields of a BinPackage in canonical form, and the digest that was signed."""

    kind: int
    data: bytes
    timestamp: int
    signature: bytes
    digest: Digest


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A device's claim for an owner, with a low s: 65 bytes r‖s‖v for `DeviceRegistry.claim`, and of a device with
    a P-256 key 64 bytes r‖s for `claimP256`.
    """

    device: Address
    owner: Address
    timestamp: int
    signature: bytes


def sign_data_packet(key: DeviceKey, data: bytes, timestamp: int, kind: int = DATA) -> bytes:
    """The BinPackage that a device with `key` publishes for `data` at `timestamp` (unix seconds, uint32)."""
    signature = key.sign_sha256(kind.to_bytes(4, "big") + data + timestamp.to_bytes(4, "big"))
    package = BinPackage(type=kind, data=data, timestamp=timestamp, signature=signature)
    return bytes(package.SerializeToString())


def parse_package(raw: bytes) -> Package:
    """The fields of a BinPackage of any type. Raises PacketRefused: malformed, or ambiguous with a claim."""
    package = _parse_usual(raw) or _parse_any(raw)
    if len(package.data) == CONFIRMATION_BYTES:
        _refuse(Refusal.AMBIGUOUS, "16 bytes of data could be a claim's signed bytes")
    return package


def read_pebble_packet(
    raw: bytes, public_key: bytes, epoch: Epoch | None = None, *, verify: bool = True, decide: bool = True
) -> SignedReading:
    """The reading in a BinPackage, verified against the device's `public_key` (any SEC 1 form).

    `epoch` is that of the device's firmware, where it is known. `verify=False` is for `packets.reread_packet` alone,
    `decide=False` for `packets.verify_packet`: values that depend on an undecided epoch are then left out. Raises
    PacketRefused: malformed, unsupported, not-a-reading, ambiguous, ambiguous-epoch or bad-signature.
    """
    package = _data_package(raw)
    if verify and not verify_signature(package.digest, package.signature, public_key):
        _refuse(Refusal.BAD_SIGNATURE, NOT_THE_DEVICES)
    return _reading(raw, device_address(public_key), epoch, package, decide)


def read_unverified(raw: bytes, device: Address, epoch: Epoch | None) -> SignedReading:
    """The reading in a BinPackage if `device` signed it, which the caller verifies: its digest, raw's last 64 bytes.

    Raises PacketRefused as `read_pebble_packet` does.
    """
    return _reading(raw, device, epoch, _data_package(raw), True)


def _data_package(raw: bytes) -> Package:
    package = _parse_usual(raw)
    if package is None or len(package[1]) == CONFIRMATION_BYTES:
        package = parse_package(raw)
        if package.kind != DATA:
            name = TYPE_NAMES.get(package.kind)
            reason = Refusal.NOT_A_READING if name else Refusal.UNSUPPORTED
            _refuse(reason, f"a package of type {name or package.kind} holds no reading")
    return package


def _reading(raw: bytes, device: Address, epoch: Epoch | None, package: Package, decide: bool) -> SignedReading:
    _, data, timestamp, _, digest = package
    message = parse_sensor_data(data)
    left = open_epochs(message, epoch)
    if decide and left & (left - 1):  # several are left
        check_decided(message, left)
    # the data waits, not the message: that is thrice as large, and of thousands of readings nobody asks for a value
    return SignedReading(device, timestamp, partial(measure_data, data, left), raw, digest, "pebble")


def sign_confirmation(key: DeviceKey, owner: Address, timestamp: int) -> bytes:
    """The ConfirmPackage that a device with `key` publishes when its button is pressed for `owner`."""
    owner_bytes = address_bytes(owner)
    signature = key.sign_sha256(owner_bytes + timestamp.to_bytes(4, "big"))
    package = ConfirmPackage(owner=owner_bytes, timestamp=timestamp, signature=signature, channel=0)
    return bytes(package.SerializeToString())


class ConfirmFields(NamedTuple):
    """The fields of a ConfirmPackage in canonical form, and the digest that was signed."""

    owner: Address
    timestamp: int
    signature: bytes
    digest: Digest


def parse_confirmation(raw: bytes) -> ConfirmFields:
    """The fields of a ConfirmPackage.

    Raises PacketRefused: malformed, or ambiguous when the owner's first four bytes are a packet type, so that a data
    packet has the same signed bytes.
    """
    package = _parse(ConfirmPackage, raw)
    if len(package.owner) != 20 or len(package.signature) != 64:
        _refuse(Refusal.MALFORMED, "a confirmation has an owner of 20 bytes and a signature of 64")
    owner = checksummed(package.owner)
    if int.from_bytes(package.owner[:4], "big") <= PEDOMETER:
        _refuse(Refusal.AMBIGUOUS, f"owner {owner} begins with the bytes of a packet type")
    digest = sha256(package.owner, package.timestamp.to_bytes(4, "big"))
    return ConfirmFields(owner, package.timestamp, package.signature, digest)


def read_confirmation(raw: bytes, public_key: bytes) -> Confirmation:
    """The claim in a ConfirmPackage, verified against the device's `public_key`, ready for the registry.

    Raises PacketRefused: malformed, ambiguous or bad-signature.
    """
    claim = parse_confirmation(raw)
    if not verify_signature(claim.digest, claim.signature, public_key):
        _refuse(Refusal.BAD_SIGNATURE, "the signature is not the device's over this owner and time")
    device = device_address(public_key)
    if curve_of(public_key) == Curve.P256:
        signature = low_s(claim.signature)
    else:
        signature = recoverable_signature(claim.digest, claim.signature, device)
    return Confirmation(device, claim.owner, claim.timestamp, signature)


def _layouts() -> dict[int, tuple[Callable[[bytes], tuple[Any, ...]], bytes]]:
    """How to read a usual package of each length, all fields in one step, and how it begins."""
    layouts: dict[int, tuple[Callable[[bytes], tuple[Any, ...]], bytes]] = {}
    for size in range(1, MAX_DATA_BYTES + 1):
        head = b"\x08\x00\x12" + (bytes([size]) if size < 128 else bytes([size & 127 | 128, size >> 7]))
        layout = Struct(f">{len(head)}s {size}s 6B H 64s")
        layouts[layout.size] = layout.unpack, head
    return layouts


_LAYOUTS: Final = _layouts()


def _parse_usual(raw: bytes) -> Package | None:
    """The fields of a DATA package in the one form that its canonical bytes have, or None for any other bytes.

    Every intake of a packet goes through here; decoding and encoding again by protobuf costs twice as much.
    """
    layout = _LAYOUTS.get(len(raw))
    if layout is None:
        return None
    unpack, usual_head = layout
    head, data, mark, a, b, c, d, e, signature_head, signature = unpack(raw)
    if head != usual_head or mark != 0x18 or signature_head != 0x2240:
        return None
    if not (a & b & c & d & 128 and 0 < e < 16):
        return None
    timestamp = a + (b << 7) + (c << 14) + (d << 21) + (e << 28) - _VARINT_HIGH_BITS
    digest = _sha256(b"\0\0\0\0" + data + timestamp.to_bytes(4, "big")).digest()
    return _make(Package, (DATA, data, timestamp, signature, digest))


def _parse_any(raw: bytes) -> Package:
    package = _parse(BinPackage, raw)
    if len(package.data) > MAX_DATA_BYTES or len(package.signature) != 64:
        _refuse(
            Refusal.MALFORMED,
            f"data of {len(package.data)} and a signature of {len(package.signature)} bytes; "
            f"a Pebble sends at most {MAX_DATA_BYTES}, and 64",
        )
    digest = sha256(package.type.to_bytes(4, "big"), package.data, package.timestamp.to_bytes(4, "big"))
    return Package(package.type, package.data, package.timestamp, package.signature, digest)


def _parse(message_class: Any, raw: bytes) -> Any:
    try:
        message = message_class.FromString(raw)
    except DecodeError as error:
        raise PacketRefused(Refusal.MALFORMED, "not a protobuf package of a Pebble") from error
    if not message.IsInitialized():  # parsing does not look for required fields
        _refuse(Refusal.MALFORMED, f"not a {message.DESCRIPTOR.name} of a Pebble: a required field is missing")
    message.DiscardUnknownFields()
    if message.SerializeToString() != raw:
        _refuse(Refusal.MALFORMED, "the package holds bytes outside its canonical form, which nobody signed")
    return message


def _refuse(reason: Refusal, message: str) -> NoReturn:
    raise PacketRefused(reason, message)
