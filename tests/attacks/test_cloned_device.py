"""Attack: a device's key runs in two devices, or one device signs an hour again until the reading pleases.

Who: an owner who copied a key out of a device, or a thief who did. It wants two streams of readings under one identity,
or to choose among readings. What stops it: two signed readings of one time are a conflict that anybody can bring; who
claims such an hour counts nothing and its device is in quarantine for some rounds. Readings that were opened in two
places at once count nothing. An honest owner keeps such days back, so a copied key alone cannot hurt it for long.
"""

from dataclasses import replace

import pytest

from andel.data.conflict import conflict_object
from andel.data.intake import DeviceRecord, IntakeSettings
from andel.data.store import EvidenceStore
from andel.device.packets import read_packet
from andel.device.reading import Refusal
from andel.roles.contributor import Contributor
from andel.simulation.devices import SimulatedDevice
from andel.simulation.world import terms_hash
from tests.support.reports import of
from tests.support.stations import HOURS, Station, joined
from tests.support.worlds import Owner, build_world, play

REAL, BASE = Station("real"), build_world(2)


def settled(owner):
    """The owner's value beside two honest ones."""
    world = joined(BASE, owner)
    report = play(world, {owner.address: BASE.owners[0].update(BASE)}).settle()
    return of(report, owner), report


def test_two_places_at_once_count_nothing_and_cost_no_one_else():
    streams = [REAL.reading(t, 1_500 + i, 400_000_000 if i % 2 else -330_000_000) for i, t in enumerate(HOURS)]
    value, report = settled(Owner("clone owner", streams, [REAL]))
    assert (value.weight, value.share) == (0, 0) and "impossible travel" in value.reason
    assert all(of(report, owner).share > 0 for owner in BASE.owners)


def test_honest_readings_of_one_place_pass():
    value, _ = settled(Owner("honest owner", REAL.readings(), [REAL]))
    assert value.weight == 96 and value.note == ""


def contributor(tmp_path, owner, station):
    """An owner's own intake and batches, without a chain."""
    records = {station.address: DeviceRecord(station.key.public_key, owner.address)}
    store = EvidenceStore(f"sqlite:///{tmp_path / 'evidence.db'}")
    return Contributor(owner.key, records, store, IntakeSettings(BASE.task.accepted_time), terms_hash())


def test_an_honest_owner_keeps_the_second_reading_refused_and_the_day_uncommitted(tmp_path):
    owner = Owner("watchful", [], [])
    local = contributor(tmp_path, owner, REAL)
    local.take((REAL.address, reading.raw) for reading in REAL.readings())
    clone = REAL.reading(HOURS[30], 9_999, sequence=30)
    counts = local.take([(REAL.address, clone.raw)])
    assert (counts.accepted, counts.refused) == (0, {Refusal.REPLAY: 1})
    assert [batch.day for batch in local.all_batches()] == [
        HOURS[0] // 86_400,
        HOURS[48] // 86_400,
        HOURS[72] // 86_400,
    ]
    assert "two different readings" in local.kept_back()[REAL.address, HOURS[30] // 86_400]
    assert local.weight(BASE.plan) == 72


@pytest.mark.full
def test_a_witness_brings_the_conflict_and_the_device_goes_into_quarantine(launch_world):
    """On chain: the coordinator lists the proof in the manifest, and whoever replays the round finds the same."""
    small = launch_world("conflict proof")
    cheat, honest = small.honest()[:2]
    plan = small.world.first_plan()
    whole = cheat.contributor.weight(plan)
    day = next(batch.day for batch in cheat.contributor.all_batches() if plan.covers(batch.day))
    first, second = (
        next(
            packet
            for packet in device.packets(cheat.participant.weeks)
            if read(packet, device).timestamp // 86_400 == day
        )
        for device in (cheat.device, clone_of(cheat.device))
    )
    proof = conflict_object(first, second, cheat.device.key.public_key)
    small.results.append(small.coordinator().run_round(small.plan(), [proof, b"junk", b"{}"]))
    small.settle()
    values = {value.contributor: value for value in small.report(1).contributors}
    assert whole > 0 and values[cheat.contributor.address].weight == 0
    assert "two readings are signed for one time" in values[cheat.contributor.address].reason
    assert values[honest.contributor.address].weight == honest.contributor.weight(plan)
    assert cheat.contributor.address not in {item.contributor for item in small.results[0].updates}
    small.play()
    later = {value.contributor: value for value in small.report(2).contributors}
    assert later[cheat.contributor.address].weight == 0
    assert "in quarantine until round 9" in later[cheat.contributor.address].reason


def read(packet, device):
    """The packet, verified."""
    return read_packet(packet, device.key.public_key)


def clone_of(device: SimulatedDevice) -> SimulatedDevice:
    """A device with the same key and other measurements."""
    return replace(device, noise=300, seed=device.seed + 1)
