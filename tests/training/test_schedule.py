"""How far a round trains is the task's schedule: nobody who opens a round can say otherwise."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.content import cid_of_digest
from andel.encoding import canonical_json
from andel.errors import EvidenceError, PlanError
from andel.hashing import sha256
from andel.training.plan import check_pace, parse_plan
from andel.training.rules import ValueRules
from andel.training.schedule import MAX_CHANGES, Change, Pace
from andel.training.task import parse_task
from andel.value.retraining import Outcome, retrain_all
from tests.support.federations import RecordingGrid, federate, honest_node
from tests.support.worlds import build_world, play, small_plan, small_task

SLOWER = (Change(2, 6, 5), Change(4, 3, 6))
TASK = small_task(schedule=SLOWER)
BASE = build_world(3, rules=ValueRules(audits=3))


def scheduled(world, schedule=SLOWER):
    """The same model, founded with that schedule."""
    task = replace(world.task, schedule=schedule)
    plan = replace(world.plan, task=cid_of_digest(sha256(task.to_bytes())))
    return replace(world, task=task, plan=plan)


def with_schedule(value):
    """A task's bytes with that in its field."""
    return canonical_json(json.loads(TASK.to_bytes()) | {"schedule": value})


def test_each_round_has_the_pace_of_the_last_change_up_to_it():
    paces = [TASK.pace(number) for number in (1, 2, 3, 4, 400)]
    assert paces == [Pace(12, 3), Pace(6, 5), Pace(6, 5), Pace(3, 6), Pace(3, 6)]
    assert small_task().pace(77) == Pace(12, 3)


def test_a_schedule_comes_back_from_the_tasks_bytes_and_gives_it_another_hash():
    assert parse_task(TASK.to_bytes()) == TASK
    assert sha256(TASK.to_bytes()) != sha256(small_task().to_bytes())


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        [1],
        [{"since": 2, "steps": 5}],
        [{"since": 2, "steps": 5, "rate_shift": 3, "more": 1}],
        [{"since": 1, "steps": 5, "rate_shift": 3}],
        [{"since": 2, "steps": 0, "rate_shift": 3}],
        [{"since": 2, "steps": 10_001, "rate_shift": 3}],
        [{"since": 2, "steps": 5, "rate_shift": 25}],
        [{"since": 2, "steps": True, "rate_shift": 3}],
        [{"since": "2", "steps": 5, "rate_shift": 3}],
        [{"since": 3, "steps": 5, "rate_shift": 3}, {"since": 3, "steps": 5, "rate_shift": 4}],
        [{"since": 2 + i, "steps": 5, "rate_shift": 3} for i in range(MAX_CHANGES + 1)],
    ],
)
def test_a_schedule_that_means_nothing_is_refused_by_name(value):
    with pytest.raises(PlanError, match="schedule"):
        parse_task(with_schedule(value))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(-1, 20), st.integers(-1, 30)), max_size=4))
def test_whatever_stands_in_a_schedule_is_read_back_or_refused(changes):
    data = with_schedule([{"since": a, "steps": b, "rate_shift": c} for a, b, c in changes])
    try:
        task = parse_task(data)
    except PlanError:
        return
    assert task.to_bytes() == data


@pytest.mark.parametrize("other", [{"steps": 13}, {"rate_shift": 2}, {"round": 2}])
def test_a_plan_with_another_pace_than_its_round_has_is_found(other):
    plan = small_plan(TASK)
    check_pace(plan, TASK)
    with pytest.raises(PlanError, match="schedule"):
        check_pace(replace(plan, **other), TASK)
    assert parse_plan(replace(plan, **other).to_bytes()) == replace(plan, **other), "it can be read, and is wrong"


def test_contributors_answer_no_plan_with_another_pace():
    world = scheduled(BASE)
    faster = replace(world, plan=replace(world.plan, rate_shift=1))
    federated = federate(faster, RecordingGrid([honest_node(faster, number) for number in range(3)]), 0)
    assert federated.collect_commitments() == ()
    reasons = [refused.reason for refused in federated.result().refused]
    assert len(reasons) == 3 and all("schedule" in reason for reason in reasons)


def test_whoever_replays_refuses_a_round_of_another_pace():
    world = scheduled(BASE)
    with pytest.raises(EvidenceError, match="pace"):
        play(replace(world, plan=replace(world.plan, steps=11))).settle()


def test_rounds_train_at_their_own_pace_and_retraining_finds_the_same():
    """Round 2 discloses what round 1 trained at round 1's pace, and itself trains at its own."""
    world = scheduled(BASE)
    report = play(world).settle()
    following = world.after(report)
    assert (following.plan.steps, following.plan.rate_shift) == (6, 5)
    longer = replace(following, task=replace(following.task, schedule=()))
    owner = world.owners[0]
    assert not np.array_equal(owner.update(following), owner.update(longer))
    second = play(following)
    due = following.history.due
    assert len(due) == 3
    verdicts = retrain_all(following.plan, world.task, due, second.disclosed)
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.SAME}
    assert sum(share for share in second.settle().history.earned.values()) > 0
    third = following.after(second.settle())
    verdicts = retrain_all(third.plan, world.task, third.history.due, play(third).disclosed)
    assert {verdict.outcome for verdict in verdicts.values()} == {Outcome.SAME}, "those of round 2, at round 2's pace"
