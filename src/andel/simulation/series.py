"""Measured series, as integers: what tables give and what simulated devices replay.

Takes nothing from disk. Gives `Dataset`: per site one rising series of times with integer values per channel,
and an account of every row and cell that could not be used.
Never holds a float: a value is an integer in units of 10**exponent, and what was not measured is `MISSING`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

MISSING: Final = int(np.iinfo(np.int64).min)
"""Stands in a series where a channel has no value at that time."""

LISTED_PER_REASON: Final = 25
"""Problems of one reason that are listed; all of them are counted."""

_SHOWN_CHARACTERS: Final = 40


class Problem(StrEnum):
    """Why a row, or one cell of it, could not be used."""

    MISSING_VALUE = "missing value"
    NOT_A_NUMBER = "not a number"
    TOO_LARGE = "number too large"
    WRONG_CELLS = "row has another number of cells than the header"
    BAD_TIME = "not a time"
    NO_DEVICE = "no device"
    NO_VALUES = "row has no value"
    REPEATED_TIME = "device and time seen before"


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """One measured quantity; a stored integer v means v * 10**exponent `unit` (unit "" = not known)."""

    name: str
    unit: str
    exponent: int


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One row or cell that was refused: where it stands, why, and the text found there (shortened)."""

    file: str
    line: int
    column: str
    reason: Problem
    text: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" + (f" {self.column}" if self.column else "")
        return f"{place}: {self.reason}" + (f" ({self.text!r})" if self.text else "")


@dataclass(frozen=True, slots=True)
class Series:
    """What one site measured. Times are unix seconds, strictly rising; position in 1e-7 degrees or None."""

    site: str
    latitude: int | None
    longitude: int | None
    timestamps: NDArray[np.int64]
    values: Mapping[str, NDArray[np.int64]]

    def __len__(self) -> int:
        return len(self.timestamps)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Series of one source with the channels they share, in rising order of site names.

    `rows` counts the rows read, `problems` lists the first refusals of each reason, `problem_counts` counts them
    all; `source` says where the data comes from and under which licence.
    """

    series: tuple[Series, ...]
    channels: tuple[ChannelSpec, ...]
    rows: int
    problems: tuple[RowProblem, ...]
    problem_counts: Mapping[Problem, int]
    source: str

    def channel(self, name: str) -> ChannelSpec:
        """The channel called `name`; KeyError if the dataset has none."""
        for channel in self.channels:
            if channel.name == name:
                return channel
        raise KeyError(name)


@dataclass(slots=True)
class ProblemLog:
    """Collects refusals while a table is read; its memory does not grow with the number of bad rows."""

    listed: list[RowProblem] = field(default_factory=list)
    counts: dict[Problem, int] = field(default_factory=dict)

    def note(self, reason: Problem, file: str, line: int, column: str = "", text: str = "") -> None:
        """Count one refusal and list it while few of its reason are listed."""
        seen = self.counts.get(reason, 0)
        self.counts[reason] = seen + 1
        if seen < LISTED_PER_REASON:
            shown = text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
            self.listed.append(RowProblem(file, line, column, reason, shown))
