"""Who can have signed a packet: the public keys it fits, found without knowing the device.

Takes a packet of any format. Gives compressed keys: the one that stands in it, or those that its signature fits, at
most a handful. Two packets of one device share a key; of two devices they share none but by a chance of 2^-255.
Never says that a key is a registered device's.
"""

from __future__ import annotations

from collections.abc import Iterable

from andel.device.envelope import TAG, key_in, read_envelope
from andel.device.inspection import embedded_keys
from andel.device.pebble import parse_package
from andel.device.pebble_json import find_signed, parse_json_packet, signed_forms
from andel.device.reading import MAX_PACKET_BYTES, PacketRefused, Refusal
from andel.keys import Curve, compressed, recover_device_keys


def possible_keys(raw: bytes) -> tuple[bytes, ...]:
    """The keys that the packet's signature fits, each once.

    A P-256 key is found only where it stands in the packet. Raises PacketRefused for what is no packet of a reading.
    """
    if not 0 < len(raw) <= MAX_PACKET_BYTES:
        raise PacketRefused(Refusal.MALFORMED, f"a packet has 1 to {MAX_PACKET_BYTES} bytes, not {len(raw)}")
    if raw.startswith(TAG):
        read_envelope(raw)  # refuses it unless the key in it made the signature
        return _once([key_in(raw)])
    if raw.startswith(b"{"):
        packet = parse_json_packet(raw)
        inside = [key for key in embedded_keys(packet) if find_signed(packet, key)]
        digests = [digest for _, digest in signed_forms(packet, Curve.SECP256K1)]
        return _once(inside or [k for d in digests for s in packet.signatures for k in recover_device_keys(d, s)])
    package = parse_package(raw)
    return _once(recover_device_keys(package.digest, package.signature))


def _once(keys: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(compressed(key) for key in keys))
