"""Many packets as one object: how a reference set's raw bytes travel and are kept.

    andel-packets/1 00 ‖ count (4 bytes) ‖ for each packet: length (2 bytes) ‖ bytes

All integers big-endian. The order is the bundle's own meaning: batch headers say which packets are whose.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.device.reading import MAX_PACKET_BYTES
from andel.errors import InputError

_TAG = b"andel-packets/1\x00"
MAX_BUNDLE_PACKETS = 1_000_000


def pack_packets(packets: Sequence[bytes]) -> bytes:
    """The bundle of `packets` in this order. Raises InputError when one is empty or over the packet limit."""
    parts = [_TAG, len(packets).to_bytes(4, "big")]
    for packet in packets:
        if not 0 < len(packet) <= MAX_PACKET_BYTES:
            raise InputError(f"a packet of {len(packet)} bytes cannot be bundled")
        parts += [len(packet).to_bytes(2, "big"), packet]
    return b"".join(parts)


def unpack_packets(data: bytes) -> list[bytes]:
    """The packets of a bundle. Raises InputError when it is cut, too long or not a bundle."""
    start = len(_TAG) + 4
    if not data.startswith(_TAG) or len(data) < start:
        raise InputError("not a bundle of packets")
    count = int.from_bytes(data[len(_TAG) : start], "big")
    if count > MAX_BUNDLE_PACKETS:
        raise InputError(f"a bundle of {count} packets is over the limit of {MAX_BUNDLE_PACKETS}")
    packets = []
    for _ in range(count):
        size = int.from_bytes(data[start : start + 2], "big")
        packet = data[start + 2 : start + 2 + size]
        if not 0 < size <= MAX_PACKET_BYTES or len(packet) != size:
            raise InputError("bundle of packets is cut short")
        packets.append(packet)
        start += 2 + size
    if start != len(data):
        raise InputError("bundle of packets has bytes after its end")
    return packets
