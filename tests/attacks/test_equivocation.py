"""Attack: a validator signs two results for one set of updates, and shows each to whom it pleases.

Who: one validator. What stops it: whoever has seen both signatures shows them to the contract; the whole bond is gone,
half of it to the reporter, and its vote counts no longer in an attempt that is not final. A watcher finds signatures in
transactions, also in those that failed, and takes them from files.
"""

import pytest

from andel.errors import InputError
from andel.hashing import sha256
from andel.ledger.abi import encode_call
from andel.ledger.round_state import Status
from andel.roles.signed_results import SignedResult, read_result, write_result
from andel.roles.watcher import Watcher
from andel.simulation.actors import BOND
from andel.simulation.world import Operation
from andel.typed_data import sign_typed, typed_digest
from tests.attacks.test_lying_validator import honest_replay, state_of

WINDOW = 600


@pytest.fixture
def small(launch_world, request):
    """An attempt that all three validators agree on."""
    small = launch_world(request.node.name, operation=Operation(challenge_window=WINDOW))
    small.close_round()
    small.settle(until=Status.ATTESTED)
    return small


def another_result(small, number=0):
    """A second result that a validator signs for the same updates."""
    manager, key = small.world.model.round_manager, small.world.actors.validators[number]
    said = {**honest_replay(small).attestation, "evaluation": 7}
    signature = sign_typed(key, "Attestation", manager.domain, said)
    return SignedResult(key.address, said, signature, typed_digest("Attestation", manager.domain, said))


def failing_transaction(small, result):
    """The validator sends its second result although the contract refuses it: the transaction fails on chain."""
    contract, rpc = small.world.model.round_manager.contract, small.local._rpc
    data = encode_call(contract, "reveal", (result.attestation, result.validator, sha256(b"x"), result.signature))
    rpc.request("anvil_impersonateAccount", result.validator)
    call = {"from": result.validator, "to": contract.address, "data": "0x" + data.hex(), "gas": hex(1_000_000)}
    rpc.request("eth_sendTransaction", call)
    rpc.request("anvil_stopImpersonatingAccount", result.validator)


def settle_without(small):
    """The round goes on with those that are left."""
    small.local.advance(WINDOW)
    small.settle(small.validators[1:])


def check_slashed(small, watcher):
    """Validator 0 has no bond; half is the watcher's; the round settles; an audit agrees with all of it."""
    model, actors = small.world.model, small.world.actors
    accounts = [key.address for key in actors.validators]
    assert [model.operators.bond_of(account).bonded for account in accounts] == [0, BOND, BOND]
    assert model.operators.reward_of(actors.watcher.address) == BOND // 2 == model.operators.burned()
    state = state_of(small)
    assert (state.status, model.round_manager.votes_for(state.agreed)) == (Status.ATTESTED, 2)
    assert not watcher.step() or model.operators.reward_of(actors.watcher.address) == 0
    settle_without(small)
    paid = [model.pool.operator_balance(account) for account in accounts]
    assert paid[0] == 0 and paid[1] == paid[2] > 0
    small.assert_audited()


def test_two_signatures_in_transactions_cost_the_whole_bond(small):
    watcher = Watcher(small.world.actors.watcher, small.world.model, small.store)
    assert not watcher.step()
    failing_transaction(small, another_result(small))
    assert watcher.step()
    check_slashed(small, watcher)


def test_a_signature_handed_over_in_a_file_counts_as_well(small):
    chain_id, domain = small.world.chain.chain_id, small.world.model.round_manager.domain
    brought = read_result(write_result(another_result(small), chain_id), domain)
    watcher = Watcher(small.world.actors.watcher, small.world.model, small.store, seen=[brought])
    assert watcher.step()
    check_slashed(small, watcher)
    late = Watcher(small.world.actors.consumer, small.world.model, small.store, seen=[brought])
    assert not late.step(), "an offence is paid for once"


def test_what_a_validator_did_not_sign_is_no_evidence(launch_world):
    small = launch_world("equivocation, forged")
    small.close_round()
    chain_id, domain = small.world.chain.chain_id, small.world.model.round_manager.domain
    result = another_result(small)
    framed = SignedResult(small.world.actors.validators[1].address, result.attestation, result.signature, result.digest)
    with pytest.raises(InputError, match="not signed by"):
        read_result(write_result(framed, chain_id), domain)
    with pytest.raises(InputError, match="of chain"):
        read_result(write_result(result, chain_id + 1), domain)
