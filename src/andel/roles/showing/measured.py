"""How wrong a round's version is, and how wrong predicting no change would have been on the same rows.

Takes rounds as the chain has them. Gives errors in the target's unit. A version's error is the attested `evaluation`:
the mean absolute error on the rows that seed 2 drew for scoring (`andel.value.gain`), in thousandths of the target's
step. The baseline is the mean absolute change on those same rows, which anybody can compute once the founder has
published the reference set, and nobody before: until then it is None. Reading that set verifies thousands of packets,
so it is done once, in the background; a round's rows are drawn once, many rounds' in the background too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from andel.data.features import RowSet
from andel.errors import AndelError
from andel.ledger.round_state import RoundState, Status
from andel.roles.showing.kept import Kept
from andel.roles.showing.memory import Memory
from andel.training.plan import parse_plan
from andel.training.task import Task
from andel.value.reference import draw_rows

AGAIN_SECONDS = 60.0
"""From one look for a reference set that is not published to the next."""

DRAWN_AT_ONCE = 20
"""Rounds whose rows are drawn while somebody waits: some hundred milliseconds."""

_PARTS = 1_000
log = logging.getLogger(__name__)


def error_of(state: RoundState, task: Task | None) -> float | None:
    """The error of a final round's version, in the target's unit; None of others, or where the task is not known."""
    if state.status != Status.FINALISED or task is None:
        return None
    return _in_unit(state.evaluation, task)


class Baselines:
    """Errors of predicting no change, by round."""

    def __init__(self, memory: Memory) -> None:
        """Reads nothing yet."""
        self._memory, self._lock = memory, Lock()
        self._rows: RowSet | None = None
        self._busy, self._asked, self._why = False, float("-inf"), ""
        self._found = Kept[bytes, float](20_000)

    @property
    def note(self) -> str:
        """Why there are none, or not all; "" where there are."""
        if self._busy:
            return "baselines are being computed"
        return "" if self._rows is not None else self._why

    def of(self, states: Sequence[RoundState]) -> list[float | None]:
        """The baseline of each final round; None of others, and of those that are still computed in the background."""
        final = [state for state in states if state.status == Status.FINALISED]
        task = self._memory.task() if final else None
        if task is None:
            return [None] * len(states)
        if self._rows is None:
            newest = final[-1]
            self._begin(lambda: self._read(newest, task), AGAIN_SECONDS)
        if (rows := self._rows) is not None:
            missing = [state for state in final if not self._found.find(bytes(state.second_seed))[0]]
            _draw(self._found, rows, task, missing[:DRAWN_AT_ONCE])
            if len(missing) > DRAWN_AT_ONCE:
                self._begin(lambda: _draw(self._found, rows, task, missing[DRAWN_AT_ONCE:]))
        return [self._known(state) for state in states]

    def _known(self, state: RoundState) -> float | None:
        return self._found.find(bytes(state.second_seed))[1] if state.status == Status.FINALISED else None

    def _begin(self, work: Callable[[], None], again_seconds: float = 0.0) -> None:
        """Begins work unless some is under way, or was lately."""
        with self._lock:
            now = self._memory.clock()
            if self._busy or now - self._asked < again_seconds:
                return
            self._busy, self._asked = True, now
        self._memory.start(lambda: self._do(work))

    def _do(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._busy = False

    def _read(self, state: RoundState, task: Task) -> None:
        store = self._memory.store
        try:
            plan = parse_plan(store.get_digest(state.plan_hash))
            if plan.reference.hash.hex() != task.reference:
                self._why = "the round's plan names another reference set than the task"
                return
            self._rows = self._memory.references.open(plan, task).score
        except AndelError as error:
            self._why = "the founder has not published the reference set yet, or this store does not hold it"
            log.info("reference_not_read kind=%s", type(error).__name__)


def _draw(found: Kept[bytes, float], rows: RowSet, task: Task, states: Sequence[RoundState]) -> None:
    for state in states:
        found.keep(bytes(state.second_seed), _baseline(rows, task, state.second_seed))


def _baseline(rows: RowSet, task: Task, seed: bytes) -> float:
    change = draw_rows(rows, task, seed)[1].change
    # floored in thousandths of a step, as the evaluation it stands beside
    return _in_unit(int(np.abs(change).sum()) * _PARTS // len(change), task)


def _in_unit(thousandths: int, task: Task) -> float:
    """Thousandths of the target's step, in its unit."""
    return float(f"{thousandths}e{task.exponent - 3}")
