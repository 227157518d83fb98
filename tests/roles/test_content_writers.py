"""Who may keep objects: operators, and owners of admitted devices, as the chain has it; strangers cost it little."""

import pytest

from andel.errors import ChainError
from andel.keys import AccountKey, derive_secret
from andel.roles.content_writers import ContentWriters
from andel.serving.content_api import Allowance

OPERATORS, CONTRIBUTORS = Allowance(1_000_000, 1_000), Allowance(1_000, 10)


class Clock:
    """Stands until it is moved."""

    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("content writers")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def writers(small, clock):
    return ContentWriters(small.world.model, OPERATORS, CONTRIBUTORS, clock)


def test_operators_and_owners_of_the_contracts_may_write_without_a_device(small, writers):
    actors = small.world.actors
    for key in (actors.coordinator, *actors.validators, actors.founder):
        assert writers.allowance(key.address, None) == OPERATORS
    assert writers.allowance(actors.consumer.address, None) is None


def test_a_contributor_may_write_for_its_own_admitted_device_only(small, writers):
    mine, others = (member.contributor for member in small.honest()[:2])
    device, other = mine.entries()[0].device, others.entries()[0].device
    assert writers.allowance(mine.address, device) == CONTRIBUTORS
    assert writers.allowance(mine.address, other) is None
    assert writers.allowance(mine.address, None) is None
    assert writers.allowance(small.world.actors.consumer.address, device) is None
    nobodys = AccountKey(derive_secret(b"content writers", "no device")).address
    assert writers.allowance(mine.address, nobodys) is None


def test_a_device_that_is_barred_ends_the_right_when_the_answer_is_forgotten(small, writers, clock):
    member = small.honest()[0].contributor
    devices = sorted({entry.device for entry in member.entries()})
    alliance, founder = small.world.model.alliance, small.world.actors.founder
    assert writers.allowance(member.address, devices[0]) == CONTRIBUTORS
    alliance.bar(founder, [devices[0]])
    small.local.advance(2)
    try:
        assert writers.allowance(member.address, devices[0]) == CONTRIBUTORS
        clock.seconds += 601
        assert writers.allowance(member.address, devices[0]) is None
    finally:
        alliance.unbar(founder, [devices[0]])
        small.local.advance(2)
    clock.seconds += 31
    assert writers.allowance(member.address, devices[0]) == CONTRIBUTORS


def test_strangers_cost_the_node_a_bounded_number_of_questions(small, writers, clock):
    member = small.honest()[0].contributor
    device = member.entries()[0].device
    assert writers.allowance(member.address, device) == CONTRIBUTORS
    strangers = [AccountKey(derive_secret(b"content writers", str(number))).address for number in range(60)]
    with pytest.raises(ChainError, match="too many"):
        for account in strangers:
            writers.allowance(account, device)
    assert writers.allowance(member.address, device) == CONTRIBUTORS  # who is known is not held up
    assert writers.allowance(small.world.actors.coordinator.address, None) == OPERATORS
    clock.seconds += 1
    assert writers.allowance(strangers[-1], device) is None
