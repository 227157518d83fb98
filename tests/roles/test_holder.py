"""Who has earned claims it, once; anybody may pay the gas; a state that is not the pool's is no evidence."""

import pytest

from andel.content import ContentStore, cid_of_digest
from andel.errors import ContentMissing, EvidenceError, InputError
from andel.ledger.round_state import Status
from andel.roles.holder import claim, current_history, find_claim
from andel.simulation.participants import Kind
from andel.value.history import EMPTY_HISTORY


@pytest.fixture(scope="module")
def small(launch_world):
    launched = launch_world("holder")
    launched.play()
    return launched


def test_before_the_first_round_nobody_has_earned(launch_world):
    fresh = launch_world("nothing earned yet")
    assert current_history(fresh.world.model, fresh.store) == EMPTY_HISTORY
    with pytest.raises(InputError, match="has earned nothing"):
        find_claim(fresh.world.model, fresh.store, fresh.honest()[0].contributor.address)


def test_everybody_is_paid_what_was_earned_and_a_second_claim_pays_nothing(small):
    model, payer = small.world.model, small.world.actors.consumer
    earned = current_history(model, small.store).earned
    assert set(earned) == {member.contributor.address for member in small.honest()}
    for member in small.honest():
        account = member.contributor.address
        paid, _ = claim(model, small.store, payer, account)
        assert paid == earned[account] == model.token.balance_of(account) == model.pool.claimed(account)
        assert claim(model, small.store, member.contributor.key, account)[0] == 0
    assert model.token.balance_of(payer.address) == 0
    assert sum(earned.values()) == model.pool.contributors_claimed() == model.pool.contributors_minted()


def test_after_another_round_only_the_difference_is_paid(small):
    model, account = small.world.model, small.honest()[0].contributor.address
    claim(model, small.store, small.world.actors.consumer, account)
    before = model.pool.claimed(account)
    small.play()
    paid, _ = claim(model, small.store, small.world.actors.consumer, account)
    assert paid == current_history(model, small.store).earned[account] - before > 0


@pytest.mark.parametrize("kind", [Kind.RIDER, Kind.POISONER, Kind.REPLAYER])
def test_a_dishonest_one_has_nothing_to_claim(small, kind):
    account = small.member(kind).contributor.address
    with pytest.raises(InputError, match=f"{account} has earned nothing yet"):
        claim(small.world.model, small.store, small.world.actors.consumer, account)


def test_without_the_state_there_is_no_claim(small, tmp_path):
    with pytest.raises(ContentMissing):
        find_claim(small.world.model, ContentStore(str(tmp_path)), small.honest()[0].contributor.address)


def test_a_state_that_is_not_the_one_paid_by_is_named(small, monkeypatch):
    manager = small.world.model.round_manager
    old = manager.round_of(1).state_hash
    assert manager.round_of(1).status == Status.FINALISED
    monkeypatch.setattr(type(manager), "state_hash", lambda _: old)
    assert small.store.has(cid_of_digest(old))
    with pytest.raises(EvidenceError, match="does not give the pool's root"):
        find_claim(small.world.model, small.store, small.honest()[0].contributor.address)
