"""Which batches have been opened, outside open mode: by device, as ranges of days.

Takes ranges and days. Gives whether a day is among them, and ranges with more days. A batch is one device's day,
entered once for ever, so its day names it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from andel.units import Address, Digest

DayRanges = tuple[tuple[int, int], ...]
"""Inclusive ranges of days since 1970-01-01, ascending and apart by a day at least."""

Day = tuple[Address, int]
"""A device and a day: one batch."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The seed 1 of `round` that a batch is opened under, for ever."""

    round: int
    seed: Digest


def holds(ranges: DayRanges, day: int) -> bool:
    """Whether `day` is in one of the ranges."""
    place = bisect_right(ranges, day, key=_first) - 1
    return place >= 0 and day <= ranges[place][1]


def ranges_of(days: Iterable[int]) -> DayRanges:
    """The fewest ranges of these days."""
    found: list[tuple[int, int]] = []
    for day in sorted(set(days)):
        if found and found[-1][1] == day - 1:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return tuple(found)


def with_days(ranges: DayRanges, days: Iterable[int]) -> DayRanges:
    """The ranges with more days."""
    found: list[tuple[int, int]] = []
    for first, last in sorted((*ranges, *ranges_of(days))):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def days_in(ranges: DayRanges) -> Iterable[int]:
    """Every day of the ranges."""
    return (day for first, last in ranges for day in range(first, last + 1))


def _first(pair: tuple[int, int]) -> int:
    return pair[0]
