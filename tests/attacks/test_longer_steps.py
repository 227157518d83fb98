"""Attack: a coordinator plans longer or more steps for the round in which its friend is paid, or none for a rival's.

Who: the coordinator, alone or with a contributor. What stops it: the task's schedule, whose hash stands on chain, gives
every round its steps and rate; contributors answer no other plan, and nobody can settle one.
"""

from dataclasses import replace

import pytest

from andel.errors import EvidenceError
from andel.hashing import sha256
from andel.training.engine import train_update
from andel.training.rules import ValueRules
from andel.training.schedule import Change
from andel.value.retraining import Outcome, retrain_all
from tests.support.federations import RecordingGrid, federate, honest_node
from tests.support.worlds import FIRST_SEED, build_world, play

WORLD = build_world(3, rules=ValueRules(audits=3))


@pytest.mark.parametrize("pace", [{"steps": 10_000}, {"rate_shift": 0}, {"steps": 1}])
def test_nobody_answers_or_settles_a_plan_with_steps_of_the_coordinators_choice(pace):
    world = replace(WORLD, plan=replace(WORLD.plan, **pace))
    federated = federate(world, RecordingGrid([honest_node(world, number) for number in range(3)]), 0)
    assert federated.collect_commitments() == ()
    assert all("schedule" in refused.reason for refused in federated.result().refused)
    with pytest.raises(EvidenceError, match="pace"):
        play(world).settle()


def test_a_contributor_that_takes_more_steps_than_the_round_has_is_found_by_training_again():
    """Its friend the coordinator need not say so in the plan: it just does."""
    friend = WORLD.owners[0]
    codes, change = friend.rows(WORLD.plan, WORLD.task)
    longer = replace(WORLD.task, steps=60)
    update = train_update(
        longer, WORLD.parameters, codes, change, number=1, seed=FIRST_SEED, contributor=friend.address
    )
    following = WORLD.after(play(WORLD, {friend.address: update}).settle())
    verdicts = retrain_all(following.plan, WORLD.task, following.history.due, play(following).disclosed)
    assert verdicts[friend.address].outcome is Outcome.DIFFERENT
    assert {verdicts[owner.address].outcome for owner in WORLD.owners[1:]} == {Outcome.SAME}


def test_a_plan_under_another_schedule_is_under_another_task():
    other = replace(WORLD.task, schedule=(Change(2, 60, 1),))
    assert sha256(other.to_bytes()) != sha256(WORLD.task.to_bytes())
    with pytest.raises(EvidenceError, match="task"):
        play(replace(WORLD, task=other)).settle()
