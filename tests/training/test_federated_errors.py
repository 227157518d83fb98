"""Errors on days of one's own: told only by who allows it, signed, counted once, and of no weight in the round."""

from dataclasses import replace

import numpy as np
import pytest

from andel.errors import InputError, PlanError
from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.roles.held_out import HeldOut
from andel.training import wire
from andel.training.engine import engine_of
from andel.training.federated_errors import MIN_ROWS, ask_errors, sign_errors
from andel.training.local_errors import LocalErrors, local_errors
from andel.training.personal import personalise
from andel.training.privacy import Privacy
from andel.training.rounds import RoundSettings, Waiting
from andel.training.updates import encode_version, flatten
from tests.support.federations import Clock, RecordingGrid, changed_node, honest_node, with_values
from tests.support.worlds import FIRST_DAY, Sensor, build_world, small_task

HELD_DAYS = range(FIRST_DAY + 7, FIRST_DAY + 14)


@pytest.fixture
def world():
    """Three owners, each with a week that no plan covers; all of them tell."""
    built = build_world(3)
    for number, owner in enumerate(built.owners):
        owner._readings += tuple(Sensor("held out", str(number)).days(HELD_DAYS))
        owner.tells = True
    return built


def ask(world, nodes=None, clock=None, contributors=None):
    """What the owners tell of the world's version."""
    given = clock or Clock()
    grid = RecordingGrid(nodes or [honest_node(world, number) for number in range(len(world.owners))])
    known = {owner.address for owner in world.owners} if contributors is None else contributors
    waiting = Waiting(lambda: given.now, given.sleep)
    return ask_errors(
        grid, world.plan, world.task, world.parameters, known, waiting, RoundSettings(phase_seconds=5, poll_seconds=1)
    )


def own_errors(world, owner):
    """What that owner should tell, by plain sums."""
    codes, change = owner.held_out(world.plan, world.task, world.plan.version)
    predicted = engine_of(world.task).predict(world.task, world.parameters, codes).tolist()
    missed = sum(abs(a - b) for a, b in zip(predicted, change.tolist(), strict=True))
    return LocalErrors(len(change), missed, sum(map(abs, change.tolist())))


def test_the_mean_weighs_every_row_alike_and_the_median_every_contributor(world):
    found = ask(world)
    errors = {owner.address: own_errors(world, owner) for owner in world.owners}
    assert {item.contributor: item.errors for item in found.told} == errors
    assert found.version == world.plan.version
    rows = sum(item.rows for item in errors.values())
    assert found.rows == rows >= 3 * MIN_ROWS
    assert found.mean == sum(item.missed for item in errors.values()) / rows
    assert found.persistence == sum(item.moved for item in errors.values()) / rows
    assert found.median == sorted(item.missed / item.rows for item in errors.values())[1]


def test_who_does_not_allow_it_tells_nothing_and_nobody_waits(world):
    world.owners[1].tells = False
    clock = Clock()
    found = ask(world, clock=clock)
    assert [item.contributor for item in found.told] == sorted(
        (world.owners[0].address, world.owners[2].address), key=str.lower
    )
    assert clock.slept == []
    for owner in world.owners:
        owner.tells = False
    nobody = ask(world)
    assert (nobody.told, nobody.rows, nobody.mean, nobody.median, nobody.persistence) == ((), 0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "values",
    [
        {"missed": 0},
        {"rows": 5},
        {"rows": MIN_ROWS - 1},
        {"rows": 1 << 40},
        {"moved": -1},
        {"missed": 2**62},
        {"rows": None},
        {"rows": "100"},
        {"signature": b"\0" * 65},
        {"signature": b""},
        {"contributor": "nobody"},
        {"contributor": AccountKey(derive_secret(b"tests", "stranger")).address},
    ],
    ids=str,
)
def test_what_is_altered_or_out_of_bounds_is_left_out(world, values):
    nodes = [honest_node(world, 0), changed_node(world, 1, wire.EVALUATE, with_values(**values)), honest_node(world, 2)]
    assert {item.contributor for item in ask(world, nodes).told} == {world.owners[i].address for i in (0, 2)}


def test_nobody_counts_twice_and_strangers_do_not_count(world):
    twice = ask(world, [honest_node(world, 0), honest_node(world, 0), honest_node(world, 1)])
    assert len(twice.told) == 2
    assert ask(world, contributors={world.owners[2].address}).told[0].contributor == world.owners[2].address


def test_errors_of_one_version_are_not_those_of_another(world):
    """A signature names the version: last round's good errors cannot be shown again for a worse one."""
    former = ask(world).told[0]
    parameters = [array + 5 for array in world.parameters]
    later = replace(world, parameters=parameters)
    shown = with_values(signature=former.signature, missed=former.errors.missed)
    number = next(i for i, owner in enumerate(world.owners) if owner.address == former.contributor)
    found = ask(later, [changed_node(later, number, wire.EVALUATE, shown)])
    assert found.version == sha256(encode_version(parameters)) and found.told == ()


def test_few_rows_are_not_told():
    key = AccountKey(derive_secret(b"tests", "few rows"))
    world = build_world(1)
    with pytest.raises(InputError, match="too few"):
        sign_errors(key, world.plan, world.plan.version, LocalErrors(MIN_ROWS - 1, 5, 5))


def test_an_error_beyond_any_true_change_is_held():
    task = small_task(target_scale=1 << 31)
    parameters = [np.full(shape, 1 << 30, np.int64) for shape in task.shapes]
    rows = np.full((3, 4), 255, np.uint8), np.array([-(2**32), 0, 2**32])
    errors = local_errors(task, parameters, *rows)
    assert errors.rows == 3 and 0 < errors.missed <= 3 << 33 and errors.moved == 2**33


def test_silence_by_default_and_under_a_task_that_hides_updates():
    with pytest.raises(PlanError, match="to itself"):
        HeldOut(((1, 2),)).check_told(small_task())
    noisy = Privacy(clip_norm=1 << 24, noise_thousandths=500, delta_digits=5, releases=10)
    with pytest.raises(PlanError, match="hides"):
        HeldOut(((1, 2),), tell=True).check_told(small_task(privacy=noisy))
    HeldOut(((1, 2),), tell=True).check_told(small_task())


def test_a_personal_version_is_never_worse_at_home_and_the_same_again(world):
    owner = world.owners[0]
    train, kept = owner.rows(world.plan, world.task), owner.held_out(world.plan, world.task, world.plan.version)
    found = personalise(world.task, world.parameters, train, kept, number=1, passes=6)
    assert found.shared == own_errors(world, owner)
    assert found.own.missed < found.shared.missed and 1 <= found.passes <= 6
    assert local_errors(world.task, found.parameters, *kept) == found.own
    again = personalise(world.task, world.parameters, train, kept, number=1, passes=6)
    assert np.array_equal(flatten(again.parameters), flatten(found.parameters))


def test_a_personal_version_that_would_be_worse_is_the_shared_one(world):
    """Rows to train on that say the opposite of those at home."""
    owner = world.owners[0]
    codes, change = owner.held_out(world.plan, world.task, world.plan.version)
    learnt = personalise(world.task, world.parameters, (codes, change), (codes, change), number=1, passes=30)
    found = personalise(world.task, learnt.parameters, (codes, -40 * change), (codes, change), number=1, passes=3)
    assert found.passes == 0 and found.own == found.shared
    assert np.array_equal(flatten(found.parameters), flatten(learnt.parameters))
    with pytest.raises(InputError, match="passes"):
        personalise(world.task, world.parameters, (codes, change), (codes, change), number=1, passes=0)
    with pytest.raises(InputError, match="no row"):
        personalise(world.task, world.parameters, (codes[:0], change[:0]), (codes, change), number=1)
