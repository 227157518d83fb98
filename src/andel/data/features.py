"""Readings become arrays of integers: feature codes of one byte, the last value, and the change to predict.

All arithmetic that touches measured values is on integers; the circular codes of hour and year come from a
sine, rounded so that no value lies on a tie, hence the same integers on every machine. Scaling is public
constants in the feature specs, never the data's own extremes. A reading that lacks a value which a feature
needs asks no question: it makes no row, and nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import numpy.typing as npt

from andel.device.reading import SignedReading
from andel.errors import InputError, PlanError
from andel.units import DAY_SECONDS

FeatureKind = Literal["channel", "hour-sin", "hour-cos", "year-sin", "year-cos"]
IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.uint8]

MISSING: Final = int(np.iinfo(np.int64).min)
"""Stands in a column where a reading has no value."""

DEFAULT_EXPONENT: Final = -2
MAX_TARGET: Final = 2**31 - 1
"""Largest absolute target value; a packed question carries the last value as int32."""

_MAX_LIMIT = 2**53
_MAX_HARMONIC = 24
_MAX_AMPLITUDE = 126
_MAX_EXPONENT = 18


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One input of a model.

    channel: code = (v - low) * 255 // (high - low), clipped to 0..255, of the channel's value v in steps of
    10**exponent. hour-*, year-*: sine or cosine of UTC time of day or of the day of the year, `harmonic`
    periods each, with 1 at code 128 + `high` and -1 at 128 - `high` (45 gives the codes a standard deviation
    of 1.0 in the network's units). Raises PlanError for a spec that means nothing.
    """

    name: str
    kind: FeatureKind
    channel: str = ""
    low: int = 0
    high: int = 0
    harmonic: int = 0
    exponent: int = DEFAULT_EXPONENT

    def __post_init__(self) -> None:
        if self.kind not in get_args(FeatureKind):
            raise PlanError(f"feature {self.name!r} has an unknown kind {self.kind!r}")
        if self.kind == "channel" and not self.channel:
            raise PlanError(f"feature {self.name!r} names no channel")
        if self.kind == "channel" and not -_MAX_LIMIT <= self.low < self.high <= _MAX_LIMIT:
            raise PlanError(f"feature {self.name!r} has an empty range, {self.low} to {self.high}")
        if self.kind != "channel" and not 1 <= self.harmonic <= _MAX_HARMONIC:
            raise PlanError(f"feature {self.name!r} has harmonic {self.harmonic}, not 1 to {_MAX_HARMONIC}")
        if self.kind != "channel" and not 0 < self.high <= _MAX_AMPLITUDE:
            raise PlanError(f"feature {self.name!r} swings by {self.high} codes, not 1 to {_MAX_AMPLITUDE}")
        _check_exponent(self.exponent)


@dataclass(frozen=True, slots=True)
class RowSet:
    """Rows to train on or to score, sorted by device and time.

    codes (n, d) uint8; base (n,) the target's last value and change (n,) what it changes by until the
    horizon, in steps of the target's exponent; timestamps (n,) unix seconds of the last value; devices (n,)
    index into the sorted addresses of the devices given; weeks (n,) year * 100 + week, week 1 beginning on 1
    January.
    """

    codes: CodeArray
    base: IntArray
    change: IntArray
    timestamps: IntArray
    devices: IntArray
    weeks: IntArray


def build_rows(
    readings: Iterable[SignedReading],
    features: Sequence[FeatureSpec],
    target_channel: str,
    horizon_seconds: int,
    target_exponent: int = DEFAULT_EXPONENT,
) -> RowSet:
    """The rows of `readings`: pairs of one device exactly `horizon_seconds` apart, inside one week.

    Both readings need the target channel, the first also every channel of the features. The result does not
    depend on the readings' order; of two readings of one device and time the one with the smaller bytes
    counts.
    """
    if horizon_seconds <= 0:
        raise PlanError(f"the horizon is {horizon_seconds} seconds; it lies in the future")
    _check_exponent(target_exponent)
    ordered = sorted(readings, key=lambda reading: (reading.device, reading.timestamp, reading.raw))
    positions: dict[tuple[str, int], int] = {}
    for index, reading in enumerate(ordered):
        positions.setdefault((reading.device, reading.timestamp), index)
    later = np.array(
        [
            positions.get((reading.device, reading.timestamp + horizon_seconds), -1)
            if positions[reading.device, reading.timestamp] == index
            else -1
            for index, reading in enumerate(ordered)
        ],
        dtype=np.int64,
    )
    wanted = {(f.channel, f.exponent) for f in features if f.channel} | {(target_channel, target_exponent)}
    columns = _columns(ordered, wanted)
    timestamps = np.array([reading.timestamp for reading in ordered], dtype=np.int64)
    weeks = week_of(timestamps)
    target = columns[target_channel, target_exponent]
    usable = np.abs(np.maximum(target, -MAX_TARGET - 1)) <= MAX_TARGET
    whole = np.ones(len(ordered), dtype=bool)
    for column in columns.values():
        whole &= column != MISSING
    chosen = np.flatnonzero((later >= 0) & whole & usable & usable[later] & (weeks == weeks[later]))
    numbers = {device: number for number, device in enumerate(sorted({r.device for r in ordered}))}
    devices = np.array([numbers[reading.device] for reading in ordered], dtype=np.int64)
    chosen_columns = {key: column[chosen] for key, column in columns.items()}
    return RowSet(
        codes=_codes(chosen_columns, timestamps[chosen], features),
        base=target[chosen],
        change=target[later[chosen]] - target[chosen],
        timestamps=timestamps[chosen],
        devices=devices[chosen],
        weeks=weeks[chosen],
    )


def codes_of(values: Mapping[str, int], timestamp: int, features: Sequence[FeatureSpec]) -> CodeArray:
    """The codes (d,) of one question: channel values, in steps of each feature's exponent, at `timestamp`.

    Raises InputError naming the channels that are missing or no int64.
    """
    wanted = {f.channel for f in features if f.channel}
    if missing := sorted(wanted - set(values)):
        raise InputError(f"the question lacks {', '.join(missing)}", "every input of the model is needed")
    if wrong := sorted(channel for channel in wanted if _bounded(values[channel]) == MISSING):
        raise InputError(f"the question's {', '.join(wrong)} does not fit 64 bits")
    columns = {(f.channel, f.exponent): np.array([values[f.channel]], dtype=np.int64) for f in features if f.channel}
    codes: CodeArray = _codes(columns, np.array([timestamp], dtype=np.int64), features)[0]
    return codes


def week_of(timestamps: IntArray) -> IntArray:
    """year * 100 + week (n,) of unix seconds: UTC, week = (day of the year - 1) // 7 + 1."""
    days = timestamps // DAY_SECONDS
    year, year_start = _year_of(days)
    weeks: IntArray = year * 100 + (days - year_start) // 7 + 1
    return weeks


def _columns(readings: Sequence[SignedReading], wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], IntArray]:
    columns: dict[tuple[str, int], list[int]] = {key: [MISSING] * len(readings) for key in wanted}
    by_channel: dict[str, list[tuple[int, list[int]]]] = {}
    for (channel, exponent), column in columns.items():
        by_channel.setdefault(channel, []).append((exponent, column))
    for index, reading in enumerate(readings):
        for measurement in reading.measurements:
            for exponent, column in by_channel.get(measurement.channel, ()):
                same = measurement.exponent == exponent
                value = measurement.value if same else measurement.scaled_down(exponent)
                column[index] = _bounded(value)
    return {key: np.array(column, dtype=np.int64) for key, column in columns.items()}


def _codes(
    columns: Mapping[tuple[str, int], IntArray], timestamps: IntArray, features: Sequence[FeatureSpec]
) -> CodeArray:
    codes = np.empty((len(timestamps), len(features)), dtype=np.uint8)
    for index, feature in enumerate(features):
        if feature.kind == "channel":
            above = np.clip(columns[feature.channel, feature.exponent], feature.low, feature.high) - feature.low
            codes[:, index] = above * 255 // (feature.high - feature.low)
        else:
            codes[:, index] = _circular(feature, timestamps)
    return codes


def _circular(feature: FeatureSpec, timestamps: IntArray) -> npt.NDArray[Any]:
    if feature.kind.startswith("hour"):
        part, whole = timestamps % DAY_SECONDS, DAY_SECONDS
    else:
        days = timestamps // DAY_SECONDS
        part, whole = (days - _year_of(days)[1]) * 4, 1_461  # a year of 365.25 days
    angle = 2 * np.pi * (part * feature.harmonic % whole) / whole
    wave = np.sin(angle) if feature.kind.endswith("sin") else np.cos(angle)
    # a sine of a rational angle is rational only at 0, 1/2 and 1 (Niven), so with the quarter added no
    # multiple of it is ever an integer, and the last bit of the sine never decides
    return np.floor(128 + feature.high * wave + 0.25)


def _year_of(days: IntArray) -> tuple[IntArray, IntArray]:
    years = days.astype("datetime64[D]").astype("datetime64[Y]")
    starts = years.astype("datetime64[D]").astype(np.int64)
    return years.astype(np.int64) + 1970, starts


def _bounded(value: int) -> int:
    return value if -(2**63) < value < 2**63 else MISSING


def _check_exponent(exponent: int) -> None:
    if not -_MAX_EXPONENT <= exponent <= _MAX_EXPONENT:
        raise PlanError(f"exponent {exponent} is not within -{_MAX_EXPONENT} to {_MAX_EXPONENT}")
