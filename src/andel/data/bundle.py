"""Many packets as one object: how a reference set's raw bytes travel and are kept.

    andel-packets/1 00 ‖ count (4 bytes) ‖ for each packet: length (2 bytes) ‖ bytes

All integers big-endian. The order is the bundle's own meaning: batch headers say which packets are whose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from andel.device.reading import MAX_PACKET_BYTES
from andel.errors import InputError

BUNDLE_TAG = b"andel-packets/1\x00"
MAX_BUNDLE_PACKETS = 1_000_000


def pack_packets(packets: Sequence[bytes]) -> bytes:
    """The bundle of `packets` in this order. Raises InputError when one is empty or over the packet limit."""
    parts = [BUNDLE_TAG, len(packets).to_bytes(4, "big")]
    for packet in packets:
        if not 0 < len(packet) <= MAX_PACKET_BYTES:
            raise InputError(f"a packet of {len(packet)} bytes cannot be bundled")
        parts += [len(packet).to_bytes(2, "big"), packet]
    return b"".join(parts)


def unpack_packets(data: bytes) -> list[bytes]:
    """The packets of a bundle. Raises InputError when it is cut, too long or not a bundle."""
    start = len(BUNDLE_TAG) + 4
    if len(data) < start:
        raise InputError("not a bundle of packets")
    count = _count_of(data)
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


def stream_packets(chunks: Iterable[bytes]) -> Iterator[bytes | None]:
    """The packets of a bundle that arrives in pieces, each as soon as it is whole; None for an empty piece.

    Holds one piece and one packet, whatever the bundle's length. Raises InputError as `unpack_packets` does, after
    the packets that came before the fault.
    """
    pending, missing = b"", -1
    for chunk in chunks:
        if not chunk:
            yield None
            continue
        pending += chunk
        start = 0
        if missing < 0:
            if len(pending) < len(BUNDLE_TAG) + 4:
                continue
            missing, start = _count_of(pending), len(BUNDLE_TAG) + 4
        while missing and len(pending) - start >= 2:
            size = int.from_bytes(pending[start : start + 2], "big")
            if not 0 < size <= MAX_PACKET_BYTES:
                raise InputError(f"a bundle holds no packet of {size} bytes")
            if len(pending) - start < 2 + size:
                break
            yield pending[start + 2 : start + 2 + size]
            start += 2 + size
            missing -= 1
        pending = pending[start:]
        if pending and not missing:
            raise InputError("bundle of packets has bytes after its end")
    if missing:
        raise InputError("bundle of packets is cut short")


def _count_of(head: bytes) -> int:
    if not head.startswith(BUNDLE_TAG):
        raise InputError("not a bundle of packets")
    count = int.from_bytes(head[len(BUNDLE_TAG) : len(BUNDLE_TAG) + 4], "big")
    if count > MAX_BUNDLE_PACKETS:
        raise InputError(f"a bundle of {count} packets is over the limit of {MAX_BUNDLE_PACKETS}")
    return count
