"""Attack: a validator saves the work and attests whatever the coordinator proposes.

Who: one validator, or several. What stops it: some attempts are tests. Nobody can tell which until it is too late to
reveal or not to; in a test the proposed version is one that no replay gives, so whoever attests it has not looked. It
loses its bond, the test is void whatever was agreed, and the attempt is made again. A coordinator cannot use this
against honest validators, and pays when it leaves a plant sealed.
"""

import pytest

from andel.errors import SettingsError
from andel.hashing import sha256
from andel.ledger.round_hashes import attestation_commitment
from andel.ledger.round_state import PlantState, Status, VoidReason
from andel.roles.planting import Planter
from andel.roles.replay import ReferenceOpener
from andel.roles.settling import Settler
from andel.roles.signed_results import attestation_of
from andel.roles.watcher import Watcher
from andel.simulation.actors import BOND
from andel.simulation.world import Operation
from andel.typed_data import sign_typed
from tests.attacks.test_lying_validator import state_of

WINDOW = 600


class Lazy:
    """Copies the coordinator's proposal, and signs it."""

    def __init__(self, small, number):
        self.manager, self.key = small.world.model.round_manager, small.world.actors.validators[number]
        (event,) = self.manager.logs("AttestationProposed", state_of(small).opened_block, round=state_of(small).round)
        self.said, self.digest = attestation_of(self.manager.domain, event.arguments["attestation"])

    def commit(self):
        commitment = attestation_commitment(self.digest, self.key.address, sha256(b"lazy"))
        self.manager.commit_attestation(self.key, self.said["round"], commitment)

    def reveal(self):
        signature = sign_typed(self.key, "Attestation", self.manager.domain, self.said)
        self.manager.reveal(self.key, self.said, self.key.address, sha256(b"lazy"), signature)


def planted(small, *tests):
    """A coordinator whose planter draws these (False, True, ...) for the first attempts of the next round."""
    model, actors = small.world.model, small.world.actors
    number = model.round_manager.rounds_count() + 1
    settler = Settler(model, small.store, ReferenceOpener(small.store, lambda _: small.world.founded.packets))
    planters = (Planter(actors.coordinator, model, every, settler) for every in range(2, 200))
    planter = next(
        each for each in planters if [each.is_test(number, attempt) for attempt in range(len(tests))] == list(tests)
    )
    coordinator = small.coordinator()
    coordinator._planter = planter
    return coordinator


@pytest.fixture
def small(launch_world, request):
    return launch_world(request.node.name, operation=Operation(challenge_window=WINDOW))


def turns(small, *numbers):
    """Honest validators commit and reveal."""
    for _ in range(2):
        for number in numbers:
            small.validators[number].step()


def test_who_copies_the_proposal_of_a_test_loses_its_bond_and_the_retry_settles(small):
    model, actors = small.world.model, small.world.actors
    coordinator, watcher = planted(small, True, False), Watcher(actors.watcher, model, small.store)
    small.results.append(coordinator.run_round(small.plan()))
    lazy = Lazy(small, 0)
    lazy.commit()
    turns(small, 1)
    turns(small, 2)
    lazy.reveal()
    turns(small, 1, 2)
    assert state_of(small).status == Status.ATTESTED  # the two that looked agree, in a test
    assert not watcher.step()
    assert coordinator._planter.open(state_of(small))
    assert (state_of(small).status, state_of(small).void_reason) == (Status.VOID, VoidReason.TEST)
    assert watcher.step()
    accounts = [key.address for key in actors.validators]
    assert [model.operators.bond_of(account).bonded for account in accounts] == [0, BOND, BOND]
    assert model.operators.reward_of(actors.watcher.address) == BOND // 2
    assert model.pool.minted() == 0

    small.results.append(coordinator.run_round(small.retry_plan()))
    turns(small, 1, 2)
    small.local.advance(model.round_manager.founding().commit_period)
    turns(small, 1, 2)
    assert coordinator._planter.open(state_of(small))
    small.local.advance(WINDOW)
    small.settle(small.validators[1:])
    assert (state_of(small).status, state_of(small).attempt) == (Status.FINALISED, 1)
    small.assert_audited()


def test_when_all_are_lazy_their_agreement_in_a_test_pays_nobody(small):
    model, actors = small.world.model, small.world.actors
    coordinator, watcher = planted(small, True), Watcher(actors.watcher, model, small.store)
    small.results.append(coordinator.run_round(small.plan()))
    everybody = [Lazy(small, number) for number in range(3)]
    for lazy in everybody:
        lazy.commit()
    for lazy in everybody:
        lazy.reveal()
    assert coordinator._planter.open(state_of(small))
    assert watcher.step()
    assert [model.operators.bond_of(key.address).bonded for key in actors.validators] == [0, 0, 0]
    assert model.pool.minted() == 0


def test_an_attempt_that_is_no_test_costs_nobody_anything_and_waits_for_its_plant(small):
    model, actors = small.world.model, small.world.actors
    coordinator, watcher = planted(small, False), Watcher(actors.watcher, model, small.store)
    small.results.append(coordinator.run_round(small.plan()))
    turns(small, 0)
    turns(small, 1)
    turns(small, 2, 0, 1)
    small.local.advance(WINDOW)
    assert not any(validator.step() for validator in small.validators)  # sealed: it cannot be final
    assert coordinator._planter.open(state_of(small))
    small.settle()
    assert not watcher.step()
    assert all(model.operators.is_bonded(key.address) for key in actors.validators)


@pytest.mark.full
def test_a_plant_left_sealed_costs_the_coordinator(small):
    model, actors = small.world.model, small.world.actors
    watcher = Watcher(actors.watcher, model, small.store)
    small.results.append(planted(small, False).run_round(small.plan()))
    plant = model.round_manager.plant_of(1, 0)
    assert plant.state == PlantState.SEALED
    assert not watcher.step()
    small.local.advance(plant.due_at - small.world.chain.block_time() + 1)
    assert watcher.step()
    assert model.operators.bond_of(actors.coordinator.address).bonded == BOND - BOND // 10
    assert watcher.step()
    assert state_of(small).status == Status.VOID


def test_which_attempts_are_tests_is_drawn_from_the_key(small):
    model, actors = small.world.model, small.world.actors
    draws = [
        [Planter(key, model, 4).is_test(number, 0) for number in range(1, 200)]
        for key in (actors.coordinator, actors.founder)
    ]
    assert draws[0] != draws[1]
    assert all(25 <= sum(drawn) <= 75 for drawn in draws)
    with pytest.raises(SettingsError, match="one attempt in 0"):
        Planter(actors.coordinator, model, 0)
