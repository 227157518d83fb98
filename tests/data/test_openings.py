"""Openings: what was drawn is shown and holds, or the batch weighs nothing."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.data.batch import BatchHeader, make_batch
from andel.data.draws import draw
from andel.data.opening_check import OpeningFault, OpeningRules, verify_openings
from andel.data.openings import (
    make_openings,
)
from andel.device.known_keys import FIRMWARE_KEY_2020
from andel.device.reading import Refusal
from andel.encoding import canonical_json
from andel.hashing import sha256
from andel.units import DAY_SECONDS, SLOT_SECONDS, Digest
from tests.device.actors import NOON, Pebble, account, other_signature
from tests.support.opened_batches import (
    DAY,
    HONEST,
    MIDNIGHT,
    OWNER,
    PEBBLE,
    RULES,
    SEED,
    SENSOR,
    forged,
    hourly,
    opened,
    shown,
)


def test_honest_batches_weigh_their_slots():
    report = opened(HONEST, count=30)
    assert [verdict.weight for verdict in report.verdicts] == [24, 5, 24, 1]
    assert all(verdict.reason is None for verdict in report.verdicts)
    assert report.weight == 54
    drawn = draw(SEED, OWNER, [b.header for b in HONEST], 30)
    assert len(drawn.leaves) <= report.packets <= drawn.most


def test_what_is_made_is_what_a_cheat_would_show_of_honest_batches():
    assert canonical_json(shown(HONEST, 30)) == make_openings(SEED, OWNER, HONEST, 30)


def test_no_batches_have_empty_openings():
    assert opened([]).verdicts == ()


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
        lambda value: value.update(format="andel-openings/1"),
        lambda value: value.update(contributor=account("other")),
        lambda value: value.update(extra=1),
        lambda value: value.update(openings={}),
        lambda value: value["openings"].append(value["openings"][0]),
        lambda value: value["openings"].insert(0, value["openings"][0]),
        lambda value: value["openings"].reverse(),
        lambda value: value["openings"][0].update(slots=25),
        lambda value: value["openings"][0].update(slots=0),
        lambda value: value["openings"][0].update(slots=True),
        lambda value: value["openings"][0].update(packet=value["openings"][0]["packet"] + "===="),
        lambda value: value["openings"][0].update(proof=value["openings"][0]["proof"].upper()),
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


def test_a_leaf_that_nothing_asked_for_is_malformed():
    whole = shown(HONEST, 200)["openings"]
    report = opened(HONEST, count=3, change=lambda value: {**value, "openings": whole[:4] + value["openings"][4:]})
    assert {verdict.reason for verdict in report.verdicts} == {OpeningFault.MALFORMED}


def test_an_altered_count_is_not_believed():
    report = opened(HONEST, change=lambda value: value["openings"][2].update(slots=4))
    assert report.verdicts[0].weight == 0 and report.verdicts[1].weight == 5


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


ALL = 2**24 - 1
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
        forged(packets_at(spaced(24, MIDNIGHT, 60)), spaced(24, MIDNIGHT, 60), list(range(1, 25)), hours=ALL),
        OpeningFault.SLOT_COUNT,
    ),
    "hours before the first reading": (
        forged(
            packets_at(spaced(4, MIDNIGHT + 20 * 3_600)), spaced(4, MIDNIGHT + 20 * 3_600), [21, 22, 23, 24], hours=ALL
        ),
        OpeningFault.WITHHELD,
    ),
    "a jump over hours without a reading": (
        forged([*GOOD[:4], *GOOD[20:]], [*HOURS[:4], *HOURS[20:]], [1, 2, 3, 4, 21, 22, 23, 24], hours=ALL),
        OpeningFault.WITHHELD,
    ),
    "a count that stands still": (forged(GOOD, HOURS, [*range(1, 12), *range(11, 24)]), OpeningFault.WITHHELD),
    "another hour than the claimed one": (forged(GOOD[:5], HOURS[:5], hours=0b111110), OpeningFault.SLOT_COUNT),
    "a value beyond physics": (forged(packets_at(HOURS, temperature=12_000), HOURS), Refusal.OUT_OF_RANGE),
    "a value that no sensor measures": (forged(packets_at(HOURS, temperature=9_000), HOURS), Refusal.OUT_OF_RANGE),
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_that_is_drawn_weighs_nothing(name):
    batch, reason = CHEATS[name]
    report = opened([batch, hourly(SENSOR)])
    assert [verdict.weight for verdict in report.verdicts] == [0, 24]
    assert report.verdicts[0].reason == reason


def test_a_header_that_claims_more_slots_than_its_last_leaf_is_caught_without_a_draw():
    honest = hourly(count=12)
    batch = forged(honest.packets, honest.timestamps, hours=honest.hours | 1 << 23)
    report = opened([batch], count=0)
    assert report.verdicts[0].reason == OpeningFault.SLOT_COUNT


def test_a_time_outside_the_plan_weighs_nothing():
    report = opened([hourly()], rules=OpeningRules((MIDNIGHT + 3_600, MIDNIGHT + DAY_SECONDS)))
    assert report.verdicts[0].reason == Refusal.OUTSIDE_TIME


def test_a_batch_of_a_publicly_known_key_weighs_nothing():
    known = BatchHeader(FIRMWARE_KEY_2020, PEBBLE.public_key, DAY, Digest(bytes(32)), 1, 1 << NOON // 3_600 % 24)
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


def inflated(true_hours, leaves, false_hours):
    """A day of so many leaves over `true_hours` that claims `false_hours` as well: the count steps where it can."""
    first = min(true_hours)
    times = sorted(MIDNIGHT + hour * 3_600 + i for hour in true_hours for i in range(leaves // len(true_hours)))
    claimed = sorted({*true_hours, *false_hours})
    running, counts = 0, []
    for number, time in enumerate(times):
        hour = time // 3_600 % 24
        wanted = claimed.index(hour) + 1
        # the step of each claimed hour stands in some leaf, as late as the true hours allow
        running = min(number + 1, wanted, running + 1) if number else 1
        counts.append(running)
    counts[-1] = len(claimed)
    assert counts[0] == 1 and first in claimed
    return forged(packets_at(times, SENSOR), times, counts, device=SENSOR, hours=sum(1 << hour for hour in claimed))


@pytest.mark.parametrize("leaves", [24, 96, 288])
def test_an_hour_without_a_reading_is_found_as_often_with_many_leaves_as_with_few(leaves):
    """One false hour in twelve claimed, ten draws: found in 1 - (11/12)**10 of all seeds, however many leaves."""
    batch = inflated(range(4, 15), leaves // 11 * 11, [2])
    found = 0
    for number in range(400):
        seed = sha256(b"seed", number.to_bytes(4, "big"))
        drawn = draw(seed, OWNER, [batch.header], 10)
        steps = {slot for _, slot in drawn.slots}
        asked = 1 in steps  # hour 2 is the first claimed; no reading can stand for it
        weight = opened([batch], count=10, seed=seed).weight
        assert not (asked and weight), "who is asked for an hour without a reading cannot answer"
        found += asked
    assert abs(found / 400 - (1 - (11 / 12) ** 10)) < 0.08


def alternating(claimed):
    """Two true hours whose readings take turns, so that every count seems to step from one hour to the other."""
    times = [MIDNIGHT + (10 if i % 2 == 0 else 14) * 3_600 + i for i in range(2 * len(claimed))]
    counts = [min(1 + (i + 1) // 2, len(claimed)) for i in range(len(times))]
    return forged(packets_at(times, SENSOR), times, counts, device=SENSOR, hours=sum(1 << hour for hour in claimed))


def test_readings_of_two_hours_that_take_turns_do_not_stand_for_other_hours():
    batch = alternating(range(5, 19))
    passed = sum(opened([batch], count=1, seed=bytes([n]) * 32).weight > 0 for n in range(100))
    assert passed == 0, "the last leaf alone shows that the 14th slot is not hour 14"
