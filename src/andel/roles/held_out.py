"""What an owner keeps to itself: days that are never committed nor trained on, to see how versions do without them.

Takes days and whether errors may be told. Whether anything leaves is the owner's choice, and off unless it says so.
Where a task hides updates, nothing is told either: no bound on what updates give away covers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel.data.features import build_rows
from andel.device.reading import SignedReading
from andel.errors import PlanError
from andel.training.personal import Rows
from andel.training.plan import DayRanges
from andel.training.privacy import IN_THE_OPEN
from andel.training.task import Task


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Inclusive ranges of days since 1970 that stay home, and whether sums of errors on them may be told.

    Chosen before the first commitment: a version that was trained on a day knows it, whatever is chosen later. Whole
    weeks (`andel.data.features.week_of`) give the most rows, as no row reaches from one week into another.
    """

    days: DayRanges = ()
    tell: bool = False

    def covers(self, day: int) -> bool:
        """Whether the day stays home."""
        return any(first <= day <= last for first, last in self.days)

    def check_told(self, task: Task) -> None:
        """Raises PlanError unless errors may be told under this task."""
        if not self.tell:
            raise PlanError("this owner keeps its errors to itself")
        if task.privacy != IN_THE_OPEN:
            raise PlanError("this task hides what contributors send; errors on held-out days would not be hidden")


NOTHING_HELD_OUT: Final = HeldOut()


def rows_of(task: Task, readings: list[SignedReading]) -> Rows:
    """The rows of readings, to train on or to measure by."""
    rows = build_rows(readings, task.features, task.target, task.horizon_seconds, task.exponent)
    return rows.codes, rows.change
