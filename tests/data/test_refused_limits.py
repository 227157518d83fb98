"""What is kept of refused packets is bounded, the oldest go first, and what was dropped stays counted."""

import pytest

from andel.data.intake import DeviceRecord, Intake, IntakeSettings
from andel.data.intake_report import report_intake
from andel.data.refused_limits import ROW_BYTES, RefusedKeeper, RefusedLimits, dropped_counts
from andel.data.store import OTHER_CONTENT, RefusedPacket
from andel.data.summary import summarise
from andel.device.reading import Refusal
from andel.errors import SettingsError
from tests.device.actors import NOON, Pebble, account

PEBBLE, OTHER = Pebble(), Pebble("other")
KNOWN = {PEBBLE.address, OTHER.address}


def junk(device, numbers, size=10, reason=Refusal.MALFORMED, detail="junk"):
    """Refused packets, each with its own bytes."""
    return [RefusedPacket(device, reason, detail, number.to_bytes(size, "big")) for number in numbers]


def intake_into(store):
    """An intake of one device that fills the store."""
    devices = {PEBBLE.address: DeviceRecord(PEBBLE.public_key, account("owner"))}
    return Intake(account("owner"), devices, IntakeSettings((0, 2**40)), store)


def numbers(store, device):
    """Which of a device's junk is left."""
    return [int.from_bytes(packet.raw, "big") for packet in store.refused(limit=10**6) if packet.device == device]


def test_each_device_keeps_its_newest_and_costs_no_other_anything(store):
    keeper = RefusedKeeper(store, RefusedLimits(per_device=5))
    store.add([], junk(PEBBLE.address, range(20)))
    store.add([], junk(OTHER.address, range(3)))
    assert keeper.hold(KNOWN) == 15
    assert numbers(store, PEBBLE.address) == list(range(15, 20)) and numbers(store, OTHER.address) == [0, 1, 2]
    store.add([], junk(PEBBLE.address, [100]))
    assert keeper.hold(KNOWN) == 1 and numbers(store, PEBBLE.address) == [16, 17, 18, 19, 100]
    assert keeper.hold(KNOWN) == 0
    assert dropped_counts(store) == {PEBBLE.address: {Refusal.MALFORMED: 16}}


def test_invented_names_share_one_limit_and_one_counter(store):
    keeper = RefusedKeeper(store, RefusedLimits(strangers=4))
    store.add([], [packet for number in range(600) for packet in junk(f"name{number}", [number])])
    store.add([], junk(PEBBLE.address, range(3)))
    assert keeper.hold(KNOWN) == 596
    left = [packet.device for packet in store.refused()]
    assert left == [*(f"name{number}" for number in range(596, 600)), *3 * [PEBBLE.address]]
    assert dropped_counts(store) == {"": {Refusal.MALFORMED: 596}}


def test_bytes_in_all_are_bounded_strangers_first_then_the_oldest(store):
    room = 20 * (1_000 + ROW_BYTES)
    keeper = RefusedKeeper(store, RefusedLimits(total_bytes=room))
    store.add([], junk(PEBBLE.address, range(700), 1_000))
    store.add([], junk("nobody", range(10), 1_000))
    keeper.hold(KNOWN)
    left = store.refused(limit=10**6)
    assert sum(len(packet.raw) + ROW_BYTES for packet in left) <= room
    assert all(packet.device == PEBBLE.address for packet in left)
    assert sum(dropped_counts(store)[""].values()) == 10


def test_contradictions_are_not_pushed_out_by_rubbish(store):
    """Only the device's key makes them, and a contributor must know them to keep such hours back."""
    intake_into(store).take((PEBBLE.address, PEBBLE.packet(NOON, temperature=value)) for value in (1, 2, 3))
    keeper = RefusedKeeper(store, RefusedLimits(per_device=2, total_bytes=4 * (400 + ROW_BYTES)))
    store.add([], junk(PEBBLE.address, range(1_500), 400))
    assert keeper.hold(KNOWN) >= 1_498
    kept = [packet for packet in store.refused() if packet.detail.startswith(OTHER_CONTENT)]
    assert [packet.raw for packet in kept] == [PEBBLE.packet(NOON, temperature=value) for value in (2, 3)]


def test_what_was_dropped_stays_in_the_counts(store):
    intake_into(store).take([(PEBBLE.address, PEBBLE.packet())])
    store.add([], junk(PEBBLE.address, range(9)) + junk("nobody", range(4)))
    before = report_intake(store, NOON, 10, 10)
    assert RefusedKeeper(store, RefusedLimits(per_device=2, strangers=1)).hold(KNOWN) == 10
    after = report_intake(store, NOON, 10, 10)
    assert (before.refused, after.refused) == ({Refusal.MALFORMED: 13}, {Refusal.MALFORMED: 13})
    assert (before.dropped, after.dropped) == (0, 10)
    (mine,) = [one for one in summarise(store) if one.device == PEBBLE.address]
    assert mine.refused == {Refusal.MALFORMED: 9}


def test_another_process_that_begins_finds_what_the_last_one_left(store):
    store.add([], junk(PEBBLE.address, range(30)) + junk("nobody", range(30)))
    assert RefusedKeeper(store, RefusedLimits(per_device=10, strangers=10)).hold(KNOWN) == 40
    assert RefusedKeeper(store, RefusedLimits(per_device=10, strangers=10)).hold(KNOWN) == 0


def test_limits_are_looked_at_after_enough_refusals(store):
    keeper = RefusedKeeper(store, RefusedLimits(per_device=1, every=10))
    store.add([], junk(PEBBLE.address, range(9)))
    keeper.count(9, KNOWN)
    assert len(numbers(store, PEBBLE.address)) == 9
    keeper.count(1, KNOWN)
    assert numbers(store, PEBBLE.address) == [8]


@pytest.mark.parametrize("limits", [{"per_device": 0}, {"strangers": 0}, {"total_bytes": 0}, {"every": 0}])
def test_nothing_at_all_is_no_limit(limits):
    with pytest.raises(SettingsError):
        RefusedLimits(**limits)
