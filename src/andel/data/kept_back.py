"""What a contributor does not commit: the readings of its own that validators could hold against it.

Takes all accepted readings of one device and the packets that were refused as a second content of a time. Gives the
readings to make batches of, and the days and hours that are kept back, each with its reason. Whoever runs this before
committing passes the validators' checks whatever is drawn. Never alters or deletes a packet.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from andel.data.cross_checks import beyond_physics, impossible_steps, stuck_sensor
from andel.device.reading import SignedReading
from andel.units import DAY_SECONDS, day_of, slot_of


@dataclass(frozen=True, slots=True)
class Committable:
    """The readings of one device that may be committed, in rising time, and why days are missing or short."""

    readings: tuple[SignedReading, ...]
    reasons: Mapping[int, str] = field(default_factory=dict)


def committable(readings: Sequence[SignedReading], seconds: Iterable[SignedReading]) -> Committable:
    """What of `readings` (one device, rising time) to commit; `seconds` came later, with other content at their times.

    A reading beyond physics is left out. Days with impossible steps, and days in which a time was signed twice, are
    kept back; of days that a clock reset explains only the hours that were signed twice. A stuck sensor commits
    nothing.
    """
    reasons: dict[int, str] = {}
    sound = []
    for reading in readings:
        if excess := beyond_physics(reading):
            reasons.setdefault(day_of(reading.timestamp), f"a reading is left out: {excess}")
        else:
            sound.append(reading)
    if stuck := stuck_sensor(sound):
        return Committable((), {day_of(reading.timestamp): stuck for reading in sound})
    days: dict[int, str] = {}
    for then, now in impossible_steps(sound):
        for time in (then, now):
            days.setdefault(day_of(time), f"kept back: position at {now} cannot be reached from that at {then}")
    hours: set[int] = set()
    for day, repeated in _by_day(seconds).items():
        if explains_reset(sound, repeated):
            hours |= {slot_of(reading.timestamp) for reading in repeated}
            reasons.setdefault(day, "the hours that a clock reset repeated are left out")
        else:
            days.setdefault(day, f"kept back: two different readings are signed for time {repeated[0].timestamp}")
    kept = [reading for reading in sound if day_of(reading.timestamp) not in days]
    return Committable(
        tuple(reading for reading in kept if slot_of(reading.timestamp) not in hours), {**reasons, **days}
    )


def explains_reset(readings: Sequence[SignedReading], repeated: Sequence[SignedReading]) -> bool:
    """Whether a clock that was set back once explains the `repeated` readings of a day, given in order of arrival.

    It does when there are two or more, their times rise, they repeat every time that the device signed between the
    first and the last of them, and, where readings carry the device's own counter, the whole second run was counted
    after the first.
    """
    times = [reading.timestamp for reading in repeated]
    if len(times) < 2 or any(later <= earlier for earlier, later in zip(times, times[1:], strict=False)):
        return False
    signed = [reading.timestamp for reading in readings]
    first = readings[bisect_left(signed, times[0]) : bisect_right(signed, times[-1])]
    if [reading.timestamp for reading in first] != times:
        return False
    counts = [reading.sequence for reading in (*first, *repeated)]
    counted = [count for count in counts if count is not None]
    return not counted or (len(counted) == len(counts) and max(counted[: len(first)]) < min(counted[len(first) :]))


def _by_day(readings: Iterable[SignedReading]) -> dict[int, list[SignedReading]]:
    days: dict[int, list[SignedReading]] = {}
    for reading in readings:
        days.setdefault(reading.timestamp // DAY_SECONDS, []).append(reading)
    return days
