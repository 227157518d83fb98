"""A validator does what the chain's state asks for, once; attests only to what it settled; survives restarts."""

import pytest

from andel.content import ContentStore
from andel.errors import RpcUnreachable
from andel.keys import AccountKey, derive_secret
from andel.ledger.deployment import find_model
from andel.ledger.round_state import Status
from andel.roles.validator import Validator


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("validator")


def newest(small):
    """The newest round."""
    manager = small.world.model.round_manager
    return manager.round_of(manager.rounds_count())


def test_before_any_round_and_before_a_close_there_is_nothing_to_do(launch_world):
    fresh = launch_world("no round yet")
    assert not any(validator.step() for validator in fresh.validators)
    plan = fresh.plan()
    manager = fresh.world.model.round_manager
    manager.open(fresh.world.actors.coordinator, plan.hash, plan.version, plan.budget, plan.deadline)
    assert not any(validator.step() for validator in fresh.validators)


def test_a_validator_that_restarts_between_commit_and_reveal_still_reveals(small):
    small.close_round()
    number = newest(small).round
    assert small.validators[0].step()
    manager, account = small.world.model.round_manager, small.world.actors.validators[0].address
    assert any(manager.ballot_of(number, 0, account).commitment)
    assert small.validators[1].step() and small.validators[2].step()
    restarted = small.validator(0)  # nothing but the key, the chain and the store
    assert restarted.step()
    assert any(manager.ballot_of(number, 0, account).revealed)
    assert not any(manager.ballot_of(number, 0, small.world.actors.validators[1].address).revealed)
    small.settle((restarted, *small.validators[1:]))


def test_it_needs_only_the_address_of_the_model(small):
    small.close_round()
    model = find_model(small.world.chain, small.world.model.round_manager.address)
    validators = [Validator(key, model, small.store) for key in small.world.actors.validators]
    small.settle(validators)
    assert newest(small).status == Status.FINALISED


def test_each_step_is_done_once(small):
    small.close_round()
    first = small.validators[0]
    assert first.step()
    assert not first.step()  # committed, and the others have not yet
    small.settle()
    assert not any(validator.step() for validator in small.validators)


def test_two_of_three_are_enough_once_the_third_had_its_time(small):
    small.close_round()
    present = small.validators[:2]
    for validator in present:
        assert validator.step()
    assert not any(validator.step() for validator in present)
    small.local.advance(small.world.model.round_manager.founding().commit_period)
    small.settle(present)
    assert small.world.model.round_manager.votes_for(newest(small).agreed) == 2


@pytest.mark.full
def test_two_of_three_end_a_round_by_themselves_where_time_passes_with_blocks_only(small):
    small.close_round()
    number, slept = newest(small).round, []

    def sleep(seconds):
        slept.append(seconds)
        small.validators[1].step()

    small.validator(0).run(number, sleep, lambda: sum(slept), 0.1)
    assert small.world.model.round_manager.votes_for(newest(small).agreed) == 2


def test_who_waits_for_others_does_not_move_the_chain(small):
    small.close_round()
    chain, slept = small.world.chain, []

    def sleep(seconds):
        slept.append(seconds)
        if sum(slept) > 1_000:
            raise KeyboardInterrupt

    validator = small.validator(0)
    assert validator.step()
    before = chain.block_number()
    with pytest.raises(KeyboardInterrupt):
        validator.run(newest(small).round, sleep, lambda: sum(slept), 10.0)
    assert chain.block_number() == before
    small.settle()


def test_an_object_that_is_not_there_is_not_attested_to(small, tmp_path, caplog):
    small.close_round()
    blind = small.validator(0, ContentStore(str(tmp_path / "empty")))
    assert not blind.step() and not blind.step()
    assert "is not attested" in caplog.text and "manifest" in caplog.text
    small.settle()


def test_who_is_not_among_the_readers_cannot_open_the_reference_set(small, caplog):
    small.close_round()
    outsider = Validator(AccountKey(derive_secret(b"outsider")), small.world.model, small.store)
    assert not outsider.step()
    assert "is not attested" in caplog.text
    small.settle()


def test_a_node_that_does_not_answer_for_a_while_loses_no_round(small, monkeypatch):
    small.close_round()
    validator, slept = small.validator(0), []
    step, failing = validator.step, iter([True, True, False, True])

    def hiccup():
        if next(failing, False):
            raise RpcUnreachable("http://127.0.0.1:1", "no answer in time")
        return step()

    def sleep(seconds):
        slept.append(seconds)
        for other in small.validators[1:]:
            other.step()

    monkeypatch.setattr(validator, "step", hiccup)
    validator.run(newest(small).round, sleep, lambda: sum(slept), 0.1)
    assert newest(small).status == Status.FINALISED
    assert len([seconds for seconds in slept if seconds >= 1.0]) >= 3


def test_run_ends_at_the_last_round_it_was_asked_for(small):
    small.play()
    small.validator(0).run(newest(small).round, lambda _: pytest.fail("it waits"), lambda: 0.0, 0.1)
