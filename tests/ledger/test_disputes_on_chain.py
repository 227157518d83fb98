"""Bonds, plants, posted updates, challenges and offences on a real chain, through the ledger room's own methods."""

import pytest

from andel.errors import Reverted
from andel.hashing import keccak, sha256
from andel.keys import address_bytes
from andel.ledger.disputes import ClaimLeaf, ClosedUpdate, Outcome, ValueOpening
from andel.ledger.round_hashes import plant_hash, planted_version, word_commitment
from andel.ledger.round_state import PlantState, Status, VoidReason
from andel.merkle import MerkleTree
from andel.typed_data import sign_typed, typed_digest
from andel.units import TOKEN, BaseUnits, Digest
from andel.value.claims import EMPTY_CLAIMS_ROOT, ClaimTree
from tests.ledger.actors import BUDGET, GAIN, MINTED, Play

SALT = sha256(b"plant")
WINDOW = 3_600


@pytest.fixture
def play(chain, actors, shared):
    return Play.launch(chain, actors, shared, challenge_window=WINDOW)


def binding(play, number):
    state = play.model.round_manager.round_of(number)
    return {
        "model": play.model.round_manager.address,
        "round": number,
        "attempt": state.attempt,
        "planHash": state.plan_hash,
    }


def agreed(play, earned=None, minted=MINTED):
    """A round that all three agree on, in its window: (number, attestation, opening)."""
    number = play.open()
    play.commit_data(number)
    play.close(number)
    claims = ClaimTree(earned or {play.actors.owners[0].address: BaseUnits(MINTED)})
    said = play.attestation(number, claims, minted)
    play.attest(number, [said] * 3)
    return number, said, ValueOpening(claims.root, claims.total, minted, GAIN)


def hear(play, number, digest):
    """All three say `digest`; the hearing is concluded."""
    disputes, attempt = play.model.disputes, play.model.round_manager.round_of(number).attempt
    for key in play.actors.validators:
        word = word_commitment(
            play.chain.chain_id, disputes.address, number, attempt, digest, key.address, sha256(key.address.encode())
        )
        disputes.commit_word(key, number, word)
    for key in play.actors.validators:
        disputes.reveal_word(key, number, digest, sha256(key.address.encode()))
    disputes.conclude(play.actors.stranger, number)
    return disputes.hearing_of(number, attempt)


def test_bonds_are_deposited_kept_and_given_back(play, actors):
    operators, validator = play.model.operators, actors.validators[0]
    bond = operators.bond()
    assert operators.bond_of(validator.address).bonded == bond and operators.is_bonded(validator.address)
    operators.deposit(actors.stranger, validator.address, 5)
    with pytest.raises(Reverted, match="Operators_BondNeeded"):
        operators.request_withdrawal(validator, 6)
    operators.request_withdrawal(validator, 5)
    record = operators.bond_of(validator.address)
    assert (record.bonded, record.unbonding) == (bond, 5)
    assert record.withdrawable_at == play.chain.block_time() + operators.unbonding_period()
    with pytest.raises(Reverted, match="Operators_NotWithdrawable"):
        operators.withdraw(validator)
    assert operators.deposit_bonds(actors.founder) == []
    with pytest.raises(Reverted, match="Operators_NotIdle"):
        operators.replace_coordinator(actors.stranger)
    assert operators.idle_at() > play.chain.block_time()


def test_a_budget_that_bonds_do_not_cover_is_refused(play):
    with pytest.raises(Reverted, match="RoundManager_NotCovered"):
        play.open(budget=2_001 * TOKEN)
    play.open(budget=2_000 * TOKEN)


def test_an_upheld_result_goes_on_and_earns_the_challengers_bond(play, actors):
    number, said, _ = agreed(play)
    disputes, rounds = play.model.disputes, play.model.round_manager
    bond = disputes.challenge_bond_of(number)
    assert bond == BUDGET * 10**13 // TOKEN // 10
    disputes.challenge(actors.stranger, number, sha256(b"another result"))
    assert rounds.round_of(number).status is Status.CHALLENGED
    assert disputes.hearing_of(number, 0).outcome is Outcome.PENDING
    hearing = hear(play, number, play.digest(said))
    assert (hearing.outcome, hearing.decided) == (Outcome.UPHELD, play.digest(said))
    assert rounds.round_of(number).status is Status.ATTESTED
    assert disputes.owed_to(actors.validators[0].address) == bond // 3
    assert disputes.withdraw(actors.validators[0]).event("OwedWithdrawn").arguments["amount"] == bond // 3


def test_an_overturned_result_is_void_and_costs_who_attested_it(play, actors):
    number, _, _ = agreed(play)
    truth = sha256(b"the true result")
    play.model.disputes.challenge(actors.stranger, number, truth)
    assert hear(play, number, truth).outcome is Outcome.OVERTURNED
    state = play.model.round_manager.round_of(number)
    assert (state.status, state.void_reason) == (Status.VOID, VoidReason.OVERTURNED)
    operators = play.model.operators
    tenth = operators.bond() // 10
    assert operators.bond_of(actors.validators[2].address).bonded == operators.bond() - tenth
    assert operators.reward_of(actors.stranger.address) == 3 * (tenth // 2)
    assert play.model.pool.minted() == 0


def test_two_results_for_one_set_cost_the_bond_and_the_vote(play, actors):
    number, said, _ = agreed(play)
    other = {**said, "versionHash": sha256(b"another")}
    key, domain = actors.validators[0], play.model.round_manager.domain
    signatures = [sign_typed(key, "Attestation", domain, each) for each in (said, other)]
    report = (said, signatures[0], other, signatures[1], key.address)
    play.model.disputes.report_equivocation(actors.stranger, *report)
    assert play.model.operators.bond_of(key.address).bonded == 0
    assert play.model.round_manager.votes_for(play.digest(said)) == 2
    with pytest.raises(Reverted, match="Disputes_NoOffence"):
        play.model.disputes.report_equivocation(actors.stranger, *report)


def test_a_lazy_validator_is_caught_by_a_test(play, actors):
    rounds, disputes, chain_id = play.model.round_manager, play.model.disputes, play.chain.chain_id
    number = play.open()
    sealed = plant_hash(chain_id, rounds.address, number, 0, True, SALT)
    rounds.plant(actors.coordinator, number, sealed)
    record = rounds.plant_of(number, 0)
    assert (record.hash, record.epoch, record.state) == (sealed, 1, PlantState.SEALED)
    play.commit_data(number)
    play.close(number)
    honest = play.attestation(number, ClaimTree({}), 0)
    copied = {**honest, "versionHash": planted_version(chain_id, rounds.address, number, 0, SALT)}
    proposed = rounds.propose(actors.coordinator, copied).event("AttestationProposed").arguments["attestation"]
    assert proposed == tuple(copied.values())
    play.attest(number, [copied, honest, honest])
    rounds.open_plant(actors.stranger, number, True, SALT)
    assert rounds.round_of(number).void_reason is VoidReason.TEST
    assert rounds.plant_of(number, 0).state is PlantState.TEST
    disputes.slash_lazy(actors.stranger, copied, actors.validators[0].address, SALT)
    for key, kept in zip(actors.validators, (0, 1, 1), strict=True):
        assert play.model.operators.bond_of(key.address).bonded == kept * play.model.operators.bond()
    with pytest.raises(Reverted, match="Disputes_NoOffence"):
        disputes.slash_lazy(actors.stranger, copied, actors.validators[1].address, SALT)


def test_a_posted_update_is_shown_in_the_closed_set_or_refused(play, actors):
    rounds, domain = play.model.round_manager, play.model.round_manager.domain
    number, (first, second) = play.open(), actors.owners
    batches = sha256(b"batches")
    committed = {**binding(play, number), "batchesHash": batches}
    digest = typed_digest("DataCommitment", domain, committed)
    owners = sorted(actors.owners, key=lambda key: address_bytes(key.address))
    commitments = MerkleTree([address_bytes(key.address) + digest for key in owners])
    rounds.commit_data(actors.coordinator, number, commitments.root, sha256(b"list"))
    rounds.record_seed(actors.stranger, number)
    update = {**binding(play, number), "updateHash": sha256(b"u"), "batchesHash": batches, "weight": 7}
    signature = sign_typed(first, "Update", domain, update)
    rounds.post_update(second, number, sha256(b"left out"), batches, commitments.place(owners.index(second)))
    place = commitments.place(owners.index(first))
    rounds.post_update_for(actors.stranger, number, first.address, sha256(b"u"), batches, 7, signature, place)
    assert rounds.posted_of(number, 0, first.address) == sha256(b"u")
    leaf = address_bytes(first.address) + typed_digest("Update", domain, update) + keccak(signature)
    closed = MerkleTree([leaf])
    rounds.close(actors.coordinator, number, closed.root, sha256(b"evidence"))
    rounds.record_seed(actors.stranger, number)
    assert rounds.round_of(number).unresolved == 2
    with pytest.raises(Reverted, match="RoundManager_Unresolved"):
        rounds.commit_attestation(actors.validators[0], number, sha256(b"c"))
    rounds.resolve_posted(actors.stranger, number, first.address, batches, 7, keccak(signature), closed.place(0))
    rounds.refuse_posted(actors.coordinator, number, second.address, sha256(b"reason"))
    assert rounds.round_of(number).unresolved == 0
    rounds.commit_attestation(actors.validators[0], number, sha256(b"c"))


def test_what_a_contract_can_check_it_decides_at_once(play, actors):
    number, said, value = agreed(play, minted=MINTED - 1)
    play.model.disputes.show_overpaid(actors.stranger, said, value)
    assert play.model.round_manager.round_of(number).void_reason is VoidReason.FRAUD
    assert play.model.operators.reward_of(actors.stranger.address) == 3 * (play.model.operators.bond() // 2)


def test_an_honest_result_is_no_fraud(play, actors):
    first, second = sorted((key.address for key in actors.owners), key=address_bytes)
    tree = ClaimTree({first: BaseUnits(MINTED // 2), second: BaseUnits(MINTED // 2)})
    _, said, value = agreed(play, {first: BaseUnits(MINTED // 2), second: BaseUnits(MINTED // 2)})
    leaves = [
        ClaimLeaf(claim.account, claim.cumulative, claim.running_sum, claim.proof)
        for claim in (tree.claim(first), tree.claim(second))
    ]
    disputes = play.model.disputes
    with pytest.raises(Reverted, match="Disputes_NoFraud"):
        disputes.show_overpaid(actors.stranger, said, value)
    with pytest.raises(Reverted, match="Disputes_NoFraud"):
        disputes.show_overlap(actors.stranger, said, value, leaves[0], leaves[1])
    for step in (
        lambda: disputes.show_fallen(actors.stranger, said, value, leaves[0], leaves[0]),
        lambda: disputes.show_vanished(actors.stranger, said, value, leaves[0], ClaimLeaf(None), leaves[1]),
    ):
        with pytest.raises(Reverted, match="Disputes_NotUnderRoot"):  # the pool has no root yet
            step()
    assert play.model.pool.claims_root() == EMPTY_CLAIMS_ROOT


def test_a_forged_update_in_the_closed_set_costs_the_coordinator(play, actors):
    rounds, owner = play.model.round_manager, actors.owners[0]
    number = play.open()
    play.commit_data(number)
    digest = Digest(sha256(b"digest of an update"))
    forged = actors.stranger.sign_digest(digest)
    tree = MerkleTree([address_bytes(owner.address) + digest + keccak(forged)])
    rounds.close(actors.coordinator, number, tree.root, sha256(b"evidence"))
    play.model.disputes.show_forged_update(
        actors.stranger, number, ClosedUpdate(owner.address, digest, forged, tree.place(0))
    )
    assert rounds.round_of(number).void_reason is VoidReason.FORGED_UPDATE
    assert play.model.operators.bond_of(actors.coordinator.address).bonded == 0


def test_silence_and_sealed_plants_are_refused_where_there_is_none(play, actors):
    number, _, _ = agreed(play)
    with pytest.raises(Reverted, match="Disputes_NoOffence"):
        play.model.disputes.slash_silent(actors.stranger, number, actors.validators[0].address)
    with pytest.raises(Reverted, match="Disputes_NoOffence"):
        play.model.disputes.slash_sealed(actors.stranger, number, 0)
