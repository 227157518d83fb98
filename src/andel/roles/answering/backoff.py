"""Letting what failed rest, longer each time, and telling the same reason once.

Takes a clock. Gives whether something may be tried now. Never tries by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

_FIRST_SECONDS: Final = 1.0
_MOST_SECONDS: Final = 300.0
_MOST_KEPT: Final = 4_096

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Rest:
    failures: int
    until: float
    reason: str


class Backoff:
    """What rests, by its name; 1 second after the first failure, twice as long after each more, 5 minutes at most."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._resting: dict[Hashable, _Rest] = {}

    def failed(self, name: Hashable, what: str, reason: str, level: int = logging.ERROR) -> None:
        """Lets it rest; the log says why, once for a reason."""
        former = self._resting.pop(name, None)
        failures = 0 if former is None else former.failures
        until = self._clock() + min(_FIRST_SECONDS * 2.0 ** min(failures, 20), _MOST_SECONDS)
        self._resting[name] = _Rest(failures + 1, until, reason)
        while len(self._resting) > _MOST_KEPT:
            del self._resting[next(iter(self._resting))]
        if former is None or former.reason != reason:
            log.log(level, "%s: %s", what, reason)

    def rests(self, name: Hashable) -> bool:
        """Whether it is not to be tried yet."""
        resting = self._resting.get(name)
        return resting is not None and self._clock() < resting.until

    def forget(self, name: Hashable) -> None:
        """It went well, or is over."""
        self._resting.pop(name, None)
