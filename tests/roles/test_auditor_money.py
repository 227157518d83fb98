"""Every claim that was paid is checked against the root it was paid under, every balance against the rounds."""

import re
from dataclasses import replace

import pytest

from andel.ledger.connection import Chain
from andel.roles.auditing.findings import Rests
from andel.roles.auditor import audit
from andel.roles.founder import publish_reference
from andel.roles.holder import claim


@pytest.fixture(scope="module")
def paid(launch_world):
    """Two rounds with claims after each, an account that claims twice, and an operator that was paid."""
    small = launch_world("claims that were paid")
    world, (first, second) = small.world, [member.contributor for member in small.honest()[:2]]
    small.play()
    claim(world.model, small.store, world.actors.consumer, first.address)
    world.model.pool.claim_operator(world.actors.consumer, world.actors.coordinator.address)
    small.play()
    for contributor in (first, second):
        claim(world.model, small.store, world.actors.consumer, contributor.address)
    publish_reference(small.store, world.founded)
    return small


def test_all_payments_are_checked_against_the_roots_they_were_paid_under(paid):
    found = audit(paid.world.model, paid.store)
    assert found.ok, found.failure
    assert found.tally.of("claims") == 3 and found.tally.of("claims", Rests.SIGNATURES) == 0
    assert found.tally.of("balances") == 9


def changed(event, name):
    """The event with one more of something."""
    return replace(event, arguments={**event.arguments, name: event.arguments[name] + 1})


ALTERED = {
    "another amount": (
        lambda events: [changed(event, "cumulative") for event in events],
        "claims, payment to 0x.*: no leaf of the root in force says",
    ),
    "paid more than was new": (
        lambda events: [changed(event, "paid") for event in events],
        "claims, payment to 0x.*: it is not what the account had earned and not received",
    ),
    "hidden": (lambda events: events[1:], "claims"),
    "none": (lambda _: [], "claims: 0x.* was paid .*, of which the pool's events tell otherwise"),
    "an old root": (lambda events: [replace(e, block=events[0].block) for e in events[-1:]], "claims"),
}


@pytest.mark.parametrize(("alter", "failure"), ALTERED.values(), ids=ALTERED)
def test_a_payment_told_otherwise_is_named(paid, monkeypatch, alter, failure):
    logs = Chain.logs

    def told(self, contract, event, *blocks, **indexed):
        events = logs(self, contract, event, *blocks, **indexed)
        if event != ("Claimed", "OperatorClaimed"):
            return events
        return [e for e in events if e.name != "Claimed"] + alter([e for e in events if e.name == "Claimed"])

    monkeypatch.setattr(Chain, "logs", told)
    found = audit(paid.world.model, paid.store)
    assert re.match(failure, found.failure), found.failure


@pytest.mark.parametrize(
    ("contract", "method", "failure"),
    [
        ("pool", "minted", "balances: minted by the pool"),
        ("pool", "contributors_minted", "balances: minted for contributors"),
        ("pool", "contributors_claimed", "balances: paid to contributors"),
        ("pool", "operator_balance", "operators' pay: "),
        ("pool", "last_round", "claims: the pool was last credited for round"),
        ("token", "total_ever_minted", "balances: ever minted by the token"),
        ("token", "total_supply", "balances: more tokens than were ever minted"),
        ("round_manager", "current_version", "current version: it is not that of the last final round"),
    ],
)
def test_a_balance_told_otherwise_is_named(paid, monkeypatch, contract, method, failure):
    kind = type(getattr(paid.world.model, contract))
    true = getattr(kind, method)

    def more(self, *arguments):
        told = true(self, *arguments)
        return bytes(32) if isinstance(told, bytes) else told + 10**30

    monkeypatch.setattr(kind, method, more)
    assert audit(paid.world.model, paid.store).failure.startswith(failure)


def test_a_pool_that_holds_less_than_it_owes_is_named(paid, monkeypatch):
    monkeypatch.setattr(type(paid.world.model.token), "balance_of", lambda *_: 0)
    assert audit(paid.world.model, paid.store).failure.startswith("balances: owed over what the pool holds")
