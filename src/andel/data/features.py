"""Readings become arrays of integers: feature codes of one byte, the last value, and the change to predict.

All arithmetic that touches measured values is on integers; the circular codes of hour and year come from a
sine, rounded so that no value lies on a tie, hence the same integers on every machine. Scaling is public
constants in the feature specs, never the data's own extremes. A reading that lacks a value which a feature
needs, its own or one of its device's before, asks no question: it makes no row, and nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.data.feature_spec import DEFAULT_EXPONENT, check_exponent, value_name, values_of
from andel.data.feature_spec import FeatureKind as FeatureKind  # given on with the specs: rows are made of them
from andel.data.feature_spec import FeatureSpec as FeatureSpec
from andel.device.reading import SignedReading
from andel.errors import InputError, PlanError
from andel.units import DAY_SECONDS

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.uint8]

MISSING: Final = int(np.iinfo(np.int64).min)
"""Stands in a column where a reading has no value."""

MAX_TARGET: Final = 2**31 - 1
"""Largest absolute target value; a packed question carries the last value as int32."""

_HELD: Final = 2**54
"""Where values are held before they are added or subtracted, so that sums of them fit int64; no range reaches it."""


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

    Both readings need the target channel, the first also every channel of the features; what features look back at
    stands in readings of the same device exactly so many seconds before, inside the same week. Whoever has the same
    readings has the same rows: a look back may pass midnight, where both days are among them. The result does not
    depend on the readings' order; of two readings of one device and time the one with the smaller bytes
    counts.
    """
    if horizon_seconds <= 0:
        raise PlanError(f"the horizon is {horizon_seconds} seconds; it lies in the future")
    check_exponent(target_exponent)
    ordered = sorted(readings, key=lambda reading: (reading.device, reading.timestamp, reading.raw))
    positions: dict[tuple[str, int], int] = {}
    for index, reading in enumerate(ordered):
        positions.setdefault((reading.device, reading.timestamp), index)
    first = np.array([positions[r.device, r.timestamp] == i for i, r in enumerate(ordered)], dtype=bool)
    timestamps = np.array([reading.timestamp for reading in ordered], dtype=np.int64)
    weeks = week_of(timestamps)

    def apart(seconds: int) -> IntArray:
        """Of each reading, the one of its device so many seconds on in the same week; -1 where there is none."""
        found = (positions.get((reading.device, reading.timestamp + seconds), -1) for reading in ordered)
        index = np.fromiter(found, np.int64, len(ordered))
        return np.where((index >= 0) & (weeks[index] == weeks), index, -1)

    later = apart(horizon_seconds)
    wanted = {(f.channel, f.exponent) for f in features if f.is_measured} | {(target_channel, target_exponent)}
    present = _columns(ordered, wanted)
    columns = _looked_back(present, features, {back: apart(-back) for f in features for back in f.moments if back})
    target = present[target_channel, target_exponent]
    usable = np.abs(np.maximum(target, -MAX_TARGET - 1)) <= MAX_TARGET
    whole = first
    for column in (*present.values(), *columns.values()):
        whole = whole & (column != MISSING)
    chosen = np.flatnonzero((later >= 0) & whole & usable & usable[later])
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
    """The codes (d,) of one question at `timestamp`: its values by name, in steps of each feature's exponent.

    Raises InputError naming the values that are missing or no int64.
    """
    wanted = values_of(features)
    if missing := [name for name in wanted if name not in values]:
        raise InputError(f"the question lacks {', '.join(missing)}", "every input of the model is needed")
    if wrong := [name for name in wanted if _bounded(values[name]) == MISSING]:
        raise InputError(f"the question's {', '.join(wrong)} does not fit 64 bits")
    columns = {(name, f.exponent): np.array([values[name]], dtype=np.int64) for f in features for name in f.values}
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


def _looked_back(
    present: Mapping[tuple[str, int], IntArray], features: Sequence[FeatureSpec], before: Mapping[int, IntArray]
) -> dict[tuple[str, int], IntArray]:
    """The column of every value that the features look at; `before` holds by seconds the places of earlier readings."""
    columns = {}
    for feature in features:
        for back in feature.moments:
            now = present[feature.channel, feature.exponent]
            then = np.where(before[back] >= 0, now[before[back]], MISSING) if back else now
            columns[value_name(feature.channel, back), feature.exponent] = then
    return columns


def _codes(
    columns: Mapping[tuple[str, int], IntArray], timestamps: IntArray, features: Sequence[FeatureSpec]
) -> CodeArray:
    codes = np.empty((len(timestamps), len(features)), dtype=np.uint8)
    for index, feature in enumerate(features):
        if feature.is_measured:
            above = np.clip(_measured(columns, feature), feature.low, feature.high) - feature.low
            codes[:, index] = above * 255 // (feature.high - feature.low)
        else:
            codes[:, index] = _circular(feature, timestamps)
    return codes


def _measured(columns: Mapping[tuple[str, int], IntArray], feature: FeatureSpec) -> IntArray:
    """What the feature makes of the values it looks at, in steps of its exponent."""
    values = [columns[name, feature.exponent] for name in feature.values]
    if len(values) == 1:
        return values[0]
    held = [value.clip(-_HELD, _HELD) for value in values]
    made: IntArray = held[0] - held[1] if feature.kind == "difference" else np.sum(held, axis=0) // len(held)
    return made


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
