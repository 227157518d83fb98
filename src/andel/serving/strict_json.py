"""JSON from strangers: one object, no field twice, decimals as they were written, bounded before it is parsed.

Takes a body's bytes; gives plain values, with `Decimal` for every number that is no integer. Never takes what is no
JSON of RFC 8259, never shows more of a body than names of fields, short and in ASCII.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NoReturn

from andel.errors import InputError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_TIME_TEXT: Final = 40


def read_object(body: bytes, brackets_max: int, hint: str) -> dict[str, Any]:
    """The object that `body` is. Raises InputError, with `hint` where it is something else than an object."""
    # before it is parsed: other libraries lift the interpreter's recursion limit, which the parser relies on
    if body.count(b"[") + body.count(b"{") > brackets_max:
        raise InputError(
            "the body is not JSON that a question needs: it is nested too deep", "send one flat JSON object"
        )
    try:
        record = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InputError("the body is not JSON, or repeats a field", "send one JSON object in UTF-8") from error
    if not isinstance(record, dict):
        raise InputError("the body is not a JSON object", hint)
    return record


def names_of(fields: Collection[str]) -> str:
    """The first names among `fields`, for a message."""
    return ", ".join(ascii(name[:40]) for name in sorted(fields)[:8]) or "none"


def read_time(value: object, field: str) -> int:
    """Unix seconds of an integer or an ISO 8601 text with its offset; fractions of a second are dropped.

    Raises InputError, naming `field`.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _MAX_TIME_TEXT:
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return (moment - _EPOCH) // timedelta(seconds=1)
        except (ValueError, OverflowError):
            pass  # told below, like every other form that is no time
    raise InputError(
        f"{field} is neither unix seconds nor ISO 8601 with an offset from UTC", "as in 2026-01-31T12:00:00Z"
    )


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a field is repeated")
    return record


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


# The standard parser: orjson keeps the last of repeated fields, and rounds decimals to floats. Made once for all.
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_unrepeated, parse_float=Decimal, parse_constant=_no_number)
