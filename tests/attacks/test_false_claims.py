"""Attack: k validators agree on a claims root that takes from others what they earned, or pays more than there is.

Who: as many validators as decide. What stops it: leaves and totals are open to everybody in the attested state. What
breaks a rule of the claim tree is shown to the contract, which voids the attempt at once and takes the whole bond of
everyone that attested it. No hearing is needed, and no majority can outvote it.
"""

import pytest

from andel.ledger.round_state import Status, VoidReason
from andel.roles.watcher import Watcher
from andel.simulation.actors import BOND
from andel.simulation.world import Operation
from andel.units import TOKEN, BaseUnits
from tests.attacks.test_lying_validator import attesting, honest_history, state_of


def doctored(small, number, earned, minted):
    """A validator that attests these cumulative earnings, with the state that names them in the store."""
    attacker, history = attesting(small, number, earned, minted)
    small.store.put(history.to_bytes())
    return attacker


def fall(small):
    """One loses half to the liar."""
    before = dict(honest_history(small).earned)
    victim, liar = min(before), small.world.actors.validators[0].address
    before[liar] = BaseUnits(before[victim] - before[victim] // 2 + TOKEN)
    before[victim] = BaseUnits(before[victim] // 2)
    return before, TOKEN


def vanish(small):
    """One is left out, and the liar has what it had."""
    before = dict(honest_history(small).earned)
    victim, liar = min(before), small.world.actors.validators[0].address
    before[liar] = BaseUnits(before.pop(victim) + TOKEN)
    return before, TOKEN


def overpay(small):
    """More than the round's budget."""
    before, liar = dict(honest_history(small).earned), small.world.actors.validators[0].address
    return before | {liar: BaseUnits(5_000 * TOKEN)}, 5_000 * TOKEN


@pytest.mark.parametrize("lie", [fall, vanish, overpay])
def test_a_false_root_is_void_at_once_and_costs_every_liar_its_bond(launch_world, lie):
    small = launch_world(f"false claims: {lie.__name__}", operation=Operation(challenge_window=600))
    model, actors = small.world.model, small.world.actors
    small.close_round()
    small.settle(until=Status.ATTESTED)
    small.local.advance(600)
    small.settle()
    root, minted = model.pool.claims_root(), model.pool.minted()
    assert any(root)
    small.close_round()
    liars = [doctored(small, number, *lie(small)) for number in (0, 1, 2)]
    for liar in liars:
        liar.commit()
    for liar in liars:
        liar.reveal()
    assert state_of(small).status == Status.ATTESTED
    # not a coin put down, and no reference packets: what the contract judges anybody can show
    assert Watcher(actors.watcher, model, small.store).step()
    assert (state_of(small).status, state_of(small).void_reason) == (Status.VOID, VoidReason.FRAUD)
    assert [model.operators.bond_of(key.address).bonded for key in actors.validators] == [0, 0, 0]
    assert model.operators.reward_of(actors.watcher.address) == 3 * BOND // 2
    assert (model.pool.claims_root(), model.pool.minted()) == (root, minted)
