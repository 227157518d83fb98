"""The chain's clock, read at most once in a while and told to every request until then.

Takes what reads the clock (it may ask a node over a network, and raise) and a monotonic clock; gives the time last read
for `hold_seconds` after it was asked for, and to others while it is read again, five times as long at most. Both lie
far inside the minute by which answers are dated and the tolerance that their times are judged with. Never guesses how
far the chain has gone on, never tells an old time to who could not read it again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

HOLD_SECONDS: Final = 1.0
GRACE: Final = 5
"""While somebody reads the clock again, others are told the held time up to so many times its age."""

_MARGIN = 0.9


class HeldClock:
    """A clock for a `Predictor`; threads may share one, and of those that find it old one asks."""

    def __init__(
        self, read: Callable[[], int], hold_seconds: float = HOLD_SECONDS, passed: Callable[[], float] = monotonic
    ) -> None:
        """`passed` gives seconds from any start that never go back."""
        self._read, self._hold, self._passed = read, hold_seconds, passed
        self._asking = threading.Lock()
        self._held: tuple[float, int] | None = None
        self._due = True

    def __call__(self) -> int:
        """The chain's time, unix seconds. Raises what reading it raises."""
        if not self._due and (held := self._told(self._hold * self._graces)) is not None:
            return held
        with self._asking:
            if not self._due and (held := self._told(self._hold)) is not None:  # another has asked meanwhile
                return held
            self._due, asked = False, self._passed()
            time = self._read()
            self._held = (asked, time)
            return time

    def is_ready(self) -> bool:
        """Whether a call that follows at once tells the time without waiting; where not, the next call reads it again.

        A little before the time is old this is false, so that a call does not find it old that was told otherwise.
        """
        if self._told(_MARGIN * self._hold * self._graces) is not None:
            return True
        self._due = True
        return False

    @property
    def _graces(self) -> int:
        return GRACE if self._asking.locked() else 1

    def _told(self, seconds: float) -> int | None:
        held = self._held
        return held[1] if held is not None and 0 <= self._passed() - held[0] < seconds else None
