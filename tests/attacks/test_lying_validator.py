"""Attack: a validator attests to a result it made up, or attests without having done the work.

Who: one of three validators, where two decide. What stops it: k equal attestations are needed; a commitment binds
validator, salt and attestation before any is shown, so another's commitment or result cannot be taken over; and only
those who agreed with the outcome are paid. With no two alike the attempt is void and nothing is minted.
"""

from dataclasses import dataclass, replace

import pytest

from andel.content import ContentStore
from andel.errors import Reverted
from andel.hashing import sha256
from andel.ledger.round_hashes import attestation_commitment
from andel.ledger.round_state import Status
from andel.roles.replay import ReferenceOpener, read_history, replay_round
from andel.typed_data import sign_typed, typed_digest
from andel.units import TOKEN, BaseUnits
from andel.value.claims import ClaimTree
from andel.value.history import History
from tests.support.small_run import SmallWorld


@pytest.fixture(scope="module")
def small(launch_world):
    """One world; each test plays a round of its own on it."""
    return launch_world("lying validators")


@dataclass
class Liar:
    """A validator's key and what it says: an attestation with what opens its value root."""

    small: SmallWorld
    number: int
    attestation: dict[str, object]
    claims: ClaimTree
    minted: int
    gain: int

    @property
    def key(self):
        return self.small.world.actors.validators[self.number]

    @property
    def manager(self):
        return self.small.world.model.round_manager

    @property
    def round(self):
        return self.attestation["round"]

    def commit(self):
        digest = typed_digest("Attestation", self.manager.domain, self.attestation)
        commitment = attestation_commitment(digest, self.key.address, sha256(b"salt"))
        self.manager.commit_attestation(self.key, self.round, commitment)

    def reveal(self):
        signature = sign_typed(self.key, "Attestation", self.manager.domain, self.attestation)
        self.manager.reveal(self.key, self.attestation, self.key.address, sha256(b"salt"), signature)

    def finalise(self):
        self.manager.finalise(self.key, self.attestation, self.claims.root, self.claims.total, self.minted, self.gain)


def honest_replay(small):
    """What an honest validator finds of the newest round."""
    references = ReferenceOpener(small.store, lambda _: small.world.founded.packets)
    return replay_round(small.world.model, small.store, small.world.model.round_manager.rounds_count(), references)


def liar(small, number=0):
    """A validator that gives everything this round mints to itself."""
    account, before = small.world.actors.validators[number].address, honest_history(small).earned
    minted = 899 * TOKEN
    earned = {**before, account: BaseUnits(before.get(account, 0) + minted)}
    return attesting(small, number, earned, minted)[0]


def attesting(small, number, earned, minted):
    """A validator that attests these cumulative earnings, and the state that names them, which it keeps to itself."""
    replay, before, state = honest_replay(small), honest_history(small), state_of(small)
    history = History(replay.report.round, before.scores, earned, before.proven)
    claims = ClaimTree(earned)
    report = replace(
        replay.report,
        history=history,
        claims_root=claims.root,
        claims_total=claims.total,
        minted=BaseUnits(minted),
        gain=1,
    )
    said = report.attestation(replay.evidence.plan, state.updates_root, state.evidence_hash)
    return Liar(small, number, said, claims, minted, 1), history


def honest_history(small):
    """The state before the newest round."""
    return read_history(small.store, small.results[-1].plan)


def state_of(small):
    """The newest round."""
    manager = small.world.model.round_manager
    return manager.round_of(manager.rounds_count())


def refused(call):
    """The contract's error."""
    with pytest.raises(Reverted) as refusal:
        call()
    return refusal.value.error


def step(small, *numbers):
    """Each of these honest validators acts once."""
    return [small.validators[number].step() for number in numbers]


def test_one_liar_cannot_finalise_its_report_and_two_honest_ones_finalise_theirs(small):
    small.close_round()
    attacker, honest = liar(small), honest_replay(small)
    attacker.commit()
    assert refused(attacker.finalise) == "RoundManager_WrongStatus"
    assert refused(attacker.reveal) == "RoundManager_RevealTooEarly"
    step(small, 1, 2)
    attacker.reveal()
    assert state_of(small).status == Status.CLOSED  # one vote is no quorum
    assert refused(attacker.reveal) == "RoundManager_AlreadyRevealed"
    step(small, 1, 2)
    assert state_of(small).status == Status.ATTESTED
    assert refused(attacker.finalise) == "RoundManager_NotAgreed"
    step(small, 1)
    final = state_of(small)
    assert (final.status, final.agreed) == (Status.FINALISED, honest.digest)
    assert final.minted == honest.report.minted
    assert attacker.key.address not in honest.report.history.earned


def test_who_lied_is_not_paid_for_validating(small):
    pool, keys = small.world.model.pool, small.world.actors.validators
    before = [pool.operator_balance(key.address) for key in keys]
    small.close_round()
    attacker = liar(small)
    attacker.commit()
    step(small, 1, 2)
    attacker.reveal()
    small.settle(small.validators[1:])
    gained = [pool.operator_balance(key.address) - old for key, old in zip(keys, before, strict=True)]
    assert gained[0] == 0 and gained[1] == gained[2] > 0


def test_a_copied_commitment_cannot_be_revealed(small):
    small.close_round()
    manager, number = small.world.model.round_manager, state_of(small).round
    copier, copied = small.world.actors.validators[0], small.world.actors.validators[1]
    step(small, 1)
    seen = manager.ballot_of(number, 0, copied.address).commitment
    manager.commit_attestation(copier, number, seen)
    step(small, 2)
    step(small, 1)  # shows attestation and salt to everybody
    said = honest_replay(small).attestation
    salt = small.validators[1]._salt(number, 0)
    assert attestation_commitment(honest_replay(small).digest, copied.address, salt) == seen
    signature = sign_typed(copier, "Attestation", manager.domain, said)
    assert refused(lambda: manager.reveal(copier, said, copier.address, salt, signature)) == "RoundManager_WrongReveal"
    assert refused(lambda: manager.reveal(copier, said, copied.address, salt, signature)) == (
        "RoundManager_AlreadyRevealed"
    )
    step(small, 2)
    assert state_of(small).status == Status.ATTESTED
    assert refused(lambda: manager.commit_attestation(copier, number, seen)) == "RoundManager_WrongStatus"
    # the copier never reveals, so the others wait for the time it had
    small.local.advance(small.world.model.round_manager.founding().commit_period)
    small.settle(small.validators[1:])
    assert manager.votes_for(state_of(small).agreed) == 2


def test_who_waits_for_others_to_reveal_is_too_late_to_commit(small):
    small.close_round()
    manager, number = small.world.model.round_manager, state_of(small).round
    step(small, 1, 2)
    small.local.advance(manager.founding().commit_period)
    step(small, 1)
    lazy = small.world.actors.validators[0]
    assert refused(lambda: manager.commit_attestation(lazy, number, sha256(b"late"))) == "RoundManager_CommitsEnded"
    step(small, 2)
    small.local.advance(manager.founding().commit_period)
    small.settle(small.validators[1:])


def test_nobody_but_a_validator_of_the_round_can_vote(small):
    small.close_round()
    manager, number = small.world.model.round_manager, state_of(small).round
    for outsider in (small.world.actors.coordinator, small.world.actors.founder, small.world.actors.consumer):
        assert refused(lambda key=outsider: manager.commit_attestation(key, number, sha256(b"x"))) == (
            "RoundManager_NotValidator"
        )
    small.settle()


def test_an_attestation_of_another_evidence_is_not_even_counted(small):
    small.close_round()
    attacker = liar(small)
    attacker.attestation = {**attacker.attestation, "evidenceHash": sha256(b"other evidence")}
    attacker.commit()
    step(small, 1, 2)
    assert refused(attacker.reveal) == "RoundManager_ForeignAttestation"
    step(small, 1, 2)
    small.local.advance(small.world.model.round_manager.founding().commit_period)
    small.settle(small.validators[1:])


def test_three_different_results_void_the_attempt_and_mint_nothing(small):
    pool = small.world.model.pool
    minted, version = pool.minted(), small.world.model.round_manager.current_version()
    small.close_round()
    liars = [liar(small, 0), liar(small, 1)]
    for attacker in liars:
        attacker.commit()
    step(small, 2)
    for attacker in liars:
        attacker.reveal()
    step(small, 2)
    assert state_of(small).status == Status.VOID
    assert pool.minted() == minted and small.world.model.round_manager.current_version() == version
    small.play()  # and the next round goes on from the last good version
    assert state_of(small).status == Status.FINALISED


def test_a_validator_attests_to_nothing_that_it_cannot_fetch(small, tmp_path):
    small.close_round()
    empty = ContentStore(str(tmp_path / "empty"))
    blind = small.validator(0, empty)
    assert not blind.step()
    number = state_of(small).round
    ballot = small.world.model.round_manager.ballot_of(number, 0, small.world.actors.validators[0].address)
    assert not any(ballot.commitment)
    small.settle()
