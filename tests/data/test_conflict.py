"""A conflict has one form, holds only for two signed contents of one time, and cannot be made without the key."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.conflict import MAX_CONFLICT_BYTES, conflict_object, parse_conflict
from andel.device.known_keys import FIRMWARE_KEY_2020
from andel.encoding import canonical_json
from andel.errors import AndelError, InputError
from tests.device.actors import NOON, EnvelopeSensor, Pebble, other_signature

PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
ONE, OTHER = PEBBLE.packet(temperature=100), PEBBLE.packet(temperature=200)
PROOF = conflict_object(ONE, OTHER, PEBBLE.public_key)


def test_a_conflict_says_whose_and_when():
    found = parse_conflict(PROOF)
    assert (found.device, found.timestamp) == (PEBBLE.address, NOON)
    assert (found.day, found.hour) == (NOON // 86_400, 12)
    assert conflict_object(OTHER, ONE, PEBBLE.public_key) == PROOF, "one form, whoever brings it"


def test_stations_that_send_envelopes_make_conflicts_too():
    proof = conflict_object(SENSOR.packet(temperature=1), SENSOR.packet(sequence=9, temperature=2), SENSOR.public_key)
    assert parse_conflict(proof).device == SENSOR.address


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ONE, ONE),
        (ONE, other_signature(ONE)),
        (ONE, PEBBLE.packet(NOON + 1)),
        (ONE, Pebble("other").packet(temperature=200)),
        (ONE, SENSOR.packet()),
        (ONE, b""),
        (ONE, OTHER[:-1]),
    ],
    ids=["a copy", "its second signature", "another time", "another key", "another kind", "nothing", "cut"],
)
def test_what_is_no_conflict_cannot_be_brought(first, second):
    with pytest.raises(AndelError):
        conflict_object(first, second, PEBBLE.public_key)


FIELDS = json.loads(PROOF)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "andel-conflict/2"},
        {"extra": 1},
        {"first": FIELDS["second"], "second": FIELDS["first"]},
        {"first": FIELDS["second"]},
        {"first": None},
        {"first": "%%"},
        {"first": FIELDS["first"] + "===="},
        {"public_key": SENSOR.public_key.hex()},
        {"public_key": FIELDS["public_key"].upper()},
        {"public_key": "00" * 33},
        {"public_key": None},
    ],
    ids=str,
)
def test_a_conflict_in_another_form_is_refused(change):
    with pytest.raises(InputError):
        parse_conflict(canonical_json({**FIELDS, **change}))


def test_a_conflict_that_is_not_canonical_or_too_long_is_refused():
    with pytest.raises(InputError, match="canonical"):
        parse_conflict(json.dumps(FIELDS).encode())
    with pytest.raises(InputError, match="limit"):
        parse_conflict(b'"' + b"a" * MAX_CONFLICT_BYTES + b'"')


def test_everybody_can_sign_with_a_known_key(monkeypatch):
    monkeypatch.setattr(
        "andel.data.conflict.is_publicly_known", lambda device: device in (FIRMWARE_KEY_2020, PEBBLE.address)
    )
    with pytest.raises(InputError, match="publicly known"):
        parse_conflict(PROOF)


@given(st.data())
def test_hostile_bytes_are_refused_by_our_own_error(data):
    place = data.draw(st.integers(0, len(PROOF) - 1))
    hostile = PROOF[:place] + data.draw(st.binary(max_size=3)) + PROOF[place + 1 :]
    if hostile != PROOF:
        with pytest.raises(InputError):
            parse_conflict(hostile)
