"""When a node keeps still: the owner's quiet hours, and the bytes a day that its line may carry.

Neither breaks off a round that the node committed to: an opening that is withheld costs a device its standing. So both
decide which round is begun, and only the day's bytes, once they are spent, end everything until the next day (UTC).
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass

from andel.errors import SettingsError

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_MAX_SPANS = 16


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Spans of a day, in minutes of the machine's own time; one that ends before it begins goes past midnight."""

    spans: tuple[tuple[int, int], ...] = ()

    def covers(self, minute: int) -> bool:
        """Whether this minute of the day (0 to 1439) is quiet."""
        return any(
            first <= minute < last if first < last else minute >= first or minute < last for first, last in self.spans
        )


@dataclass(frozen=True, slots=True)
class NodeLimits:
    """`daily_bytes` 0 is no limit; `round_seconds`: how long a round that was begun may outlast the quiet hours."""

    quiet: QuietHours = QuietHours()
    daily_bytes: int = 0
    round_seconds: int = 6 * 3_600


class Meter:
    """Bytes that went and came since they were last taken; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0

    def count(self, size: int) -> None:
        """So many more."""
        with self._lock:
            self._bytes += size

    def take(self) -> int:
        """What came together since the last call."""
        with self._lock:
            taken, self._bytes = self._bytes, 0
        return taken


def parse_quiet(text: str) -> QuietHours:
    """The quiet hours in a text such as 22:00-07:00,12:30-13:00. Raises SettingsError."""
    spans = []
    for part in text.split(",") if text else []:
        match = _SPAN.fullmatch(part.strip())
        if match is None:
            raise SettingsError(f"not quiet hours: {part[:40]!r}", "as 22:00-07:00, several with commas between")
        first, last = (60 * int(match[i]) + int(match[i + 1]) for i in (1, 3))
        if first == last:
            raise SettingsError(f"quiet hours without an end: {part[:40]!r}", "stop the node instead")
        spans.append((first, last))
    if len(spans) > _MAX_SPANS:
        raise SettingsError(f"{len(spans)} quiet hours are more than {_MAX_SPANS}", "join some")
    return QuietHours(tuple(spans))
