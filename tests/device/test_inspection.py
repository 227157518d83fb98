"""Inspection: what a packet is, by whom, and why it would be refused, whatever the bytes are."""

import pytest
from coincurve import PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.device.envelope import TAG, encode_envelope
from andel.device.epochs import Epoch
from andel.device.inspection import Inspection, Known, Origin, SignatureState, inspect_packet
from andel.device.packets import read_packet
from andel.device.pebble import CONFIG, encode_sensor_data, sign_confirmation, sign_data_packet
from andel.device.pebble_json import Form, sign_json_packet, swap_nibbles
from andel.device.reading import MAX_PACKET_BYTES, Measurement, PacketRefused, Refusal
from andel.keys import Curve, DeviceKey, derive_secret
from tests.device.actors import NOON, Device, EnvelopeSensor, Pebble, account

PEBBLE, SENSOR = Pebble(), EnvelopeSensor("sensor")
P256 = DeviceKey(derive_secret(b"tests", "p256 sensor"), Curve.P256)
TEXT = b'{"pressure":1003,"timestamp":"1621943329"}'
VALID, INVALID, UNDECIDABLE = SignatureState.VALID, SignatureState.INVALID, SignatureState.UNDECIDABLE


def seen(found: Inspection):
    return found.format, found.curve, found.signature, found.device, found.origin, found.reason


def test_a_protobuf_packet_is_undecidable_without_a_key_and_names_who_it_can_be():
    found = inspect_packet(PEBBLE.packet())
    assert seen(found) == ("protobuf", "secp256k1", UNDECIDABLE, None, Origin.UNKNOWN, Refusal.UNKNOWN_DEVICE)
    assert PEBBLE.address in found.candidates and len(found.candidates) <= 2
    assert {m.channel for m in found.values} >= {"temperature", "latitude"}


@pytest.mark.parametrize(
    "known", [Known((PEBBLE.public_key,)), Known(devices=(PEBBLE.address,))], ids=["key", "address"]
)
def test_a_key_or_an_address_decides_it(known):
    found = inspect_packet(PEBBLE.packet(), known)
    assert seen(found) == ("protobuf", "secp256k1", VALID, PEBBLE.address, Origin.PROVEN, None)
    altered = inspect_packet(PEBBLE.packet()[:-1] + b"\x00", known)
    assert seen(altered) == ("protobuf", "secp256k1", INVALID, None, Origin.UNKNOWN, Refusal.BAD_SIGNATURE)
    other = inspect_packet(Pebble("other").packet(), known)
    assert other.signature == INVALID


def test_an_envelope_carries_its_key():
    for key, curve in ((SENSOR.key, "secp256k1"), (P256, "secp256r1")):
        raw = encode_envelope(key, 3, NOON, [Measurement("pm2_5", 123, -1, "ug/m3")])
        assert seen(inspect_packet(raw)) == ("envelope", curve, VALID, key.address, Origin.PROVEN, None)
        assert inspect_packet(raw[:-1] + b"\x00").signature == INVALID
        stranger = inspect_packet(raw, Known((PEBBLE.public_key,)))
        assert (stranger.signature, stranger.reason) == (VALID, Refusal.UNKNOWN_DEVICE)
        assert inspect_packet(raw[:-70]).reason in (Refusal.MALFORMED, Refusal.BAD_SIGNATURE)


def test_a_json_packet_is_told_by_the_key_inside_it():
    key = Device("json").key
    full = PublicKey(key.public_key).format(compressed=False)[1:]
    inside = b',"eccPubkey":"%s"}' % swap_nibbles(full).hex().upper().encode()
    raw = sign_json_packet(key, TEXT[:-1] + inside, Form.MESSAGE_2021)
    assert seen(inspect_packet(raw)) == (Form.MESSAGE_2021, "secp256k1", VALID, key.address, Origin.PROVEN, None)
    forged = sign_json_packet(PEBBLE.key, TEXT[:-1] + inside, Form.MESSAGE_2021)
    assert inspect_packet(forged).signature == INVALID


def test_a_json_packet_without_a_key_is_undecidable_until_an_address_is_given():
    raw = sign_json_packet(PEBBLE.key, TEXT, Form.ROOT_2021)
    found = inspect_packet(raw)
    assert (found.format, found.signature) == ("json-2021", UNDECIDABLE)
    assert PEBBLE.address in found.candidates
    found = inspect_packet(raw, Known(devices=(PEBBLE.address,)))
    assert seen(found) == (Form.ROOT_2021, "secp256k1", VALID, PEBBLE.address, Origin.PROVEN, None)
    found = inspect_packet(sign_json_packet(P256, TEXT, Form.MESSAGE_2020), Known((P256.public_key,)))
    assert seen(found) == (Form.MESSAGE_2020, "secp256r1", VALID, P256.address, Origin.PROVEN, None)


def test_a_claim_and_a_configuration_are_told_as_what_they_are():
    claim = inspect_packet(sign_confirmation(PEBBLE.key, account("owner"), NOON), Known(devices=(PEBBLE.address,)))
    assert (claim.kind, claim.owner, claim.signature) == ("claim", account("owner"), VALID)
    assert claim.reason == Refusal.NOT_A_READING
    config = inspect_packet(sign_data_packet(PEBBLE.key, bytes(20), NOON, CONFIG), Known((PEBBLE.public_key,)))
    assert (config.signature, config.reason, config.timestamp) == (VALID, Refusal.NOT_A_READING, NOON)


def test_an_undecided_epoch_is_shown_with_everything_it_can_mean():
    data = encode_sensor_data({"latitude": 300_000_000, "longitude": 20, "battery": 400}, "5da0997414922a8b")
    raw = sign_data_packet(PEBBLE.key, data, NOON)
    found = inspect_packet(raw, Known((PEBBLE.public_key,)))
    assert found.reason == Refusal.AMBIGUOUS_EPOCH
    assert [m.channel for m in found.values] == ["battery"]
    meanings = {epoch: dict((m.channel, m.value) for m in values) for epoch, values in found.undecided}
    assert meanings[Epoch.ZIGZAG] == {"latitude": 300_000_000, "longitude": 20}
    assert meanings[Epoch.UNSIGNED] == {"latitude": 600_000_000, "longitude": 40}
    decided = inspect_packet(raw, Known((PEBBLE.public_key,), epoch=Epoch.ZIGZAG))
    assert decided.reason is None and decided.undecided == ()
    wrong = inspect_packet(raw, Known((PEBBLE.public_key,), epoch=Epoch.JSON_DEGREES))
    assert wrong.reason == Refusal.UNSUPPORTED and wrong.values == found.values


def test_what_inspection_calls_accepted_is_what_the_door_accepts():
    for device in (PEBBLE, SENSOR):
        assert inspect_packet(device.packet(), Known((device.public_key,))).reason is None
        read_packet(device.packet(), device.public_key)
    for raw in (PEBBLE.packet()[:-1], b"{}", TAG + bytes(90), sign_data_packet(PEBBLE.key, bytes(16), NOON)):
        found = inspect_packet(raw, Known((PEBBLE.public_key,)))
        with pytest.raises(PacketRefused) as refused:
            read_packet(raw, PEBBLE.public_key)
        assert found.reason == refused.value.reason


@settings(max_examples=300)
@given(st.binary(max_size=200), st.sampled_from([b"", b"{", b'{"message":{', TAG, b"\x08\x00\x12", b"\x0a\x14"]))
def test_nothing_is_raised_for_any_bytes(data, head):
    found = inspect_packet(head + data, Known((PEBBLE.public_key,), (PEBBLE.address,)))
    assert found.reason is not None


@pytest.mark.parametrize("size", [0, MAX_PACKET_BYTES + 1])
def test_no_bytes_and_too_many_are_malformed(size):
    assert inspect_packet(bytes(size)).reason == Refusal.MALFORMED
