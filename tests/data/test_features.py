"""Features: the same integers everywhere, whatever the order of the readings."""

import datetime
import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.data.features import MAX_TARGET, FeatureKind, FeatureSpec, build_rows, codes_of, week_of
from andel.device.reading import Measurement, SignedReading
from andel.errors import InputError, PlanError
from andel.units import Address, Digest
from tests.device.actors import NOON, Pebble

CIRCULAR: tuple[FeatureKind, ...] = ("hour-sin", "hour-cos", "year-sin", "year-cos")
TEMPERATURE = FeatureSpec("temperature", "channel", "temperature", -2_000, 4_000)
HUMIDITY = FeatureSpec("humidity", "channel", "humidity", 0, 10_000)
HOUR = tuple(FeatureSpec(kind, kind, high=126, harmonic=1) for kind in CIRCULAR[:2])
YEAR = tuple(FeatureSpec(kind, kind, high=45, harmonic=1) for kind in CIRCULAR[2:])
FEATURES = (TEMPERATURE, HUMIDITY, *HOUR, *YEAR)
HORIZON = 3 * 3_600


def reading(device, timestamp, exponent=-2, **values):
    measurements = tuple(Measurement(name, value, exponent, "") for name, value in values.items())
    return SignedReading(Address(device), timestamp, measurements, repr(values).encode(), Digest(bytes(32)), "envelope")


def utc(timestamp):
    return datetime.datetime.fromtimestamp(timestamp, datetime.UTC)


def test_a_row_is_two_readings_of_one_device_one_horizon_apart():
    rows = build_rows(
        [
            reading("b", NOON, temperature=100, humidity=50),
            reading("b", NOON + HORIZON, temperature=-50),
            reading("a", NOON, temperature=7, humidity=1),
            reading("a", NOON + HORIZON + 1, temperature=7),
        ],
        FEATURES,
        "temperature",
        HORIZON,
    )
    assert rows.base.tolist() == [100]
    assert rows.change.tolist() == [-150]
    assert rows.timestamps.tolist() == [NOON]
    assert rows.devices.tolist() == [1]
    assert rows.weeks.tolist() == [201301]
    assert rows.codes.tolist() == [[2_100 * 255 // 6_000, 50 * 255 // 10_000, 128, 2, 128, 173]]
    assert rows.codes.dtype == np.uint8


def test_real_packets_become_rows():
    pebble = Pebble()
    readings = [pebble.read(pebble.packet(NOON + hour * 3_600, temperature=hour)) for hour in range(6)]
    rows = build_rows(readings, (TEMPERATURE,), "temperature", HORIZON)
    assert rows.base.tolist() == [0, 1, 2]
    assert rows.change.tolist() == [3, 3, 3]


@settings(max_examples=30)
@given(st.randoms(use_true_random=False))
def test_the_order_of_readings_changes_nothing(shuffler: random.Random):
    readings = [
        reading(d, NOON + h * 3_600, temperature=h * len(d), humidity=h) for d in ("a", "bb", "c") for h in range(12)
    ]
    readings.append(reading("a", NOON, temperature=99, humidity=0))  # one time twice
    expected = build_rows(sorted(readings, key=repr), FEATURES, "temperature", HORIZON)
    shuffled = list(readings)
    shuffler.shuffle(shuffled)
    rows = build_rows(shuffled, FEATURES, "temperature", HORIZON)
    for name in ("codes", "base", "change", "timestamps", "devices", "weeks"):
        assert np.array_equal(getattr(rows, name), getattr(expected, name)), name


def test_one_time_twice_gives_one_row():
    twice = [reading("a", NOON, temperature=1), reading("a", NOON, temperature=1)]
    rows = build_rows([*twice, reading("a", NOON + HORIZON, temperature=3)], (), "temperature", HORIZON)
    assert rows.change.tolist() == [2]
    assert rows.codes.shape == (1, 0)


def test_a_row_does_not_cross_the_end_of_a_week():
    start = NOON - 12 * 3_600 + 7 * 86_400  # week 2 begins
    readings = [reading("a", start + hour * 3_600, temperature=hour) for hour in range(-4, 5)]
    rows = build_rows(readings, (), "temperature", HORIZON)
    assert rows.base.tolist() == [-4, 0, 1]
    assert rows.weeks.tolist() == [201301, 201302, 201302]


@pytest.mark.parametrize("value", [MAX_TARGET + 1, -MAX_TARGET - 1, 2**63 - 1, -(2**63), 10**40])
def test_a_target_that_no_question_can_carry_gives_no_row(value):
    for first, second in ((value, 1), (1, value)):
        pair = [reading("a", NOON, temperature=first), reading("a", NOON + HORIZON, temperature=second)]
        assert build_rows(pair, (), "temperature", HORIZON).base.shape == (0,)


def test_no_readings_give_empty_arrays():
    rows = build_rows([], FEATURES, "temperature", HORIZON)
    assert rows.codes.shape == (0, 6) and rows.base.dtype == np.int64


def test_a_reading_that_lacks_an_input_makes_no_row_and_nothing_is_filled_in():
    later = reading("a", NOON + HORIZON, temperature=1)
    for first in (reading("a", NOON, temperature=1), reading("a", NOON, temperature=1, humidity=2**63)):
        assert build_rows([first, later], (TEMPERATURE, HUMIDITY), "temperature", HORIZON).base.shape == (0,)
    whole = reading("a", NOON, temperature=1, humidity=0)
    assert build_rows([whole, later], (TEMPERATURE, HUMIDITY), "temperature", HORIZON).base.shape == (1,)


@pytest.mark.parametrize("values", [{}, {"temperature": 1}, {"temperature": 1, "humidity": 2**63}], ids=str)
def test_a_question_without_a_usable_input_is_refused_by_the_inputs_name(values):
    with pytest.raises(InputError, match="humidity"):
        codes_of(values, NOON, (TEMPERATURE, HUMIDITY))


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_a_channels_code_is_the_documented_quotient(value, low, width):
    spec = FeatureSpec("c", "channel", "c", low, low + width)
    expected = min(max((value - low) * 255 // width, 0), 255)
    assert codes_of({"c": value}, 0, (spec,)).tolist() == [expected]


def test_a_device_with_another_exponent_is_brought_to_the_specs_steps():
    pair = [reading("a", NOON, -3, temperature=20_779), reading("a", NOON + HORIZON, 0, temperature=-3)]
    rows = build_rows(pair, (TEMPERATURE,), "temperature", HORIZON)
    assert rows.base.tolist() == [2_077]
    assert rows.change.tolist() == [-300 - 2_077]
    assert rows.codes.tolist() == [[4_077 * 255 // 6_000]]


def test_one_question_has_the_codes_of_its_row():
    values = {"temperature": -777, "humidity": 3}
    pair = [reading("a", NOON, **values), reading("a", NOON + HORIZON, temperature=0)]
    rows = build_rows(pair, FEATURES, "temperature", HORIZON)
    assert codes_of(values, NOON, FEATURES).tolist() == rows.codes[0].tolist()


@settings(max_examples=200)
@given(st.integers(0, 253_402_300_799))
def test_weeks_follow_the_calendar(timestamp):
    when = utc(timestamp)
    expected = when.year * 100 + (when.timetuple().tm_yday - 1) // 7 + 1
    assert week_of(np.array([timestamp])).tolist() == [expected]


@settings(max_examples=200)
@given(st.integers(0, 253_402_300_799), st.integers(1, 24), st.integers(1, 126))
def test_circular_codes_are_the_documented_ones(timestamp, harmonic, swing):
    when = utc(timestamp)
    hour = 2 * math.pi * harmonic * (timestamp % 86_400) / 86_400
    year = 2 * math.pi * harmonic * (when.timetuple().tm_yday - 1) / 365.25
    features = tuple(FeatureSpec(kind, kind, high=swing, harmonic=harmonic) for kind in CIRCULAR)
    expected = [
        math.floor(128 + swing * wave + 0.25)
        for wave in (math.sin(hour), math.cos(hour), math.sin(year), math.cos(year))
    ]
    assert codes_of({}, timestamp, features).tolist() == expected


@pytest.mark.parametrize("whole", [86_400, 1_461])
def test_no_circular_code_lies_so_near_a_step_that_a_machine_could_matter(whole):
    angles = 2 * np.pi * np.arange(whole) / whole
    for wave in (np.sin(angles), np.cos(angles)):
        for swing in range(1, 127):
            exact = 128 + swing * wave + 0.25
            assert np.abs(exact - np.round(exact)).min() > 1e-9  # a double's error here is near 1e-13


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "wave"},
        {"kind": "channel", "channel": "", "high": 1},
        {"kind": "channel", "channel": "a", "low": 1, "high": 1},
        {"kind": "channel", "channel": "a", "low": 0, "high": 2**60},
        {"kind": "hour-sin", "high": 45},
        {"kind": "hour-sin", "harmonic": 1},
        {"kind": "year-sin", "harmonic": 1, "high": 127},
        {"kind": "year-cos", "harmonic": 25, "high": 45},
        {"kind": "channel", "channel": "a", "high": 1, "exponent": -40},
    ],
    ids=str,
)
def test_a_feature_that_means_nothing_is_refused(wrong):
    with pytest.raises(PlanError):
        FeatureSpec("x", **wrong)


@pytest.mark.parametrize(("horizon", "exponent"), [(0, -2), (-3_600, -2), (3_600, 99)])
def test_a_target_that_means_nothing_is_refused(horizon, exponent):
    with pytest.raises(PlanError):
        build_rows([], FEATURES, "temperature", horizon, exponent)
