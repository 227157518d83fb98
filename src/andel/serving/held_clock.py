"""The chain's clock, read at most once in a while and told to every request until then.

Takes what reads the clock (it may ask a node over a network, and raise) and a monotonic clock; gives the time last read
for `hold_seconds` after it was asked for. A held time is therefore at most that old: far inside the minute by which
answers are dated and the tolerance that their times are judged with. Never guesses how far the chain has gone on, never
tells a time that it failed to read again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

HOLD_SECONDS: Final = 1.0


class HeldClock:
    """A clock for a `Predictor`; threads may share one, and of those that find it old one asks."""

    def __init__(
        self, read: Callable[[], int], hold_seconds: float = HOLD_SECONDS, passed: Callable[[], float] = monotonic
    ) -> None:
        """`passed` gives seconds from any start that never go back."""
        self._read, self._hold, self._passed = read, hold_seconds, passed
        self._asking = threading.Lock()
        self._held: tuple[float, int] | None = None

    def __call__(self) -> int:
        """The chain's time, unix seconds. Raises what reading it raises."""
        if (held := self._fresh()) is not None:
            return held
        with self._asking:
            if (held := self._fresh()) is not None:  # another has asked meanwhile
                return held
            asked = self._passed()
            time = self._read()
            self._held = (asked, time)
            return time

    @property
    def is_fresh(self) -> bool:
        """Whether the time can be told now without asking anybody: then a call does not wait."""
        return self._fresh() is not None

    def _fresh(self) -> int | None:
        held = self._held
        return held[1] if held is not None and 0 <= self._passed() - held[0] < self._hold else None
