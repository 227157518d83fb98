"""Pebble packets: what is signed is what is read, and no unsigned byte counts."""

import pickle
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.device.epochs import CURRENT
from andel.device.packets import read_packet
from andel.device.pebble import (
    CONFIG,
    PEDOMETER,
    STATE,
    encode_sensor_data,
    pebble_channels,
    read_confirmation,
    read_pebble_packet,
    sign_confirmation,
    sign_data_packet,
)
from andel.device.pebble_schema import NO_FIX, BinPackage, ConfirmPackage, SensorData, acceleration, rotation
from andel.device.reading import PacketRefused, Refusal
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import address_bytes, checksummed, recover_address
from tests.device.actors import MEASURED, NOON, Device, Pebble, account, other_signature

PEBBLE = Pebble()
U32 = st.integers(0, 2**32 - 1)
S32 = st.integers(-(2**31), 2**31 - 1)
PLACES = st.just(dict[str, int]()) | st.fixed_dictionaries(
    {
        "latitude": st.integers(-900_000_000, 900_000_000),
        "longitude": st.integers(-1_800_000_000, 1_800_000_000),
    }
)
NOWHERE = st.just({"latitude": NO_FIX, "longitude": NO_FIX})
SIGNED = {"temperature": S32}


def channel_values():
    single = [name for name in pebble_channels() if name[-2] != "_" and name not in ("latitude", "longitude")]
    axes = [name for name in pebble_channels() if name[-2] == "_"]
    scalars = st.fixed_dictionaries({}, optional={n: SIGNED.get(n, U32) for n in single})
    vectors = st.just(dict[str, int]()) | st.fixed_dictionaries({name: S32 for name in axes})
    return st.builds(lambda a, b, c: {**a, **b, **c}, scalars, vectors, PLACES | NOWHERE)


def refusal(raw, public_key=PEBBLE.public_key):
    with pytest.raises(PacketRefused) as caught:
        read_pebble_packet(raw, public_key)
    return caught.value.reason


@settings(max_examples=60)
@given(channel_values(), U32)
def test_every_value_comes_back_as_it_was_measured(values, timestamp):
    data = encode_sensor_data(values, random="ab")
    if len(data) == 16:
        return
    reading = read_pebble_packet(sign_data_packet(PEBBLE.key, data, timestamp), PEBBLE.public_key, CURRENT)
    absent = {"signal": 25_500, "latitude": NO_FIX, "longitude": NO_FIX}
    expected = {name: value for name, value in values.items() if absent.get(name) != value}
    found = {m.channel: m.value for m in reading.measurements}
    for name in [name for name in found if name[-2] == "_"]:
        if name.startswith("gyroscope"):
            assert found.pop(name) == rotation(expected.pop(name))
        else:
            assert found.pop(name) == acceleration(expected.pop(name))
    assert found == expected
    assert (reading.device, reading.timestamp) == (PEBBLE.address, timestamp)
    assert reading.sequence is None


def test_channels_have_the_units_of_the_device():
    reading = PEBBLE.read(PEBBLE.packet())
    units = {m.channel: f"e{m.exponent} {m.unit}" for m in reading.measurements}
    assert units["temperature"] == "e-2 degC"
    assert units["latitude"] == "e-7 deg"
    assert units["gas_resistance"] == "e-2 ohm"
    assert units["humidity"] == "e-2 %"
    assert units["light"] == "e-2 lux"
    assert units["battery"] == "e-2 V"
    assert units["gyroscope_x"] == "e-6 dps"
    assert units["accelerometer_x"] == "e-13 g"
    assert reading.value("temperature2") is None


def test_the_signed_bytes_are_type_data_and_time():
    data = encode_sensor_data(MEASURED)
    raw = sign_data_packet(PEBBLE.key, data, NOON)
    digest = sha256(bytes(4), data, NOON.to_bytes(4, "big"))
    assert PEBBLE.read(raw).digest == digest
    assert BinPackage.FromString(raw).signature == PEBBLE.key.sign_sha256(bytes(4) + data + NOON.to_bytes(4, "big"))


def test_both_forms_of_a_signature_carry_the_same_content():
    raw = PEBBLE.packet()
    first, second = PEBBLE.read(raw), PEBBLE.read(other_signature(raw))
    assert first.raw != second.raw
    assert (first.digest, first.timestamp, first.measurements) == (
        second.digest,
        second.timestamp,
        second.measurements,
    )


def test_every_flipped_bit_is_refused():
    raw = PEBBLE.packet()
    for position in range(len(raw) * 8):
        damaged = bytearray(raw)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(PacketRefused):
            PEBBLE.read(bytes(damaged))


def _varint(value, padding=0):
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    parts.append(value)
    for _ in range(padding):
        parts[-1] |= 128
        parts.append(0)
    return bytes(parts)


def _fields(raw):
    package = BinPackage.FromString(raw)
    return [
        b"\x08" + _varint(package.type),
        b"\x12" + _varint(len(package.data)) + package.data,
        b"\x18" + _varint(package.timestamp),
        b"\x22" + _varint(64) + package.signature,
    ]


def _other_framings(raw):
    """Other protobuf bytes that decode to the very same signed fields."""
    kind, data, timestamp, signature = _fields(raw)
    assert kind + data + timestamp + signature == raw
    yield "other order", data + kind + timestamp + signature
    yield "field twice", kind + kind + data + timestamp + signature
    yield "former value overwritten", b"\x18\x01" + raw
    yield "long varint", kind + data + b"\x18" + _varint(NOON, padding=2) + signature
    yield "varint over 32 bits", kind + data + b"\x18" + _varint(NOON + 2**32) + signature
    yield "long tag", b"\x88\x00\x00" + data + timestamp + signature
    yield "unknown field after", raw + b"\x28\x01"
    yield "unknown field before", b"\x28\x01" + raw
    yield "unknown bytes", raw + b"\x2a\x03abc"
    yield "unknown group", raw + b"\x2b\x2c"
    yield "known number, other wire type", raw + b"\x0a\x00"


@pytest.mark.parametrize("name", [name for name, _ in _other_framings(PEBBLE.packet())])
def test_unsigned_bytes_around_the_signed_fields_are_refused(name):
    raw = dict(_other_framings(PEBBLE.packet()))[name]
    assert refusal(raw) == Refusal.MALFORMED


def test_another_devices_key_does_not_verify():
    assert refusal(PEBBLE.packet(), Device("other").public_key) == Refusal.BAD_SIGNATURE


@pytest.mark.parametrize("kind", [0, CONFIG, STATE, 9])
def test_data_of_16_bytes_is_ambiguous_with_a_claim(kind):
    assert refusal(sign_data_packet(PEBBLE.key, bytes(16), NOON, kind)) == Refusal.AMBIGUOUS


def test_a_claim_used_as_a_reading_is_refused():
    owner = bytes(4) + bytes(range(16))  # an owner whose first bytes are the type DATA
    signature = PEBBLE.key.sign_sha256(owner + NOON.to_bytes(4, "big"))
    forged = BinPackage(type=0, data=owner[4:], timestamp=NOON, signature=signature).SerializeToString()
    assert refusal(forged) == Refusal.AMBIGUOUS


@pytest.mark.parametrize("kind", [CONFIG, STATE, PEDOMETER])
def test_packages_of_other_types_are_no_readings(kind):
    assert refusal(sign_data_packet(PEBBLE.key, bytes(20), NOON, kind)) == Refusal.NOT_A_READING


def test_a_type_that_no_firmware_has_is_unsupported():
    assert refusal(sign_data_packet(PEBBLE.key, bytes(20), NOON, 4)) == Refusal.UNSUPPORTED


def test_signed_data_that_is_no_sensor_data_is_malformed():
    assert refusal(sign_data_packet(PEBBLE.key, b"\xff" * 20, NOON)) == Refusal.MALFORMED
    two_axes = SensorData(gyroscope=[1, 2], random=b"0123456789ab").SerializeToString()
    assert refusal(sign_data_packet(PEBBLE.key, two_axes, NOON)) == Refusal.MALFORMED


def test_a_nonce_that_is_no_text_does_not_matter():
    data = SensorData(temperature=5, random=b"\xff\xfe").SerializeToString()
    reading = read_packet(sign_data_packet(PEBBLE.key, data, NOON), PEBBLE.public_key, CURRENT)
    assert [m.value for m in reading.measurements] == [5]


def test_unpacked_repeated_values_are_read_too():
    data = b"\x58\x2c\x58\x0f\x58\x06\x6a\x02ab"  # field 11 three times as single varints
    reading = PEBBLE.read(sign_data_packet(PEBBLE.key, data, NOON))
    assert [m.value for m in reading.measurements] == [1_341_463, -487_805, 182_927]


@pytest.mark.parametrize(("data", "signature"), [(bytes(501), bytes(64)), (bytes(20), bytes(65)), (b"", b"")])
def test_fields_of_other_lengths_are_malformed(data, signature):
    raw = BinPackage(type=0, data=data, timestamp=NOON, signature=signature).SerializeToString()
    assert refusal(raw) == Refusal.MALFORMED


def test_temperatures_below_zero_keep_the_firmwares_copy_consistent():
    below = PEBBLE.read(PEBBLE.packet(temperature=-1)).value("temperature")
    assert below is not None and below.value == -1


def test_a_rotation_is_rounded_to_the_nearest_millionth_and_an_acceleration_is_exact():
    for lsb in range(-(2**15), 2**15, 7):
        assert abs(rotation(lsb) * Fraction("16.4") - lsb * 10**6) * 2 < Fraction("16.4")
        assert Fraction(acceleration(lsb), 10**13) * 8_192 == lsb


def test_values_are_made_when_they_are_asked_for_and_nobody_can_change_a_reading():
    reading = PEBBLE.read(PEBBLE.packet())
    assert reading.measurements is reading.measurements
    for name in ("device", "timestamp", "measurements", "_values", "raw", "other"):
        with pytest.raises(AttributeError):
            setattr(reading, name, None)
    with pytest.raises(AttributeError):
        del reading.raw
    again = pickle.loads(pickle.dumps(reading))
    assert again == reading and hash(again) == hash(reading) and repr(again) == repr(reading)
    assert reading != PEBBLE.read(PEBBLE.packet(temperature=5)) and reading != 1


@pytest.mark.parametrize(
    "values", [{"wind": 1}, {"humidity": -1}, {"temperature": 2**31}, {"battery": 2**32}, {"gyroscope_x": 1}], ids=str
)
def test_values_that_a_pebble_cannot_send_are_refused(values):
    with pytest.raises(InputError):
        encode_sensor_data(values)


def test_a_claim_is_read_in_the_form_that_the_registry_takes():
    owner = account("owner")
    claim = read_confirmation(sign_confirmation(PEBBLE.key, owner, NOON), PEBBLE.public_key)
    assert (claim.device, claim.owner, claim.timestamp) == (PEBBLE.address, owner, NOON)
    assert recover_address(sha256(address_bytes(owner), NOON.to_bytes(4, "big")), claim.signature) == PEBBLE.address


def test_a_claim_with_high_s_is_read_with_low_s():
    raw = sign_confirmation(PEBBLE.key, account("owner"), NOON)
    package = ConfirmPackage.FromString(raw)
    package.signature = other_signature(package.signature)
    claim = read_confirmation(package.SerializeToString(), PEBBLE.public_key)
    assert claim == read_confirmation(raw, PEBBLE.public_key)


@pytest.mark.parametrize("kind", range(4))
def test_a_claim_for_an_owner_that_begins_like_a_packet_is_ambiguous(kind):
    owner = checksummed(kind.to_bytes(4, "big") + bytes(range(16)))
    with pytest.raises(PacketRefused) as caught:
        read_confirmation(sign_confirmation(PEBBLE.key, owner, NOON), PEBBLE.public_key)
    assert caught.value.reason == Refusal.AMBIGUOUS


def test_a_claim_of_another_device_or_with_altered_fields_is_refused():
    raw = sign_confirmation(PEBBLE.key, account("owner"), NOON)
    package = ConfirmPackage.FromString(raw)
    package.timestamp += 1
    short = ConfirmPackage(owner=b"x", timestamp=1, signature=bytes(64), channel=0)
    for hostile, key, reason in (
        (raw, Device("other").public_key, Refusal.BAD_SIGNATURE),
        (package.SerializeToString(), PEBBLE.public_key, Refusal.BAD_SIGNATURE),
        (short.SerializeToString(), PEBBLE.public_key, Refusal.MALFORMED),
        (PEBBLE.packet(), PEBBLE.public_key, Refusal.MALFORMED),
        (b"\xff", PEBBLE.public_key, Refusal.MALFORMED),
    ):
        with pytest.raises(PacketRefused) as caught:
            read_confirmation(hostile, key)
        assert caught.value.reason == reason
