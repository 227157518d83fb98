"""The envelope: one signed format for any sensor that holds a key of secp256k1 or P-256.

    "ANDEL-READING/1" 00 | curve 1 | public key 33 | sequence 8 | timestamp 8 | channel count 1
    | per channel: name length 1, name, unit length 1, unit, exponent 1, value 8 | signature r || s 64

Integers are big-endian, exponent and value two's complement. The signature is over SHA-256 of all bytes
before it. The form is canonical: names rise strictly by their bytes and nothing follows. Curve 1 is secp256k1, 2 is
P-256. Layout with an example and a signer to port: docs/rooms/device.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from struct import Struct
from typing import Any, Final, NamedTuple, NoReturn

from andel.device.reading import (
    MAX_PACKET_BYTES,
    MAX_TIMESTAMP,
    Measurement,
    PacketRefused,
    Refusal,
    SignedReading,
    device_address,
)
from andel.errors import InputError
from andel.keys import Curve, DeviceKey, curve_of, verify_signature
from andel.p256 import MULTICODEC
from andel.units import Digest

TAG: Final = b"ANDEL-READING/1\x00"
CURVE_NUMBERS: Final = {Curve.SECP256K1: 1, Curve.P256: 2}
MAX_CHANNELS: Final = 64
MAX_NAME_BYTES: Final = 32
NOT_THE_ENVELOPES: Final = "the signature is not that of the envelope's own key"

_KEY = len(TAG) + 1
_SEQUENCE = _KEY + 33
_TIMESTAMP = _SEQUENCE + 8
_COUNT = _TIMESTAMP + 8
_CHANNELS = _COUNT + 1
_SIGNATURE_BYTES = 64
_COUNTERS = Struct(">QQ")
_sha256: Final = hashlib.sha256  # joining parts, as `hashing` does, takes as long as hashing these few bytes
_KEY_PREFIXES: Final = {1: b"", 2: MULTICODEC}


def encode_envelope(key: DeviceKey, sequence: int, timestamp: int, measurements: Sequence[Measurement]) -> bytes:
    """The envelope that a device with `key` sends: its counter, its clock (unix seconds) and what it
    measured.

    Raises InputError when a field does not fit, a channel is given twice, or the packet would be over 4 KiB.
    """
    if not 0 < len(measurements) <= MAX_CHANNELS:
        raise InputError(f"an envelope holds 1 to {MAX_CHANNELS} channels, not {len(measurements)}")
    if not 0 <= timestamp <= MAX_TIMESTAMP:
        raise InputError(f"timestamp {timestamp} is outside 0 to {MAX_TIMESTAMP}")
    try:
        body = (
            TAG + bytes([CURVE_NUMBERS[curve_of(key.public_key)]]) + key.public_key[-33:] + sequence.to_bytes(8, "big")
        )
        body += timestamp.to_bytes(8, "big") + bytes([len(measurements)])
        channels = sorted((_encode_channel(item) for item in measurements), key=lambda pair: pair[0])
    except OverflowError as error:
        raise InputError("sequence, exponent or value does not fit its field") from error
    names = [name for name, _ in channels]
    if len(set(names)) != len(names):
        raise InputError("an envelope names each channel once")
    body += b"".join(encoded for _, encoded in channels)
    if len(body) + _SIGNATURE_BYTES > MAX_PACKET_BYTES:
        raise InputError(f"an envelope of {len(body) + _SIGNATURE_BYTES} bytes is over {MAX_PACKET_BYTES}")
    return body + key.sign_sha256(body)


def read_envelope(raw: bytes, *, verify: bool = True) -> SignedReading:
    """The reading in an envelope, verified against the public key that it carries.

    Whether that key is the one a device is registered with is for the caller to compare
    (`packets.read_packet` does). `verify=False` is for `packets.reread_packet` alone. Raises PacketRefused:
    malformed, unsupported or bad-signature.
    """
    if not raw.startswith(TAG) or not _CHANNELS + _SIGNATURE_BYTES < len(raw) <= MAX_PACKET_BYTES:
        _malformed(f"{len(raw)} bytes are no envelope")
    curve, key, sequence, timestamp = _usual_head(raw) or _head(raw)
    prefix = _KEY_PREFIXES.get(curve)
    if prefix is None:
        raise PacketRefused(Refusal.UNSUPPORTED, f"curve number {curve} is not 1 (secp256k1) or 2 (P-256)")
    if timestamp > MAX_TIMESTAMP:
        _malformed(f"timestamp {timestamp} is over {MAX_TIMESTAMP}")
    public_key, digest = prefix + key, Digest(_sha256(raw[:-_SIGNATURE_BYTES]).digest())
    try:
        device = device_address(public_key)
        verified = not verify or verify_signature(digest, raw[-_SIGNATURE_BYTES:], public_key)
    except InputError as error:
        raise PacketRefused(Refusal.MALFORMED, "the public key is no point of its curve") from error
    if not verified:
        raise PacketRefused(Refusal.BAD_SIGNATURE, NOT_THE_ENVELOPES)
    return SignedReading(device, timestamp, partial(_measurements, raw), raw, digest, "envelope", sequence)


def key_in(raw: bytes) -> bytes:
    """The public key that stands in an envelope, compressed; only that it is there was checked."""
    return _KEY_PREFIXES.get(raw[len(TAG)], b"") + raw[_KEY:_SEQUENCE]


def _encode_channel(measurement: Measurement) -> tuple[bytes, bytes]:
    name, unit = measurement.channel.encode(), measurement.unit.encode()
    if not _is_name(measurement.channel) or len(name) > MAX_NAME_BYTES:
        raise InputError(f"channel name {measurement.channel!r} is not 1 to {MAX_NAME_BYTES} printable bytes")
    if not measurement.unit.isprintable() or len(unit) > MAX_NAME_BYTES:
        raise InputError(f"unit {measurement.unit!r} is not 0 to {MAX_NAME_BYTES} printable bytes")
    encoded = bytes([len(name)]) + name + bytes([len(unit)]) + unit
    encoded += measurement.exponent.to_bytes(1, "big", signed=True)
    return name, encoded + measurement.value.to_bytes(8, "big", signed=True)


class _Label(NamedTuple):
    """What stands before a channel's value: name, unit and exponent, each of which devices repeat in every packet."""

    name: bytes
    channel: str
    unit: str
    exponent: int


_Head = tuple[int, bytes, int, int]
"""Number of the curve, key, sequence and timestamp."""


class _Layout(NamedTuple):
    """Where an envelope's fields stand, and what stands before its values: count and first label, then each label."""

    unpack: Callable[[bytes], tuple[Any, ...]]
    labels: list[bytes]


_layouts: Final[dict[int, _Layout]] = {}
"""By the size of an envelope the layout of the last one whose channels were looked through: devices send the same
channels every time, and then one step reads all. What is read does not depend on it; there are as many as sizes."""


def _usual_head(raw: bytes) -> _Head | None:
    """The head of an envelope with the very channels of one looked through before; None of any other."""
    layout = _layouts.get(len(raw))
    if layout is None:
        return None
    curve, key, sequence, timestamp, *labels = layout.unpack(raw)
    return (curve, key, sequence, timestamp) if labels == layout.labels else None


def _head(raw: bytes) -> _Head:
    """The head of an envelope. Raises PacketRefused when its channels are not in canonical form."""
    if raw[len(TAG)] in _KEY_PREFIXES:  # of an unknown curve the rest may have any form
        _layouts[len(raw)] = _layout(*_checked_labels(raw))
    sequence, timestamp = _COUNTERS.unpack_from(raw, _SEQUENCE)
    return raw[len(TAG)], raw[_KEY:_SEQUENCE], sequence, timestamp


@lru_cache(maxsize=256)
def _layout(*labels: bytes) -> _Layout:
    first, *others = (len(label) for label in labels)
    values = "".join(f" {size}s 8x" for size in others)
    layout = Struct(f">{len(TAG)}x B 33s Q Q {1 + first}s 8x{values} {_SIGNATURE_BYTES}x")
    return _Layout(layout.unpack, [bytes([len(labels)]) + labels[0], *labels[1:]])


def _checked_labels(raw: bytes) -> list[bytes]:
    """What stands before each value. Raises PacketRefused when the channels are not in canonical form."""
    count = raw[_COUNT]
    if not 0 < count <= MAX_CHANNELS:
        _malformed(f"{count} channels; an envelope holds 1 to {MAX_CHANNELS}")
    offset, last_name, end = _CHANNELS, b"", len(raw) - _SIGNATURE_BYTES
    labels = []
    for _ in range(count):
        unit = offset + 1 + raw[offset] if offset < end else end
        value = unit + 2 + raw[unit] if unit < end else end + 1
        if value + 8 > end:
            _malformed("the envelope ends inside a channel")
        labels.append(raw[offset:value])
        name = _label(labels[-1])[0]
        if name <= last_name:
            _malformed("channel names do not rise strictly")
        offset, last_name = value + 8, name
    if offset != end:
        _malformed("bytes follow the last channel")
    return labels


def _measurements(raw: bytes) -> tuple[Measurement, ...]:
    """The measurements of an envelope whose channels were checked."""
    found = []
    offset = _CHANNELS
    for _ in range(raw[_COUNT]):
        unit = offset + 1 + raw[offset]
        value = unit + 2 + raw[unit]
        _, channel, unit_text, exponent = _label(raw[offset:value])
        offset = value + 8
        number = int.from_bytes(raw[value:offset], "big", signed=True)
        found.append(Measurement(channel, number, exponent, unit_text))
    return tuple(found)


@lru_cache(maxsize=4_096)
def _label(data: bytes) -> _Label:
    # looking at each character of a name again for every packet costs more than the rest of a channel
    split = 1 + data[0]
    name, unit = data[1:split], data[split + 1 : -1]
    if max(len(name), len(unit)) > MAX_NAME_BYTES:
        _malformed(f"a channel's name or unit is over {MAX_NAME_BYTES} bytes")
    return _Label(name, _text(name), _text(unit), int.from_bytes(data[-1:], "big", signed=True))


def _text(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise PacketRefused(Refusal.MALFORMED, "a channel's name or unit is no UTF-8") from error
    if not text.isprintable():
        _malformed(f"a channel's name or unit holds unprintable characters: {text!r}")
    return text


def _is_name(text: str) -> bool:
    return bool(text) and text.isprintable()


def _malformed(message: str) -> NoReturn:
    raise PacketRefused(Refusal.MALFORMED, message)
