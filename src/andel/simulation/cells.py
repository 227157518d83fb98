"""From a table's file to the cells of its columns, and from a cell to a number or a time.

Takes the path of a CSV or gzip CSV file and the columns that are wanted. Gives their cells with line numbers.
A row of another width than the header is noted and left out; a file that is no table at all (no such column, broken
gzip, too large) is a `TableError`. A row is one line of text: a quoted cell may hold commas but no line break, so
that one stray quote costs one row. Never guesses: a comma separates, a point is the decimal point.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import IO, Final

from andel.errors import TableError
from andel.simulation.series import MISSING, Problem, ProblemLog

MAX_BYTES: Final = 1 << 29
"""Characters of one file, after decompression."""
MAX_LINE: Final = 1 << 16
"""Characters of one line."""
MAX_COLUMNS: Final = 1_024
MAX_DECIMALS: Final = 6
LARGEST_NUMBER: Final = 10**9
LAST_TIME: Final = 2**32
"""Times are below this, so that four bytes hold them."""
UNREADABLE: Final = MISSING + 1
"""Given by `parse_number` for a cell that holds no number."""
OVERSIZED: Final = MISSING + 2
"""Given by `parse_number` for a number beyond `LARGEST_NUMBER`."""

_CHUNK_ROWS: Final = 20_000
_SHOWN_COLUMNS: Final = 60
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_MICRO: Final = 10**MAX_DECIMALS
_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_WHOLE: Final = re.compile(r"([0-9]{1,11})(\.[0-9]{0,9})?")
_ABSENT: Final = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?"})


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of one file: the line of each row, and for each wanted column its cells."""

    file: str
    lines: list[int]
    cells: list[list[str]]


def read_columns(path: Path, wanted: Sequence[str], log: ProblemLog) -> Iterator[Chunk]:
    """The cells of the `wanted` columns in file order, in chunks; rows of another width go to `log`.

    Raises TableError: not readable, empty, gzip broken or cut short, a column missing or named twice, or larger
    than the bounds above.
    """
    try:
        with _open_text(path) as text:
            lines = _lines(path, text)
            header = [cell.strip() for cell in _row(next(lines, "")) or ()]
            places = _find_columns(path, header, wanted)
            yield from _chunks(path.name, lines, len(header), places, log)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TableError(f"{path} is a damaged gzip file: {error}", "fetch or compress the file again") from error
    except OSError as error:
        raise TableError(f"{path} cannot be read: {error.strerror or error}", "check the path") from error


def parse_number(text: str) -> tuple[int, int]:
    """The number in `text` as (integer in millionths, decimals seen), or (a marker, 0) where there is none.

    Markers: MISSING for an empty cell and the usual words for "no value", UNREADABLE for other text, OVERSIZED
    for a number beyond 1e9. More than 6 decimals are rounded, halves to even.
    """
    stripped = text.strip()
    if stripped.lower() in _ABSENT:
        return MISSING, 0
    if len(stripped) > 64 or not _NUMBER.fullmatch(stripped):
        return UNREADABLE, 0
    number = Decimal(stripped)
    if abs(number) > LARGEST_NUMBER:
        return OVERSIZED, 0
    exponent = number.as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    return int((number * _MICRO).to_integral_value()), min(decimals, MAX_DECIMALS)


def parse_time(text: str) -> int | None:
    """Unix seconds of ISO 8601 (no offset: UTC) or of unix seconds as text; None if it is neither.

    Parts of a second are dropped. Eight digits that read as a date are refused, as they could be either.
    """
    stripped = text.strip()
    whole = _WHOLE.fullmatch(stripped)
    if whole:
        seconds = int(whole[1])
        if len(stripped) == 8 and parse_day(stripped[:4], stripped[4:6], stripped[6:]) is not None:
            return None
    else:
        try:
            moment = datetime.fromisoformat(stripped)
        except ValueError:
            return None
        seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() // 1)
    return seconds if 0 <= seconds < LAST_TIME else None


def parse_whole(text: str) -> int | None:
    """The non-negative whole number in `text` ("7", "7.0"), or None."""
    whole = _WHOLE.fullmatch(text.strip())
    return int(whole[1]) if whole and not (whole[2] or "").strip(".0") else None


def parse_day(year: str, month: str, day: str) -> int | None:
    """Days since 1970-01-01 of a calendar day; None where the three are none."""
    parts = [parse_whole(part) for part in (year, month, day)]
    try:
        return date(*(-1 if part is None else part for part in parts)).toordinal() - _EPOCH_DAY
    except (ValueError, OverflowError):
        return None


def _open_text(path: Path) -> IO[str]:
    """The file's text. Gzip is told by its first bytes, not its name; bytes that are not UTF-8 become U+FFFD."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if packed:
        return gzip.open(path, "rt", encoding="utf-8-sig", errors="replace")
    return path.open(encoding="utf-8-sig", errors="replace")


def _lines(path: Path, text: IO[str]) -> Iterator[str]:
    total = 0
    while line := text.readline(MAX_LINE + 1):
        total += len(line)
        if len(line) > MAX_LINE:
            raise TableError(f"{path} has a line of more than {MAX_LINE} characters", "is it a CSV table?")
        if total > MAX_BYTES:
            raise TableError(f"{path} holds more than {MAX_BYTES >> 20} MiB of text", "give it in parts")
        yield line.rstrip("\n")


def _rows(lines: Sequence[str]) -> Sequence[Sequence[str] | None]:
    """One row per line, None where a line is no CSV."""
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error:
        rows = []
    # All at once is fast; where a stray quote joined lines, or broke the reading, each line stands alone.
    return rows if len(rows) == len(lines) else [_row(line) for line in lines]


def _row(line: str) -> Sequence[str] | None:
    try:
        return next(csv.reader((line,), strict=True), ())
    except csv.Error:
        return None


def _find_columns(path: Path, header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    if not any(header):
        raise TableError(f"{path} is empty, or its first line holds no column names")
    if len(header) > MAX_COLUMNS:
        raise TableError(f"{path} has {len(header)} columns; at most {MAX_COLUMNS} can be read")
    for name in wanted:
        if header.count(name) == 1:
            continue
        shown = ", ".join(_printable(cell) for cell in header[:_SHOWN_COLUMNS]) + (
            ", …" if len(header) > _SHOWN_COLUMNS else ""
        )
        how = "no column" if name not in header else f"{header.count(name)} columns called"
        others = [mark for mark in (";", "\t", "|") if len(header) == 1 and mark in header[0]]
        hint = f"its cells seem to be separated by {others[0]!r}; write it with commas" if others else ""
        raise TableError(f"{path} has {how} {name!r}; its columns are: {shown}", hint)
    return [header.index(name) for name in wanted]


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:64])


def _chunks(file: str, lines: Iterator[str], width: int, places: Sequence[int], log: ProblemLog) -> Iterator[Chunk]:
    first = 2
    while batch := list(islice(lines, _CHUNK_ROWS)):
        numbers: list[int] = []
        kept: list[Sequence[str]] = []
        for number, row in enumerate(_rows(batch), start=first):
            if row is not None and len(row) == width:
                numbers.append(number)
                kept.append(row)
            elif batch[number - first].strip():
                log.note(Problem.WRONG_CELLS, file, number, "", batch[number - first])
        first += len(batch)
        if kept:
            yield Chunk(file, numbers, [list(map(itemgetter(place), kept)) for place in places])
