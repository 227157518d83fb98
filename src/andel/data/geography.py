"""Distances between positions in integers, so that everybody who replays a round finds the same.

Takes positions in 1e-7 degrees, as devices sign them. Gives lengths in metres, never longer than the way over ground:
the chord through a sphere of the polar radius. Never uses a float.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt
from typing import Final, NamedTuple

from andel.device.reading import SignedReading

POSITION_EXPONENT: Final = -7
EARTH_METRES: Final = 6_356_752
"""The polar radius: the smallest, so that no distance comes out too long."""

_DEGREE = 10**7
_BITS = 60
_PI = 3_622_009_729_038_561_421  # floor(pi * 2**60)


class Position(NamedTuple):
    """Latitude and longitude in 1e-7 degrees."""

    latitude: int
    longitude: int


def position_of(reading: SignedReading) -> Position | None:
    """Where the device says it was; None without a fix, or with one that is no place on Earth."""
    latitude, longitude = reading.value("latitude"), reading.value("longitude")
    if latitude is None or longitude is None:
        return None
    found = Position(latitude.scaled_down(POSITION_EXPONENT), longitude.scaled_down(POSITION_EXPONENT))
    if abs(found.latitude) > 90 * _DEGREE or abs(found.longitude) > 180 * _DEGREE:
        return None
    return found


def metres_between(first: Position, second: Position) -> int:
    """The chord between two positions in metres, rounded down: at most the distance over ground."""
    x, y, z = (one - other for one, other in zip(_on_sphere(first), _on_sphere(second), strict=True))
    return isqrt(EARTH_METRES**2 * (x * x + y * y + z * z) >> 2 * _BITS)


@lru_cache(maxsize=4_096)
def _on_sphere(position: Position) -> tuple[int, int, int]:
    """The unit vector of a position, at 2**60."""
    up, out = _sine(position.latitude), _cosine(position.latitude)
    return out * _cosine(position.longitude) >> _BITS, out * _sine(position.longitude) >> _BITS, up


def _cosine(angle: int) -> int:
    return _sine(90 * _DEGREE - abs(angle))


def _sine(angle: int) -> int:
    """Taylor's series at 2**60 of an angle in 1e-7 degrees within -180 to 180 degrees."""
    if abs(angle) > 90 * _DEGREE:  # the series is short near zero
        angle = (180 * _DEGREE if angle > 0 else -180 * _DEGREE) - angle
    x = angle * _PI // (180 * _DEGREE)
    square = x * x >> _BITS
    term, total, number = x, 0, 1
    while term not in (0, -1):
        total += term
        term = -(term * square >> _BITS) // ((number + 1) * (number + 2))
        number += 2
    return total
