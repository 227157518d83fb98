"""Tasks and plans are read strictly: what is missing, unknown, mistyped or out of bounds is refused by name."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.encoding import canonical_json
from andel.errors import InputError, PlanError
from andel.hashing import sha256
from andel.training.plan import parse_plan
from andel.training.rules import DEFAULT_RULES, ValueRules
from andel.training.task import parse_task
from andel.units import BaseUnits
from tests.support.worlds import FIRST_DAY, small_plan, small_task

TASK = small_task()
PLAN = small_plan(TASK)

TASK_BOUNDS = {
    "steps": (1, 10_000),
    "batch_rows": (1, 4_096),
    "rate_shift": (0, 24),
    "residual_limit": (1, 1 << 20),
    "score_limit": (1, 1 << 20),
    "openings": (2, 100_000),
    "horizon_seconds": (1, 366 * 86_400),
    "target_scale": (1, 1 << 31),
    "exponent": (-18, 18),
}


RULE_BOUNDS = {
    "noise_sigmas": (0, 100),
    "gate_mads": (0, 100),
    "krum_drop_bps": (0, 4_000),
    "novelty_steps": (0, 8),
    "round_share_bps": (0, 10_000),
}


def fields_of(thing):
    """The JSON fields of a task or plan."""
    return json.loads(thing.to_bytes())


def changed(thing, **values):
    """The thing's bytes with other fields."""
    return canonical_json(fields_of(thing) | values)


RULES = fields_of(PLAN)["rules"]


def test_a_task_comes_back_from_its_bytes():
    assert parse_task(TASK.to_bytes()) == TASK
    assert parse_task(TASK.to_bytes()).to_bytes() == TASK.to_bytes()


def test_a_plan_comes_back_from_its_bytes():
    assert parse_plan(PLAN.to_bytes()) == PLAN
    assert PLAN.hash == sha256(PLAN.to_bytes())


def test_a_plan_says_which_days_it_covers():
    plan = replace(PLAN, windows=((3, 5), (7, 7)))
    assert [day for day in range(10) if plan.covers(day)] == [3, 4, 5, 7]


def test_amounts_beyond_json_numbers_survive():
    plan = replace(PLAN, budget=BaseUnits(10**30 + 1))
    assert parse_plan(plan.to_bytes()).budget == 10**30 + 1


@pytest.mark.parametrize(("name", "low", "high"), [(name, *bounds) for name, bounds in TASK_BOUNDS.items()])
def test_a_task_field_outside_its_bounds_is_named(name, low, high):
    for value in (low, high):
        assert getattr(parse_task(changed(TASK, **{name: value})), name) == value
    for value in (low - 1, high + 1, 2**53 - 1, -(2**53) + 1):
        with pytest.raises(PlanError, match=name):
            parse_task(changed(TASK, **{name: value}))


@pytest.mark.parametrize(("name", "low", "high"), [(name, *bounds) for name, bounds in RULE_BOUNDS.items()])
def test_a_rule_outside_its_bounds_is_named(name, low, high):
    for value in (low, high):
        assert getattr(parse_plan(changed(PLAN, rules=RULES | {name: value})).rules, name) == value
    for value in (low - 1, high + 1, 2**53 - 1, -(2**53) + 1):
        with pytest.raises(PlanError, match=name):
            parse_plan(changed(PLAN, rules=RULES | {name: value}))


def test_plans_with_other_rules_have_other_hashes_and_so_have_the_rules():
    other = replace(PLAN, rules=ValueRules(gate_mads=0))
    assert parse_plan(other.to_bytes()) == other
    assert other.hash != PLAN.hash and other.rules.hash != PLAN.rules.hash
    assert TASK.rules == DEFAULT_RULES.hash.hex()


@pytest.mark.parametrize("layers", [[], [1], [32], [64, 32], [511], [1] * 8, [300, 300]])
def test_a_task_says_how_many_units_each_hidden_layer_has(layers):
    assert parse_task(changed(TASK, layers=layers)).layers == tuple(layers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("features", []),
        ("features", [fields_of(TASK)["features"][0]] * 25),
        ("features", [1]),
        ("features", [{"name": "only a name"}]),
        ("features", [fields_of(TASK)["features"][0] | {"kind": "unknown"}]),
        ("features", [fields_of(TASK)["features"][0] | {"low": "0"}]),
        ("features", [fields_of(TASK)["features"][0] | {"channel": 7}]),
        ("features", [fields_of(TASK)["features"][0] | {"extra": 7}]),
        ("features", None),
        ("reference", "00" * 31),
        ("rules", "00" * 31),
        ("rules", "zz" * 32),
        ("rules", None),
        ("accepted_time", [5]),
        ("accepted_time", [5, 5]),
        ("accepted_time", [-1, 5]),
        ("accepted_time", [0, 2**49]),
        ("accepted_time", ["0", "5"]),
        ("initial_seed", "no hex"),
        ("initial_seed", 12),
        ("layers", "6"),
        ("layers", 6),
        ("layers", True),
        ("layers", None),
        ("layers", [True]),
        ("layers", ["6"]),
        ("layers", [[6]]),
        ("layers", [None]),
        ("layers", [6, 0]),
        ("layers", [-1]),
        ("layers", [2**53 - 1]),
        ("layers", [512]),
        ("layers", [1] * 9),
        ("layers", [400, 400]),
        ("name", 6),
        ("target", {}),
    ],
)
def test_a_task_that_means_nothing_is_refused(name, value):
    with pytest.raises(PlanError):
        parse_task(changed(TASK, **{name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chain_id", "31337"),
        ("chain_id", -1),
        ("chain_id", True),
        ("round", None),
        ("round", -1),
        ("attempt", "0"),
        ("deadline", [1]),
        ("k", "2"),
        ("operator_share_bps", 10_001),
        ("operator_share_bps", -1),
        ("budget", 7),
        ("budget", "-1"),
        ("budget", "1e3"),
        ("budget", " 7"),
        ("budget", "07"),
        ("model", "0x00"),
        ("model", PLAN.model.lower()),
        ("model", 7),
        ("alliance", PLAN.alliance.lower()),
        ("alliance", "x"),
        ("alliance", None),
        ("policy", "00" * 31),
        ("policy", None),
        ("task", 7),
        ("version", "00" * 31),
        ("version", "zz" * 32),
        ("version", PLAN.version.hex().upper()),
        ("state", 7),
        ("windows", [[5, 4]]),
        ("windows", [[5, 6], [6, 7]]),
        ("windows", [[7, 7], [5, 5]]),
        ("windows", [[5]]),
        ("windows", [["5", "6"]]),
        ("windows", [[3 * i, 3 * i] for i in range(4_097)]),
        ("windows", 5),
        ("rules", {}),
        ("rules", []),
        ("rules", None),
        ("rules", RULES | {"extra": 7}),
        ("rules", RULES | {"line_search": []}),
        ("rules", RULES | {"line_search": [0] * 65}),
        ("rules", RULES | {"line_search": [65]}),
        ("rules", RULES | {"line_search": [-1]}),
        ("rules", RULES | {"line_search": ["4"]}),
        ("rules", RULES | {"line_search": 4}),
        ("rules", RULES | {"clip": "half"}),
        ("rules", RULES | {"clip": 7}),
        ("rules", RULES | {"gate_mads": True}),
        ("rules", {name: value for name, value in RULES.items() if name != "clip"}),
        ("reference", {}),
        ("reference", []),
        ("reference", fields_of(PLAN)["reference"] | {"sealed": 7}),
        ("reference", fields_of(PLAN)["reference"] | {"extra": 7}),
        ("reference", fields_of(PLAN)["reference"] | {"epoch": "2020-01"}),
        ("reference", fields_of(PLAN)["reference"] | {"epoch": None}),
        ("reference", fields_of(PLAN)["reference"] | {"score": [[FIRST_DAY, FIRST_DAY - 1]]}),
    ],
)
def test_a_plan_that_means_nothing_is_refused(name, value):
    with pytest.raises((PlanError, InputError)):
        parse_plan(changed(PLAN, **{name: value}))


@pytest.mark.parametrize(("parse", "thing"), [(parse_task, TASK), (parse_plan, PLAN)])
def test_missing_unknown_and_foreign_fields_are_refused(parse, thing):
    values = fields_of(thing)
    for name in values:
        with pytest.raises(PlanError):
            parse(canonical_json({key: value for key, value in values.items() if key != name}))
    with pytest.raises(PlanError, match="unheard"):
        parse(canonical_json(values | {"unheard": 1}))
    with pytest.raises(PlanError, match="format"):
        parse(canonical_json(values | {"format": "andel-other/1"}))


@pytest.mark.parametrize(("parse", "thing"), [(parse_task, TASK), (parse_plan, PLAN)])
def test_another_spelling_of_the_same_fields_is_refused(parse, thing):
    good = thing.to_bytes()
    spaced = good.replace(b":", b": ", 1)
    turned = json.dumps(dict(reversed(fields_of(thing).items()))).encode()
    for data in (spaced, turned, good + b"\n", good[:-1], b"", b"[]", b"null", b"\xff", b"{" * 3_000):
        with pytest.raises(InputError):
            parse(data)


def test_objects_over_their_limits_are_refused():
    with pytest.raises(InputError, match="limit"):
        parse_task(changed(TASK, name="x" * 70_000))
    with pytest.raises(InputError, match="limit"):
        parse_plan(changed(PLAN, task="x" * 1_100_000))


keys = st.text(st.characters(codec="ascii"), max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)


@given(st.sampled_from(sorted(fields_of(TASK))), json_values)
def test_whatever_stands_in_a_task_field_is_read_back_or_refused(name, value):
    data = changed(TASK, **{name: value})
    try:
        task = parse_task(data)
    except InputError:
        return
    assert task.to_bytes() == data


@given(st.sampled_from(sorted(fields_of(PLAN))), json_values)
def test_whatever_stands_in_a_plan_field_is_read_back_or_refused(name, value):
    data = changed(PLAN, **{name: value})
    try:
        plan = parse_plan(data)
    except InputError:
        return
    assert plan.to_bytes() == data


@given(st.sampled_from(sorted(fields_of(PLAN)["reference"])), json_values)
def test_whatever_stands_in_a_reference_is_read_back_or_refused(name, value):
    data = changed(PLAN, reference=fields_of(PLAN)["reference"] | {name: value})
    try:
        plan = parse_plan(data)
    except InputError:
        return
    assert plan.to_bytes() == data


@given(st.data())
def test_a_flipped_bit_is_refused_or_gives_another_plan(data):
    good = PLAN.to_bytes()
    place = data.draw(st.integers(0, len(good) - 1))
    flawed = good[:place] + bytes([good[place] ^ (1 << data.draw(st.integers(0, 7)))]) + good[place + 1 :]
    try:
        plan = parse_plan(flawed)
    except InputError:
        return
    assert plan.hash == sha256(flawed) != PLAN.hash
