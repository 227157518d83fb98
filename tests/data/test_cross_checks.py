"""Cross-checks in integers: distances, speed, ranges and stuck sensors, on both sides of their limits."""

from math import asin, cos, pi, radians, sin, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.cross_checks import (
    PHYSICAL_RANGES,
    STUCK_READINGS,
    beyond_physics,
    impossible_steps,
    impossible_travel,
    stuck_sensor,
)
from andel.data.geography import EARTH_METRES, Position, metres_between, position_of
from andel.device.reading import Measurement
from tests.device.actors import NOON, EnvelopeSensor, Pebble
from tests.support.stations import holding

PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
HOUR = 3_600

positions = st.builds(Position, st.integers(-900_000_000, 900_000_000), st.integers(-1_800_000_000, 1_800_000_000))


def chord(first, second):
    """The same distance in floats (haversine)."""
    north, other = radians(first.latitude / 1e7), radians(second.latitude / 1e7)
    east = radians((second.longitude - first.longitude) / 1e7)
    half = sin((other - north) / 2) ** 2 + cos(north) * cos(other) * sin(east / 2) ** 2
    return 2 * EARTH_METRES * sqrt(min(1, half)), 2 * EARTH_METRES * asin(sqrt(min(1, half)))


@given(positions, positions)
def test_a_distance_is_the_chord_and_never_over_the_way_on_the_ground(first, second):
    metres = metres_between(first, second)
    straight, ground = chord(first, second)
    assert abs(metres - straight) <= 2
    assert metres <= ground + 1
    assert metres == metres_between(second, first)


@given(positions, st.integers(-2_000, 2_000), st.integers(-2_000, 2_000))
def test_short_distances_are_exact_to_the_metre(place, north, east):
    other = Position(place.latitude + north, place.longitude + east)
    if abs(other.latitude) <= 900_000_000 and abs(other.longitude) <= 1_800_000_000:
        assert abs(metres_between(place, other) - chord(place, other)[0]) <= 2


def test_known_distances():
    assert metres_between(Position(0, 0), Position(0, 0)) == 0
    assert metres_between(Position(0, 0), Position(0, 1_800_000_000)) in (2 * EARTH_METRES, 2 * EARTH_METRES - 1)
    jfk, ewr = Position(406_397_510, -737_789_250), Position(406_925_000, -741_686_670)
    assert 33_000 < metres_between(jfk, ewr) < 33_600
    assert metres_between(Position(900_000_000, 5), Position(900_000_000, -1_700_000_000)) == 0


def placed(time, latitude, longitude):
    return PEBBLE.read(PEBBLE.packet(time, latitude=latitude, longitude=longitude))


def test_a_reading_without_a_fix_has_no_position():
    assert position_of(SENSOR.read(SENSOR.packet())) is None
    odd = holding(placed(NOON, 0, 0), Measurement("latitude", 91, 0, "deg"), Measurement("longitude", 0, 0, "deg"))
    assert position_of(odd) is None
    assert position_of(placed(NOON, 5, -5)) == Position(5, -5)


BEIJING, NEW_YORK = (399_000_000, 1_164_000_000), (407_000_000, -740_000_000)


def test_a_device_in_two_cities_within_an_hour_is_found_and_a_flight_is_not():
    at_once = [placed(NOON, *BEIJING), placed(NOON + HOUR, *NEW_YORK)]
    assert "impossible travel" in (impossible_travel(at_once) or "")
    flown = [placed(NOON, *BEIJING), placed(NOON + 14 * HOUR, *NEW_YORK)]
    assert impossible_travel(flown) is None and impossible_steps(flown) == []
    assert impossible_steps(at_once) == [(NOON, NOON + HOUR)]


def test_a_fix_that_jumps_within_the_slack_is_not_travel():
    near = [placed(NOON, 400_000_000, 0), placed(NOON + 1, 400_800_000, 0)]  # 8.9 km
    assert impossible_travel(near) is None
    assert impossible_travel([near[0], placed(NOON + 1, 401_000_000, 0)]) is not None  # 11.1 km


@given(
    st.lists(st.tuples(st.integers(1, 4_000), st.integers(-30_000_000, 30_000_000)), min_size=2, max_size=12), st.data()
)
def test_who_passes_every_step_passes_between_any_two_readings(moves, data):
    """A contributor looks at all its readings in turn; validators see any of them, in turn."""
    time, north, readings = NOON, 0, []
    for seconds, step in moves:
        time, north = time + seconds, max(-800_000_000, min(800_000_000, north + step))
        readings.append(placed(time, north, 0))
    if not impossible_steps(readings):
        chosen = sorted(data.draw(st.sets(st.integers(0, len(readings) - 1), min_size=2)))
        assert impossible_travel([readings[index] for index in chosen]) is None


def sensed(channel, value, exponent, unit):
    return holding(SENSOR.read(SENSOR.packet()), Measurement(channel, value, exponent, unit))


@pytest.mark.parametrize(("place", "limits"), PHYSICAL_RANGES.items())
def test_the_limits_of_each_channel_are_inside_and_the_next_value_is_outside(place, limits):
    channel, unit = place
    for value in limits:
        assert beyond_physics(sensed(channel, value, -2, unit)) is None
        assert beyond_physics(sensed(channel, value * 1_000, -5, unit)) is None
    assert channel in (beyond_physics(sensed(channel, limits[0] - 1, -2, unit)) or "")
    assert channel in (beyond_physics(sensed(channel, limits[1] * 10**6 + 1, -8, unit)) or "")
    assert beyond_physics(sensed(channel, limits[1] + 1, -2, "another unit")) is None


def test_published_pebbles_are_within_physics():
    assert beyond_physics(PEBBLE.read(PEBBLE.packet())) is None


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-128, 127))
def test_any_value_and_exponent_gets_a_word(value, exponent):
    beyond_physics(sensed("temperature", value, exponent, "degC"))


def hours(count, device=SENSOR, step=HOUR, **values):
    return [device.read(device.packet(NOON + index * step, **values)) for index in range(count)]


def test_a_sensor_that_shows_one_value_for_a_day_is_stuck():
    assert "stuck sensor: 30 readings" in (stuck_sensor(hours(30, temperature=1, humidity=2)) or "")
    assert stuck_sensor(hours(STUCK_READINGS - 1, temperature=1, humidity=2, step=7_200)) is None
    assert stuck_sensor(hours(60, temperature=1, humidity=2, step=60)) is None, "an hour of fog is no proof"


def test_a_sensor_of_one_channel_may_stand_still():
    assert stuck_sensor(hours(100, rain=0)) is None
    assert stuck_sensor(hours(100, rain=0, battery=400, latitude=1, longitude=1)) is None


def test_one_other_value_is_enough():
    moved = [
        *hours(40, temperature=1, humidity=2),
        SENSOR.read(SENSOR.packet(NOON + 50 * HOUR, temperature=1, humidity=3)),
    ]
    assert stuck_sensor(moved) is None


def test_pi_is_right_to_the_last_bit():
    assert abs(3_622_009_729_038_561_421 - pi * 2**60) < 2**10
