"""Batches: one device, one day, times rising; and a list that has one form only."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.data.batch import (
    MAX_BATCHES,
    MAX_DEVICES,
    BatchHeader,
    KeptLists,
    batches_object,
    leaf_bytes,
    make_batch,
    parse_batches,
    running_slots,
)
from andel.encoding import canonical_json
from andel.errors import InputError
from andel.hashing import sha256
from andel.merkle import merkle_root
from andel.units import DAY_SECONDS, Digest
from tests.device.actors import NOON, EnvelopeSensor, Pebble, account

OWNER = account("owner")
PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
DAY = NOON // DAY_SECONDS


def readings(*times, device=PEBBLE):
    return [device.read(device.packet(time)) for time in times]


def header(device=PEBBLE, day=DAY, count=24, hours=2**24 - 1):
    root = Digest(sha256(str(day).encode()))
    return BatchHeader(device.address, device.public_key, day, root, count, hours)


def test_a_batch_binds_time_slots_and_packet_of_every_leaf():
    times = [NOON, NOON + 1, NOON + 3_600, NOON + 4 * 3_600]
    batch = make_batch(readings(*times), PEBBLE.public_key)
    leaves = [
        time.to_bytes(8, "big") + slots.to_bytes(4, "big") + sha256(PEBBLE.packet(time))
        for time, slots in zip(times, [1, 1, 2, 3], strict=True)
    ]
    assert batch.root == merkle_root(leaves)
    assert leaves[0] == leaf_bytes(NOON, 1, PEBBLE.packet(NOON))
    assert batch.header == BatchHeader(
        PEBBLE.address, PEBBLE.public_key, DAY, batch.root, 4, 1 << 12 | 1 << 13 | 1 << 16
    )
    assert (batch.slots, batch.header.slots, batch.header.slot_hours) == (3, 3, (12, 13, 16))
    assert batch.packets == tuple(PEBBLE.packet(time) for time in times)


@given(st.lists(st.integers(0, DAY_SECONDS - 1), min_size=1, unique=True).map(sorted))
def test_weight_counts_hours_and_not_readings(seconds):
    counts = running_slots([DAY * DAY_SECONDS + second for second in seconds])
    assert counts == [len({s // 3_600 for s in seconds[: i + 1]}) for i in range(len(seconds))]


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        readings(NOON, NOON),
        readings(NOON + 1, NOON),
        readings(NOON, NOON + DAY_SECONDS),
        readings(NOON, device=SENSOR),
        readings(NOON) + readings(NOON + 1, device=SENSOR),
    ],
    ids=["none", "equal times", "falling times", "two days", "another device", "two devices"],
)
def test_readings_that_are_no_batch_are_refused(wrong):
    with pytest.raises(InputError):
        make_batch(wrong, PEBBLE.public_key)


def test_the_list_comes_back_in_its_one_order():
    headers = [header(SENSOR, DAY), header(PEBBLE, DAY + 1), header(PEBBLE, DAY)]
    data = batches_object(OWNER, headers)
    assert data == batches_object(OWNER, headers[::-1])
    contributor, parsed = parse_batches(data)
    assert contributor == OWNER
    assert sorted(parsed, key=lambda h: (bytes.fromhex(h.device[2:]), h.day)) == list(parsed)
    assert set(parsed) == set(headers)


def test_an_empty_list_is_a_list():
    assert parse_batches(batches_object(OWNER, [])) == (OWNER, ())


def test_two_batches_of_one_device_and_day_are_refused():
    with pytest.raises(InputError, match="order"):
        batches_object(OWNER, [header(), header(count=3, hours=7)])


def test_too_many_batches_are_refused():
    with pytest.raises(InputError, match=str(MAX_BATCHES)):
        batches_object(OWNER, [header(day=day) for day in range(MAX_BATCHES + 1)])


def test_too_many_devices_are_refused():
    sensors = [EnvelopeSensor(str(number)) for number in range(MAX_DEVICES + 1)]
    assert parse_batches(batches_object(OWNER, [header(sensor) for sensor in sensors[:-1]]))
    with pytest.raises(InputError, match=f"at most {MAX_DEVICES} devices"):
        batches_object(OWNER, [header(sensor) for sensor in sensors])


CHANGES: dict[str, list[object]] = {
    "public_key": [SENSOR.public_key.hex(), PEBBLE.public_key.hex().upper(), PEBBLE.public_key.hex()[2:], None, 5],
    "device": [SENSOR.address, PEBBLE.address.lower(), PEBBLE.address[2:], "", None, 7],
    "day": [-1, 2**32, "15706", True, None],
    "root": ["", "00", "0x" + "00" * 32, "zz" * 32, " " + "00" * 32, None],
    "count": [0, -1, DAY_SECONDS + 1, True, "24"],
    "hours": [0, 2**24, -1, True, None, "3"],
}


@pytest.mark.parametrize(("field", "value"), [(f, v) for f, values in CHANGES.items() for v in values])
def test_a_list_with_a_field_out_of_bounds_is_refused(field, value):
    listed = json.loads(batches_object(OWNER, [header()]))
    listed["batches"][0][field] = value
    with pytest.raises(InputError):
        parse_batches(canonical_json(listed))


@pytest.mark.parametrize(
    "change",
    [
        {"format": "andel-batches/1"},
        {"contributor": OWNER.lower()},
        {"contributor": None},
        {"batches": {}},
        {"batches": [5]},
        {"batches": [{}]},
        {"extra": 1},
    ],
    ids=str,
)
def test_a_list_of_another_shape_is_refused(change):
    listed = json.loads(batches_object(OWNER, [header()]))
    with pytest.raises(InputError):
        parse_batches(canonical_json({**listed, **change}))


def test_more_slots_than_readings_cannot_be():
    with pytest.raises(InputError, match="cannot lie"):
        batches_object(OWNER, [header(count=2, hours=7)])


def test_lists_out_of_order_or_not_canonical_are_refused():
    listed = json.loads(batches_object(OWNER, [header(), header(day=DAY + 1)]))
    with pytest.raises(InputError, match="canonical"):
        parse_batches(json.dumps(listed).encode())
    listed["batches"].reverse()
    with pytest.raises(InputError, match="order"):
        parse_batches(canonical_json(listed))


@settings(max_examples=200)
@given(st.data())
def test_mutated_lists_are_refused_or_mean_what_they_say(data):
    whole = batches_object(OWNER, [header(), header(SENSOR)])
    position = data.draw(st.integers(0, len(whole) - 1))
    mutated = whole[:position] + data.draw(st.binary(max_size=3)) + whole[position + 1 :]
    try:
        contributor, headers = parse_batches(mutated)
    except InputError:
        return
    assert batches_object(contributor, headers) == mutated


def test_lists_parsed_lately_are_kept_up_to_so_many_headers_the_last_used_longest():
    kept = KeptLists(10)
    short, other, long = ((OWNER, (header(),) * count) for count in (2, 3, 9))
    kept.keep(b"short", short)
    kept.keep(b"other", other)
    kept.keep(b"short", short)
    assert kept.get(b"short") is short  # three and four of ten, and used last
    kept.keep(b"third", other)
    assert (kept.get(b"other"), kept.get(b"short"), kept.get(b"third")) == (None, short, other)
    kept.keep(b"long", long)
    assert [kept.get(name) for name in (b"short", b"third", b"long")] == [None, None, long]
    kept.keep(b"longer", (OWNER, (header(),) * 10))
    assert (kept.get(b"long"), kept.get(b"longer")) == (None, None)
