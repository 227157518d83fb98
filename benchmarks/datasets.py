"""The real data of benchmarks, each read once a process: New York's weather, and Beijing's air where its files lie.

The UCI files of Beijing's stations lie beside the checkout, in `shared/data/beijing`, or are not there.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from andel.errors import SettingsError
from andel.simulation.scenario import TableChoice
from andel.simulation.series import Dataset
from andel.simulation.tables import read_tables
from andel.simulation.weather import find_weather_folder, read_weather

BEIJING_CHOICE = TableChoice(("PM2.5", "TEMP", "PRES", "DEWP", "WSPM"), "PM2.5", 6, 3, dishonest=False)
"""PM2.5 six hours ahead, three owners at each station."""

_BEIJING = Path(__file__).resolve().parents[2] / "shared" / "data" / "beijing"


def beijing_files() -> list[Path]:
    """The stations' files; none where they are not here."""
    return sorted(_BEIJING.glob("*.csv.gz"))


@cache
def beijing() -> Dataset:
    """All stations. Raises SettingsError where the files are not here."""
    files = beijing_files()
    if not files:
        raise SettingsError("no Beijing station files lie beside the checkout")
    columns = ("year", "month", "day", "hour")
    return read_tables(files, "station", columns, BEIJING_CHOICE.features, BEIJING_CHOICE.target)


@cache
def new_york() -> Dataset:
    """The weather of the three airports. Raises SettingsError where it is not installed."""
    return read_weather(find_weather_folder())
