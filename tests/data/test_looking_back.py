"""Features that look back: exact values of the same device, inside one week, the same for rows and for questions."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.content import cid_of_digest
from andel.data.feature_spec import MAX_LOOK_BACK, MAX_VALUES, FeatureSpec, read_value_name, value_name, values_of
from andel.data.features import build_rows, codes_of
from andel.device.reading import Measurement, SignedReading
from andel.encoding import canonical_json
from andel.errors import InputError, PlanError
from andel.hashing import sha256
from andel.training.engine import genesis_parameters
from andel.training.rules import ValueRules
from andel.training.task import parse_task
from andel.training.updates import encode_version
from andel.units import Address, Digest, day_of
from andel.value.reference import open_reference
from andel.value.retraining import Outcome, retrain_all
from tests.support.worlds import FIRST_DAY, build_world, play, small_task

HOUR = 3_600
MONDAY = FIRST_DAY * 86_400
"""The first second of a week: weeks count from 1 January."""

NOW = FeatureSpec("now", "channel", "t", -1_000, 1_000)
LAG = FeatureSpec("an hour before", "lag", "t", -1_000, 1_000, seconds=HOUR)
TREND = FeatureSpec("change of two hours", "difference", "t", -500, 500, seconds=2 * HOUR)
MEAN = FeatureSpec("mean of three hours", "mean", "t", -1_000, 1_000, seconds=3 * HOUR, samples=3)
ALL = (NOW, LAG, TREND, MEAN)


def reading(device, timestamp, value, channel="t"):
    measured = (Measurement(channel, value, -2, ""),)
    return SignedReading(Address(device), timestamp, measured, f"{value}".encode(), Digest(bytes(32)), "envelope")


def code(value, spec):
    """The documented code of a value."""
    return min(max(value - spec.low, 0), spec.high - spec.low) * 255 // (spec.high - spec.low)


def plain_codes(by_time, moment):
    """The codes of one row, by the documentation's words; None where a value is missing."""
    try:
        t0, t1, t2 = (by_time[moment - back * HOUR] for back in (0, 1, 2))
    except KeyError:
        return None
    return [code(t0, NOW), code(t1, LAG), code(t0 - t2, TREND), code((t0 + t1 + t2) // 3, MEAN)]


@settings(max_examples=60)
@given(st.dictionaries(st.integers(0, 60), st.integers(-1_500, 1_500), min_size=1), st.integers(1, 4))
def test_rows_are_those_of_plain_integers(hours, horizon):
    by_time = {MONDAY + 100 * HOUR + hour * HOUR: value for hour, value in hours.items()}
    rows = build_rows([reading("a", *item) for item in by_time.items()], ALL, "t", horizon * HOUR)
    week_end = MONDAY + 7 * 86_400
    expected = [
        (moment, plain_codes(by_time, moment))
        for moment in sorted(by_time)
        if moment + horizon * HOUR in by_time and moment + horizon * HOUR < week_end and plain_codes(by_time, moment)
    ]
    assert list(zip(rows.timestamps.tolist(), rows.codes.tolist(), strict=True)) == expected


@settings(max_examples=30)
@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=4, max_size=4))
def test_a_question_has_the_codes_of_its_row_however_large_its_values(values):
    moments = [MONDAY + hour * HOUR for hour in range(4)]
    rows = build_rows([reading("a", *item) for item in zip(moments, values, strict=True)], ALL, "t", HOUR)
    question = {"t": values[2], f"t@-{HOUR}": values[1], f"t@-{2 * HOUR}": values[0]}
    codes = codes_of(question, moments[2], ALL).tolist()
    assert rows.codes.tolist() in ([], [codes]), "no row only where the target is too large for one"
    low, _, high = sorted(code(value, MEAN) for value in (values[0], values[1], values[2]))
    assert low <= codes[3] <= high


def test_no_other_device_fills_a_gap():
    readings = [reading("a", MONDAY, 1), reading("b", MONDAY + HOUR, 2), reading("a", MONDAY + 2 * HOUR, 3)]
    readings.append(reading("a", MONDAY + 3 * HOUR, 4))
    assert len(build_rows(readings, (LAG,), "t", HOUR).codes) == 0
    assert len(build_rows(readings, (NOW,), "t", HOUR).codes) == 1


def test_a_look_back_passes_midnight_and_no_week():
    hours = [reading("a", MONDAY + hour * HOUR, hour) for hour in range(8 * 24)]
    rows = build_rows(hours, (LAG,), "t", HOUR)
    starts = {int(moment - MONDAY) // HOUR for moment in rows.timestamps}
    assert 24 in starts, "the first hour of a day looks into the day before"
    assert starts.isdisjoint({0, 7 * 24}), "the first hour of a week has nothing before it"
    assert 7 * 24 - 1 not in starts, "and its last hour nothing to foretell"
    alone = [item for item in hours if day_of(item.timestamp) == FIRST_DAY + 1]
    assert MONDAY + 24 * HOUR not in build_rows(alone, (LAG,), "t", HOUR).timestamps


def test_one_time_twice_is_looked_back_at_once():
    """Of two readings of one time the one with the smaller bytes counts, here too, in any order."""
    readings = [reading("a", MONDAY, 5), reading("a", MONDAY, 700), reading("a", MONDAY + HOUR, 6)]
    readings.append(reading("a", MONDAY + 2 * HOUR, 7))
    for seed in range(6):
        random.Random(seed).shuffle(readings)
        rows = build_rows(readings, (LAG,), "t", HOUR)
        assert rows.codes.tolist() == [[code(5, LAG)]]


def test_a_reading_without_the_channel_ends_the_row_of_whoever_looks_back_at_it():
    readings = [reading("a", MONDAY, 1, "other"), reading("a", MONDAY + HOUR, 2), reading("a", MONDAY + 2 * HOUR, 3)]
    assert len(build_rows(readings, (LAG,), "t", HOUR).codes) == 0
    assert len(build_rows(readings, (NOW,), "t", HOUR).codes) == 1


def test_a_question_names_what_it_lacks_of_the_past():
    with pytest.raises(InputError, match="t@-7200"):
        codes_of({"t": 1, "t@-3600": 2}, MONDAY, ALL)


@pytest.mark.parametrize(("channel", "back"), [("t", 0), ("pm2_5", 1), ("t", MAX_LOOK_BACK)])
def test_the_name_of_a_value_is_read_back(channel, back):
    assert read_value_name(value_name(channel, back)) == (channel, back)


@pytest.mark.parametrize(
    "name", ["", "@-60", "t@", "t@-", "t@-0", "t@-01", "t@-1.5", "t@3600", "t@-9999999", "t@-1@-1", "t@-٣"]
)
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(PlanError, match="names no value"):
        read_value_name(name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "channel", "seconds": HOUR},
        {"kind": "lag"},
        {"kind": "lag", "seconds": -1},
        {"kind": "lag", "seconds": MAX_LOOK_BACK + 1},
        {"kind": "lag", "seconds": HOUR, "samples": 2},
        {"kind": "lag", "seconds": HOUR, "channel": ""},
        {"kind": "lag", "seconds": HOUR, "channel": "t@-60"},
        {"kind": "difference"},
        {"kind": "mean", "seconds": HOUR},
        {"kind": "mean", "seconds": HOUR, "samples": 1},
        {"kind": "mean", "seconds": HOUR, "samples": 49},
        {"kind": "mean", "seconds": HOUR, "samples": 7},
        {"kind": "hour-sin", "high": 45, "harmonic": 1, "seconds": 60},
    ],
    ids=str,
)
def test_a_look_back_that_means_nothing_is_refused(wrong):
    with pytest.raises(PlanError):
        FeatureSpec(**{"name": "x", "channel": "t", "low": 0, "high": 1, **wrong})


def test_a_task_looks_at_no_more_values_than_a_question_can_give():
    means = [FeatureSpec(f"m{n}", "mean", "t", 0, 9, seconds=48 * n * 7, samples=48) for n in (1, 50, 51)]
    values = [json.loads(small_task(features=tuple(means[:count])).to_bytes()) for count in (2, 3)]
    assert len(values_of(means[:2])) <= MAX_VALUES < len(values_of(means))
    assert len(parse_task(canonical_json(values[0])).features) == 2
    with pytest.raises(PlanError, match="features' values"):
        parse_task(canonical_json(values[1]))


def test_a_target_cannot_be_named_like_a_value_of_the_past():
    with pytest.raises(PlanError, match="target"):
        parse_task(small_task(target="temperature@-3600").to_bytes())


def test_a_round_is_trained_settled_and_trained_again_on_the_same_looks_back():
    """What contributors train on, validators score by and auditors rebuild from disclosed packets are the same rows."""
    world = looking_back(build_world(3, rules=ValueRules(audits=3)))
    codes, _ = world.owners[0].rows(world.plan, world.task)
    assert len(codes) == 4 * 24 - 3 - 5, "four days in one row of days: only the first hours and the last are lost"
    report = play(world).settle()
    assert len(world.reference.score.change) and sum(report.history.earned.values()) > 0
    following = world.after(report)
    verdicts = retrain_all(following.plan, world.task, following.history.due, play(following).disclosed)
    assert [verdict.outcome for verdict in verdicts.values()] == [Outcome.SAME] * 3


def looking_back(world):
    """The same model, founded with features that look back up to five hours."""
    features = (
        *world.task.features,
        FeatureSpec("before", "lag", "temperature", -1_000, 4_000, seconds=5 * HOUR),
        FeatureSpec("trend", "difference", "temperature", -300, 300, seconds=HOUR),
        FeatureSpec("mean", "mean", "humidity", 0, 10_000, seconds=4 * HOUR, samples=4),
    )
    task = replace(world.task, features=features)
    parameters = genesis_parameters(task)
    plan = replace(world.plan, task=cid_of_digest(sha256(task.to_bytes())), version=sha256(encode_version(parameters)))
    reference = open_reference(plan, task, world.reference_batches, world.reference_packets)
    return replace(world, task=task, plan=plan, parameters=parameters, reference=reference)


def test_codes_of_a_look_back_fit_a_byte():
    rows = build_rows([reading("a", MONDAY + h * HOUR, (-1) ** h * 2**40) for h in range(9)], ALL, "t", 2 * HOUR)
    assert rows.codes.dtype == np.uint8 and set(rows.codes.ravel().tolist()) <= {0, 85, 127, 170, 255}
