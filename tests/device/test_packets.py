"""The one door: the profile is told by the bytes, and hostile bytes only ever give a refusal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.device import envelope, packets, pebble
from andel.device.envelope import TAG
from andel.device.epochs import Epoch
from andel.device.known_keys import FIRMWARE_PUBLIC_KEY_2020
from andel.device.packets import read_packet, read_packets, reread_packet, verify_packet
from andel.device.pebble import encode_sensor_data, sign_data_packet
from andel.device.reading import MAX_PACKET_BYTES, Measurement, PacketRefused, Refusal
from andel.keys import verify_signature
from tests.device.actors import NOON, Device, EnvelopeSensor, Pebble

PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")


def refusal(raw, public_key=PEBBLE.public_key):
    with pytest.raises(PacketRefused) as caught:
        read_packet(raw, public_key)
    return caught.value.reason


def test_both_profiles_go_through_the_same_door():
    assert PEBBLE.read(PEBBLE.packet()).profile == "pebble"
    assert SENSOR.read(SENSOR.packet()).profile == "envelope"


def test_a_packet_in_ones_own_store_is_read_again_to_the_same_reading():
    for device in (PEBBLE, SENSOR):
        raw = device.packet()
        assert reread_packet(raw, device.public_key) == device.read(raw)


def test_an_envelope_with_its_own_key_is_not_another_devices():
    assert refusal(SENSOR.packet(), PEBBLE.public_key) == Refusal.BAD_SIGNATURE
    with pytest.raises(PacketRefused):
        reread_packet(SENSOR.packet(), PEBBLE.public_key)


@pytest.mark.parametrize("raw", [b"", bytes(MAX_PACKET_BYTES + 1), TAG, TAG + bytes(200)], ids=len)
def test_no_bytes_too_many_and_an_empty_envelope_are_refused(raw):
    assert refusal(raw) in (Refusal.MALFORMED, Refusal.UNSUPPORTED)


@pytest.mark.parametrize("raw", [b"{}", b' \n{"message":{}}', b'{"message":' + b"[" * 4_000])
def test_json_of_another_form_is_malformed_however_deep(raw):
    assert refusal(raw) == Refusal.MALFORMED


def test_the_published_key_proves_nothing_whatever_it_signed():
    assert refusal(PEBBLE.packet(), FIRMWARE_PUBLIC_KEY_2020) == Refusal.PUBLICLY_KNOWN_KEY
    assert refusal(b"anything", FIRMWARE_PUBLIC_KEY_2020) == Refusal.PUBLICLY_KNOWN_KEY


def test_many_packets_are_read_as_one_by_one():
    undecided = sign_data_packet(
        PEBBLE.key, encode_sensor_data({"latitude": 9, "longitude": 9, "light": 1}, "a" * 16), NOON
    )
    raws = [
        PEBBLE.packet(),
        SENSOR.packet(),
        PEBBLE.packet()[:-1] + b"\0",
        SENSOR.packet()[:-1] + b"\0",
        b"",
        b"hello",
        b'{"message":{}}',
        bytes(5_000),
        undecided,
        sign_data_packet(PEBBLE.key, bytes(16), NOON),
        sign_data_packet(PEBBLE.key, b"\xff" * 20, NOON),
        sign_data_packet(PEBBLE.key, bytes(20), NOON, 1),
        PEBBLE.packet(5),
    ]
    keys = (PEBBLE.public_key, SENSOR.public_key, FIRMWARE_PUBLIC_KEY_2020, b"no key")
    asked = [(raw, key, epoch) for raw in raws for key in keys for epoch in (None, Epoch.ZIGZAG)]
    for (raw, key, epoch), found in zip(asked, read_packets(asked), strict=True):
        if isinstance(found, PacketRefused):
            with pytest.raises(PacketRefused) as caught:
                read_packet(raw, key, epoch)
            assert (caught.value.reason, caught.value.message) == (found.reason, found.message)
        else:
            assert found == read_packet(raw, key, epoch)
    assert read_packets([]) == []


def test_who_needs_no_values_verifies_without_an_epoch():
    data = encode_sensor_data({"latitude": 300_000_000, "longitude": 1, "battery": 400}, "5da0997414922a8b")
    raw = sign_data_packet(PEBBLE.key, data, 5_000_000)
    assert refusal(raw) == Refusal.AMBIGUOUS_EPOCH
    proven = verify_packet(raw, PEBBLE.public_key)
    assert (proven.device, proven.timestamp, proven.raw) == (PEBBLE.address, 5_000_000, raw)
    assert [m.channel for m in proven.measurements] == ["battery"]
    with pytest.raises(PacketRefused):
        verify_packet(raw[:-1] + b"\0", PEBBLE.public_key)
    assert read_packet(raw, PEBBLE.public_key, Epoch.ZIGZAG).value("latitude") is not None


@pytest.mark.parametrize("key", [b"", bytes(33), b"\x02" + b"\xff" * 32])
def test_a_device_registered_with_no_real_key_verifies_nothing(key):
    for raw in (PEBBLE.packet(), SENSOR.packet()):
        assert refusal(raw, key) == Refusal.BAD_SIGNATURE


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data):
    for raw in (data, TAG + data, b"\x08\x00\x12" + data):
        refusal(raw)


@settings(max_examples=300)
@given(st.sampled_from([PEBBLE.packet(), SENSOR.packet()]), st.data())
def test_mutated_packets_are_refused_or_say_what_was_signed(raw, data):
    device = SENSOR if raw.startswith(TAG) else PEBBLE
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 8)))
    mutated = raw[:start] + data.draw(st.binary(max_size=8)) + raw[end:]
    try:
        reading = device.read(mutated)
    except PacketRefused:
        return
    assert reading.digest == device.read(raw).digest
    assert mutated == raw


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-20, 20), st.integers(-20, 20))
def test_scaling_to_other_steps_rounds_down(value, exponent, wanted):
    scaled = Measurement("a", value, exponent, "").scaled_down(wanted)
    scale = 10 ** abs(exponent - wanted)
    if exponent >= wanted:
        assert scaled == value * scale
    else:
        assert scaled * scale <= value < (scaled + 1) * scale


def test_a_device_is_named_by_its_public_key():
    assert PEBBLE.read(PEBBLE.packet()).device == Device().address


def test_a_packet_that_only_its_signature_spoils_is_verified_once(monkeypatch):
    """Whoever floods an intake with such makes it do no more curve arithmetic than honest devices do."""
    calls: list[object] = []

    def counted(*given):
        calls.append(given)
        return verify_signature(*given)

    def all_counted(signed):
        return [counted(*given) for given in signed]

    for module in (envelope, pebble):
        monkeypatch.setattr(module, "verify_signature", counted)
    monkeypatch.setattr(packets, "verify_signatures", all_counted)
    bad = [(sensor.packet()[:-1] + b"\0", sensor.public_key, None) for sensor in (PEBBLE, SENSOR)]
    refused = [found.reason for found in read_packets(bad) if isinstance(found, PacketRefused)]
    assert refused == [Refusal.BAD_SIGNATURE] * 2 and len(calls) == 2
