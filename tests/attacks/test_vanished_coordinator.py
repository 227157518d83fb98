"""Attack: the coordinator vanishes in the middle of a round, or stops serving a model altogether.

Who: the coordinator, or whoever keeps it from the chain. What stops it: an attempt has a deadline, after which anybody
voids it; after an idle period anybody puts the next bonded standby in its place. Nobody can do so while the coordinator
works, and between rounds only the standby itself.
"""

import pytest

from andel.errors import Reverted
from andel.ledger.round_state import Status, VoidReason
from andel.roles.coordinator import Coordinator
from andel.roles.watcher import SEED_PATIENCE_BLOCKS, Watcher
from andel.simulation.world import Operation
from andel.training.grid import LocalGrid
from andel.training.rounds import Waiting
from tests.attacks.test_lying_validator import state_of

IDLE = 7_200


@pytest.fixture
def small(launch_world, request):
    return launch_world(request.node.name, operation=Operation(standbys=2, idle_period=IDLE))


def watcher_of(small, key=None):
    return Watcher(key or small.world.actors.watcher, small.world.model, small.store)


def leave_in_the_middle(small):
    """The coordinator commits data and is never seen again."""
    manager, key = small.world.model.round_manager, small.world.actors.coordinator
    plan = small.plan()
    manager.open(key, plan.hash, plan.version, plan.budget, plan.deadline)
    manager.commit_data(key, plan.round, bytes(31) + b"\1", bytes(31) + b"\2")


def test_a_standby_takes_over_and_the_next_round_settles(small):
    model, actors = small.world.model, small.world.actors
    watcher = watcher_of(small)
    leave_in_the_middle(small)
    assert not watcher.step()
    with pytest.raises(Reverted, match="NotIdle"):
        model.operators.replace_coordinator(actors.watcher)
    small.local.mine(SEED_PATIENCE_BLOCKS + 5)
    assert watcher.step() and any(state_of(small).first_seed)  # anybody records the seed
    small.local.advance(state_of(small).deadline - small.world.chain.block_time() + 10)
    assert watcher.step()
    assert (state_of(small).status, state_of(small).void_reason) == (Status.VOID, VoidReason.DEADLINE)
    assert watcher.step()
    present = model.operators.of_epoch()
    assert present.coordinator == actors.standbys[0].address
    assert present.standbys == (actors.standbys[1].address, actors.coordinator.address)
    plan = small.plan()
    with pytest.raises(Reverted, match="NotCoordinator"):
        model.round_manager.open(actors.coordinator, plan.hash, plan.version, plan.budget, plan.deadline)
    waiting = Waiting(lambda: 0.0, lambda _: None)
    standby = Coordinator(actors.standbys[0], model, small.store, LocalGrid(small.nodes()), waiting)
    small.results.append(standby.run_round(small.plan()))
    small.settle()
    assert state_of(small).status == Status.FINALISED
    assert model.pool.operator_balance(actors.standbys[0].address) > 0
    assert model.pool.operator_balance(actors.coordinator.address) == 0


def test_between_rounds_only_the_standby_itself_takes_a_resting_coordinators_place(small):
    small.play()
    small.local.advance(IDLE + 10)
    assert not watcher_of(small).step()
    assert watcher_of(small, small.world.actors.standbys[0]).step()
    assert small.world.model.operators.of_epoch().coordinator == small.world.actors.standbys[0].address
