"""A float task's round: validators measure, seal, show, and attest to a median that is near what they measured.

The engine here is that of integers, whose measures are equal on every machine; `test_torch_rounds.py` plays the same
with PyTorch, and `tests/attacks/test_lying_judge.py` plays the validators that measure otherwise. Each test plays a
round of one world.
"""

import pytest

from andel.content import cid_of_digest
from andel.roles.auditing.findings import Rests
from andel.roles.auditor import audit
from andel.roles.founder import publish_reference
from andel.roles.judging import measure_round
from andel.roles.replay import ReferenceOpener
from tests.support.judged import named, newest, sealing, settle


@pytest.fixture(scope="module")
def small(launch_judged):
    return launch_judged("judged")


def test_nothing_is_shown_before_all_have_sealed(small):
    small.close_round()
    first, second, third = small.validators
    for validator in (first, second):
        assert validator.step()
        assert not validator.step()
    assert not any(any(record.digest) for record in sealing(small).records)
    assert third.step()
    assert first.step()
    assert sum(any(record.digest) for record in sealing(small).records) == 1
    settle(small)
    assert len(named(small)) == 3


def test_two_of_three_are_enough_once_the_third_had_its_time(small):
    small.close_round()
    settle(small, small.validators[:2])
    assert len(named(small)) == 2


def test_the_measures_of_one_machine_are_the_same_bytes_twice(small):
    small.close_round()
    references = ReferenceOpener(small.store, lambda _: small.world.founded.packets)
    task = small.world.founded.definition
    first, second = (
        measure_round(small.world.model, small.store, newest(small), references).to_bytes(task) for _ in range(2)
    )
    assert first == second
    settle(small)


def test_the_audit_measures_again_and_names_a_judgement_that_is_gone(small):
    publish_reference(small.store, small.world.founded)
    found = audit(small.world.model, small.store)
    assert not found.failure
    assert found.tally.of("judgements", Rests.RECOMPUTED) == 3 + 2 + 3
    (small.folder / "content" / cid_of_digest(named(small)[0])).unlink()
    assert "round 3, judgement" in audit(small.world.model, small.store).failure
