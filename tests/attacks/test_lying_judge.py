"""A validator of a float task that measures what suits it, waits for the others' measures, or keeps its own back."""

import pytest

from andel.content import ContentStore, cid_of_digest
from andel.hashing import sha256
from andel.roles.judging import Judging, measure_round
from andel.roles.replay import ReferenceOpener
from andel.training import engine
from andel.training.engine import IntegerEngine
from tests.support.judged import named, newest, sealing, settle


def test_a_judgement_that_is_sealed_after_the_first_was_shown_does_not_count(small):
    small.close_round()
    first, second, third = small.validators
    assert first.step() and second.step()
    small.local.advance(sealing(small).seal_until + 1 - small.world.chain.block_time())
    assert first.step()
    assert any(any(record.digest) for record in sealing(small).records)
    assert not third.step()
    settle(small)
    assert len(named(small)) == 2


@pytest.fixture(scope="module")
def small(launch_judged):
    return launch_judged("lying judge")


class Otherwise(IntegerEngine):
    """Measures gradients backwards."""

    def gradients(self, *values):
        """Minus the right one."""
        return [-array for array in super().gradients(*values)]


def test_a_validator_that_measures_otherwise_moves_nothing_and_attests_to_nothing(small, monkeypatch):
    small.close_round()
    with monkeypatch.context() as patched:
        patched.setattr(engine, "_float_engine", lambda *_: Otherwise())
        assert small.validators[0].step()  # sealed
    for validator in small.validators[1:]:
        assert validator.step()
    references = ReferenceOpener(small.store, lambda _: small.world.founded.packets)
    honest = measure_round(small.world.model, small.store, newest(small), references)
    for _ in range(3):
        for validator in small.validators:
            validator.step()
    account = small.world.actors.validators[0].address
    manager, number = small.world.model.round_manager, newest(small).round
    assert not any(manager.ballot_of(number, 0, account).commitment)
    settle(small, small.validators[1:])
    report = small.report(number)
    assert len(report.history.judgements) == 3
    assert report.aggregate_hash == honest.aggregate


class Nearly(IntegerEngine):
    """Measures as another machine might: the last bit of every gradient differs."""

    def gradients(self, *values):
        """One unit of the grid more."""
        return [array + 1 for array in super().gradients(*values)]


def test_who_shows_a_digest_and_keeps_its_judgement_back_is_left_out(small, monkeypatch):
    small.close_round()
    secretive = Judging(
        small.world.actors.validators[0],
        small.world.model,
        Secretive(small.store),
        ReferenceOpener(small.store, lambda _: small.world.founded.packets),
    )
    with monkeypatch.context() as patched:
        patched.setattr(engine, "_float_engine", lambda *_: Nearly())
        assert secretive.step(newest(small))
    for validator in small.validators[1:]:
        assert validator.step()
    assert secretive.step(newest(small))
    settle(small, small.validators[1:])
    assert len(named(small)) == 2


class Secretive(ContentStore):
    """A store that keeps nothing it is given."""

    def __init__(self, store):
        """Reads from `store`."""
        super().__init__(store.url)

    def put(self, data):
        """Gives a name for what it drops."""
        return cid_of_digest(sha256(data))


def test_when_two_lie_the_third_does_not_attest(small, monkeypatch):
    small.close_round()
    with monkeypatch.context() as patched:
        patched.setattr(engine, "_float_engine", lambda *_: Otherwise())
        for validator in small.validators[:2]:
            assert validator.step()
    third = small.validators[2]
    assert third.step()
    for _ in range(4):
        for validator in small.validators:
            validator.step()
    account = small.world.actors.validators[2].address
    manager = small.world.model.round_manager
    assert not any(manager.ballot_of(newest(small).round, 0, account).commitment)
