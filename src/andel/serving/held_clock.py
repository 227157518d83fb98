"""The chain's clock, read now and then and told to every request until then.

Takes what reads the clock (it may ask a node over a network, and raise) and a monotonic clock; gives the time last
read. Once that is `hold_seconds` old it is read again beside, by one thread, and told meanwhile; `GRACE` times as old
it is told to nobody: whoever asks then reads it. Both lie far inside the minute by which answers are dated and the
tolerance that their times are judged with. Never guesses how far the chain has gone on.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Final

from andel.errors import AndelError

HOLD_SECONDS: Final = 1.0
GRACE: Final = 5
"""A held time is told up to so many times `hold_seconds`, while it is read again."""

_MARGIN = 0.9

_log = logging.getLogger(__name__)


def in_thread(work: Callable[[], None]) -> None:
    """Runs `work` beside the caller."""
    threading.Thread(target=work, name="andel-clock", daemon=True).start()


class HeldClock:
    """A clock for a `Predictor`; threads may share one, and of those that find it too old one asks."""

    def __init__(
        self,
        read: Callable[[], int],
        hold_seconds: float = HOLD_SECONDS,
        passed: Callable[[], float] = monotonic,
        beside: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        """`passed` gives seconds from any start that never go back; `beside` runs what nobody waits for."""
        self._read, self._hold, self._passed, self._beside = read, hold_seconds, passed, beside
        self._asking = threading.Lock()
        self._renewing = threading.Lock()
        self._held: tuple[float, int] | None = None

    def __call__(self) -> int:
        """The chain's time, unix seconds. Raises what reading it raises."""
        held = self._held
        age = None if held is None else self._passed() - held[0]
        if held is None or age is None or not 0 <= age < self._hold * GRACE:
            return self._ask()
        if age >= self._hold and self._renewing.acquire(blocking=False):
            self._beside(self._renew)
        return held[1]

    def is_ready(self) -> bool:
        """Whether a call that follows at once tells the time without waiting for anybody."""
        held = self._held
        return held is not None and 0 <= self._passed() - held[0] < _MARGIN * self._hold * GRACE

    def _ask(self) -> int:
        """Reads the clock, unless another has while this waited: then that is told."""
        with self._asking:
            asked, held = self._passed(), self._held
            if held is not None and 0 <= asked - held[0] < self._hold:
                return held[1]
            time = self._read()
            self._held = (asked, time)
            return time

    def _renew(self) -> None:
        try:
            self._ask()
        except AndelError as error:
            # who asks once the held time is too old is told why
            _log.info("the chain's clock was not read again: %s", type(error).__name__)
        finally:
            self._renewing.release()
