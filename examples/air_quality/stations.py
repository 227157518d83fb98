"""The stations: where they stand, and what they measured, as integers that devices sign.

Takes the folder with the files of the UCI data set "Beijing Multi-Site Air Quality" (Chen, S., 2017; CC BY 4.0;
doi 10.24432/C5RK5G), plain or gzip. Gives a `Dataset` in channels that a Pebble has as well, with positions. The files'
clock (Beijing's, without an offset) is kept as it is, so that a day is a Beijing day. Never guesses a missing value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from andel.errors import SettingsError
from andel.simulation.series import MISSING, ChannelSpec, Dataset, Series
from andel.simulation.tables import read_tables
from andel.units import DAY_SECONDS

SOURCE: Final = "Beijing Multi-Site Air Quality, UCI Machine Learning Repository (Chen, S., 2017), CC BY 4.0"
FILES: Final = "PRSA_Data_*.csv*"

PLACES: Final[Mapping[str, tuple[float, float]]] = {
    "Aotizhongxin": (40.0031, 116.4070),
    "Changping": (40.1952, 116.2300),
    "Dingling": (40.2865, 116.1700),
    "Dongsi": (39.9522, 116.4340),
    "Guanyuan": (39.9425, 116.3610),
    "Gucheng": (39.9279, 116.2250),
    "Huairou": (40.3937, 116.6440),
    "Nongzhanguan": (39.9716, 116.4730),
    "Shunyi": (40.1438, 116.7200),
    "Tiantan": (39.8745, 116.4340),
    "Wanliu": (39.9934, 116.3150),
    "Wanshouxigong": (39.8673, 116.3660),
}
"""North and east in degrees, by name. The data set has none: these are the positions of China's national control
stations
1001A to 1012A, as the national monitoring centre (CNEMC) lists them."""

CHANNELS: Final = (
    ChannelSpec("pm2_5", "ug/m3", -1),
    ChannelSpec("temperature", "degC", -2),
    ChannelSpec("humidity", "%", -2),
    ChannelSpec("pressure", "hPa", -2),
    ChannelSpec("wind", "m/s", -1),
)
"""What a station signs; temperature, humidity and pressure as Pebbles do."""

_COLUMNS: Final = {"pm2_5": "PM2.5", "temperature": "TEMP", "pressure": "PRES", "wind": "WSPM"}
_DEW_POINT: Final = "DEWP"


def read_stations(folder: Path) -> Dataset:
    """All stations of which the folder has a file. Raises SettingsError where it has none, or one of an unknown place;
    TableError for a file that is no table.
    """
    files = sorted(folder.glob(FILES)) if folder.is_dir() else []
    if not files:
        raise SettingsError(
            f"{folder} has no file {FILES}", "download and unpack the data set as examples/air_quality/README.md says"
        )
    columns = (*_COLUMNS.values(), _DEW_POINT)
    table = read_tables(files, "station", ("year", "month", "day", "hour"), columns, _COLUMNS["pm2_5"])
    unknown = [series.site for series in table.series if series.site not in PLACES]
    if unknown:
        raise SettingsError(f"it is not known where {unknown[0]} stands", "add it to PLACES in stations.py")
    read = {spec.name: spec.exponent for spec in table.channels}
    series = tuple(_station(each, read) for each in table.series)
    return Dataset(series, CHANNELS, table.rows, table.problems, table.problem_counts, SOURCE)


def between_days(dataset: Dataset, first: int, last: int) -> Dataset:
    """What was measured on these days (since 1970, both included). Raises SettingsError for a station without any."""
    cut = []
    for series in dataset.series:
        days = series.timestamps // DAY_SECONDS
        inside = (days >= first) & (days <= last)
        if not inside.any():
            raise SettingsError(f"{series.site} measured nothing from day {first} to {last}", "choose other days")
        values = {name: column[inside] for name, column in series.values.items()}
        cut.append(replace(series, timestamps=series.timestamps[inside], values=values))
    return replace(dataset, series=tuple(cut))


def last_day(dataset: Dataset) -> int:
    """The last day on which any station measured."""
    return max(int(series.timestamps[-1]) for series in dataset.series) // DAY_SECONDS


def last_hour(dataset: Dataset) -> int:
    """The last time at which any station measured, unix seconds."""
    return max(int(series.timestamps[-1]) for series in dataset.series)


def place_of(series: Series) -> tuple[float, float]:
    """North and east in degrees."""
    return PLACES[series.site]


def relative_humidity(temperature: NDArray[np.float64], dew_point: NDArray[np.float64]) -> NDArray[np.float64]:
    """Percent, of degrees Celsius: Magnus' formula with the constants of Alduchov and Eskridge (1996), 0.4 % exact."""
    a, b = 17.625, 243.04
    return 100 * np.exp(a * dew_point / (b + dew_point) - a * temperature / (b + temperature))


def _station(series: Series, exponents: Mapping[str, int]) -> Series:
    north, east = PLACES[series.site]
    values = {
        spec.name: _scaled(series.values[_COLUMNS[spec.name]], exponents[_COLUMNS[spec.name]], spec.exponent)
        for spec in CHANNELS
        if spec.name in _COLUMNS
    }
    values["humidity"] = _humidity(values["temperature"], series.values[_DEW_POINT], exponents[_DEW_POINT])
    return replace(series, latitude=_degrees(north), longitude=_degrees(east), values=values)


def _scaled(column: NDArray[np.int64], exponent: int, wanted: int) -> NDArray[np.int64]:
    """In steps of another power of ten, halves to even; what is missing stays so."""
    known = column != MISSING
    steps = np.rint(np.where(known, column, 0) * 10.0 ** (exponent - wanted)).astype(np.int64)
    return np.where(known, steps, MISSING)


def _humidity(temperature: NDArray[np.int64], dew_point: NDArray[np.int64], exponent: int) -> NDArray[np.int64]:
    known = (temperature != MISSING) & (dew_point != MISSING)
    percent = relative_humidity(
        np.where(known, temperature, 0) / 100, np.where(known, dew_point, 0) * 10.0**exponent
    ).clip(0, 100)
    return np.where(known, np.rint(percent * 100).astype(np.int64), MISSING)


def _degrees(value: float) -> int:
    return math.floor(value * 1e7 + 0.5)
