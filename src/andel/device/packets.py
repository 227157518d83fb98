"""One door for every packet: tells the profile by its first bytes and gives the verified reading.

An envelope begins with its tag; everything else is read as a Pebble's protobuf package. JSON packets (Pebble
firmware of 2020 and early 2021) are recognised and refused by name. Nothing raised here is anything but
`PacketRefused`, whatever the bytes are.
"""

from __future__ import annotations

from andel.device.envelope import TAG, read_envelope
from andel.device.pebble import read_pebble_packet
from andel.device.reading import MAX_PACKET_BYTES, PacketRefused, Refusal, SignedReading, device_address
from andel.errors import InputError


def read_packet(raw: bytes, public_key: bytes) -> SignedReading:
    """The reading in `raw`, verified against the public key (SEC 1, any form) the device is registered with.

    Raises PacketRefused with the reason: malformed, unsupported, not-a-reading, ambiguous or bad-signature.
    """
    return _read(raw, public_key, verify=True)


def reread_packet(raw: bytes, public_key: bytes) -> SignedReading:
    """As `read_packet`, without the curve arithmetic: only for accepted packets out of one's own store.

    What intake verified need not be verified again by the process that keeps it. Anything that came from
    somebody else goes through `read_packet`.
    """
    return _read(raw, public_key, verify=False)


def _read(raw: bytes, public_key: bytes, verify: bool) -> SignedReading:
    if not 0 < len(raw) <= MAX_PACKET_BYTES:
        raise PacketRefused(Refusal.MALFORMED, f"a packet has 1 to {MAX_PACKET_BYTES} bytes, not {len(raw)}")
    if raw.lstrip()[:1] == b"{":
        raise PacketRefused(
            Refusal.UNSUPPORTED,
            "a JSON packet of Pebble firmware before July 2021",
            "update the device's firmware to one that sends protobuf packets",
        )
    try:
        device = device_address(public_key)
    except InputError as error:
        raise PacketRefused(Refusal.BAD_SIGNATURE, f"no signature can be the device's: {error}") from error
    if not raw.startswith(TAG):
        return read_pebble_packet(raw, public_key, verify=verify)
    reading = read_envelope(raw, verify=verify)
    if reading.device != device:
        raise PacketRefused(Refusal.BAD_SIGNATURE, f"signed by {reading.device}, not by {device}")
    return reading
