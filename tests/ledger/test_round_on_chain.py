"""A round from open to claimed on a real chain, by hashes made by hand; and each way it can end or be refused."""

import pytest

from andel.errors import ChainError, Reverted
from andel.hashing import sha256
from andel.ledger.alliance import AllianceRules
from andel.ledger.deployment import deploy_model, deploy_shared, find_model
from andel.ledger.round_hashes import round_seed
from andel.ledger.round_state import OperatorSet, Status, ValidatorRecord, VoidReason
from andel.simulation.local_chain import LocalChain
from andel.units import TOKEN, BaseUnits, Digest
from andel.value.claims import ClaimTree
from andel.value.emission import EmissionSchedule
from tests.ledger.actors import BUDGET, GAIN, MINTED, Actors, Play, model_config


@pytest.fixture
def play(chain, actors, shared):
    return Play.launch(chain, actors, shared)


@pytest.fixture
def earned(actors):
    first, second = actors.owners
    return {first.address: BaseUnits(600 * TOKEN), second.address: BaseUnits(300 * TOKEN)}


def play_a_whole_round(play: Play, earned) -> None:
    """Two of three validators agree; the liar is paid nothing; claims pay once."""
    rounds, pool, token = play.model.round_manager, play.model.pool, play.model.token
    liar = play.actors.validators[2]
    number = play.open()
    assert number == 1
    play.commit_data(number)
    play.close(number)
    claims = ClaimTree(earned)
    true = play.attestation(number, claims, MINTED)
    false = play.attestation(number, claims, MINTED, b"another version")
    play.attest(number, [true, true, false])
    agreed = rounds.round_of(number)
    assert (agreed.status, agreed.agreed, agreed.reveal_count) == (Status.ATTESTED, play.digest(true), 3)
    assert (rounds.votes_for(play.digest(true)), rounds.votes_for(play.digest(false))) == (2, 1)

    receipt = rounds.finalise(play.actors.stranger, true, claims.root, claims.total, MINTED, GAIN)
    final = receipt.event("RoundFinalised").arguments
    assert (final["round"], final["minted"], final["evaluation"]) == (1, MINTED, -250)
    assert rounds.current_version() == true["versionHash"] and rounds.is_final_version(rounds.current_version())
    assert rounds.version_round(rounds.current_version()) == 1 and rounds.state_hash() == true["stateHash"]
    # a tenth of the emission, in three equal parts: the coordinator and the two that agreed
    share = MINTED * 1_000 // 9_000 // 3
    operators = [play.actors.coordinator, *play.actors.validators]
    assert [pool.operator_balance(key.address) for key in operators] == [share, share, share, 0]
    assert pool.minted() == MINTED + 3 * share and token.total_ever_minted() == MINTED
    assert (pool.claims_root(), pool.contributors_minted(), pool.last_round()) == (claims.root, MINTED, 1)

    for key in play.actors.owners:
        claim = claims.claim(key.address)
        proof = (claim.account, claim.cumulative, claim.running_sum, claim.proof)
        before = token.balance_of(key.address)
        assert pool.claim(play.actors.stranger, *proof)[0] == earned[key.address]
        assert pool.claim(key, *proof)[0] == 0
        assert token.balance_of(key.address) - before == earned[key.address] == pool.claimed(key.address)
    assert pool.contributors_claimed() == MINTED
    assert pool.claim_operator(play.actors.stranger, play.actors.coordinator.address)[0] == share
    assert pool.claim_operator(liar, liar.address)[0] == 0


def test_a_round_pays_its_contributors_once_and_not_the_liar(play, earned):
    play_a_whole_round(play, earned)


@pytest.mark.full
def test_the_same_round_passes_with_real_block_time(anvil, tmp_path, earned):
    actors = Actors.make(b"ledger tests")
    with LocalChain(tmp_path, anvil=anvil, block_seconds=1) as running:
        running.fund(key.address for key in actors.keys())
        chain = running.connect()
        play_a_whole_round(Play.launch(chain, actors, deploy_shared(chain, actors.founder)), earned)
        chain.close()


def test_seeds_and_digests_are_replayed_from_the_chain_alone(play, chain, earned):
    rounds = play.model.round_manager
    number = play.open()
    for step, seed_of in ((1, play.commit_data), (2, play.close)):
        seed = seed_of(number)
        state = rounds.round_of(number)
        root = state.commitments_root if step == 1 else state.updates_root
        block_hash = chain.block_hash(state.seed_block)
        assert seed == round_seed(step, chain.chain_id, rounds.address, number, 0, root, block_hash)
        assert seed == (state.first_seed if step == 1 else state.second_seed)
        assert not state.seed_awaited
    said = play.attestation(number, ClaimTree(earned), MINTED)
    assert rounds.attestation_hash(said) == play.digest(said)
    play.attest(number, [said] * 3)
    validator = play.actors.validators[0]
    assert rounds.ballot_of(number, 0, validator.address).revealed == play.digest(said)
    assert not any(rounds.ballot_of(number, 0, play.actors.stranger.address).commitment)


def test_rounds_follow_each_other_and_claims_are_cumulative(play, earned):
    first, second = (key.address for key in play.actors.owners)
    play.play(earned, MINTED)
    play.play({**earned, second: BaseUnits(earned[second] + 100 * TOKEN)}, 100 * TOKEN)
    claims = ClaimTree({**earned, second: BaseUnits(400 * TOKEN)})
    assert play.model.round_manager.rounds_count() == 2
    claim = claims.claim(second)
    paid, receipt = play.model.pool.claim(
        play.actors.owners[0], second, claim.cumulative, claim.running_sum, claim.proof
    )
    assert paid == 400 * TOKEN and receipt.event("Claimed").arguments["account"] == second
    assert play.model.pool.claimed(first) == 0


def test_all_events_of_rounds_are_found_again(play, earned):
    start = play.chain.block_number()
    play.play(earned, MINTED)
    play.play(earned, 0)
    finals = play.model.round_manager.logs("RoundFinalised", start)
    assert [event.arguments["round"] for event in finals] == [1, 2]
    (second,) = play.model.round_manager.logs("RoundFinalised", start, round=2)
    assert second.arguments["minted"] == 0 and second.block == finals[1].block
    assert play.model.round_manager.logs("RoundFinalised", second.block + 1) == []


def test_a_round_out_of_time_is_voided_and_tried_again(play, local_chain, earned):
    rounds = play.model.round_manager
    number = play.open(seconds=100)
    with pytest.raises(Reverted) as refusal:
        rounds.void(play.actors.stranger, number)
    assert refusal.value.error == "RoundManager_NotVoidable"
    assert refusal.value.arguments == (number, rounds.voidable_at(number))
    local_chain.advance(101)
    receipt = rounds.void(play.actors.stranger, number)
    assert receipt.event("RoundVoided").arguments == {"round": number, "attempt": 0, "reason": VoidReason.DEADLINE}
    deadline = play.chain.block_time() + 3_600
    rounds.retry(play.actors.coordinator, number, sha256(b"second plan"), deadline)
    state = rounds.round_of(number)
    assert (state.status, state.attempt, state.deadline, state.budget) == (Status.OPEN, 1, deadline, BUDGET)
    play.commit_data(number)
    play.close(number)
    play.settle(number, earned, MINTED)


def test_a_seed_not_recorded_in_time_voids_the_attempt(play, chain):
    rounds = play.model.round_manager
    number = play.open(seconds=20_000)
    rounds.commit_data(play.actors.coordinator, number, sha256(b"commitments"), sha256(b"list"))
    assert rounds.round_of(number).seed_awaited
    chain.wait_for_block(rounds.round_of(number).seed_block + 257)
    seed, receipt = rounds.record_seed(play.actors.stranger, number)
    assert seed is None and receipt.event("RoundVoided").arguments["reason"] == VoidReason.SEED_LAPSED
    assert rounds.round_of(number).status is Status.VOID


def test_operators_change_from_the_next_attempt_on(play):
    operators, actors = play.model.operators, play.actors
    before = operators.of_epoch()
    number = play.open()
    for account in (actors.stranger.address, actors.owners[0].address):
        operators.deposit(actors.founder, account, operators.bond())
    operators.set_coordinator(actors.founder, actors.stranger.address)
    records = before.validators[:1]
    operators.set_validators(actors.founder, 1, records)
    assert operators.of_epoch() == OperatorSet(actors.stranger.address, 1, records)
    assert operators.of_epoch(play.model.round_manager.round_of(number).operators_epoch) == before
    play.commit_data(number)
    with pytest.raises(Reverted, match="Operators_BadQuorum"):
        operators.set_validators(actors.founder, 1, [*records, ValidatorRecord(actors.owners[0].address, bytes(32))])


def test_ownership_moves_in_two_steps(play):
    operators, actors = play.model.operators, play.actors
    operators.offer_ownership(actors.founder, actors.stranger.address)
    assert operators.owner() == play.model.round_manager.owner() == actors.founder.address
    operators.take_ownership(actors.stranger)
    assert operators.owner() == play.model.round_manager.owner() == actors.stranger.address


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"k": 1}, "Operators_BadQuorum", id="half-decides"),
        pytest.param({"bond": 0}, "Operators_BadConfig", id="no-bond"),
        pytest.param({"unbonding_period": 86_400}, "RoundManager_BadConfig", id="bond-gone-before-it-is-needed"),
        pytest.param({"coin_per_token": 0}, "RoundManager_BadConfig", id="token-worth-nothing"),
        pytest.param({"seed_delay": 0}, "RoundManager_BadConfig", id="seed-known-beforehand"),
        pytest.param({"operator_share_bps": 1_001}, "RoundManager_BadConfig", id="operators-too-dear"),
        pytest.param({"ceiling": 2_000_000 * TOKEN}, "RewardPool_BadSchedule", id="ceiling-over-cap"),
    ],
)
def test_a_model_out_of_bounds_is_refused_by_name(chain, actors, shared, make_account, change, error):
    with pytest.raises(Reverted, match=error):
        deploy_model(chain, make_account(), shared, model_config(actors, **change))


def test_steps_out_of_order_are_refused_by_name(play, earned):
    rounds, actors = play.model.round_manager, play.actors
    version = rounds.current_version()
    deadline = play.chain.block_time() + 3_600

    def refused(error: str, step, *values) -> Reverted:
        with pytest.raises(Reverted) as refusal:
            step(*values)
        assert refusal.value.error == error
        return refusal.value

    told = refused("RoundManager_NotCoordinator", rounds.open, actors.stranger, sha256(b"p"), version, 0, deadline)
    assert told.arguments == (actors.stranger.address, actors.coordinator.address)
    refused("RoundManager_StaleParent", rounds.open, actors.coordinator, sha256(b"p"), sha256(b"q"), 0, deadline)
    refused("RoundManager_OverBudget", rounds.open, actors.coordinator, sha256(b"p"), version, 10**30, deadline)
    refused("RoundManager_UnknownRound", rounds.round_of, 1)
    number = play.open()
    refused("RoundManager_WrongStatus", rounds.close, actors.coordinator, number, sha256(b"u"), sha256(b"e"))
    rounds.commit_data(actors.coordinator, number, sha256(b"commitments"), sha256(b"list"))
    early = refused(
        "RoundManager_SeedTooEarly", play.chain.send, actors.stranger, rounds.contract, "recordSeed", number
    )
    assert early.arguments[1] == rounds.round_of(number).seed_block
    rounds.record_seed(actors.stranger, number)
    play.close(number)
    claims = ClaimTree(earned)
    said = play.attestation(number, claims, MINTED)
    refused("RoundManager_NotValidator", rounds.commit_attestation, actors.stranger, number, sha256(b"c"))
    play.attest(number, [said] * 3)
    refused("RoundManager_WrongValue", rounds.finalise, actors.stranger, said, claims.root, claims.total, 1, GAIN)
    rounds.finalise(actors.stranger, said, claims.root, claims.total, MINTED, GAIN)
    claim = claims.claim(actors.owners[0].address)
    refused(
        "RewardPool_BadProof",
        play.model.pool.claim,
        actors.stranger,
        actors.stranger.address,
        claim.cumulative,
        claim.running_sum,
        claim.proof,
    )


def test_a_model_is_found_by_its_address_alone(play, chain):
    found = find_model(chain, play.model.round_manager.address)
    assert found.pool.address == play.model.pool.address and found.token.address == play.model.token.address
    assert found.device_registry.address == play.model.device_registry.address
    assert (found.token.name(), found.token.symbol(), found.token.cap()) == ("Andel Test", "AT", 1_000_000 * TOKEN)
    assert found.pool.schedule() == EmissionSchedule(1_600_000_000, TOKEN, 500_000 * TOKEN)
    founding = found.round_manager.founding()
    assert (founding.seed_delay, founding.commit_period, founding.coin_per_token) == (2, 60, 10**13)
    assert found.operators.address == founding.operators and found.disputes.address == founding.disputes
    assert (found.operators.bond(), found.disputes.hearing_period()) == (10**16, 600)
    assert found.alliance.address == founding.alliance == play.model.alliance.address
    assert found.alliance.device_registry() == found.device_registry.address
    assert found.alliance.listers_at(chain.block_time()) == (play.actors.stranger.address,)
    assert found.alliance.rules_at(0) == AllianceRules(Digest(sha256(b"policy")), Digest(sha256(b"terms")))
    with pytest.raises(ChainError, match="nothing answers"):
        find_model(chain, play.actors.stranger.address)
    with pytest.raises(ChainError):
        find_model(chain, play.model.pool.address)


def test_emission_begins_with_the_launch_unless_told(chain, actors, shared):
    before = chain.block_time()
    start = Play.launch(chain, actors, shared, start=None).model.pool.schedule().start
    assert before <= start <= chain.block_time()
