"""What a watcher reports beside false results: silence and forged updates; and that it rests where nothing is due."""

from dataclasses import replace

import pytest

from andel.content import ContentStore
from andel.ledger.round_state import Status, VoidReason
from andel.roles.coordinator import Coordinator
from andel.roles.signed_results import SeenResults, SignedResult, read_result, write_result
from andel.roles.validator import Validator
from andel.roles.watcher import Watcher
from andel.simulation.actors import BOND
from andel.simulation.world import Operation
from andel.typed_data import sign_typed, typed_digest
from tests.attacks.test_lazy_validator import planted
from tests.attacks.test_lying_validator import honest_replay, state_of

WINDOW = 600


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("watcher", operation=Operation(challenge_window=WINDOW))


@pytest.fixture
def watcher(small):
    return Watcher(small.world.actors.watcher, small.world.model, small.store)


def finish(small, *numbers):
    """Honest validators end the round."""
    small.local.advance(WINDOW)
    small.settle([small.validators[number] for number in numbers])


def test_where_everybody_does_what_is_due_nothing_is_reported(small, watcher):
    assert not watcher.step()  # no round yet
    small.close_round()
    for _ in range(3):
        for validator in small.validators:
            validator.step()
            assert not watcher.step()
    finish(small, 0, 1, 2)
    assert not watcher.step()


def test_who_commits_and_does_not_reveal_pays_a_hundredth_once(small, watcher):
    small.close_round()
    for validator in small.validators:
        validator.step()
    for number in (1, 2):
        small.validators[number].step()
    assert state_of(small).status == Status.ATTESTED
    assert not watcher.step()  # it has time yet
    small.local.advance(small.world.model.round_manager.founding().commit_period + 10)
    assert watcher.step()
    silent = small.world.actors.validators[0].address
    assert small.world.model.operators.bond_of(silent).bonded == BOND - BOND // 100
    assert watcher.step()  # takes its half
    assert not watcher.step()
    finish(small, 1, 2)
    small.world.model.operators.deposit(small.world.actors.founder, silent, BOND // 100)


def test_an_update_that_nobody_signed_costs_the_coordinator_its_bond(small, watcher, monkeypatch):
    def with_forged(_, result, *rest):
        first, other, *others = result.updates
        return replace(result, updates=(first, replace(other, signature=first.signature), *others))

    monkeypatch.setattr(Coordinator, "_with_posted", with_forged)
    small.close_round()
    for _ in range(2):
        for validator in small.validators:
            validator.step()
    assert state_of(small).status == Status.ATTESTED  # it weighs nothing, so validators attest
    assert watcher.step()
    assert (state_of(small).status, state_of(small).void_reason) == (Status.VOID, VoidReason.FORGED_UPDATE)
    coordinator = small.world.actors.coordinator.address
    assert small.world.model.operators.bond_of(coordinator).bonded == 0
    small.world.model.operators.deposit(small.world.actors.founder, coordinator, BOND)


def test_a_validator_can_watch_in_the_same_process_on_the_same_verdict(small, monkeypatch):
    small.close_round()
    model, actors = small.world.model, small.world.actors
    watching = Validator(actors.validators[0], model, small.store, bond_limit=10**15)
    for _ in range(2):
        for validator in (watching, *small.validators[1:]):
            validator.step()
    assert state_of(small).status == Status.ATTESTED
    monkeypatch.setattr("andel.roles.settling.replay_round", lambda *_: pytest.fail("it settles twice"))
    assert not watching.step()
    monkeypatch.undo()
    finish(small, 0, 1, 2)


@pytest.mark.full
def test_a_coordinator_tries_again_after_its_tests_until_the_round_is_final(small):
    coordinator = planted(small, True, False)

    def alive():
        small.local.advance(WINDOW // 4)
        for validator in small.validators:
            validator.step()

    state = coordinator.see_through(small.plan(), 60.0, alive)
    assert (state.status, state.attempt) == (Status.FINALISED, 1)


def test_a_watcher_with_an_empty_store_judges_no_result_and_still_keeps_rounds_going(small, tmp_path):
    small.close_round()
    for _ in range(2):
        for validator in small.validators:
            validator.step()
    blind = Watcher(
        small.world.actors.watcher, small.world.model, ContentStore(str(tmp_path / "empty")), bond_limit=10**18
    )
    while blind.step():
        pass  # takes what earlier reports brought
    assert state_of(small).status == Status.ATTESTED
    small.local.advance(3 * 86_400)
    assert blind.step()
    assert (state_of(small).status, state_of(small).void_reason) == (Status.VOID, VoidReason.DEADLINE)


def test_two_results_of_one_subject_contradict_each_other_and_others_do_not(small):
    domain, keys = small.world.model.round_manager.domain, small.world.actors.validators
    said = honest_replay(small).attestation

    def signed(key, **changes):
        message = {**said, **changes}
        signature = sign_typed(key, "Attestation", domain, message)
        return SignedResult(key.address, message, signature, typed_digest("Attestation", domain, message))

    seen, first = SeenResults(), signed(keys[0])
    assert seen.see(first) is None and seen.see(signed(keys[0])) is None
    assert seen.see(signed(keys[1], evaluation=1)) is None
    assert seen.see(signed(keys[0], attempt=1)) is None
    assert seen.see(signed(keys[0], evaluation=1)) == first
    assert read_result(write_result(first, domain.chain_id), domain) == first
