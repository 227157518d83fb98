"""A policy: one form, bounded, and readings judged exactly at its edges."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.policy import EVERYWHERE, FORMAT, MAX_BOXES, Policy, parse_policy
from andel.device.reading import Measurement, SignedReading
from andel.encoding import canonical_json
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import DeviceKey, derive_secret

DEGREE = 10_000_000
STOCKHOLM = (59 * DEGREE, 17 * DEGREE, 60 * DEGREE, 19 * DEGREE)
FIJI = (-21 * DEGREE, 176 * DEGREE, -12 * DEGREE, -178 * DEGREE)

latitudes = st.integers(-90 * DEGREE, 90 * DEGREE)
longitudes = st.integers(-180 * DEGREE, 180 * DEGREE)
boxes = st.builds(
    lambda a, b, west, east: (min(a, b), west, max(a, b), east), latitudes, latitudes, longitudes, longitudes
)
names = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=32)
policies = st.builds(
    lambda found, channels: Policy(tuple(found), tuple(sorted(channels))),
    st.lists(boxes, max_size=4),
    st.sets(names, max_size=4),
)


def reading(latitude=None, longitude=None, *, exponent=-7, unit="deg", channels=("humidity",)):
    """A reading at a position (in units of 10**exponent), with channels."""
    measured = [Measurement(name, 1, 0, "") for name in channels]
    if latitude is not None:
        measured.append(Measurement("latitude", latitude, exponent, unit))
    if longitude is not None:
        measured.append(Measurement("longitude", longitude, exponent, unit))
    device = DeviceKey(derive_secret(b"policy")).address
    return SignedReading(device, 0, tuple(measured), b"", sha256(b""), "envelope")


@given(policies)
def test_a_policy_has_one_form(policy):
    data = policy.to_bytes()
    assert parse_policy(data) == policy and parse_policy(data).hash == sha256(data)


def test_the_empty_policy_asks_for_nothing():
    assert EVERYWHERE.to_bytes() == b'{"boxes":[],"channels":[],"format":"andel-policy/1"}'
    assert EVERYWHERE.outside(reading(channels=())) == EVERYWHERE.missing_channel(reading(channels=())) == ""


def test_edges_belong_to_a_box_and_one_step_beyond_does_not():
    policy = Policy((STOCKHOLM,))
    south, west, north, east = STOCKHOLM
    for latitude in (south, north):
        for longitude in (west, east):
            assert policy.outside(reading(latitude, longitude)) == ""
    for position in ((south - 1, west), (north + 1, west), (south, west - 1), (south, east + 1)):
        assert policy.outside(reading(*position)) == "the position is in none of the policy's boxes"


def test_a_finer_or_coarser_exponent_slips_over_no_edge():
    policy = Policy((STOCKHOLM,))
    assert policy.outside(reading(59, 18, exponent=0)) == ""
    assert policy.outside(reading(58, 18, exponent=0))
    assert policy.outside(reading(60 * 10**9, 18 * 10**9, exponent=-9)) == ""
    assert policy.outside(reading(60 * 10**9 + 1, 18 * 10**9, exponent=-9))


def test_a_box_may_cross_the_date_line():
    policy = Policy((FIJI,))
    for longitude in (176, 179, 180, -180, -179, -178):
        assert policy.outside(reading(-17 * DEGREE, longitude * DEGREE)) == ""
    for longitude in (175, -177, 0):
        assert policy.outside(reading(-17 * DEGREE, longitude * DEGREE))
    assert policy.outside(reading(-17 * DEGREE, 190 * DEGREE)), "no such longitude"


def test_one_box_of_several_is_enough():
    assert Policy((FIJI, STOCKHOLM)).outside(reading(59 * DEGREE, 18 * DEGREE)) == ""


@pytest.mark.parametrize(
    "left_out", [reading(), reading(latitude=59 * DEGREE), reading(longitude=18 * DEGREE), reading(59, 18, unit="m")]
)
def test_leaving_the_position_out_is_being_outside(left_out):
    assert Policy((STOCKHOLM,)).outside(left_out) == "the reading tells no position"


def test_the_reason_does_not_tell_the_position():
    reason = Policy((STOCKHOLM,)).outside(reading(123_456_789, 987_654_321))
    assert not any(digit in reason for digit in "0123456789")


def test_the_first_missing_channel_is_named():
    policy = Policy(channels=("humidity", "pm10", "pm25"))
    assert policy.missing_channel(reading()) == "pm10"
    assert policy.missing_channel(reading(channels=("pm25", "humidity", "pm10"))) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"boxes": [[1, 0, 0, 0]]},
        {"boxes": [[0, 0, 90 * DEGREE + 1, 0]]},
        {"boxes": [[0, 0, 0, 180 * DEGREE + 1]]},
        {"boxes": [[0, 0, 0]]},
        {"boxes": [[0, 0, 0, True]]},
        {"boxes": [["0", 0, 0, 0]]},
        {"boxes": [[0, 0, 0, 0]] * (MAX_BOXES + 1)},
        {"boxes": None},
        {"boxes": [7]},
        {"channels": ["b", "a"]},
        {"channels": ["a", "a"]},
        {"channels": [""]},
        {"channels": ["x" * 33]},
        {"channels": ["µg"]},
        {"channels": [1]},
        {"channels": "pm25"},
        {"channels": [f"c{number:03}" for number in range(65)]},
        {"format": "andel-policy/2"},
        {"more": 1},
    ],
)
def test_any_other_object_is_refused(change):
    with pytest.raises(InputError):
        parse_policy(canonical_json({"format": FORMAT, "boxes": [], "channels": [], **change}))


@given(st.binary(max_size=200))
def test_other_bytes_are_refused(data):
    with pytest.raises(InputError):
        parse_policy(data)


def test_a_policy_too_long_or_not_canonical_is_refused():
    with pytest.raises(InputError, match="over the limit"):
        parse_policy(b" " * 100_000)
    with pytest.raises(InputError, match="canonical"):
        parse_policy(EVERYWHERE.to_bytes() + b" ")
    with pytest.raises(InputError):
        replace(EVERYWHERE, boxes=((1, 0, 0, 0),))
