"""Pebble Tracker packets, secp256k1 generation: reading them, and signing them as the firmware does.

A device signs SHA-256(type as 4 bytes || data || timestamp as 4 bytes) for data, and SHA-256(owner's 20
bytes || timestamp as 4 bytes) for a claim. Signed data is hashed as received and never encoded again. The
package around it must be in canonical protobuf form, so that no unsigned bytes ride along. Only the current
firmware epoch is read; what an older one wrote is refused where it can be told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from google.protobuf.message import DecodeError

from andel.device.pebble_schema import MAX_LATITUDE, NO_FIX, SCALARS, VECTORS, BinPackage, ConfirmPackage, SensorData
from andel.device.reading import Measurement, PacketRefused, Refusal, SignedReading, device_address
from andel.errors import InputError
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
from andel.units import Address

DATA: Final = 0
CONFIG: Final = 1
STATE: Final = 2
PEDOMETER: Final = 3
_TYPE_NAMES = {CONFIG: "CONFIG", STATE: "STATE", PEDOMETER: "PEDOMETER"}

MAX_DATA_BYTES: Final = 500
"""Longest signed data of a package, as the firmware bounds it."""

CONFIRMATION_BYTES: Final = 16
"""Data of exactly this length makes the signed bytes those of a claim: 4 + 16 + 4 = 20 + 4."""

_FIELD_BY_CHANNEL = {wire.channel: number for number, wire in SCALARS.items()}
_PLACE_BY_CHANNEL = {wire.channel: (n, i) for n, axes in VECTORS.items() for i, wire in enumerate(axes)}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A device's claim for an owner, with a low s: 65 bytes r‖s‖v for `DeviceRegistry.claim`, and of a device with
    a P-256 key 64 bytes r‖s for `claimP256`.
    """

    device: Address
    owner: Address
    timestamp: int
    signature: bytes


def encode_sensor_data(values: Mapping[str, int], random: str = "") -> bytes:
    """SensorData bytes of channel values (integers in each channel's steps, e.g. temperature in 0.01 degC).

    As in the firmware, the temperature is written a second time as temperature2, and `random` is the
    device's nonce (16 hex characters). Raises InputError for an unknown channel, a value that does not fit
    its field, or an axis without the other two.
    """
    message = SensorData()
    axes: dict[int, dict[int, int]] = {}
    try:
        for channel, value in values.items():
            if channel in _PLACE_BY_CHANNEL:
                number, index = _PLACE_BY_CHANNEL[channel]
                axes.setdefault(number, {})[index] = value
            elif channel in _FIELD_BY_CHANNEL:
                number = _FIELD_BY_CHANNEL[channel]
                setattr(message, SensorData.DESCRIPTOR.fields_by_number[number].name, value)
            else:
                raise InputError(f"a Pebble has no channel {channel!r}", f"it has {pebble_channels()}")
        for number, by_index in axes.items():
            if len(by_index) != 3:
                raise InputError(f"{VECTORS[number][0].channel[:-2]} needs all three axes")
            name = SensorData.DESCRIPTOR.fields_by_number[number].name
            getattr(message, name).extend(by_index[i] for i in range(3))
    except (ValueError, TypeError) as error:
        raise InputError(f"a channel's value does not fit its field: {error}") from error
    if "temperature" in values:
        message.temperature2 = values["temperature"] % 2**32
    if random:
        message.random = random.encode()
    return bytes(message.SerializeToString())


def pebble_channels() -> list[str]:
    """The names of all channels of a Pebble."""
    return [*_FIELD_BY_CHANNEL, *_PLACE_BY_CHANNEL]


def sign_data_packet(key: DeviceKey, data: bytes, timestamp: int, kind: int = DATA) -> bytes:
    """The BinPackage that a device with `key` publishes for `data` at `timestamp` (unix seconds, uint32)."""
    signature = key.sign_sha256(kind.to_bytes(4, "big") + data + timestamp.to_bytes(4, "big"))
    package = BinPackage(type=kind, data=data, timestamp=timestamp, signature=signature)
    return bytes(package.SerializeToString())


def read_pebble_packet(raw: bytes, public_key: bytes, *, verify: bool = True) -> SignedReading:
    """The reading in a BinPackage, verified against the device's `public_key` (any SEC 1 form).

    `verify=False` is for `packets.reread_packet` alone. Raises PacketRefused: malformed, unsupported,
    not-a-reading, ambiguous or bad-signature.
    """
    package = _parse(BinPackage, raw)
    digest = sha256(package.type.to_bytes(4, "big"), package.data, package.timestamp.to_bytes(4, "big"))
    _check_package(package)
    if verify and not verify_signature(digest, package.signature, public_key):
        _refuse(Refusal.BAD_SIGNATURE, "the signature is not the device's over these bytes")
    return SignedReading(
        device=device_address(public_key),
        timestamp=package.timestamp,
        measurements=_measurements(package.data),
        raw=raw,
        digest=digest,
        profile="pebble",
    )


def sign_confirmation(key: DeviceKey, owner: Address, timestamp: int) -> bytes:
    """The ConfirmPackage that a device with `key` publishes when its button is pressed for `owner`."""
    owner_bytes = address_bytes(owner)
    signature = key.sign_sha256(owner_bytes + timestamp.to_bytes(4, "big"))
    package = ConfirmPackage(owner=owner_bytes, timestamp=timestamp, signature=signature, channel=0)
    return bytes(package.SerializeToString())


def read_confirmation(raw: bytes, public_key: bytes) -> Confirmation:
    """The claim in a ConfirmPackage, verified against the device's `public_key`, ready for the registry.

    Raises PacketRefused: malformed, bad-signature, or ambiguous when the owner's first four bytes are a
    packet type, so that a data packet has the same signed bytes.
    """
    package = _parse(ConfirmPackage, raw)
    if len(package.owner) != 20 or len(package.signature) != 64:
        _refuse(Refusal.MALFORMED, "a confirmation has an owner of 20 bytes and a signature of 64")
    owner = checksummed(package.owner)
    if int.from_bytes(package.owner[:4], "big") <= PEDOMETER:
        _refuse(Refusal.AMBIGUOUS, f"owner {owner} begins with the bytes of a packet type")
    digest = sha256(package.owner, package.timestamp.to_bytes(4, "big"))
    if not verify_signature(digest, package.signature, public_key):
        _refuse(Refusal.BAD_SIGNATURE, "the signature is not the device's over this owner and time")
    device = device_address(public_key)
    if curve_of(public_key) == Curve.P256:
        signature = low_s(package.signature)
    else:
        signature = recoverable_signature(digest, package.signature, device)
    return Confirmation(device, owner, package.timestamp, signature)


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


def _check_package(package: Any) -> None:
    if len(package.data) > MAX_DATA_BYTES or len(package.signature) != 64:
        _refuse(
            Refusal.MALFORMED,
            f"data of {len(package.data)} and a signature of {len(package.signature)} bytes; "
            f"a Pebble sends at most {MAX_DATA_BYTES}, and 64",
        )
    if len(package.data) == CONFIRMATION_BYTES:
        _refuse(Refusal.AMBIGUOUS, "16 bytes of data could be a claim's signed bytes")
    if package.type != DATA:
        name = _TYPE_NAMES.get(package.type)
        reason = Refusal.NOT_A_READING if name else Refusal.UNSUPPORTED
        _refuse(reason, f"a package of type {name or package.type} holds no reading")


def _measurements(data: bytes) -> tuple[Measurement, ...]:
    try:
        message = SensorData.FromString(data)
    except DecodeError as error:
        raise PacketRefused(Refusal.MALFORMED, "the signed data is no SensorData") from error
    found = []
    for descriptor, value in message.ListFields():
        number = descriptor.number
        if (scalar := SCALARS.get(number)) is not None:
            channel, exponent, unit, absent = scalar
            if value != absent:
                found.append(Measurement(channel, value, exponent, unit))
        elif (axes := VECTORS.get(number)) is not None:
            if len(value) != len(axes):
                _refuse(Refusal.MALFORMED, f"{descriptor.name} has {len(value)} values instead of 3")
            for (channel, exponent, unit, _), axis_value in zip(axes, value, strict=True):
                found.append(Measurement(channel, axis_value, exponent, unit))
    _check_epoch(message)
    return tuple(found)


def _check_epoch(message: Any) -> None:
    # firmware copies the temperature, in two's complement; an older epoch's unsigned field 6 breaks the equality
    both = message.HasField("temperature") and message.HasField("temperature2")
    if both and message.temperature % 2**32 != message.temperature2:
        _refuse(Refusal.UNSUPPORTED, "the temperature is written as firmware before February 2022 wrote it")
    # no receiver finds a latitude over 90 degrees; the unsigned "no fix" of older epochs looks like 100
    if message.latitude != NO_FIX and abs(message.latitude) > MAX_LATITUDE:
        _refuse(Refusal.UNSUPPORTED, "the position is written as firmware before December 2021 wrote it")


def _refuse(reason: Refusal, message: str) -> NoReturn:
    raise PacketRefused(reason, message)
