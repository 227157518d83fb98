"""A place and an hour as people write them, on a command line or in an address.

Takes text of unknown origin. Gives degrees and unix seconds, or says what is wrong. Never guesses.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from andel.errors import InputError
from examples.air_quality.between import Place

_DEGREES: Final = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,15})?")
_HINT: Final = "degrees north and east, as 39.95,116.40"


def place_of_text(text: str) -> Place:
    """Degrees north and east of `39.95,116.40`. Raises InputError."""
    parts = [part.strip() for part in text.split(",")] if len(text) <= 60 else []
    if len(parts) != 2 or not all(_DEGREES.fullmatch(part) for part in parts):
        raise InputError(f"{text[:40]!r} is no place", _HINT)
    return float(parts[0]), float(parts[1])


def hour_of_text(text: str) -> int:
    """Unix seconds of `2017-02-15T08:00`, by the stations' clock unless an offset is named. Raises InputError."""
    try:
        moment = datetime.fromisoformat(text)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise InputError(f"{text[:40]!r} is no time", "as 2017-02-15T08:00") from None
