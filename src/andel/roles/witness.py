"""The witness: anybody who holds two packets of one device and time that say different things.

Takes the two packets, and the device's key where the witness knows it. Gives the conflict, checked, in a content store
that the coordinator looks into. Needs no account, no device and nobody's leave; never signs or sends anything.
"""

from __future__ import annotations

from typing import NamedTuple

from andel.content import ContentStore
from andel.data.conflict import Conflict, conflict_object, parse_conflict
from andel.device.packets import verify_packet
from andel.device.reading import PacketRefused
from andel.device.signers import possible_keys
from andel.errors import InputError


class Brought(NamedTuple):
    """A conflict that was brought: its name in the store, what it proves, and under which key."""

    cid: str
    conflict: Conflict
    public_key: bytes


def bring_conflict(store: ContentStore, first: bytes, second: bytes, public_key: bytes = b"") -> Brought:
    """Makes the conflict of two packets, in either order, and keeps it in `store`.

    Without `public_key` (compressed) the key is found from the packets; a P-256 key only where it stands in them.
    Raises InputError when they are no conflict, in words, and PacketRefused when one of them is no packet.
    """
    key = public_key or _shared_key(first, second)
    data = conflict_object(first, second, key)
    return Brought(store.put(data), parse_conflict(data), key)


def _shared_key(first: bytes, second: bytes) -> bytes:
    others = possible_keys(second)
    for key in possible_keys(first):
        if key in others and _verifies(first, key) and _verifies(second, key):
            return key
    raise InputError(
        "no key that can be told from the packets has signed both",
        "they are of two devices, or of a device whose key must be named with --key",
    )


def _verifies(raw: bytes, key: bytes) -> bool:
    try:
        return bool(verify_packet(raw, key).device)
    except PacketRefused:
        return False
