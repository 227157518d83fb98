"""How many local steps a round takes, and how far each goes: the task's schedule, by the number of the round.

Takes a round's number and the changes that a task lists. Gives the `Pace` of that round, which its plan states too
(`andel.training.plan.check_pace` compares the two). The pace depends on nothing that anybody could choose later: a
coordinator cannot have a model take longer steps in the round that pays it. Never looks at how training goes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from andel.errors import PlanError

MAX_STEPS: Final = 10_000
MAX_RATE_SHIFT: Final = 24
MAX_CHANGES: Final = 64
_MAX_ROUND: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Pace:
    """The local training of one round: `steps` minibatches at the rate 2**-`rate_shift`."""

    steps: int
    rate_shift: int


@dataclass(frozen=True, slots=True)
class Change:
    """From round `since` on, and until the next change: so many steps at that rate."""

    since: int
    steps: int
    rate_shift: int


def pace_of(first: Pace, schedule: Sequence[Change], number: int) -> Pace:
    """The pace of round `number`: that of the last change up to it, `first` before any."""
    for change in reversed(schedule):
        if change.since <= number:
            return Pace(change.steps, change.rate_shift)
    return first


def read_schedule(values: Any) -> tuple[Change, ...]:
    """The schedule in a task's field. Raises PlanError for one that does not ascend or leaves its bounds."""
    if not isinstance(values, list) or len(values) > MAX_CHANGES:
        raise PlanError(f"task field schedule is no list of at most {MAX_CHANGES} changes: {str(values)[:60]}")
    changes = tuple(_change(item) for item in values)
    if any(first.since >= then.since for first, then in pairwise(changes)):
        raise PlanError("task field schedule: the rounds of its changes do not ascend")
    return changes


def _change(item: Any) -> Change:
    names = ("since", "steps", "rate_shift")
    if not isinstance(item, dict) or set(item) != set(names) or any(type(item[name]) is not int for name in names):
        raise PlanError(f"task field schedule holds no change: {str(item)[:80]}", "since, steps and rate_shift")
    change = Change(**item)
    # round 1 has the task's own steps and rate: saying them twice would be two ways to write one schedule
    bounds = {"since": (2, _MAX_ROUND), "steps": (1, MAX_STEPS), "rate_shift": (0, MAX_RATE_SHIFT)}
    for name, (low, high) in bounds.items():
        if not low <= item[name] <= high:
            raise PlanError(f"task field schedule: {name} is {item[name]}, outside {low} to {high}")
    return change
