"""The accepted time range and the sensor's range: one rule for intake and for whoever checks openings.

Limits are integers. A channel's range is in hundredths of its unit (-4000 to 8500 are -40 to 85 degrees),
whatever exponent a device writes, so that no device escapes a range by another exponent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from andel.device.reading import MAX_TIMESTAMP, Refusal, SignedReading
from andel.errors import SettingsError

RANGE_EXPONENT: Final = -2

Ranges = Mapping[str, tuple[int, int]]
"""Channel to its lowest and highest accepted value, both included, in hundredths of the channel's unit."""


def check_bounds(accepted_time: tuple[int, int], ranges: Ranges) -> None:
    """Raises SettingsError when a range is empty, or the time range is outside what packets can carry."""
    start, end = accepted_time
    if not 0 <= start < end <= MAX_TIMESTAMP + 1:
        raise SettingsError(f"accepted time {start} to {end} is no range of unix seconds")
    for channel, (low, high) in ranges.items():
        if low > high:
            raise SettingsError(f"the range of channel {channel!r} is empty: {low} to {high}")


def find_fault(reading: SignedReading, accepted_time: tuple[int, int], ranges: Ranges) -> tuple[Refusal, str] | None:
    """Why the reading's time or values are not accepted, or None. The time range excludes its end."""
    start, end = accepted_time
    if not start <= reading.timestamp < end:
        return Refusal.OUTSIDE_TIME, f"time {reading.timestamp} is outside {start} to {end}"
    if not ranges:
        return None
    for measurement in reading.measurements:
        limits = ranges.get(measurement.channel)
        if limits is None:
            continue
        # compared by multiplying, never by dividing: rounding would let a finer value slip over a limit
        value, exponent = measurement.value, measurement.exponent - RANGE_EXPONENT
        scale = 10 ** abs(exponent)
        scaled, unit = (value * scale, 1) if exponent >= 0 else (value, scale)
        if not limits[0] * unit <= scaled <= limits[1] * unit:
            text = f"{measurement.channel} {value}e{measurement.exponent} is outside {limits} hundredths"
            return Refusal.OUT_OF_RANGE, text
    return None
