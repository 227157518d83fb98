"""The coordinator: follows the chain's state, is held up by nobody it can do without, and waits no longer than told."""

from dataclasses import replace

import pytest

from andel.errors import QuorumMissed, Reverted, TrainingError
from andel.ledger.round_state import Status
from andel.roles.coordinator import Coordinator
from andel.training.grid import LocalGrid
from andel.training.rounds import RoundSettings, Waiting


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("coordinator")


def test_a_stranger_that_records_the_seeds_first_does_not_hold_up_the_round(small, monkeypatch):
    chain, manager = small.world.chain, small.world.model.round_manager
    stranger, wait = small.world.actors.consumer, type(chain).wait_for_block
    recorded: list[object] = []

    def wait_and_be_second(self, block, idle=lambda: False):
        wait(self, block, idle)
        number = manager.rounds_count()
        if manager.round_of(number).seed_awaited and len(recorded) < 2:
            recorded.append(chain.send(stranger, manager.contract, "recordSeed", number))

    monkeypatch.setattr(type(chain), "wait_for_block", wait_and_be_second)
    small.close_round()
    monkeypatch.undo()
    assert len(recorded) == 2
    small.settle()


def test_the_rounds_evidence_is_complete_before_it_is_closed(small):
    small.play()
    state = small.world.model.round_manager.round_of(small.results[-1].plan.round)
    assert small.store.has(small.results[-1].plan.task)
    for digest in (state.plan_hash, state.commitments_hash, state.evidence_hash, state.version_hash, state.state_hash):
        assert small.store.get_digest(digest)


@pytest.mark.full
def test_a_round_that_nobody_answers_ends_with_a_clear_error_and_can_be_voided_after_its_deadline(launch_world):
    small = launch_world("nobody answers")
    manager = small.world.model.round_manager
    with pytest.raises(QuorumMissed, match="0 contributors answered, 1 are needed"):
        small.close_round(LocalGrid([]))
    state = manager.round_of(1)
    assert state.status == Status.OPEN
    with pytest.raises(Reverted) as too_early:
        manager.void(small.world.actors.consumer, 1)
    assert too_early.value.error == "RoundManager_NotVoidable"
    small.local.advance(state.deadline - small.world.chain.block_time() + 1)
    manager.void(small.world.actors.consumer, 1)
    small.play()
    assert manager.round_of(2).status == Status.FINALISED


def test_it_waits_for_validators_no_longer_than_told(small):
    small.close_round()
    now, looks = [0.0], []

    def sleep(seconds):
        now[0] += seconds

    settings = RoundSettings(poll_seconds=1.0)
    waiting = Waiting(lambda: now[0], sleep)
    world = small.world
    coordinator = Coordinator(world.actors.coordinator, world.model, world.store, LocalGrid([]), waiting, settings)
    number = world.model.round_manager.rounds_count()
    with pytest.raises(TrainingError, match="was not finalised within 5 s"):
        coordinator.wait_settled(number, 5.0, lambda: looks.append(now[0]))
    assert looks == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    small.settle()
    assert coordinator.wait_settled(number, 5.0).status == Status.FINALISED


def test_a_round_of_a_stale_parent_is_refused_by_the_chain(small):
    plan = replace(small.plan(), version=small.world.founded.genesis)
    with pytest.raises(Reverted) as refused:
        small.coordinator().run_round(plan)
    assert refused.value.error == "RoundManager_StaleParent"
