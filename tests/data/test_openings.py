"""Openings: what was drawn is shown and holds, or the batch weighs nothing."""

import base64
import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.data.batch import Batch, BatchHeader, batch_leaves, make_batch, running_slots
from andel.data.openings import OpeningFault, OpeningRules, draw_leaves, make_openings, verify_openings
from andel.device.known_keys import FIRMWARE_KEY_2020
from andel.device.reading import Refusal
from andel.encoding import canonical_json
from andel.hashing import sha256
from andel.merkle import MerkleTree, merkle_root
from andel.units import DAY_SECONDS, SLOT_SECONDS, Digest
from tests.device.actors import NOON, EnvelopeSensor, Pebble, account, other_signature

OWNER = account("owner")
PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
DAY = NOON // DAY_SECONDS
MIDNIGHT = DAY * DAY_SECONDS
SEED = bytes(range(32))
RULES = OpeningRules((MIDNIGHT - 9 * DAY_SECONDS, MIDNIGHT + 9 * DAY_SECONDS), {"temperature": (-4_000, 8_500)})


def hourly(device=PEBBLE, day=DAY, count=24, **values):
    times = [day * DAY_SECONDS + index * DAY_SECONDS // count for index in range(count)]
    return make_batch([device.read(device.packet(time, **values)) for time in times], device.public_key)


RUNNING: dict[bytes, list[int]] = {}
"""The running counts that a cheat wrote into the leaves of a batch, by its root."""


def forged(packets, times, running=None, day=DAY, device=PEBBLE):
    """A batch as a cheat writes it: any packets under any times and any running counts."""
    running = running_slots(times) if running is None else running
    root = merkle_root(batch_leaves(times, running, packets))
    RUNNING[root] = running
    return Batch(device.address, device.public_key, day, tuple(packets), tuple(times), root, running[-1])


def opened(batches, count=200, change=None, rules=RULES, seed=SEED):
    """The report on the openings of `batches`, after `change` was made to the object."""
    value = json.loads(make_openings(seed, OWNER, batches, count))
    for item in value["openings"]:
        batch = batches[item["batch"]]
        if batch.root in RUNNING:  # a cheat shows the leaves as it made them
            running = RUNNING[batch.root]
            tree = MerkleTree(batch_leaves(batch.timestamps, running, batch.packets))
            item.update(slots=running[item["leaf"]], proof=b"".join(tree.proof(item["leaf"])).hex())
    if change is not None:
        value = change(value) or value
    headers = [batch.header for batch in batches]
    return verify_openings(canonical_json(value), seed, OWNER, headers, count, rules)


HONEST = [hourly(), hourly(day=DAY + 1, count=5), hourly(SENSOR), hourly(SENSOR, DAY + 2, count=1)]


def test_honest_batches_weigh_their_slots():
    report = opened(HONEST, count=30)
    assert [verdict.weight for verdict in report.verdicts] == [24, 5, 24, 1]
    assert all(verdict.reason is None for verdict in report.verdicts)
    assert report.weight == 54
    assert report.packets == len(draw_leaves(SEED, OWNER, [b.header for b in HONEST], 30))


def test_no_batches_have_empty_openings():
    assert opened([]).verdicts == ()


def test_every_last_leaf_and_every_neighbour_is_drawn():
    headers = [batch.header for batch in HONEST]
    drawn = set(draw_leaves(SEED, OWNER, headers, 8))
    assert {(i, h.count - 1) for i, h in enumerate(headers)} <= drawn
    for batch, leaf in drawn:
        alone = headers[batch].count == 1
        assert leaf == headers[batch].count - 1 or alone or {(batch, leaf - 1), (batch, leaf + 1)} & drawn


@given(st.binary(min_size=32, max_size=32), st.integers(0, 60), st.lists(st.integers(1, 300), max_size=6))
def test_draws_are_sorted_bounded_and_the_same_again(seed, count, sizes):
    headers = [replace(HONEST[0].header, count=size, day=day) for day, size in enumerate(sizes)]
    drawn = draw_leaves(seed, OWNER, headers, count)
    assert list(drawn) == sorted(set(drawn))
    assert all(0 <= leaf < sizes[batch] for batch, leaf in drawn)
    assert len(drawn) <= 2 * count + len(sizes)
    assert drawn == draw_leaves(seed, OWNER, headers, count)


def test_draws_differ_by_seed_and_contributor():
    headers = [replace(HONEST[0].header, count=10_000)]
    draws = [
        draw_leaves(SEED, OWNER, headers, 5),
        draw_leaves(bytes(32), OWNER, headers, 5),
        draw_leaves(SEED, account("other"), headers, 5),
    ]
    assert len(set(draws)) == 3


def test_draws_are_even_over_the_leaves_of_all_batches():
    headers = [replace(HONEST[0].header, count=size, day=size) for size in (1, 30, 69)]
    hits = Counter(batch for batch, leaf in draw_leaves(SEED, OWNER, headers, 1))
    for number in range(3_000):
        hits.update(
            batch
            for batch, leaf in draw_leaves(number.to_bytes(32, "big"), OWNER, headers, 1)
            if leaf != headers[batch].count - 1
        )
    # each draw shows itself and its neighbour; the last leaves are always there and left out
    assert 0.36 < hits[1] / hits[2] < 0.50
    assert hits[0] <= 1


def test_withheld_openings_weigh_nothing_and_only_for_their_batch():
    def drop(value):
        value["openings"] = [item for item in value["openings"] if item["batch"] != 2]

    report = opened(HONEST, change=drop)
    assert [verdict.weight for verdict in report.verdicts] == [24, 5, 0, 1]
    assert report.verdicts[2].reason == OpeningFault.WITHHELD


def test_one_withheld_leaf_is_enough():
    report = opened(HONEST, change=lambda value: value["openings"].pop(3) and None)
    assert [verdict.weight for verdict in report.verdicts] == [0, 5, 24, 1]
    assert report.verdicts[0].reason == OpeningFault.WITHHELD


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda item: item.update(slots=item["slots"] + 1), OpeningFault.NOT_IN_BATCH),
        (lambda item: item.update(slots=99), OpeningFault.SLOT_COUNT),
        (lambda item: item.update(slots=-1), OpeningFault.SLOT_COUNT),
        (lambda item: item.update(proof=""), OpeningFault.NOT_IN_BATCH),
        (lambda item: item.update(proof="00" * 32 * 40), OpeningFault.NOT_IN_BATCH),
        (lambda item: item.update(packet=""), Refusal.MALFORMED),
        (lambda item: item.update(packet=base64.b64encode(SENSOR.packet()).decode()), Refusal.BAD_SIGNATURE),
        (lambda item: item.update(packet=base64.b64encode(PEBBLE.packet()).decode()), OpeningFault.NOT_IN_BATCH),
        (
            lambda item: item.update(
                packet=base64.b64encode(other_signature(base64.b64decode(item["packet"]))).decode()
            ),
            OpeningFault.NOT_IN_BATCH,
        ),
    ],
)
def test_an_altered_opening_fails_its_batch_only(change, reason):
    report = opened(HONEST, change=lambda value: change(value["openings"][2]))
    assert [verdict.weight for verdict in report.verdicts] == [0, 5, 24, 1]
    assert report.verdicts[0].reason == reason
    assert "leaf 2" in report.verdicts[0].detail


@pytest.mark.parametrize(
    "change",
    [
        lambda value: [1],
        lambda value: value.pop("format") and None,
        lambda value: value.update(format="andel-openings/2"),
        lambda value: value.update(contributor=account("other")),
        lambda value: value.update(extra=1),
        lambda value: value.update(openings={}),
        lambda value: value["openings"].append(value["openings"][0]),
        lambda value: value["openings"][0].update(leaf=value["openings"][1]["leaf"]),
        lambda value: value["openings"][0].update(batch=9),
        lambda value: value["openings"][0].update(leaf=-1),
        lambda value: value["openings"][0].update(leaf=True),
        lambda value: value["openings"][0].update(leaf="0"),
        lambda value: value["openings"][0].update(proof="0"),
        lambda value: value["openings"][0].update(proof="00"),
        lambda value: value["openings"][0].update(proof=[]),
        lambda value: value["openings"][0].update(packet="%%"),
        lambda value: value["openings"][0].update(packet=base64.b64encode(bytes(5_000)).decode()),
        lambda value: value["openings"][0].pop("slots") and None,
        lambda value: value["openings"].__setitem__(0, 5),
    ],
)
def test_a_malformed_object_weighs_nothing_at_all(change):
    report = opened(HONEST, count=3, change=change)
    assert {verdict.reason for verdict in report.verdicts} == {OpeningFault.MALFORMED}
    assert report.weight == report.packets == 0


def test_openings_that_were_not_drawn_are_malformed():
    data = make_openings(bytes(32), OWNER, HONEST, 2)
    report = verify_openings(data, SEED, OWNER, [batch.header for batch in HONEST], 2, RULES)
    assert report.weight == 0


@settings(max_examples=150)
@given(st.binary(max_size=200), st.data())
def test_hostile_bytes_give_a_report(junk, data):
    whole = make_openings(SEED, OWNER, HONEST, 4)
    position = data.draw(st.integers(0, len(whole)))
    headers = [batch.header for batch in HONEST]
    for hostile in (junk, whole[:position] + junk[:3] + whole[position + 1 :], b'{"\\ud800":1}', b"[" * 3_000):
        report = verify_openings(hostile, SEED, OWNER, headers, 4, RULES)
        assert len(report.verdicts) == len(headers)
        if hostile != whole:
            assert report.weight < 54


def spaced(count, start=MIDNIGHT, step=SLOT_SECONDS):
    return [start + index * step for index in range(count)]


def packets_at(times, device=PEBBLE, **values):
    return [device.packet(time, **values) for time in times]


HOURS = spaced(24)
GOOD = packets_at(HOURS)
HALF = spaced(48, MIDNIGHT, 1_800)
HALVES = packets_at(HALF)

CHEATS = {
    "a packet that no device signed": (
        forged([*GOOD[:7], Pebble("fake").packet(HOURS[7]), *GOOD[8:]], HOURS),
        Refusal.BAD_SIGNATURE,
    ),
    "times that the device did not sign": (forged(GOOD, [time + 1 for time in HOURS]), OpeningFault.NOT_IN_BATCH),
    "one packet for two hours": (forged([*GOOD[:7], GOOD[6], *GOOD[8:]], HOURS), OpeningFault.NOT_IN_BATCH),
    "one packet twice": (
        forged([*GOOD[:7], GOOD[6], *GOOD[7:]], [*HOURS[:7], HOURS[6], *HOURS[7:]]),
        OpeningFault.TIME_ORDER,
    ),
    "leaves in another order": (
        forged([*HALVES[:14], HALVES[15], HALVES[14], *HALVES[16:]], [*HALF[:14], HALF[15], HALF[14], *HALF[16:]]),
        OpeningFault.TIME_ORDER,
    ),
    "a day of leaves in another order": (forged(GOOD[::-1], HOURS[::-1], list(range(1, 25))), OpeningFault.SLOT_COUNT),
    "packets of another day": (
        forged(packets_at(spaced(24, MIDNIGHT - 3_600)), spaced(24, MIDNIGHT - 3_600)),
        OpeningFault.OUTSIDE_DAY,
    ),
    "one hour counted as many": (
        forged(packets_at(spaced(24, MIDNIGHT, 60)), spaced(24, MIDNIGHT, 60), list(range(1, 25))),
        OpeningFault.SLOT_COUNT,
    ),
    "hours before the first reading": (
        forged(packets_at(spaced(4, MIDNIGHT + 20 * 3_600)), spaced(4, MIDNIGHT + 20 * 3_600), [21, 22, 23, 24]),
        OpeningFault.SLOT_COUNT,
    ),
    "a jump over hours without a reading": (
        forged([*GOOD[:4], *GOOD[20:]], [*HOURS[:4], *HOURS[20:]], [1, 2, 3, 4, 21, 22, 23, 24]),
        OpeningFault.SLOT_COUNT,
    ),
    "a count that stands still": (forged(GOOD, HOURS, [*range(1, 12), *range(11, 24)]), OpeningFault.SLOT_COUNT),
    "a value that no sensor measures": (forged(packets_at(HOURS, temperature=9_000), HOURS), Refusal.OUT_OF_RANGE),
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_that_is_drawn_weighs_nothing(name):
    batch, reason = CHEATS[name]
    report = opened([batch, hourly(SENSOR)])
    assert [verdict.weight for verdict in report.verdicts] == [0, 24]
    assert report.verdicts[0].reason == reason


def test_a_header_that_claims_more_slots_than_its_last_leaf_is_caught_without_a_draw():
    batch = replace(hourly(count=12), slots=13)
    report = opened([batch], count=0)
    assert report.verdicts[0].reason == OpeningFault.SLOT_COUNT


def test_a_time_outside_the_plan_weighs_nothing():
    report = opened([hourly()], rules=OpeningRules((MIDNIGHT + 3_600, MIDNIGHT + DAY_SECONDS)))
    assert report.verdicts[0].reason == Refusal.OUTSIDE_TIME


def test_a_batch_of_a_publicly_known_key_weighs_nothing():
    known = BatchHeader(FIRMWARE_KEY_2020, PEBBLE.public_key, DAY, Digest(bytes(32)), 1, 1)
    batch = replace(forged(GOOD[:1], HOURS[:1]), device=FIRMWARE_KEY_2020)
    data = make_openings(SEED, OWNER, [batch], 1)
    report = verify_openings(data, SEED, OWNER, [known], 1, RULES)
    assert report.verdicts[0].reason == Refusal.PUBLICLY_KNOWN_KEY


def test_a_header_whose_key_is_not_its_devices_weighs_nothing():
    batch = replace(hourly(count=2), device=SENSOR.address)
    assert opened([batch]).verdicts[0].reason == Refusal.BAD_SIGNATURE


@settings(max_examples=40)
@given(st.sets(st.integers(0, DAY_SECONDS - 1), min_size=1, max_size=40), st.integers(0, 10))
def test_any_honest_day_passes(seconds, count):
    times = [MIDNIGHT + second for second in sorted(seconds)]
    batch = make_batch([SENSOR.read(SENSOR.packet(time)) for time in times], SENSOR.public_key)
    report = opened([batch], count=count, seed=sha256(bytes(count)))
    assert report.weight == len({second // 3_600 for second in seconds})
