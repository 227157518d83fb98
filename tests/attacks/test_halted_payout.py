"""Attack: k of n validators agree on a result that is false, and pay themselves with it.

Who: as many validators as decide, one of them out of malice, the other because it copied. What stops it: the agreed
result is final only after a window, in which anybody who settled the round challenges it with a bond. In the hearing
all validators say what they find. Two thirds against it overturn it: who keeps to the lie loses its bond, who corrects
itself a tenth. Nothing is paid, what was earned before stays claimable, and the retried attempt settles.
"""

import pytest

from andel.errors import Reverted
from andel.ledger.disputes import Outcome
from andel.ledger.round_hashes import word_commitment
from andel.ledger.round_state import Status, VoidReason
from andel.roles.founder import publish_reference
from andel.roles.holder import claim
from andel.roles.watcher import Watcher
from andel.simulation.actors import BOND
from andel.simulation.world import Operation
from tests.attacks.test_lying_validator import honest_replay, liar, state_of

WINDOW = 600
CHALLENGE = 10**15
"""A tenth of what the budget of a round is held to be worth; of a first round, less: little has accrued by then."""


@pytest.fixture(scope="module")
def small(launch_world):
    """A round is paid; in the next, k validators agree on a false result."""
    small = launch_world("halted payout", operation=Operation(challenge_window=WINDOW))
    small.close_round()
    small.settle(until=Status.ATTESTED)
    small.local.advance(WINDOW)
    small.settle()
    return small


def lie(small):
    """Validators 0 and 1 agree that everything is validator 0's."""
    first, second = liar(small, 0), liar(small, 0)
    second.number = 1
    for attacker in (first, second):
        attacker.commit()
    small.local.advance(small.world.model.round_manager.founding().commit_period)
    for attacker in (first, second):
        attacker.reveal()
    assert state_of(small).status == Status.ATTESTED
    return first


def watcher(small, limit=CHALLENGE):
    """A stranger with a key; the reference packets were published to it, as to everybody at the end."""
    publish_reference(small.store, small.world.founded)
    return Watcher(small.world.actors.watcher, small.world.model, small.store, bond_limit=limit)


def persist(small, attacker):
    """A liar commits to its own digest in the hearing, and reveals it later."""
    disputes, state = small.world.model.disputes, state_of(small)
    place = disputes.chain.chain_id, disputes.address, state.round, state.attempt
    said = word_commitment(*place, state.agreed, attacker.key.address, bytes(31) + b"\1")
    disputes.commit_word(attacker.key, state.round, said)
    return lambda: disputes.reveal_word(attacker.key, state.round, state.agreed, bytes(31) + b"\1")


def test_a_false_agreement_is_challenged_overturned_and_settled_again(small):
    model, actors = small.world.model, small.world.actors
    minted, root = model.pool.minted(), model.pool.claims_root()
    small.close_round()
    attacker = lie(small)
    honest = watcher(small)
    assert honest.step()
    state = state_of(small)
    assert (state.status, model.disputes.hearing_of(state.round, 0).challenger) == (
        Status.CHALLENGED,
        actors.watcher.address,
    )
    with pytest.raises(Reverted, match="WrongStatus"):
        attacker.finalise()
    # earlier rounds stay claimable while this one is heard
    owner = next(member for member in small.honest())
    assert claim(model, small.store, owner.contributor.key, owner.contributor.address)[0] > 0

    reveal = persist(small, attacker)
    for number in (1, 2):  # one corrects itself, the other never lied
        assert small.validators[number].step()
    reveal()
    for number in (1, 2):
        assert small.validators[number].step()
    assert honest.step()
    state = state_of(small)
    hearing = model.disputes.hearing_of(state.round, 0)
    assert (state.status, state.void_reason, hearing.outcome) == (
        Status.VOID,
        VoidReason.OVERTURNED,
        Outcome.OVERTURNED,
    )
    bonds = [model.operators.bond_of(key.address).bonded for key in actors.validators]
    assert bonds == [0, BOND - BOND // 10, BOND]
    assert (model.pool.minted(), model.pool.claims_root()) == (minted, root)
    owed = model.disputes.owed_to(actors.watcher.address), model.operators.reward_of(actors.watcher.address)
    assert owed == (CHALLENGE, (BOND + BOND // 10) // 2)
    assert honest.step()
    assert model.disputes.owed_to(actors.watcher.address) == model.operators.reward_of(actors.watcher.address) == 0

    # the one that corrected itself makes its bond whole; the round is tried again and settles without the liar
    model.operators.deposit(actors.founder, actors.validators[1].address, BOND // 10)
    plan = small.retry_plan()
    small.results.append(small.coordinator().run_round(plan))
    assert not small.validators[0].step()  # its bond is gone: it counts for nothing
    small.local.advance(WINDOW)
    present = small.validators[1:]
    small.settle(present, until=Status.ATTESTED)
    small.local.advance(WINDOW)
    small.settle(present)
    final = state_of(small)
    assert (final.status, final.attempt, final.round) == (Status.FINALISED, 1, 2)
    found = honest_replay(small).report
    assert (final.minted, final.version_hash) == (found.minted, found.version_hash)
    assert attacker.key.address not in found.history.earned
    small.assert_audited()


def test_who_may_put_down_no_bond_challenges_nothing(small):
    model = small.world.model
    model.operators.deposit(small.world.actors.founder, small.world.actors.validators[0].address, BOND)
    small.close_round()
    lie(small)
    assert not watcher(small, CHALLENGE - 1).step()
    assert state_of(small).status == Status.ATTESTED


def test_an_honest_result_is_not_challenged_and_a_false_challenge_pays_the_honest(launch_world):
    small = launch_world("challenged without reason", operation=Operation(challenge_window=WINDOW))
    model, actors = small.world.model, small.world.actors
    small.close_round()
    small.settle(until=Status.ATTESTED)
    assert not watcher(small).step()
    state = state_of(small)
    model.disputes.challenge(actors.consumer, state.round, bytes(31) + b"\7")
    for _ in range(3):
        for validator in small.validators:
            validator.step()
    hearing = model.disputes.hearing_of(state.round, 0)
    assert hearing.outcome == Outcome.UPHELD and 0 < hearing.bond <= CHALLENGE
    small.local.advance(WINDOW)
    small.settle()
    taken = {event.arguments["account"]: event.arguments["amount"] for event in model.disputes.logs("OwedWithdrawn", 0)}
    assert taken == {key.address: hearing.bond // 3 for key in actors.validators}
    small.assert_audited()


@pytest.mark.full
def test_two_thirds_that_keep_to_a_lie_win_the_hearing_as_the_threat_model_says(launch_world):
    """The limit of a hearing: with two of three the liars' word counts, and the challenger loses its bond."""
    small = launch_world("two thirds lie", operation=Operation(challenge_window=WINDOW))
    small.close_round()
    first = lie(small)
    assert watcher(small).step()
    second = liar(small, 0)
    second.number = 1
    reveals = [persist(small, attacker) for attacker in (first, second)]
    small.validators[2].step()
    for reveal in reveals:
        reveal()
    small.validators[2].step()
    assert small.validators[2].step()  # anybody concludes
    model = small.world.model
    assert model.disputes.hearing_of(1, 0).outcome == Outcome.UPHELD
    assert state_of(small).status == Status.ATTESTED
    assert model.disputes.owed_to(small.world.actors.watcher.address) == 0
