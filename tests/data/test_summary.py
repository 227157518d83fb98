"""Summaries: what is there of each device, what was refused, and which hours are missing."""

from andel.data.forget import forget
from andel.data.store import RefusedPacket
from andel.data.summary import Gap, find_gaps, summarise
from andel.device.reading import Refusal
from andel.units import DAY_SECONDS
from tests.device.actors import NOON, Pebble

PEBBLE, OTHER = Pebble(), Pebble("other")
HOUR = 3_600


def add(store, device, *times):
    store.add([device.read(device.packet(time)) for time in times], [])


def test_each_device_is_counted_with_its_hours_and_refusals(store):
    add(store, PEBBLE, NOON, NOON + 60, NOON + HOUR, NOON + 5 * HOUR)
    add(store, OTHER, NOON)
    add(store, PEBBLE, NOON)  # a replay
    store.add([], [RefusedPacket("a stranger", Refusal.UNKNOWN_DEVICE, "", bytes([number])) for number in range(3)])
    forget(store, OTHER.address, 0, NOON // DAY_SECONDS)
    found = {item.device: item for item in summarise(store)}
    pebble, other, stranger = found[PEBBLE.address], found[OTHER.address], found["a stranger"]
    assert (pebble.accepted, pebble.deleted, pebble.first, pebble.last) == (4, 0, NOON, NOON + 5 * HOUR)
    assert (pebble.slots, pebble.missing, pebble.refused) == (3, 3, {Refusal.REPLAY: 1})
    assert (other.accepted, other.deleted, other.slots, other.missing) == (1, 1, 1, 0)
    assert (stranger.accepted, stranger.first, stranger.refused) == (0, None, {Refusal.UNKNOWN_DEVICE: 3})


def test_gaps_are_runs_of_missing_hours_and_listed_up_to_a_limit(store):
    add(store, PEBBLE, NOON, NOON + HOUR, NOON + 4 * HOUR + 5, NOON + 4 * HOUR + 9, NOON + 7 * HOUR)
    assert find_gaps(store, PEBBLE.address) == (Gap(NOON + 2 * HOUR, 2), Gap(NOON + 5 * HOUR, 2))
    assert find_gaps(store, PEBBLE.address, limit=1) == (Gap(NOON + 2 * HOUR, 2),)
    assert find_gaps(store, OTHER.address) == ()


def test_invented_names_do_not_make_the_list_longer(store):
    add(store, PEBBLE, NOON)
    store.add([], [RefusedPacket(f"name {n}", Refusal.UNKNOWN_DEVICE, "", b"") for n in range(20)])
    assert [item.device for item in summarise(store, limit=3)] == [PEBBLE.address, "name 0", "name 1", "name 10"]


def test_an_empty_store_has_nothing_to_tell(store):
    assert summarise(store) == ()
