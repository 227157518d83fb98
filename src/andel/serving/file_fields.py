"""What the fields of a model file of unknown origin may hold, whatever its family.

Takes values out of parsed JSON; gives them back in their types, or raises ModelFileError with the field's name and
the value. Never knows what a field means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from andel.encoding import parse_json
from andel.errors import InputError, ModelFileError
from andel.units import Digest

MAX_TEXT_BYTES: Final = 64


def read_record(data: bytes, max_bytes: int, fields: frozenset[str]) -> dict[str, Any]:
    """The JSON object of a file with exactly these fields. Raises ModelFileError for anything else."""
    try:
        record = parse_json(data, max_bytes)
    except (InputError, RecursionError) as error:
        raise ModelFileError(f"model file: {error}") from error
    if not isinstance(record, dict):
        raise ModelFileError("model file: not a JSON object")
    check_fields(record, fields)
    return record


def check_fields(record: dict[str, Any], fields: frozenset[str]) -> None:
    """Raises ModelFileError unless the record has exactly these fields."""
    if record.keys() != fields:
        odd = ", ".join(sorted(str(name)[:40] for name in record.keys() ^ fields)[:5])
        raise ModelFileError(f"fields missing or unknown: {odd}")


def check_integer(value: object, low: int, high: int, field: str) -> None:
    """Raises ModelFileError unless `value` is an integer in low..high."""
    # bool is an int to Python, but not an integer of the format.
    if not isinstance(value, int) or isinstance(value, bool):
        raise ModelFileError(f"{field}: {str(value)[:40]!r} is not an integer")
    if not low <= value <= high:
        raise ModelFileError(f"{field}: {value} is outside {low}..{high}")


def check_integers(values: Sequence[object], count: int, field: str, limit: int) -> None:
    """Raises ModelFileError unless `values` are `count` integers in -limit..limit."""
    if len(values) != count:
        raise ModelFileError(f"{field}: {len(values)} values where {count} belong")
    for value in values:
        check_integer(value, -limit, limit, field)


def check_text(text: object, field: str) -> None:
    """Raises ModelFileError unless `text` is printable and of 1 to 64 bytes of UTF-8."""
    if not isinstance(text, str) or not text.isprintable() or not 1 <= len(text.encode()) <= MAX_TEXT_BYTES:
        raise ModelFileError(f"{field}: not a printable text of 1 to {MAX_TEXT_BYTES} bytes")


def check_digests(version: Digest, task: Digest) -> None:
    """Raises ModelFileError unless both are of 32 bytes."""
    for name, digest in (("version", version), ("task", task)):
        if len(digest) != 32:
            raise ModelFileError(f"{name}: {len(digest)} bytes, a digest has 32")


def list_of(record: dict[str, Any], field: str) -> tuple[Any, ...]:
    """The list in a field. Raises ModelFileError when it is none."""
    return as_tuple(record[field], field)


def as_tuple(value: object, field: str) -> tuple[Any, ...]:
    """A JSON list as a tuple. Raises ModelFileError when it is none."""
    if not isinstance(value, list):
        raise ModelFileError(f"{field}: not a list")
    return tuple(value)


def digest_of(record: dict[str, Any], field: str) -> Digest:
    """The 32 bytes in a field of hex digits. Raises ModelFileError for anything else."""
    text = record[field]
    if not isinstance(text, str) or len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise ModelFileError(f"{field}: not 64 lower-case hex digits")
    return Digest(bytes.fromhex(text))
