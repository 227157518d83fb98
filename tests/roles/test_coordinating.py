"""Coordinating for ever: what each look does by where the chain stands; plans that need chain and store alone."""

import time
from dataclasses import replace

import pytest

from andel.content import ContentStore
from andel.errors import ContentMissing
from andel.ledger.round_state import PlantState, Status, VoidReason
from andel.roles.coordinating import Coordinating, Pace
from andel.roles.coordinator import Coordinator
from andel.roles.held_out import HeldOut
from andel.roles.measuring import Measuring
from andel.roles.planning import Choices, all_days, plan_again, plan_next
from andel.roles.planting import Planter
from andel.simulation.world import ROUND_SECONDS
from andel.training.events import ErrorsTold, Event, RoundEnded, RoundMoved, StepFailed
from andel.training.grid import LocalGrid
from andel.training.rounds import RoundSettings, Waiting
from andel.units import TOKEN, BaseUnits
from tests.support.small_run import BUDGET
from tests.support.worlds import small_plan, small_task

CHOICES = Choices(ROUND_SECONDS, BUDGET)
AT_ONCE = Pace(rest=0.0)


class Loop:
    """A coordinating loop in this process, one look at a time; nothing it waits for takes real time."""

    def __init__(self, small, grid=None, quorum=1, every=0, key=None, pace=AT_ONCE):
        self.small, self.now = small, [0.0]
        self.heard: list[Event] = []
        world = small.world
        key = key or world.actors.coordinator
        grid = grid or LocalGrid(small.nodes())
        waiting = Waiting(lambda: self.now[0], self.sleep)
        planter = Planter(key, world.model, every) if every else None
        coordinator = Coordinator(
            key,
            world.model,
            small.store,
            grid,
            waiting,
            RoundSettings(quorum, 5.0, 1.0),
            planter=planter,
            tell=self.heard.append,
        )
        tell = self.heard.append
        self.measuring = Measuring(world.model, small.store, grid, waiting, RoundSettings(quorum, 5.0, 1.0), tell)
        self.looks = Coordinating(
            key, world.model, small.store, grid, coordinator, waiting, CHOICES, quorum, pace, self.measuring
        )

    def sleep(self, seconds):
        self.now[0] += seconds

    def until(self, status, looks=40):
        """Looks, with validators looking too, until the newest round has the status."""
        manager = self.small.world.model.round_manager
        for _ in range(looks):
            if (number := manager.rounds_count()) and manager.round_of(number).status == status:
                return manager.round_of(number)
            self.looks.step()
            for validator in self.small.validators:
                validator.step()
        pytest.fail(f"not {status.name} after {looks} looks: {self.failures()}")

    def failures(self):
        return [event.kind for event in self.heard if isinstance(event, StepFailed)]


@pytest.fixture(scope="module")
def fresh(launch_world):
    """A world in which no round is opened: tests that only look share it."""
    return launch_world("coordinating nothing yet")


@pytest.fixture
def small(launch_world, request):
    return launch_world(f"coordinating {request.node.name}")


def test_rounds_follow_one_another_and_are_told(small):
    loop, manager = Loop(small), small.world.model.round_manager
    loop.until(Status.FINALISED)
    loop.until(Status.CLOSED)
    assert loop.until(Status.FINALISED).round == 2
    steps = [event.step for event in loop.heard if isinstance(event, RoundMoved) and event.round == 1]
    assert [step for step in steps if step in ("opened", "data committed", "seed 1", "closed", "seed 2")][:5] == [
        "opened",
        "data committed",
        "seed 1",
        "closed",
        "seed 2",
    ]
    ended = [event for event in loop.heard if isinstance(event, RoundEnded)]
    assert ended[0].void_reason == "" and ended[0].minted == manager.round_of(1).minted > 0
    told = [event for event in loop.heard if isinstance(event, ErrorsTold)]
    assert [(event.round, event.contributors, event.rows) for event in told] == [(1, 0, 0)], "nobody need tell"
    assert loop.failures() == []
    small.assert_audited()


@pytest.mark.full
def test_who_allows_it_tells_how_a_final_version_does_at_home(small):
    """Days of the training weeks are told of here, as nobody holds any back: what counts is who is heard."""
    owner = small.honest()[0].contributor
    owner._held_out = HeldOut(((0, 10_000_000),), tell=True)
    rows = len(owner.own_rows(small.world.founded.definition)[1][1])
    owner._held_out = HeldOut(tell=True)
    loop = Loop(small)
    loop.until(Status.FINALISED)
    owner._held_out = HeldOut(((0, 10_000_000),), tell=True)
    found = loop.measuring.measure(1)
    assert (found.contributors, found.rows) == (1, rows)
    assert 0 < found.mean == found.median < found.persistence


def test_no_round_opens_while_too_few_nodes_are_there(fresh):
    grid = LocalGrid(fresh.nodes())
    loop = Loop(fresh, grid, quorum=len(grid.get_node_ids()) + 1)
    assert not any(loop.looks.step() for _ in range(3))
    assert fresh.world.model.round_manager.rounds_count() == 0


class SilentGrid(LocalGrid):
    """Its nodes are there and answer nothing while `silent`."""

    silent = True

    def pull_messages(self, message_ids):
        return [] if self.silent else super().pull_messages(message_ids)


def test_a_quorum_missed_is_asked_for_again_until_it_is_there(small):
    grid = SilentGrid(small.nodes())
    loop = Loop(small, grid)
    loop.looks.step()
    assert not loop.looks.step() and loop.failures() == ["QuorumMissed"]
    grid.silent = False
    assert loop.until(Status.FINALISED).attempt == 0


def test_an_attempt_whose_time_runs_out_is_voided_and_the_next_round_settles(small):
    grid = SilentGrid(small.nodes())
    loop, manager = Loop(small, grid), small.world.model.round_manager
    loop.looks.step()
    loop.looks.step()
    small.local.advance(manager.round_of(1).deadline - small.world.chain.block_time() + 10)
    assert loop.looks.step()
    assert manager.round_of(1).void_reason == VoidReason.DEADLINE
    grid.silent = False
    loop.until(Status.FINALISED)
    loop.looks.step()
    assert manager.rounds_count() == 3 and small.world.model.pool.minted() > 0
    assert [event.void_reason for event in loop.heard if isinstance(event, RoundEnded)] == ["deadline", ""]


@pytest.mark.full
def test_tests_of_the_validators_are_opened_and_the_round_is_tried_again(small):
    loop, manager = Loop(small, every=2), small.world.model.round_manager
    for number in (1, 2, 3):
        loop.until(Status.OPEN)
        assert loop.until(Status.FINALISED).round == number
    opened = manager.logs("PlantOpened", 0)
    planter = Planter(small.world.actors.coordinator, small.world.model, 2)
    drawn = [planter.is_test(event.arguments["round"], event.arguments["attempt"]) for event in opened]
    assert [event.arguments["isTest"] for event in opened] == drawn and len(opened) == len(
        manager.logs("RoundOpened", 0)
    )
    states = [manager.plant_of(number, manager.round_of(number).attempt).state for number in (1, 2, 3)]
    assert states == [PlantState.REAL] * 3


@pytest.mark.full
def test_who_is_not_the_coordinator_waits_and_changes_nothing(small):
    small.local.fund([small.world.actors.watcher.address])
    loop = Loop(small, key=small.world.actors.watcher)
    assert not any(loop.looks.step() for _ in range(3))
    small.close_round()
    assert not any(loop.looks.step() for _ in range(3))
    assert small.world.model.round_manager.rounds_count() == 1


@pytest.mark.full
def test_rules_that_changed_after_a_void_attempt_open_the_next_round_instead(small):
    manager, plan = small.world.model.round_manager, small.plan()
    small.close_round()
    void = replace(manager.round_of(1), status=Status.VOID, void_reason=VoidReason.NO_AGREEMENT)
    again = plan_again(small.world.model, small.store, CHOICES, void)
    assert again is not None and again.attempt == 1
    assert replace(again, attempt=0, deadline=plan.deadline) == small.results[-1].plan
    gone = ContentStore(str(small.folder / "empty"))
    assert plan_again(small.world.model, gone, CHOICES, void) is None


def test_the_first_plan_follows_from_chain_and_store_alone(fresh):
    chosen = replace(CHOICES, windows=fresh.world.scenario.trained)
    plan = plan_next(fresh.world.model, fresh.store, chosen, None)
    assert plan == replace(fresh.plan(), deadline=plan.deadline, budget=plan.budget)
    own = plan_next(fresh.world.model, fresh.store, CHOICES, None)
    covered = {day for first, last in own.windows for day in range(first, last + 1)}
    held = {day for a, b in (*plan.reference.score, *plan.reference.report) for day in range(a, b + 1)}
    trained = {day for first, last in plan.windows for day in range(first, last + 1)}
    assert trained <= covered and not covered & held


def test_the_next_plan_keeps_the_former_rounds_days_and_takes_its_result(small):
    small.play()
    manager = small.world.model.round_manager
    plan = plan_next(small.world.model, small.store, CHOICES, manager.round_of(1))
    assert plan == replace(small.plan(), deadline=plan.deadline, budget=plan.budget)
    assert (plan.version, plan.state) == (manager.round_of(1).version_hash, manager.round_of(1).state_hash)


def test_a_budget_is_what_accrued_what_bonds_cover_and_what_was_chosen(fresh):
    model, operators = fresh.world.model, fresh.world.model.operators.of_epoch()
    covered = operators.k * model.operators.bond() * TOKEN // model.round_manager.founding().coin_per_token
    fresh.local.advance(10 * ROUND_SECONDS)
    plan = plan_next(model, fresh.store, Choices(), None)
    assert plan.budget == min(covered, model.pool.accrued() - model.pool.minted())
    assert plan_next(model, fresh.store, Choices(budget=BaseUnits(7)), None).budget == 7


def test_a_store_that_lacks_what_the_chain_names_is_told_and_tried_again(fresh):
    empty = ContentStore(str(fresh.folder / "empty"))
    with pytest.raises(ContentMissing):
        plan_next(fresh.world.model, empty, CHOICES, None)
    loop = Loop(fresh)
    loop.looks._store = empty
    assert not loop.looks.step() and loop.failures() == ["ContentMissing"]
    loop.looks._store = fresh.store
    assert plan_next(fresh.world.model, fresh.store, CHOICES, None).round == 1


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ((), [(10, 19)]),
        (((10, 12),), [(13, 19)]),
        (((12, 13), (15, 15)), [(10, 11), (14, 14), (16, 19)]),
        (((5, 9), (19, 30)), [(10, 18)]),
        (((25, 30),), [(10, 19)]),
        (((0, 99),), []),
    ],
)
def test_all_days_are_those_the_reference_set_leaves(held, expected):
    task = small_task(accepted_time=(10 * 86_400, 20 * 86_400))
    reference = replace(small_plan(task).reference, score=held, report=())
    assert list(all_days(task, reference)) == expected


@pytest.mark.full
def test_it_rests_after_a_final_round_as_long_as_told(small):
    loop = Loop(small, pace=Pace(pause=60.0, rest=0.0))
    loop.until(Status.FINALISED)
    assert not loop.looks.step() and not loop.looks.step()
    loop.sleep(61.0)
    assert loop.looks.step()


def test_it_ends_when_its_last_round_is_final(small):
    loop = Loop(small)
    loop.until(Status.FINALISED)
    started = time.monotonic()
    loop.looks.run(1)
    assert time.monotonic() - started < 30
