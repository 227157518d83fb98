"""The air-quality index: steps as the standards have them, values between stations, and stations read from files."""

from __future__ import annotations

import gzip
import math
import shlex

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError, SettingsError
from andel.simulation.series import MISSING
from examples.air_quality.__main__ import build_parser
from examples.air_quality.answering import Spread, values_at
from examples.air_quality.between import (
    EARTH_KM,
    POWERS,
    brought_to,
    check_place,
    distance_km,
    leave_one_out,
    weights_at,
)
from examples.air_quality.index import STANDARDS, TOP, bands_between, index_of, standard_of
from examples.air_quality.stations import PLACES, between_days, read_stations, relative_humidity

HEADER = '"No","year","month","day","hour","PM2.5","TEMP","PRES","DEWP","WSPM","station"\n'


@pytest.mark.parametrize(
    ("standard", "micrograms", "index", "band"),
    [
        # the ends of HJ 633-2012's segments, and a step beyond them
        ("hj633", 0, 0, "excellent"),
        ("hj633", 35, 50, "excellent"),
        ("hj633", 35.1, 51, "good"),
        ("hj633", 75, 100, "good"),
        ("hj633", 115, 150, "lightly polluted"),
        ("hj633", 150, 200, "moderately polluted"),
        ("hj633", 151, 201, "heavily polluted"),
        ("hj633", 250, 300, "heavily polluted"),
        ("hj633", 350, 400, "severely polluted"),
        ("hj633", 500, 500, "severely polluted"),
        ("hj633", 900, 500, "severely polluted"),
        ("hj633", -3, 0, "excellent"),
        # the table of EPA-454/B-24-002, and its worked way of rounding
        ("epa2024", 9.0, 50, "good"),
        ("epa2024", 9.09, 50, "good"),
        ("epa2024", 9.1, 51, "moderate"),
        ("epa2024", 35.4, 100, "moderate"),
        ("epa2024", 35.9, 102, "unhealthy for sensitive groups"),
        ("epa2024", 55.4, 150, "unhealthy for sensitive groups"),
        ("epa2024", 125.4, 200, "unhealthy"),
        ("epa2024", 225.4, 300, "very unhealthy"),
        ("epa2024", 225.5, 301, "hazardous"),
        ("epa2024", 325.4, 500, "hazardous"),
    ],
)
def test_the_index_is_the_standards(standard, micrograms, index, band):
    found = index_of(micrograms, standard_of(standard))
    assert (found.value, found.band) == (index, band)


@given(st.sampled_from(sorted(STANDARDS)), st.floats(-50, 1_000), st.floats(-50, 1_000))
def test_more_dust_is_never_a_lower_index(name, one, other):
    low, high = sorted((one, other))
    standard = standard_of(name)
    first, second = index_of(low, standard), index_of(high, standard)
    assert 0 <= first.value <= second.value <= TOP
    assert first.band in bands_between(first, second, standard)


def test_what_is_no_concentration_or_standard_is_told():
    with pytest.raises(InputError):
        index_of(math.nan, standard_of("hj633"))
    with pytest.raises(InputError, match="no standard"):
        standard_of("who")


SQUARE = ((40.0, 116.0), (40.0, 116.2), (40.2, 116.0), (40.2, 116.2))


def test_a_quarter_of_the_earth_is_as_far_as_it_is():
    assert distance_km((0, 0), (0, 90)) == pytest.approx(EARTH_KM * math.pi / 2)
    assert distance_km(PLACES["Huairou"], PLACES["Wanshouxigong"]) == pytest.approx(63.1, abs=0.5)


@pytest.mark.parametrize("power", POWERS)
def test_weights_add_up_and_at_a_station_only_it_counts(power):
    assert weights_at((40.05, 116.1), SQUARE, power).sum() == pytest.approx(1)
    assert weights_at(SQUARE[2], SQUARE, power).tolist() == [0, 0, 1, 0]


@given(st.floats(40.0, 40.2), st.floats(116.0, 116.2), st.lists(st.floats(0, 500), min_size=4, max_size=4))
def test_between_stations_nothing_is_beyond_what_they_say(north, east, values):
    for power in POWERS:
        value = float(weights_at((north, east), SQUARE, power) @ np.array(values))
        assert min(values) - 1e-9 <= value <= max(values) + 1e-9


@pytest.mark.parametrize("place", [(41.0, 116.1), (40.1, 117.0), (math.nan, 116), (95, 116), (40.1, 400)])
def test_a_place_that_is_not_among_the_stations_is_told(place):
    with pytest.raises(InputError):
        check_place(place, SQUARE)


def test_leaving_one_out_finds_the_way_that_fits_and_counts_what_is_there():
    random = np.random.default_rng(1)
    level = random.normal(100, 30, 400)
    forecast = np.column_stack([level + random.normal(0, 10, 400) for _ in SQUARE])
    truth = np.column_stack([level for _ in SQUARE])
    found = leave_one_out(SQUARE, forecast, truth, truth - 20)
    assert found.best == 0.0, "stations that differ by noise alone are best averaged"
    assert found.mae[0.0] < found.mae[math.inf]
    assert found.rows == 1_600
    assert [found.persistence, found.still] == pytest.approx([20, 20])
    forecast[:100, 0] = np.nan
    truth[100:150, 1] = np.nan
    assert leave_one_out(SQUARE, forecast, truth, truth).rows == 1_600 - 100 - 50
    with pytest.raises(InputError):
        leave_one_out(SQUARE, np.full((3, 4), np.nan), truth[:3], truth[:3])


def test_the_nearest_station_is_the_nearest_that_says_something():
    values = np.array([[np.nan, 2.0, 3.0, 4.0], [np.nan, np.nan, np.nan, 4.0], [np.nan] * 4])
    near = brought_to(0, ((40.0, 116.0), (40.0, 116.1), (40.2, 116.2), (40.3, 116.3)), values, math.inf)
    assert near[:2].tolist() == [2.0, 4.0]
    assert np.isnan(near[2])


def test_bounds_are_those_of_the_forecasts_own_part():
    spread = Spread((35.0, 150.0), (-5.0, -20.0, -90.0), (10.0, 40.0, 60.0))
    assert spread.around(10.0) == (5.0, 20.0)
    assert spread.around(35.0) == (15.0, 75.0)
    assert spread.around(200.0) == (110.0, 260.0)


def test_humidity_is_all_at_the_dew_point_and_falls_as_it_warms():
    found = relative_humidity(np.array([10.0, 20.0, 25.0]), np.array([10.0, 10.0, 15.0]))
    assert found == pytest.approx([100, 52.5, 53.8], abs=0.2)  # psychrometric tables


def test_stations_are_read_in_the_steps_that_devices_sign(tmp_path):
    rows = "".join(
        f'{hour},2017,2,1,{hour},{dust},-4.1,1023.2,-18.25,1.7,"Tiantan"\n'
        for hour, dust in enumerate(["12", "NA", "7.5"])
    )
    (tmp_path / "PRSA_Data_Tiantan_20130301-20170228.csv.gz").write_bytes(gzip.compress((HEADER + rows).encode()))
    (series,) = read_stations(tmp_path).series
    assert (series.latitude, series.longitude) == (398_745_000, 1_164_340_000)
    assert series.values["pm2_5"].tolist() == [120, MISSING, 75]
    assert {name: int(column[0]) for name, column in series.values.items()} == {
        "pm2_5": 120,
        "temperature": -410,
        "humidity": int(series.values["humidity"][0]),
        "pressure": 102_320,
        "wind": 17,
    }
    assert 3_000 < series.values["humidity"][0] < 3_500
    exponents = {"pm2_5": -1, "temperature": -2}
    hour = int(series.timestamps[0])
    assert values_at(series, exponents, ("pm2_5", "temperature"), hour) == {"pm2_5": "120e-1", "temperature": "-410e-2"}
    assert values_at(series, exponents, ("pm2_5",), hour + 3_600) is None, "nothing was measured"
    assert values_at(series, exponents, ("pm2_5@-3600",), hour) is None, "nor before the first hour"
    assert values_at(series, exponents, ("pm2_5@-7200",), hour + 7_200) == {"pm2_5@-7200": "120e-1"}


def test_a_folder_without_stations_or_with_an_unknown_one_is_told(tmp_path):
    with pytest.raises(SettingsError, match="has no file"):
        read_stations(tmp_path)
    (tmp_path / "PRSA_Data_Nowhere.csv").write_text(HEADER + '1,2017,2,1,0,12,-4,1023,-18,1.7,"Nowhere"\n')
    with pytest.raises(SettingsError, match="Nowhere stands"):
        read_stations(tmp_path)


def test_the_published_stations_are_read_whole(beijing):
    assert {series.site for series in beijing.series} <= PLACES.keys()
    for series in beijing.series:
        assert len(series) == 35_064
        for name, column in series.values.items():
            assert (column == MISSING).mean() < 0.05, name
    with pytest.raises(SettingsError, match="measured nothing"):
        between_days(beijing, 1, 2)


def test_the_commands_in_the_pages_are_commands(repo_root):
    calls = [
        shlex.split(line)[3:]
        for page in ("README.md", "examples/air_quality/README.md")
        for line in (repo_root / page).read_text("utf-8").splitlines()
        if line.startswith(".venv/bin/python -m examples.air_quality ")
    ]
    assert {call[0] for call in calls} == {"run", "ask", "map", "page", "cover"}
    for call in calls:
        options = build_parser().parse_args(call[: call.index(">")] if ">" in call else call)
        assert str(options.data) == "PRSA_Data_20130301-20170228"
