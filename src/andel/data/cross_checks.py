"""What readings of one device say against each other, in integers: no physics, no travel, no sensor does that.

Takes verified readings. Gives a sentence that says what is wrong, or None. Contributors run these over all their
readings before they commit, validators over the readings that were opened. Never compares devices with each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from andel.data.geography import Position, metres_between, position_of
from andel.device.reading import SignedReading
from andel.units import DAY_SECONDS

PHYSICAL_RANGES: Final[Mapping[tuple[str, str], tuple[int, int]]] = {
    ("temperature", "degC"): (-9_000, 8_500),
    ("humidity", "%"): (0, 12_000),
    ("pressure", "hPa"): (10_000, 120_000),
    ("light", "lux"): (0, 20_000_000),
    ("gas_resistance", "ohm"): (0, 10_000_000_000),
    ("battery", "V"): (0, 10_000),
    ("latitude", "deg"): (-9_000, 9_000),
    ("longitude", "deg"): (-18_000, 18_000),
    ("pm2_5", "ug/m3"): (0, 1_000_000),
    ("pm10", "ug/m3"): (0, 1_000_000),
    ("co2", "ppm"): (0, 10_000_000),
}
"""(channel, unit) to the lowest and highest value that a sensor can measure, in hundredths of the unit. Wide on
purpose: what lies outside was not measured. A channel or unit that is not named here is not judged.
"""

TRAVEL_METRES_PER_SECOND: Final = 300
"""Faster than any airliner flies."""
TRAVEL_SLACK_METRES: Final = 10_000
"""What two fixes may be wrong by, whatever the time between them."""

STEP_METRES_PER_SECOND: Final = 250
STEP_SLACK_METRES: Final = 40
"""The stricter rule between readings that follow each other, for a contributor's own: times rise by a second at
least, so whoever passes it from reading to reading passes the rule above between any two.
"""

STUCK_READINGS: Final = 24
STUCK_SECONDS: Final = DAY_SECONDS
_NOT_SENSED = frozenset({"latitude", "longitude", "battery", "signal"})
_NEAR = 300_000  # 0.03 degrees: under 3.4 km each way, inside the slack without any arithmetic


def beyond_physics(reading: SignedReading) -> str | None:
    """The first value of a reading that no sensor measures, in words, or None."""
    for channel, value, exponent, unit in reading.measurements:
        limits = PHYSICAL_RANGES.get((channel, unit))
        if limits is None:
            continue
        if exponent == -2 and limits[0] <= value <= limits[1]:
            continue
        # compared by multiplying: rounding would let a finer value slip over a limit
        scaled, one = (value * 10 ** (exponent + 2), 1) if exponent >= -2 else (value, 10 ** (-2 - exponent))
        if not limits[0] * one <= scaled <= limits[1] * one:
            return f"{channel} {value}e{exponent} {unit} is outside {limits[0]} to {limits[1]} hundredths"
    return None


def impossible_travel(readings: Sequence[SignedReading]) -> str | None:
    """The first two readings, of rising time, that one device cannot have taken: too far apart for the time between."""
    for (then, start), (now, end) in pairwise(_placed(readings)):
        if _are_near(start, end):
            continue
        if (metres := metres_between(start, end)) > TRAVEL_SLACK_METRES + TRAVEL_METRES_PER_SECOND * (now - then):
            return f"impossible travel: {metres} m in {now - then} s, at time {now}"
    return None


def impossible_steps(readings: Sequence[SignedReading]) -> list[tuple[int, int]]:
    """The times of readings that follow each other and fail the stricter rule, for a contributor's own look."""
    found = []
    for (then, start), (now, end) in pairwise(_placed(readings)):
        if start != end and metres_between(start, end) > STEP_SLACK_METRES + STEP_METRES_PER_SECOND * (now - then):
            found.append((then, now))
    return found


def stuck_sensor(readings: Sequence[SignedReading]) -> str | None:
    """Whether every sensed channel shows one value over a day and 24 readings or more; at least two channels.

    One channel alone may well stand still (rain that does not fall); two that never differ in a last digit do not.
    """
    if len(readings) < STUCK_READINGS:
        return None
    first, last = readings[0], readings[-1]
    sensed = _sensed(first)
    if len(sensed) < 2 or last.timestamp - first.timestamp < STUCK_SECONDS:
        return None
    if any(_sensed(reading) != sensed for reading in readings):
        return None
    channels = ", ".join(channel for channel, _ in sensed)
    return f"stuck sensor: {len(readings)} readings show one value each of {channels}"


def _placed(readings: Sequence[SignedReading]) -> list[tuple[int, Position]]:
    return [(reading.timestamp, place) for reading in readings if (place := position_of(reading)) is not None]


def _are_near(start: Position, end: Position) -> bool:
    return abs(start.latitude - end.latitude) < _NEAR and abs(start.longitude - end.longitude) < _NEAR


def _sensed(reading: SignedReading) -> tuple[tuple[str, tuple[int, int]], ...]:
    return tuple(
        (channel, (value, exponent))
        for channel, value, exponent, _ in reading.measurements
        if channel not in _NOT_SENSED
    )
