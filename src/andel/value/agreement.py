"""How well a device agrees with the stations around it: a figure for people to look at, which decides nothing.

Takes the readings that were opened in a round. Gives one integer score per device. Never filters: an honest station on
a hill disagrees with a valley, and what its readings were worth is for the value to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from andel.data.geography import position_of
from andel.device.reading import SignedReading
from andel.keys import address_bytes
from andel.training.task import Task
from andel.units import Address, Digest, slot_of

CELL: Final = 5_000_000
"""The side of a cell in 1e-7 degrees: half a degree, at most 56 km."""
NEIGHBOURS: Final = 3
"""Fewest devices of one cell and slot that are compared."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One device: in how many slots it was compared, and by how much it differed on average, in the target's steps."""

    device: Address
    slots: int
    difference: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What is compared of one reading: its value in steps of the task's exponent, and its slot and cell. Far smaller
    than the reading, as those of a whole round are held at once.
    """

    device: Address
    timestamp: int
    digest: Digest
    value: int
    cell: tuple[int, int, int]


def samples(task: Task, readings: Iterable[SignedReading]) -> tuple[Sample, ...]:
    """Of the readings that have the target's value and a position."""
    found = []
    for reading in readings:
        value, place = reading.value(task.target), position_of(reading)
        if value is not None and place is not None:
            cell = (slot_of(reading.timestamp), place.latitude // CELL, place.longitude // CELL)
            measured = value.scaled_down(task.exponent)
            found.append(Sample(reading.device, reading.timestamp, reading.digest, measured, cell))
    return tuple(found)


def agreements(given: Iterable[Sample]) -> tuple[Agreement, ...]:
    """The score of each device that has neighbours, ordered by device.

    Of each device the first sample of a slot (in the order of times) counts. Devices of one cell in one slot, three at
    least, are compared with the lower median m of their values: difference = floor(sum of |v - m| over the device's
    slots / number of those slots).
    """
    cells: dict[tuple[int, int, int], dict[Address, int]] = {}
    for sample in sorted(given, key=lambda item: (item.timestamp, address_bytes(item.device), item.digest)):
        cells.setdefault(sample.cell, {}).setdefault(sample.device, sample.value)
    sums: dict[Address, tuple[int, int]] = {}
    for values in cells.values():
        if len(values) < NEIGHBOURS:
            continue
        middle = sorted(values.values())[(len(values) - 1) // 2]
        for device, measured in values.items():
            slots, total = sums.get(device, (0, 0))
            sums[device] = slots + 1, total + abs(measured - middle)
    return tuple(
        Agreement(device, slots, total // slots)
        for device, (slots, total) in sorted(sums.items(), key=lambda item: address_bytes(item[0]))
    )
