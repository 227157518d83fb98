"""A conflict: two packets of one device and time, both signed, that say different things.

Takes two such packets. Gives one canonical object that anybody can bring and everybody can check. Two devices that
share a key make them, and so does an owner who measures again until it pleases; an honest device makes them only when
its clock is set back. So a conflict proves that of this hour nobody knows which reading is the device's, no more.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final

from andel.data.batch import KEY_BYTES
from andel.device.known_keys import is_publicly_known
from andel.device.packets import verify_packet
from andel.device.reading import MAX_PACKET_BYTES, PacketRefused, SignedReading, device_address
from andel.encoding import canonical_json, parse_hex, parse_json
from andel.errors import InputError
from andel.units import DAY_SECONDS, SLOT_SECONDS, Address

FORMAT: Final = "andel-conflict/1"
MAX_CONFLICT_BYTES: Final = 1_024 + 3 * MAX_PACKET_BYTES
MAX_CONFLICTS: Final = 1_000
"""Most conflicts that a round's manifest lists."""

_FIELDS = {"format", "public_key", "first", "second"}


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict that holds: whose, and when (unix seconds)."""

    device: Address
    timestamp: int

    @property
    def day(self) -> int:
        """The window it lies in."""
        return self.timestamp // DAY_SECONDS

    @property
    def hour(self) -> int:
        """The hour of that day."""
        return self.timestamp % DAY_SECONDS // SLOT_SECONDS


def conflict_object(first: bytes, second: bytes, public_key: bytes) -> bytes:
    """The canonical object of two packets of the device with `public_key` (compressed), in either order.

    Raises InputError unless they are a conflict.
    """
    one, other = sorted((verify_packet(first, public_key), verify_packet(second, public_key)), key=_by_content)
    data = canonical_json(
        {
            "format": FORMAT,
            "public_key": public_key.hex(),
            "first": base64.b64encode(one.raw).decode("ascii"),
            "second": base64.b64encode(other.raw).decode("ascii"),
        }
    )
    parse_conflict(data)
    return data


def parse_conflict(data: bytes) -> Conflict:
    """The conflict in a canonical object, both signatures verified. Raises InputError when it is none."""
    value = parse_json(data, MAX_CONFLICT_BYTES)
    if not isinstance(value, dict) or set(value) != _FIELDS or value["format"] != FORMAT:
        raise InputError(f"not a conflict ({FORMAT})")
    public_key = parse_hex(value["public_key"], *KEY_BYTES)
    if is_publicly_known(device_address(public_key)):
        raise InputError("everybody can sign with a publicly known key")
    try:
        one, other = (verify_packet(_bytes_of(value[name]), public_key) for name in ("first", "second"))
    except PacketRefused as refusal:
        raise InputError(f"a packet of the conflict is refused: {refusal.message}") from refusal
    if (one.timestamp, one.profile) != (other.timestamp, other.profile):
        raise InputError("the packets are of two times or kinds")
    if _by_content(one) >= _by_content(other):
        raise InputError("the packets say the same, or stand in the wrong order")
    return Conflict(one.device, one.timestamp)


def _by_content(reading: SignedReading) -> bytes:
    return reading.digest  # what was signed: the second form of a signature is no second reading


def _bytes_of(text: Any) -> bytes:
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except ValueError:
        data = b""
    if not data or base64.b64encode(data).decode("ascii") != text:
        raise InputError("a packet of a conflict is no base64")
    return data
