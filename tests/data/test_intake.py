"""Intake: every packet is accepted or refused with its reason, once, and kept."""

from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from andel.data.intake import CHUNK_PACKETS, DeviceRecord, Intake, IntakeSettings
from andel.data.store import EvidenceStore
from andel.device.known_keys import FIRMWARE_KEY_2020
from andel.device.pebble import CONFIG, sign_confirmation, sign_data_packet
from andel.device.reading import Refusal
from andel.errors import SettingsError
from andel.units import DAY_SECONDS, Address
from tests.device.actors import NOON, EnvelopeSensor, Pebble, account, other_signature

OWNER = account("owner")
PEBBLE = Pebble()
SENSOR = EnvelopeSensor("sensor")
SOLD = Pebble("sold")
REVOKED = Pebble("revoked")
STRANGER = Pebble("stranger")
DEVICES = {
    PEBBLE.address: DeviceRecord(PEBBLE.public_key, OWNER),
    SENSOR.address: DeviceRecord(SENSOR.public_key, OWNER),
    SOLD.address: DeviceRecord(SOLD.public_key, account("buyer")),
    REVOKED.address: DeviceRecord(REVOKED.public_key, OWNER, revoked=True),
    FIRMWARE_KEY_2020: DeviceRecord(PEBBLE.public_key, OWNER),
}
SETTINGS = IntakeSettings((NOON - DAY_SECONDS, NOON + DAY_SECONDS), {"temperature": (-4_000, 8_500)})


@pytest.fixture
def intake(store):
    return Intake(OWNER, DEVICES, SETTINGS, store)


def test_packets_of_the_owners_devices_are_accepted_and_kept(intake, store):
    raws = [PEBBLE.packet(NOON), SENSOR.packet(NOON)]
    counts = intake.take([(PEBBLE.address, raws[0]), (SENSOR.address, raws[1])])
    assert (counts.accepted, counts.refused) == (2, {})
    day = NOON // DAY_SECONDS
    assert store.readings(PEBBLE.address, day, day) == (raws[0],)
    assert store.readings(SENSOR.address, day, day) == (raws[1],)
    assert store.counts().accepted == 2


def test_a_flood_is_taken_in_chunks_and_counted_in_full(intake, store):
    raw = PEBBLE.packet()
    flood = ((Address(f"0x{number:040x}"), raw) for number in range(CHUNK_PACKETS + 500))
    assert intake.take(flood).refused == {Refusal.UNKNOWN_DEVICE: CHUNK_PACKETS + 500}
    assert store.counts().refused == {Refusal.UNKNOWN_DEVICE: CHUNK_PACKETS + 500}


HOSTILE = {
    "nobody's device": (STRANGER.address, STRANGER.packet(), Refusal.UNKNOWN_DEVICE),
    "a device of somebody else": (SOLD.address, SOLD.packet(), Refusal.FOREIGN_OWNER),
    "a revoked device": (REVOKED.address, REVOKED.packet(), Refusal.REVOKED),
    "a key that everybody has": (FIRMWARE_KEY_2020, PEBBLE.packet(), Refusal.PUBLICLY_KNOWN_KEY),
    "one device announced as another": (SENSOR.address, PEBBLE.packet(), Refusal.BAD_SIGNATURE),
    "an envelope under another topic": (PEBBLE.address, SENSOR.packet(), Refusal.BAD_SIGNATURE),
    "a forged value": (PEBBLE.address, PEBBLE.packet()[:-1] + b"\x00", Refusal.BAD_SIGNATURE),
    "no packet at all": (PEBBLE.address, b"hello", Refusal.MALFORMED),
    "an empty message": (PEBBLE.address, b"", Refusal.MALFORMED),
    "a huge message": (PEBBLE.address, bytes(100_000), Refusal.MALFORMED),
    "half a JSON packet": (PEBBLE.address, b'{"message":{}}', Refusal.MALFORMED),
    "a configuration": (
        PEBBLE.address,
        sign_data_packet(PEBBLE.key, bytes(20), NOON, CONFIG),
        Refusal.NOT_A_READING,
    ),
    "a claim's bytes": (PEBBLE.address, sign_data_packet(PEBBLE.key, bytes(16), NOON), Refusal.AMBIGUOUS),
    "a claim": (PEBBLE.address, sign_confirmation(PEBBLE.key, OWNER, NOON), Refusal.MALFORMED),
    "too early": (PEBBLE.address, PEBBLE.packet(NOON - DAY_SECONDS - 1), Refusal.OUTSIDE_TIME),
    "too late": (PEBBLE.address, PEBBLE.packet(NOON + DAY_SECONDS), Refusal.OUTSIDE_TIME),
    "too cold": (PEBBLE.address, PEBBLE.packet(temperature=-4_001), Refusal.OUT_OF_RANGE),
    "too hot by a finer step": (
        SENSOR.address,
        SENSOR.packet(exponent=-4, temperature=850_001),
        Refusal.OUT_OF_RANGE,
    ),
    "too hot by a coarser step": (SENSOR.address, SENSOR.packet(exponent=1, temperature=9), Refusal.OUT_OF_RANGE),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_bad_packet_is_refused_counted_and_kept_with_its_reason(intake, store, case):
    device, raw, reason = HOSTILE[case]
    counts = intake.take([(device, raw)])
    assert (counts.accepted, counts.refused) == (0, {reason: 1})
    (kept,) = store.refused()
    assert (kept.device, kept.reason, kept.raw) == (device, reason, raw[:4_096])
    assert kept.detail


@pytest.mark.parametrize(
    ("device", "raw"),
    [
        (PEBBLE, PEBBLE.packet(NOON - DAY_SECONDS)),
        (PEBBLE, PEBBLE.packet(NOON + DAY_SECONDS - 1)),
        (PEBBLE, PEBBLE.packet(temperature=8_500)),
        (SENSOR, SENSOR.packet(exponent=-4, temperature=850_000)),
        (SENSOR, SENSOR.packet(exponent=-10, temperature=-40 * 10**10)),
        (SENSOR, SENSOR.packet(exponent=1, temperature=8)),
    ],
)
def test_what_lies_on_a_limit_is_accepted(intake, device, raw):
    assert intake.take([(device.address, raw)]).accepted == 1


def test_a_replay_is_refused_within_a_chunk_between_calls_and_after_a_restart(url):
    packet = (PEBBLE.address, PEBBLE.packet())
    first = EvidenceStore(url)
    assert Intake(OWNER, DEVICES, SETTINGS, first).take([packet, packet]).refused == {Refusal.REPLAY: 1}
    assert Intake(OWNER, DEVICES, SETTINGS, first).take([packet]).refused == {Refusal.REPLAY: 1}
    first.close()
    second = EvidenceStore(url)
    counts = Intake(OWNER, DEVICES, SETTINGS, second).take([packet, (PEBBLE.address, PEBBLE.packet(NOON + 1))])
    assert (counts.accepted, counts.refused) == (1, {Refusal.REPLAY: 1})
    second.close()


@pytest.mark.parametrize("device", [PEBBLE, SENSOR], ids=["pebble", "envelope"])
def test_the_second_form_of_a_signature_does_not_count_twice(intake, store, device):
    raw = device.packet()
    intake.take([(device.address, raw)])
    counts = intake.take([(device.address, other_signature(raw))])
    assert counts.refused == {Refusal.REPLAY: 1}
    assert "same signed content" in store.refused()[0].detail
    assert store.counts().accepted == 1


def test_an_honest_device_that_repeats_its_clock_is_kept_for_a_look(intake, store):
    packets = [(PEBBLE.address, PEBBLE.packet(temperature=value)) for value in (1, 2)]
    assert intake.take(packets).refused == {Refusal.REPLAY: 1}
    (kept,) = store.refused(Refusal.REPLAY)
    assert "other content at the same time" in kept.detail
    assert kept.raw == packets[1][1]


def test_equal_content_of_two_devices_is_no_replay(intake):
    twin = Pebble("twin")
    devices = {**DEVICES, twin.address: DeviceRecord(twin.public_key, OWNER)}
    both = Intake(OWNER, devices, SETTINGS, intake._store)
    packets = [(PEBBLE.address, PEBBLE.packet()), (twin.address, twin.packet())]
    assert both.take(packets[:1]).accepted == 1
    assert both.take(packets).accepted == 1
    assert both.take(packets).refused == {Refusal.REPLAY: 2}


def test_one_bad_packet_sent_for_ever_is_kept_once_and_counted_each_time(intake, store):
    device, raw, reason = HOSTILE["a forged value"]
    assert intake.take([(device, raw)] * 3).refused == {reason: 3}
    assert store.counts().refused == {reason: 1}


def test_what_was_committed_before_a_crash_stays_and_the_rest_can_come_again(intake, store):
    def failing():
        for number in count():
            if number == CHUNK_PACKETS + 50:
                raise ConnectionError("the feed broke")
            yield PEBBLE.address, PEBBLE.packet(NOON + number)

    with pytest.raises(ConnectionError):
        intake.take(failing())
    assert store.counts().accepted == CHUNK_PACKETS
    again = intake.take((PEBBLE.address, PEBBLE.packet(NOON + number)) for number in range(CHUNK_PACKETS + 50))
    assert (again.accepted, again.refused) == (50, {Refusal.REPLAY: CHUNK_PACKETS})


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from([*DEVICES, "", "x" * 500, "\ud800\x00"]), st.binary(max_size=80)), max_size=20)
)
def test_nothing_that_arrives_stops_the_intake(intake, packets):
    counts = intake.take((Address(device), raw) for device, raw in packets)
    assert counts.accepted == 0
    assert sum(counts.refused.values()) == len(packets)


@pytest.mark.parametrize("accepted_time", [(5, 5), (6, 5), (-1, 5), (0, 2**48 + 1)])
def test_a_time_range_that_is_none_is_refused(accepted_time):
    with pytest.raises(SettingsError):
        IntakeSettings(accepted_time)


def test_an_empty_sensor_range_is_refused():
    with pytest.raises(SettingsError, match="temperature"):
        IntakeSettings((0, 1), {"temperature": (1, 0)})
