"""Attack: a contributor claims more weight than its data has.

Who: a contributor that wants a larger part of the sum and of the pay. It can sign a larger number, list more slots
than a batch has, send more often within the hour, or list a batch twice. What stops it: weight is never taken from
anybody's word; it is the number of distinct hours with a proven reading, and the last leaf of each batch, which is
always opened, carries the count.
"""

import json
from dataclasses import dataclass, replace

import pytest

from andel.data.batch import batches_object, make_batch, parse_batches
from andel.data.draws import draw
from andel.data.openings import make_openings
from andel.device.packets import read_packet
from andel.encoding import canonical_json
from andel.errors import InputError
from andel.roles.contributor import Contributor
from andel.training.grid import LocalGrid, LocalNode
from andel.training.result import sign_commitment
from tests.support.small_run import app_of
from tests.support.worlds import FIRST_DAY, FIRST_SEED, Owner, Sensor, build_world, play, registry_of, signed_update

MOST = 2**32 - 1
ALL = 2**24 - 1
"""Every hour of a day."""
ACCOUNT = build_world(1).owners[0].address


@dataclass
class Boaster:
    """An honest contributor but for the weight it names."""

    inner: Contributor
    named: int

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def weight(self, plan):
        return self.named


def values(report):
    """What each contributor was worth."""
    return {value.contributor: value for value in report.contributors}


def test_the_weight_that_an_update_names_changes_nothing():
    world = build_world(4)
    owner = world.owners[0]
    honest, boasting = play(world), play(world)
    boasting.replace_update(owner, owner.update(world), weight=MOST)
    first, then = honest.settle(), boasting.settle()
    assert boasting.updates != honest.updates
    assert first.contributors == then.contributors
    assert first.version_hash == then.version_hash


def test_a_boaster_in_a_real_round_weighs_what_it_has_proven(launch_world):
    small = launch_world("boaster")
    boaster = small.honest()[0].contributor
    node = LocalNode(app_of(Boaster(boaster, MOST)), {})
    result = small.play(LocalGrid(small.nodes({boaster.address: node})))
    signed = {item.contributor: item.weight for item in result.updates}
    assert signed[boaster.address] == MOST
    proven = values(small.report(1))[boaster.address].weight
    assert proven == boaster.weight(small.world.first_plan()) < MOST


@pytest.mark.full
def test_a_weight_outside_its_field_is_refused_and_stops_nobody(launch_world):
    small = launch_world("boaster without bounds")
    boaster = small.honest()[0].contributor
    node = LocalNode(app_of(Boaster(boaster, 2**40)), {})
    result = small.play(LocalGrid(small.nodes({boaster.address: node})))
    assert boaster.address not in {item.contributor for item in result.updates}
    assert values(small.report(1))[boaster.address].share == 0
    assert any("Update.weight cannot be encoded" in item.reason for item in result.refused)


def half_day(name):
    """An owner with a batch of every second hour, and the batch."""
    sensor = Sensor("half", "sensor")
    readings = [reading for reading in sensor.days([FIRST_DAY]) if reading.timestamp // 3_600 % 2 == 0]
    return Owner(name, readings, [sensor]), make_batch(readings, sensor.key.public_key)


def test_a_batch_that_lists_more_slots_than_it_has_weighs_nothing():
    world = build_world(3)
    liar, batch = half_day("half a day")
    assert batch.slots == 12
    entries = {**world.entries, **registry_of([liar])}
    joined = replace(
        world,
        owners=(*world.owners, liar),
        entries=entries,
        admitted=world.admitted | {batch.device},
        consenting=world.consenting | {liar.address},
    )
    update = {liar.address: world.owners[0].update(world)}
    assert values(play(joined, update).settle())[liar.address].weight == 12
    played = play(joined, update)
    listed = batches_object(liar.address, [replace(batch.header, count=24, hours=ALL)])
    played.commitments = [c for c in played.commitments if c.contributor != liar.address]
    played.commitments.append(sign_commitment(liar.key, world.plan, listed))
    played.openings[liar.address] = make_openings(FIRST_SEED, liar.address, [batch], world.task.openings)
    assert values(played.settle())[liar.address].weight == 0
    same_count = batches_object(liar.address, [replace(batch.header, hours=batch.hours)])
    assert parse_batches(same_count)[1][0].slots == 12
    with pytest.raises(InputError, match="cannot lie in"):
        batches_object(liar.address, [replace(batch.header, hours=ALL)])


def test_slots_raised_within_the_count_fail_at_the_last_leaf():
    """Two readings an hour: 24 leaves, 12 slots; the list says 24."""
    world = build_world(3)
    sensor = Sensor("two an hour", "sensor")
    times = [FIRST_DAY * 86_400 + hour * 3_600 + minute * 60 for hour in range(12) for minute in (0, 30)]
    readings = [
        read_packet(sensor.packet(time, number, 1_500, 5_000), sensor.key.public_key)
        for number, time in enumerate(times)
    ]
    batch = make_batch(readings, sensor.key.public_key)
    assert (len(batch.packets), batch.slots) == (24, 12)
    liar = Owner("two an hour", readings, [sensor])
    joined = replace(
        world,
        owners=(*world.owners, liar),
        entries={**world.entries, **registry_of([liar])},
        admitted=world.admitted | {batch.device},
        consenting=world.consenting | {liar.address},
    )
    played = play(joined, {liar.address: world.owners[0].update(world)})
    # a faster upload raises nothing: twice the packets, the same twelve hours
    assert values(played.settle())[liar.address].weight == 12
    listed = batches_object(liar.address, [replace(batch.header, hours=ALL)])
    played.commitments = [c for c in played.commitments if c.contributor != liar.address]
    played.commitments.append(sign_commitment(liar.key, world.plan, listed))
    opened = json.loads(make_openings(FIRST_SEED, liar.address, [batch], world.task.openings))
    for entry in opened["openings"]:
        entry["slots"] = min(24, entry["slots"] * 2)
    for openings in (played.openings[liar.address], canonical_json(opened)):
        played.openings[liar.address] = openings
        value = values(played.settle())[liar.address]
        assert (value.weight, value.share) == (0, 0) and value.reason


@pytest.mark.parametrize("leaves", [24, 288])
def test_a_false_hour_is_found_with_its_share_whatever_the_number_of_leaves(leaves):
    """Ninety draws over 30 days, the last of which claims twelve false hours: what hides a step hides no slot."""
    _, batch = half_day("half a day")
    headers = [replace(batch.header, day=FIRST_DAY + day, count=leaves, hours=ALL) for day in range(30)]
    odd = {(29, hour + 1) for hour in range(1, 24, 2)}
    found = sum(bool(odd & set(draw(bytes([n, n]), ACCOUNT, headers, 90).slots)) for n in range(200))
    share = 12 / (30 * 24)
    assert abs(found / 200 - (1 - (1 - share) ** 90)) < 0.1


def test_twelve_packets_an_hour_weigh_what_one_weighs():
    """A faster upload raises nothing, and asks for no more openings."""
    world, often = build_world(3), Sensor("often", "sensor")
    start = FIRST_DAY * 86_400
    weights, opened = [], []
    for step in (3_600, 300):
        times = range(start, start + 86_400, step)
        readings = [
            read_packet(often.packet(time, number, 1_500 + number, 5_000), often.key.public_key)
            for number, time in enumerate(times)
        ]
        owner = Owner("often", readings, [often])
        joined = replace(
            world,
            owners=(*world.owners, owner),
            entries={**world.entries, **registry_of([owner])},
            admitted=world.admitted | {often.address},
            consenting=world.consenting | {owner.address},
        )
        played = play(joined, {owner.address: world.owners[0].update(world)})
        weights.append(values(played.settle())[owner.address].weight)
        opened.append(len(json.loads(played.openings[owner.address])["openings"]))
    assert weights == [24, 24]
    assert opened[1] <= 4 * world.task.openings + 1


def test_a_batch_listed_twice_is_no_list():
    world = build_world(2)
    owner = world.owners[0]
    listed = json.loads(owner.batches(world.plan))
    listed["batches"].insert(1, listed["batches"][0])
    with pytest.raises(InputError, match="not in order"):
        parse_batches(canonical_json(listed))


def test_an_update_of_weight_that_names_other_batches_is_not_accepted():
    world = build_world(3)
    owner, other = world.owners[:2]
    played = play(world)
    signed = signed_update(world, owner, owner.update(world))
    foreign = replace(signed, batches_hash=played.commitments[1].batches_hash)
    played.updates = [foreign if item.contributor == owner.address else item for item in played.updates]
    value = values(played.settle())[owner.address]
    assert (value.weight, value.share) == (0, 0)
    assert "does not carry" in value.reason and other.address not in value.reason
