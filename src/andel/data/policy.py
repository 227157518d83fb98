"""`Policy`: where devices of an alliance must stand and what they must measure.

A chain knows no positions, so it holds only the policy's hash; this file judges opened readings by the object itself.
Takes and gives canonical JSON:

    {"boxes":[[south,west,north,east],…],"channels":["humidity",…],"format":"andel-policy/1"}

Corners are in 1e-7 degrees, edges included; west above east crosses the date line. A reading must lie in one box, and
carry every channel. No boxes: anywhere. A device that leaves out its position is not in any box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson

from andel.device.reading import Measurement, SignedReading
from andel.encoding import canonical_json, parse_json
from andel.errors import InputError
from andel.hashing import sha256
from andel.units import Digest

FORMAT: Final = "andel-policy/1"
MAX_BOXES: Final = 256
MAX_CHANNELS: Final = 64
_MAX_NAME = 32
_MAX_BYTES = 64 * 1024
_EXPONENT: Final = -7
_EXAMPLE: Final = (
    f'as in {{"boxes":[[590000000,170000000,600000000,190000000]],"channels":["pm2_5"],"format":"{FORMAT}"}}'
)
_QUARTER, _HALF = 900_000_000, 1_800_000_000

Box = tuple[int, int, int, int]
"""South, west, north, east, in 1e-7 degrees."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Raises InputError when a box is empty or off the globe, or channels are not rising and distinct."""

    boxes: tuple[Box, ...] = ()
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.boxes) > MAX_BOXES or len(self.channels) > MAX_CHANNELS:
            raise InputError(f"a policy has at most {MAX_BOXES} boxes and {MAX_CHANNELS} channels")
        for south, west, north, east in self.boxes:
            if not -_QUARTER <= south <= north <= _QUARTER or max(abs(west), abs(east)) > _HALF:
                raise InputError(f"no box on the globe: {(south, west, north, east)} in 1e-7 degrees")
        if list(self.channels) != sorted(set(self.channels)):
            raise InputError("a policy names channels in rising order, each once")
        if any(not 0 < len(name) <= _MAX_NAME or not name.isascii() for name in self.channels):
            raise InputError(f"a channel's name has 1 to {_MAX_NAME} ASCII characters")

    @property
    def hash(self) -> Digest:
        """SHA-256 of the policy's bytes: `policyHash` of an alliance."""
        return sha256(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Canonical bytes."""
        return canonical_json({"format": FORMAT, "boxes": self.boxes, "channels": self.channels})

    def missing_channel(self, reading: SignedReading) -> str:
        """The first channel that the reading should carry and does not; "" when it carries all."""
        return next((name for name in self.channels if reading.value(name) is None), "")

    def outside(self, reading: SignedReading) -> str:
        """Why the reading lies in none of the boxes, without saying where it lies; "" when it does."""
        if not self.boxes:
            return ""
        latitude, longitude = reading.value("latitude"), reading.value("longitude")
        if latitude is None or longitude is None or latitude.unit != "deg" or longitude.unit != "deg":
            return "the reading tells no position"
        if any(_within(box, latitude, longitude) for box in self.boxes):
            return ""
        return "the position is in none of the policy's boxes"


EVERYWHERE: Final = Policy()
"""Asks for nothing."""


def parse_policy(data: bytes) -> Policy:
    """The policy in canonical bytes. Raises InputError."""
    value = parse_json(data, _MAX_BYTES)
    if not isinstance(value, dict) or set(value) != {"format", "boxes", "channels"} or value["format"] != FORMAT:
        raise InputError(f"not a policy ({FORMAT})")
    boxes, channels = value["boxes"], value["channels"]
    if not isinstance(boxes, list) or not all(_is_box(box) for box in boxes):
        raise InputError("a policy's boxes are lists of four integers: south, west, north, east")
    if not isinstance(channels, list) or not all(type(name) is str for name in channels):
        raise InputError("a policy's channels are texts")
    return Policy(tuple((south, west, north, east) for south, west, north, east in boxes), tuple(channels))


def policy_of_text(data: bytes) -> Policy:
    """The policy that a person wrote: the object in any JSON form, keys in any order. Raises InputError."""
    try:
        if len(data) > _MAX_BYTES:
            raise ValueError("too long")
        written = canonical_json(orjson.loads(data))  # not json.loads: nested brackets would end the process
    except (ValueError, InputError) as error:
        raise InputError(f"not a policy ({FORMAT}): no JSON of integers and texts", _EXAMPLE) from error
    return parse_policy(written)


def _is_box(box: Any) -> bool:
    return isinstance(box, list) and len(box) == 4 and all(type(corner) is int for corner in box)


def _within(box: Box, latitude: Measurement, longitude: Measurement) -> bool:
    south, west, north, east = box
    if not _between(south, latitude, north):
        return False
    if west <= east:
        return _between(west, longitude, east)
    return _between(west, longitude, _HALF) or _between(-_HALF, longitude, east)


def _between(low: int, measured: Measurement, high: int) -> bool:
    # compared by multiplying: rounding would let a finer value slip over an edge
    shift = measured.exponent - _EXPONENT
    scale = 10 ** abs(shift)
    value, unit = (measured.value * scale, 1) if shift >= 0 else (measured.value, scale)
    return low * unit <= value <= high * unit
