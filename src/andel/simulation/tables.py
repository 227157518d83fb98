"""Reads a user's own tables: CSV or gzip CSV, one file or many, into integer series.

Takes paths and the names of the columns that mean device, time, features and target. Gives a `Dataset`.
A row or cell that cannot be used is refused with file, line, column and reason, counted, and never stops the run;
`TableError` says that a file is no table, that a column is not there, or that nothing usable is left.
Never holds more than the bounds below, and never a float: a value is kept with the decimals its column shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from andel.errors import TableError
from andel.simulation.cells import (
    LARGEST_NUMBER,
    LAST_TIME,
    MAX_DECIMALS,
    OVERSIZED,
    UNREADABLE,
    Chunk,
    parse_day,
    parse_number,
    parse_time,
    parse_whole,
    read_columns,
)
from andel.simulation.series import MISSING, ChannelSpec, Dataset, Problem, ProblemLog, Series
from andel.units import DAY_SECONDS, SLOT_SECONDS

MAX_FILES: Final = 1_000
MAX_ROWS: Final = 5_000_000
"""Rows of all files together."""
MAX_DEVICES: Final = 1_000
MAX_DEVICE_NAME: Final = 64
MAX_CHANNEL_NAME: Final = 32
"""Bytes of a channel's name in a signed reading."""
LARGEST_TARGET: Final = 2**30
"""Bound of the target's integers: with any change of it they fit the 32 bits of a packed question."""

_MEMO_ENTRIES: Final = 200_000
_MICRO: Final = 10**MAX_DECIMALS
_ABSENT: Final = frozenset({"", "na", "n/a", "nan", "null", "none"})
_CELL_PROBLEMS: Final = (
    (MISSING, Problem.MISSING_VALUE),
    (UNREADABLE, Problem.NOT_A_NUMBER),
    (OVERSIZED, Problem.TOO_LARGE),
)


def read_tables(
    paths: Sequence[Path],
    device_column: str,
    time_columns: Sequence[str],
    features: Sequence[str],
    target: str,
) -> Dataset:
    """The tables' measurements: one series per value of `device_column`, channels `features`, then `target`.

    One time column holds ISO 8601 (without an offset: UTC) or unix seconds; four are year, month, day, hour in
    UTC. A channel's exponent is minus the most decimals seen in its column: at most 6, and fewer where the target
    would not fit 32 bits. Of rows with equal device and time the first counts. Raises TableError where a file is
    no table or lacks a column, and where no row, or no number of a channel, is usable.
    """
    channels = tuple(dict.fromkeys([*features, target]))
    _check_request(paths, device_column, time_columns, channels)
    log = ProblemLog()
    columns = [device_column, *time_columns, *channels]
    reader = _Reader(channels, log)
    for path in paths:
        for chunk in read_columns(path, columns, log):
            reader.take(chunk, len(time_columns))
    series, specs = reader.finish(target)
    names = ", ".join(path.name for path in paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    rows = reader.taken + log.counts.get(Problem.WRONG_CELLS, 0)
    return Dataset(series, specs, rows, tuple(log.listed), dict(log.counts), f"own data: {names}")


def _check_request(paths: Sequence[Path], device: str, times: Sequence[str], channels: Sequence[str]) -> None:
    if not paths or len(paths) > MAX_FILES:
        raise TableError(f"{len(paths)} tables were given; 1 to {MAX_FILES} can be read", "name them with --csv")
    if len(times) not in (1, 4):
        raise TableError(
            f"{len(times)} time columns were given: {', '.join(times)}",
            "name one column (ISO 8601 or unix seconds) or four: year, month, day, hour",
        )
    for name in channels:
        if not name or len(name.encode()) > MAX_CHANNEL_NAME:
            raise TableError(
                f"column name {name!r} does not fit a reading: 1 to {MAX_CHANNEL_NAME} bytes", "rename the column"
            )
        if name == device or name in times:
            raise TableError(f"column {name!r} is named both as measurement and as device or time")


class _Numbers(dict[str, int]):
    """Cell text -> millionths or a marker. Sensors repeat values: most cells are looked up, not parsed."""

    decimals = 0

    def __missing__(self, text: str) -> int:
        value, decimals = parse_number(text)
        self.decimals = max(self.decimals, decimals)
        if len(self) < _MEMO_ENTRIES:
            self[text] = value
        return value


class _Reader:
    """Turns chunks into integers as they come; keeps what is usable, notes the rest."""

    def __init__(self, channels: tuple[str, ...], log: ProblemLog) -> None:
        self.channels = channels
        self.log = log
        self.taken = 0
        self.devices: dict[str, int] = {}
        self.files: list[str] = []
        self.numbers = [_Numbers() for _ in channels]
        self.days: dict[tuple[str, str, str], int | None] = {}
        # Per chunk: rows (device, time, line, file) and values (channel).
        self.rows: list[NDArray[np.int64]] = []
        self.values: list[NDArray[np.int64]] = []

    def take(self, chunk: Chunk, time_columns: int) -> None:
        self.taken += len(chunk.lines)
        if self.taken > MAX_ROWS:
            raise TableError(f"the tables hold more than {MAX_ROWS} rows", "give fewer files at a time")
        if not self.files or self.files[-1] != chunk.file:
            self.files.append(chunk.file)
        split = 1 + time_columns
        columns = [map(memo.__getitem__, cells) for memo, cells in zip(self.numbers, chunk.cells[split:], strict=True)]
        values = np.column_stack([np.fromiter(column, np.int64, len(chunk.lines)) for column in columns])
        rows = np.empty((len(chunk.lines), 4), np.int64)
        rows[:, 0] = [self._device(name) for name in chunk.cells[0]]
        rows[:, 1] = self._times(chunk.cells[1:split])
        rows[:, 2] = chunk.lines
        rows[:, 3] = len(self.files) - 1
        keep = self._refuse(chunk, split, rows, values)
        values[values <= OVERSIZED] = MISSING
        self.rows.append(rows[keep])
        self.values.append(values[keep])

    def finish(self, target: str) -> tuple[tuple[Series, ...], tuple[ChannelSpec, ...]]:
        rows = np.concatenate(self.rows) if self.rows else np.empty((0, 4), np.int64)
        if not len(rows):
            shown = "; ".join(str(problem) for problem in self.log.listed[:3])
            raise TableError(f"none of {self.taken} rows can be used", shown or "the tables hold only a header")
        values = np.concatenate(self.values)
        specs = []
        for place, name in enumerate(self.channels):
            bound = LARGEST_TARGET if name == target else LARGEST_NUMBER * _MICRO
            specs.append(ChannelSpec(name, "", -self._scale(rows, values, place, bound)))
        order = np.lexsort((np.arange(len(rows)), rows[:, 1], rows[:, 0]))
        repeated = np.zeros(len(rows), bool)
        repeated[order[1:]] = (rows[order[1:], :2] == rows[order[:-1], :2]).all(axis=1)
        for place in np.flatnonzero(repeated).tolist():
            moment = datetime.fromtimestamp(int(rows[place, 1]), UTC).isoformat()
            self._note(Problem.REPEATED_TIME, rows[place], "", moment)
        order = order[~repeated[order]]
        series = []
        for name, device in sorted(self.devices.items()):
            mine = order[rows[order, 0] == device]
            if len(mine):
                columns = {channel: values[mine, place] for place, channel in enumerate(self.channels)}
                series.append(Series(name, None, None, rows[mine, 1], columns))
        return tuple(series), tuple(specs)

    def _device(self, text: str) -> int:
        name = text.strip()
        number = self.devices.get(name)
        if number is None:
            if name.lower() in _ABSENT or len(name) > MAX_DEVICE_NAME:
                return -1
            number = self.devices[name] = len(self.devices)
            if number >= MAX_DEVICES:
                raise TableError(
                    f"the device column has more than {MAX_DEVICES} different values",
                    "--device-column names the column that tells which device or station measured",
                )
        return number

    def _times(self, cells: list[list[str]]) -> list[int]:
        if len(cells) == 1:
            times = [parse_time(text) for text in cells[0]]
            return [-1 if time is None else time for time in times]
        found = []
        for *calendar, hour_text in zip(*cells, strict=True):
            year, month, day = calendar
            key = (year, month, day)
            if key not in self.days:
                self.days[key] = parse_day(year, month, day)
            start = self.days[key]
            hour = parse_whole(hour_text)
            if start is None or hour is None or hour > 23:
                found.append(-1)
                continue
            time = start * DAY_SECONDS + hour * SLOT_SECONDS
            found.append(time if 0 <= time < LAST_TIME else -1)
        return found

    def _refuse(
        self, chunk: Chunk, split: int, rows: NDArray[np.int64], values: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Which rows stay; notes why the others do not, and which cells of those that stay hold no number."""
        no_device = rows[:, 0] < 0
        no_time = ~no_device & (rows[:, 1] < 0)
        empty = ~no_device & ~no_time & (values == MISSING).all(axis=1)
        for place in np.flatnonzero(no_device).tolist():
            self._note(Problem.NO_DEVICE, rows[place], "", chunk.cells[0][place])
        for place in np.flatnonzero(no_time).tolist():
            text = "-".join(cells[place].strip() for cells in chunk.cells[1:split])
            self._note(Problem.BAD_TIME, rows[place], "", text)
        for place in np.flatnonzero(empty).tolist():
            self._note(Problem.NO_VALUES, rows[place])
        keep: NDArray[np.bool_] = ~(no_device | no_time | empty)
        for marker, reason in _CELL_PROBLEMS:
            for place, channel in np.argwhere((values == marker) & keep[:, None]).tolist():
                text = chunk.cells[split + channel][place]
                self._note(reason, rows[place], self.channels[channel], text)
        return keep

    def _scale(self, rows: NDArray[np.int64], values: NDArray[np.int64], place: int, bound: int) -> int:
        """Bring one channel from millionths to its own decimals, in place; returns those decimals."""
        column = values[:, place]
        measured = np.flatnonzero(column != MISSING)
        name = self.channels[place]
        if not len(measured):
            raise TableError(
                f"column {name!r} holds no usable number",
                next((str(p) for p in self.log.listed if p.column == name), "leave it out"),
            )
        decimals = self.numbers[place].decimals
        # A few wild cells must not cost all others their decimals: they are refused instead.
        usual = int(np.sort(np.abs(column[measured]))[(len(measured) - 1) * 999 // 1_000])
        while decimals and usual * 10**decimals > bound * _MICRO:
            decimals -= 1
        divisor = 10 ** (MAX_DECIMALS - decimals)
        scaled = (2 * column[measured] + divisor) // (2 * divisor)
        column[measured] = scaled
        for row in measured[np.abs(scaled) > bound].tolist():
            self._note(Problem.TOO_LARGE, rows[row], name, str(column[row]))
            column[row] = MISSING
        return decimals

    def _note(self, reason: Problem, row: NDArray[np.int64], column: str = "", text: str = "") -> None:
        self.log.note(reason, self.files[int(row[3])], int(row[2]), column, text)
