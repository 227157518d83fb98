"""The collector: whatever a source brings is kept with its fate, and the devices are as the chain has them now."""

import pytest

from andel.data.arrivals import Arrival, Kind
from andel.data.confirmations import ConfirmationStore
from andel.data.device_book import parse_device_book
from andel.data.intake import DeviceRecord, IntakeSettings
from andel.data.intake_report import report_intake
from andel.data.refused_limits import DEFAULT_LIMITS, RefusedLimits
from andel.data.workers import IntakeScope
from andel.device.pebble import sign_confirmation
from andel.device.reading import Refusal
from andel.errors import RpcUnreachable, SourceError
from andel.roles.collector import Collector, WitnessedStore, drain, records_of_book
from tests.device.actors import NOON, Pebble, account, other_signature

OWNER = account("owner")
PEBBLE, OTHER = Pebble(), Pebble("other")
IMEI = "352656100000017"
BOOK = parse_device_book(
    f"""
format = "andel-devices/1"
[[devices]]
public_key = "{PEBBLE.public_key.hex()}"
id = "{IMEI}"
[[devices]]
public_key = "{OTHER.public_key.hex()}"
owner = "{account("buyer")}"
""".encode()
)
SETTINGS = IntakeSettings((NOON, NOON + 100_000))


@pytest.fixture
def store(tmp_path):
    opened = WitnessedStore(f"sqlite:///{tmp_path}/evidence.db")
    yield opened
    opened.close()


def collector_of(store, records=lambda: records_of_book(BOOK, OWNER), workers=0, limits=DEFAULT_LIMITS):
    return Collector(BOOK, lambda: IntakeScope(OWNER, records(), SETTINGS), store, workers, limits)


RAW = PEBBLE.packet()
MIXED = [
    Arrival(IMEI, RAW),
    Arrival(IMEI, sign_confirmation(PEBBLE.key, OWNER, NOON), Kind.CONFIRMATION),
    Arrival(PEBBLE.address.lower(), RAW),
    Arrival("", b"???", Kind.UNREADABLE, "a file line 3: not JSON"),
    Arrival(IMEI, other_signature(RAW)),
    Arrival(OTHER.address, OTHER.packet()),
    Arrival("352656100000018", RAW),
    Arrival(IMEI, PEBBLE.packet(NOON - 1)),
    Arrival(IMEI, PEBBLE.packet(NOON + 1)),
    Arrival(IMEI, b""),
    Arrival(IMEI, RAW),
]
FATES = (
    "accepted confirmation replay unreadable replay foreign-owner unknown-device outside-time accepted malformed replay"
).split()


def test_every_arrival_has_its_fate_in_its_order(store):
    collector = collector_of(store)
    assert list(collector.take_each(MIXED)) == FATES
    assert collector.tally == {fate: FATES.count(fate) for fate in sorted(set(FATES))}
    again = ["replay" if fate == "accepted" else fate for fate in FATES]
    assert list(collector.take_each(MIXED)) == again


def test_taking_without_asking_for_fates_counts_the_same(store):
    collector = collector_of(store)
    collector.take(MIXED)
    assert collector.tally == {fate: FATES.count(fate) for fate in sorted(set(FATES))}
    assert store.counts().accepted == 2
    (unreadable,) = [kept for kept in store.refused(Refusal.MALFORMED) if kept.raw == b"???"]
    assert unreadable.detail == "a file line 3: not JSON"
    assert ConfirmationStore(store).counts() == {"valid": 1}


@pytest.mark.full
def test_several_processes_count_the_same(store):
    with collector_of(store, workers=2) as collector:
        collector.take(MIXED)
        assert collector.tally == {fate: FATES.count(fate) for fate in sorted(set(FATES))}


def test_a_device_that_was_sold_is_refused_as_soon_as_the_chain_was_asked_again(store):
    answers = [
        {PEBBLE.address: DeviceRecord(PEBBLE.public_key, OWNER)},
        RpcUnreachable("http://node", "away"),
        {PEBBLE.address: DeviceRecord(PEBBLE.public_key, account("buyer"))},
    ]

    def records():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    collector = collector_of(store, records)
    fates = []
    for number in range(3):
        fates += collector.take_each([Arrival(IMEI, PEBBLE.packet(NOON + number))])
        if answers:
            collector.renew()
    assert fates == ["accepted", "accepted", "foreign-owner"]


def test_a_source_that_fails_loses_nothing_that_it_gave(store):
    def failing():
        yield Arrival(IMEI, RAW)
        raise SourceError("a file", "damaged")

    collector = collector_of(store)
    with pytest.raises(SourceError):
        drain(failing(), collector, lambda: False)
    assert collector.tally == {"accepted": 1}


def test_a_pause_of_the_source_keeps_what_came_and_asks_whether_to_stop(store):
    collector = collector_of(store)

    def pausing():
        yield Arrival(IMEI, RAW)
        yield None
        assert collector.tally == {"accepted": 1}
        yield None
        raise AssertionError("not stopped")

    wishes = iter([False, True])
    assert drain(pausing(), collector, lambda: next(wishes)) is False


def test_a_flood_of_refused_packets_fills_no_disk_and_stays_counted(store):
    limits = RefusedLimits(per_device=10, strangers=10, every=20)
    with collector_of(store, limits=limits) as collector:
        for start in range(0, 400, 40):
            collector.take([Arrival(f"name{n}", b"%d" % n) for n in range(start, start + 40)])
            collector.take_each([Arrival(IMEI, b"%d" % n) for n in range(start, start + 40)])
            assert sum(store.counts().refused.values()) <= 20 + 40
        collector.take([Arrival(IMEI, RAW), Arrival("", b"???", Kind.UNREADABLE, "not JSON")])
    assert collector.tally == {"accepted": 1, "malformed": 400, "unknown-device": 400, "unreadable": 1}
    assert sum(store.counts().refused.values()) == 20
    report = report_intake(store, NOON, 10, 10)
    assert report.refused == {Refusal.MALFORMED: 401, Refusal.UNKNOWN_DEVICE: 400} and report.dropped == 781


def test_what_a_killed_collector_left_is_dropped_by_the_next_one(store):
    collector = collector_of(store, limits=RefusedLimits(strangers=10))
    collector.take([Arrival(f"name{n}", b"%d" % n) for n in range(50)])
    assert store.counts().refused == {Refusal.UNKNOWN_DEVICE: 50}
    collector_of(store, limits=RefusedLimits(strangers=10))
    assert store.counts().refused == {Refusal.UNKNOWN_DEVICE: 10}
