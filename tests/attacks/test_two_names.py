"""Attack: one data set under two names.

Who: an owner with two accounts, or two owners who share one device's packets. It wants the same readings to weigh
twice. What stops it: a day of a device is entered once for ever, by its owner, and bound to that account; a commitment
counts batches that its own contributor entered; and where two names commit one day, one of them counts.
"""

from dataclasses import replace

import pytest

from andel.data.batch import batches_object
from andel.data.openings import make_openings
from andel.errors import Reverted
from andel.ledger.contracts import Entry
from andel.training.result import sign_commitment
from andel.value.proof import registry_entry
from tests.support.reports import of
from tests.support.stations import Station, joined
from tests.support.worlds import FIRST_SEED, Owner, build_world, play

STATION = Station("shared")
FIRST, SECOND = (Owner(name, STATION.readings(), [STATION]) for name in ("first name", "second name"))


def settled(entries=None):
    """Both names commit the same device and days; the registry holds what `entries` say, or the first's."""
    base = build_world(2)
    world = joined(base, FIRST)
    world = replace(
        world,
        owners=(*world.owners, SECOND),
        entries={**world.entries, **(entries or {})},
        consenting=world.consenting | {SECOND.address},
    )
    update = base.owners[0].update(base)
    return play(world, {FIRST.address: update, SECOND.address: update}).settle()


def test_the_second_name_weighs_nothing():
    report = settled()
    assert of(report, FIRST).weight == 96 and of(report, FIRST).share > 0
    assert (of(report, SECOND).weight, of(report, SECOND).share) == (0, 0)
    assert f"not entered by {SECOND.address}" in of(report, SECOND).reason
    assert report.history.standing == {}, "and it cannot spoil the device's standing"


def test_days_divided_between_two_names_weigh_what_they_weigh_together():
    """The device changed hands: each name entered some of its days, and commits all of them, or its own."""
    theirs = {(b.device, b.day): registry_entry(b.root, SECOND.address, 1) for b in SECOND.all_batches[2:]}
    report = settled(theirs)
    assert of(report, FIRST).weight == of(report, SECOND).weight == 0, "a list with one day of another's counts nothing"
    base = build_world(2)
    world = replace(joined(base, FIRST), entries={**joined(base, FIRST).entries, **theirs})
    consenting = world.consenting | {SECOND.address}
    world = replace(world, owners=(*base.owners, FIRST, SECOND), consenting=consenting)
    update = base.owners[0].update(base)
    round_ = play(world, {FIRST.address: update, SECOND.address: update})
    for owner, batches in ((FIRST, FIRST.all_batches[:2]), (SECOND, SECOND.all_batches[2:])):
        listed = batches_object(owner.address, [batch.header for batch in batches])
        round_.commitments = [c for c in round_.commitments if c.contributor != owner.address]
        round_.commitments.append(sign_commitment(owner.key, world.plan, listed))
        round_.openings[owner.address] = make_openings(FIRST_SEED, owner.address, batches, world.task.openings)
    report = round_.settle()
    # the updates name the whole list, so they count for nothing; what was proven is what matters here
    assert {
        known.slots[STATION.address] for known in report.history.proven.values() if STATION.address in known.slots
    } == {48}


def test_the_registry_takes_a_day_of_a_device_once_for_ever(launch_world):
    small = launch_world("two names")
    member, other = small.honest()[:2]
    registry, devices = small.world.model.batch_registry, small.world.model.device_registry
    entered = member.contributor.entries()[0]
    with pytest.raises(Reverted) as again:
        registry.enter(member.contributor.key, [entered])
    assert again.value.error == "BatchRegistry_AlreadyEntered"
    devices.transfer(member.contributor.key, entered.device, other.contributor.address)
    for root in (entered.root, other.contributor.entries()[0].root):
        with pytest.raises(Reverted) as renamed:
            registry.enter(other.contributor.key, [Entry(entered.device, entered.day, root)])
        assert renamed.value.error == "BatchRegistry_AlreadyEntered"
