"""How measured values become a question's codes, where no task says it: ranges, or cuts, in a file beside the model.

Takes ranges (a person's file, or the least and greatest of a table) or the cuts of imported trees; gives codes of
values, and the file's canonical bytes, numbers as decimal texts that read back exactly. Values outside a range get the
nearest code. Never decides what a code answers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from andel.encoding import IntArray, canonical_json
from andel.errors import InputError, TableError
from andel.serving.file_fields import check_text
from andel.serving.import_sklearn import Cuts
from andel.serving.slots import MAX_INPUTS, Slots

FORMAT: Final = "andel-inputs/1"
MAX_FILE_BYTES: Final = 1 << 23
MAX_TABLE_BYTES: Final = 1 << 26
MAX_TABLE_ROWS: Final = 1_000_000
_MAX_CUTS: Final = 1 << 15

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranges:
    """Codes 0 to the greatest lie evenly between an input's low and its high. Making one checks it (InputError)."""

    low: FloatArray
    """(inputs,)"""
    high: FloatArray
    """(inputs,), each above its low."""

    def __post_init__(self) -> None:
        if self.low.ndim != 1 or self.low.shape != self.high.shape or not 1 <= len(self.low) <= MAX_INPUTS:
            raise InputError(f"ranges of {self.low.shape} and {self.high.shape} values, 1 to {MAX_INPUTS} are possible")
        with np.errstate(over="ignore", invalid="ignore"):
            width = self.high - self.low
        if not (np.isfinite(self.low).all() and np.isfinite(width).all() and (width > 0).all()):
            bad = int(np.flatnonzero(~(np.isfinite(width) & (width > 0)))[0])
            raise InputError(f"input {bad}: from {self.low[bad]} to {self.high[bad]} is no range", "high above low")

    def scale(self, slots: Slots) -> FloatArray:
        """What one step of each code is."""
        width: FloatArray = (self.high - self.low) / slots.max_code
        return width

    def codes(self, rows: FloatArray, slots: Slots) -> IntArray:
        """Codes (n, inputs) of values (n, inputs), each the nearest. Raises InputError for no numbers."""
        if rows.ndim != 2 or rows.shape[1] != len(self.low) or not np.isfinite(rows).all():
            raise InputError(f"values are {rows.shape}, not numbers (n, {len(self.low)})")
        steps = np.rint((np.clip(rows, self.low, self.high) - self.low) / self.scale(slots))
        return np.clip(steps, 0, slots.max_code).astype(np.int64)


InputCodes = Ranges | Cuts


def codes_of_values(how: InputCodes, rows: FloatArray, slots: Slots) -> IntArray:
    """Codes (n, inputs) of measured values (n, inputs). Raises InputError."""
    return how.codes(rows) if isinstance(how, Cuts) else how.codes(rows, slots)


def write_inputs(how: InputCodes, names: Sequence[str] = ()) -> bytes:
    """The file: canonical JSON, the same bytes for the same ranges or cuts."""
    if isinstance(how, Cuts):
        meaning: dict[str, object] = {"cuts": [_texts(cuts) for cuts in how.values]}
        count = len(how.values)
    else:
        meaning = {"low": _texts(how.low), "high": _texts(how.high)}
        count = len(how.low)
    named = list(names) or [f"input {i}" for i in range(count)]
    return canonical_json({"format": FORMAT, "names": named, **meaning})


def read_inputs(data: bytes) -> tuple[InputCodes, tuple[str, ...]]:
    """Ranges or cuts, and the inputs' names, in a file of unknown origin; numbers may stand as numbers or as texts.

    Raises InputError for another form or bounds.
    """
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"a file of inputs of over {MAX_FILE_BYTES} bytes")
    try:
        record = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InputError(f"file of inputs: not JSON: {str(error)[:100]}") from error
    fields = set(record) if isinstance(record, dict) else set()
    if fields not in ({"format", "names", "low", "high"}, {"format", "names", "cuts"}) or record["format"] != FORMAT:
        raise InputError(
            "file of inputs: not an object of format, names, low and high (or cuts)", f'its format is "{FORMAT}"'
        )
    if not isinstance(record["names"], list):
        raise InputError("file of inputs: names is not a list")
    for i, name in enumerate(record["names"]):
        check_text(name, f"names[{i}]")
    how: InputCodes
    if "cuts" in fields:
        how = _read_cuts(record["cuts"])
        count = len(how.values)
    else:
        how = Ranges(_numbers(record["low"], MAX_INPUTS, "low"), _numbers(record["high"], MAX_INPUTS, "high"))
        count = len(how.low)
    if len(record["names"]) != count:
        raise InputError(f"file of inputs: {len(record['names'])} names for {count} inputs")
    return how, tuple(record["names"])


def read_table(data: bytes) -> tuple[FloatArray, tuple[str, ...]]:
    """The rows of a table of numbers (CSV), and its columns' names (its first line, where that holds no numbers).

    Raises TableError, naming the line.
    """
    if len(data) > MAX_TABLE_BYTES:
        raise TableError(f"a table of over {MAX_TABLE_BYTES} bytes", "give fewer rows")
    rows: list[list[float]] = []
    names: tuple[str, ...] = ()
    try:
        for line, cells in enumerate(csv.reader(io.StringIO(data.decode("utf-8-sig"))), start=1):
            if not cells:
                continue
            if line == 1 and not _are_numbers(cells):
                names = tuple(cell.strip() for cell in cells)
                continue
            width = len(names) or (len(rows[0]) if rows else len(cells))
            if len(cells) != width or not _are_numbers(cells):
                raise TableError(f"line {line}: not {width} numbers")
            if len(rows) == MAX_TABLE_ROWS:
                raise TableError(f"a table of over {MAX_TABLE_ROWS} rows", "give fewer rows")
            rows.append([float(cell) for cell in cells])
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"not a table: {str(error)[:100]}", "a CSV file in UTF-8") from error
    if not rows:
        raise TableError("a table without a row of numbers")
    for i, name in enumerate(names):
        check_text(name, f"column {i + 1}")
    return np.array(rows, dtype=np.float64), names


def ranges_of_table(rows: FloatArray) -> Ranges:
    """The least and greatest of each column; a column of one value gets a range of 1 above it."""
    low, high = rows.min(axis=0), rows.max(axis=0)
    return Ranges(low, np.where(high > low, high, low + 1.0))


def _are_numbers(cells: Sequence[str]) -> bool:
    try:
        return bool(np.isfinite([float(cell) for cell in cells]).all())
    except ValueError:
        return False


def _texts(values: FloatArray) -> list[str]:
    return [repr(float(value)) for value in values]


def _numbers(values: Any, most: int, field: str) -> FloatArray:
    if not isinstance(values, list) or len(values) > most:
        raise InputError(f"file of inputs: {field} is not a list of at most {most} numbers")
    found = []
    for value in values:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number and not (isinstance(value, str) and len(value) <= 40):
            raise InputError(f"file of inputs: {field}: {str(value)[:40]!r} is no number")
        try:
            found.append(float(value))
        except (ValueError, OverflowError) as error:
            raise InputError(f"file of inputs: {field}: {str(value)[:40]!r} is no number") from error
    return np.array(found, dtype=np.float64)


def _read_cuts(columns: Any) -> Cuts:
    if not isinstance(columns, list) or not 1 <= len(columns) <= MAX_INPUTS:
        raise InputError(f"file of inputs: cuts is not a list of 1 to {MAX_INPUTS} lists")
    values = tuple(_numbers(column, _MAX_CUTS, f"cuts[{i}]") for i, column in enumerate(columns))
    for i, column in enumerate(values):
        if not np.isfinite(column).all() or (np.diff(column) <= 0).any():
            raise InputError(f"file of inputs: cuts[{i}] are not numbers that rise")
    return Cuts(values)
