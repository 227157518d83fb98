"""One door for every packet: tells the profile by its first bytes and gives the verified reading.

An envelope begins with its tag, a JSON packet with a brace; everything else is read as a Pebble's protobuf package.
Nothing raised here is anything but `PacketRefused`, whatever the bytes are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from andel.device.envelope import NOT_THE_ENVELOPES, TAG, read_envelope
from andel.device.epochs import Epoch
from andel.device.known_keys import PUBLICLY_KNOWN
from andel.device.pebble import NOT_THE_DEVICES, read_pebble_packet, read_unverified
from andel.device.pebble_json import read_json_packet
from andel.device.reading import MAX_PACKET_BYTES, PacketRefused, Refusal, SignedReading, device_address
from andel.errors import InputError
from andel.keys import verify_signatures
from andel.units import Address

_SIGNATURE_BYTES = 64
_NOT_SIGNED: Final = {"pebble": NOT_THE_DEVICES, "envelope": NOT_THE_ENVELOPES}


def read_packet(raw: bytes, public_key: bytes, epoch: Epoch | None = None) -> SignedReading:
    """The reading in `raw`, verified against the public key (as `andel.keys` takes it) the device is registered with.

    `epoch` is that of the device's firmware, where it is known; without it, values that the packet does not decide are
    refused. Raises PacketRefused with the reason: malformed, unsupported, not-a-reading, ambiguous, ambiguous-epoch,
    bad-signature or publicly-known-key.
    """
    return _read(raw, public_key, epoch)


def read_packets(packets: Sequence[tuple[bytes, bytes, Epoch | None]]) -> list[SignedReading | PacketRefused]:
    """What `read_packet` gives, or raises, for each (raw, public key, epoch), in their order; for intake.

    All are decoded, then all verified: with each step's code and tables warm in the processor this costs a tenth less
    than one by one. Memory grows with the chunk.
    """
    decoded = [_decoded(*packet) for packet in packets]
    found = [
        (reading.digest, reading.raw[-_SIGNATURE_BYTES:], packet[1])
        for reading, packet in zip(decoded, packets, strict=True)
        if reading is not None
    ]
    valid = iter(verify_signatures(found))
    return [
        reading if reading is not None and next(valid) else _refusal_or_reading(reading, *packet)
        for reading, packet in zip(decoded, packets, strict=True)
    ]


def reread_packet(raw: bytes, public_key: bytes, epoch: Epoch | None = None) -> SignedReading:
    """As `read_packet`, without the curve arithmetic: only for accepted packets out of one's own store.

    What intake verified need not be verified again by the process that keeps it; a JSON packet is all the same, as
    its signature tells which of its texts was signed. Anything that came from somebody else goes through `read_packet`.
    """
    return _read(raw, public_key, epoch, verify=False)


def verify_packet(raw: bytes, public_key: bytes) -> SignedReading:
    """As `read_packet` for those who know no epoch: device, time and signed bytes are proven, and the values that do
    not depend on an undecided epoch. The others are left out, so nothing is learned from such a reading.
    """
    return _read(raw, public_key, None, decide=False)


def _decoded(raw: bytes, public_key: bytes, epoch: Epoch | None) -> SignedReading | None:
    """The reading whose signature, the packet's last 64 bytes, is still to be verified; None where there is none."""
    device = _own_device(public_key)
    if device is None or len(raw) > MAX_PACKET_BYTES:
        return None
    try:
        if raw.startswith(TAG):
            reading = read_envelope(raw, verify=False)
            return reading if reading.device == device else None
        # the signature of a JSON packet tells which of its texts was signed
        return None if raw.startswith(b"{") else read_unverified(raw, device, epoch)
    except PacketRefused:
        return None


@lru_cache(maxsize=65_536)
def _own_device(public_key: bytes) -> Address | None:
    """The device of a key that can prove origin; None for bytes that are no key, and for a key that is public."""
    try:
        device = device_address(public_key)
    except InputError:
        return None
    return None if device in PUBLICLY_KNOWN else device


def _refusal_or_reading(
    decoded: SignedReading | None, raw: bytes, public_key: bytes, epoch: Epoch | None
) -> SignedReading | PacketRefused:
    if decoded is not None:  # all but its signature is in order, and a flood of such must not be verified twice
        return PacketRefused(Refusal.BAD_SIGNATURE, _NOT_SIGNED[decoded.profile])
    try:
        return _read(raw, public_key, epoch)
    except PacketRefused as refusal:
        return refusal


def _read(
    raw: bytes, public_key: bytes, epoch: Epoch | None, *, verify: bool = True, decide: bool = True
) -> SignedReading:
    if not 0 < len(raw) <= MAX_PACKET_BYTES:
        raise PacketRefused(Refusal.MALFORMED, f"a packet has 1 to {MAX_PACKET_BYTES} bytes, not {len(raw)}")
    try:
        device = device_address(public_key)
    except InputError as error:
        raise PacketRefused(Refusal.BAD_SIGNATURE, f"no signature can be the device's: {error}") from error
    if device in PUBLICLY_KNOWN:
        raise PacketRefused(Refusal.PUBLICLY_KNOWN_KEY, "the device's private key is public: anybody may have signed")
    if raw[0] == 0x7B:  # a brace
        return read_json_packet(raw, public_key, epoch, decide=decide)
    if not raw.startswith(TAG):
        return read_pebble_packet(raw, public_key, epoch, verify=verify, decide=decide)
    reading = read_envelope(raw, verify=verify)
    if reading.device in PUBLICLY_KNOWN:
        raise PacketRefused(Refusal.PUBLICLY_KNOWN_KEY, "the envelope's private key is public")
    if reading.device != device:
        raise PacketRefused(Refusal.BAD_SIGNATURE, f"signed by {reading.device}, not by {device}")
    return reading
