"""Envelopes: one form for one meaning, bounded in everything."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel import p256
from andel.device.envelope import MAX_CHANNELS, TAG, encode_envelope, read_envelope
from andel.device.packets import read_packet
from andel.device.reading import MAX_PACKET_BYTES, MAX_TIMESTAMP, Measurement, PacketRefused, Refusal
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import Curve, DeviceKey, derive_secret
from tests.device.actors import NOON, EnvelopeSensor, other_signature

SENSOR = EnvelopeSensor()

printable = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=12)
short = printable.filter(lambda text: len(text.encode()) <= 32)
measurements = st.builds(
    Measurement, short.filter(bool), st.integers(-(2**63), 2**63 - 1), st.integers(-128, 127), short
)
measurement_lists = st.lists(measurements, min_size=1, max_size=8, unique_by=lambda m: m.channel)


def signed(body):
    return body + SENSOR.key.sign_sha256(body)


def body_of(channels, count=None, curve=1, key=SENSOR.public_key, timestamp=NOON):
    head = TAG + bytes([curve]) + key + bytes(8) + timestamp.to_bytes(8, "big")
    return head + bytes([len(channels) if count is None else count]) + b"".join(channels)


def channel(name=b"a", unit=b"", tail=bytes(9)):
    return bytes([len(name)]) + name + bytes([len(unit)]) + unit + tail


def refusal(raw):
    with pytest.raises(PacketRefused) as caught:
        read_envelope(raw)
    return caught.value.reason


@settings(max_examples=80)
@given(measurement_lists, st.integers(0, 2**64 - 1), st.integers(0, MAX_TIMESTAMP))
def test_every_field_comes_back(items, sequence, timestamp):
    reading = read_envelope(encode_envelope(SENSOR.key, sequence, timestamp, items))
    assert sorted(reading.measurements) == sorted(items)
    assert (reading.device, reading.sequence, reading.timestamp) == (SENSOR.address, sequence, timestamp)
    assert reading.profile == "envelope"
    names = [m.channel.encode() for m in reading.measurements]
    assert names == sorted(names)


@given(st.permutations(["ab", "ac", "a", "b", "ba", "zz"]))
def test_what_is_read_does_not_depend_on_what_was_read_before(names):
    packets = []
    for name in names:  # some of them of one size, with different channels
        items = [Measurement(name, 20, -1, "degC"), Measurement(name + "x", 30, -1, "%" * (5 - len(name)))]
        packets.append((items, encode_envelope(SENSOR.key, 1, NOON, items)))
    for items, raw in [*packets, *packets]:
        assert list(read_envelope(raw).measurements) == items
        wrong = raw.replace(items[0].channel.encode() + b"x", b"!!" + b"x" * (len(items[0].channel) - 1))
        assert refusal(wrong) == Refusal.MALFORMED  # of the same size, names falling


@given(st.permutations([Measurement(name, 1, -2, "degC") for name in ("a", "b", "c")]))
def test_the_order_of_channels_does_not_change_the_bytes(items):
    ordered = sorted(items)
    assert encode_envelope(SENSOR.key, 1, NOON, items) == encode_envelope(SENSOR.key, 1, NOON, ordered)


def test_the_largest_envelope_is_read():
    items = [Measurement(f"{i:032}", -1, -128, "µ" * 4) for i in range(MAX_CHANNELS)]
    raw = encode_envelope(SENSOR.key, 2**64 - 1, MAX_TIMESTAMP, items)
    assert len(raw) <= MAX_PACKET_BYTES
    assert len(read_envelope(raw).measurements) == MAX_CHANNELS


def test_every_flipped_bit_is_refused():
    raw = SENSOR.packet(temperature=2_077, humidity=4_862)
    for position in range(len(raw) * 8):
        damaged = bytearray(raw)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(PacketRefused):
            SENSOR.read(bytes(damaged))


def test_both_forms_of_a_signature_carry_the_same_content():
    raw = SENSOR.packet()
    assert read_envelope(other_signature(raw)).digest == read_envelope(raw).digest == sha256(raw[:-64])


@pytest.mark.parametrize(
    "body",
    [
        body_of([]),
        body_of([channel()], count=2),
        body_of([channel(), channel()]),
        body_of([channel(b"b"), channel(b"a")]),
        body_of([channel()]) + b"\x00",
        body_of([channel()])[:-1],
        body_of([channel(b"")]),
        body_of([channel(b"n" * 33)]),
        body_of([channel(unit=b"u" * 33)]),
        body_of([channel(b"\xff")]),
        body_of([channel(unit=b"\xc0\x80")]),
        body_of([channel(b"a\n")]),
        body_of([channel(b"a\x00")]),
        body_of([channel("a\u202e".encode())]),
        body_of([channel(b"%02d" % i) for i in range(65)]),
        body_of([channel(b"%032d" % i, b"u" * 32) for i in range(64)]),
        body_of([channel()], timestamp=MAX_TIMESTAMP + 1),
        body_of([channel()], key=b"\x05" + SENSOR.public_key[1:]),
        body_of([channel()], key=b"\x02" + b"\xff" * 32),
        body_of([b"\x20"]),
    ],
)
def test_a_well_signed_envelope_of_another_form_is_malformed(body):
    assert refusal(signed(body)) == Refusal.MALFORMED


@pytest.mark.parametrize("curve", [0, 3, 255])
def test_other_curves_are_refused_by_number(curve):
    with pytest.raises(PacketRefused, match=f"curve number {curve} is not") as refused:
        read_envelope(signed(body_of([channel()], curve=curve)))
    assert refused.value.reason == Refusal.UNSUPPORTED


def test_a_device_with_a_p256_key_sends_the_same_envelope():
    key = DeviceKey(derive_secret(b"tests", "p256 sensor"), Curve.P256)
    raw = encode_envelope(key, 3, NOON, [Measurement("pm2_5", 123, -1, "ug/m3")])
    assert raw[16] == 2
    reading = read_packet(raw, key.public_key)
    assert (reading.device, reading.sequence, reading.timestamp) == (key.address, 3, NOON)
    altered = raw[:-70] + bytes([raw[-70] ^ 1]) + raw[-69:]
    with pytest.raises(PacketRefused) as refused:
        read_packet(altered, key.public_key)
    assert refused.value.reason == Refusal.BAD_SIGNATURE
    high = raw[:-32] + (p256.ORDER - int.from_bytes(raw[-32:], "big")).to_bytes(32, "big")
    assert read_packet(high, key.public_key).digest == reading.digest


def test_a_key_of_one_curve_is_no_key_of_the_other():
    with pytest.raises(PacketRefused) as refused:
        read_envelope(signed(body_of([channel()], curve=2)))
    assert refused.value.reason in (Refusal.MALFORMED, Refusal.BAD_SIGNATURE)  # a random X is a point half the time


def test_a_signature_of_another_key_is_refused():
    body = body_of([channel()])
    assert refusal(body + EnvelopeSensor("other").key.sign_sha256(body)) == Refusal.BAD_SIGNATURE
    assert refusal(body + bytes(64)) == Refusal.BAD_SIGNATURE


@pytest.mark.parametrize(
    "arguments",
    [
        (0, NOON, []),
        (0, NOON, [Measurement("a", 1, 0, ""), Measurement("a", 2, 0, "")]),
        (0, NOON, [Measurement("", 1, 0, "")]),
        (0, NOON, [Measurement("ä" * 17, 1, 0, "")]),
        (0, NOON, [Measurement("a", 1, 0, "\n")]),
        (0, NOON, [Measurement("a", 2**63, 0, "")]),
        (0, NOON, [Measurement("a", 1, 128, "")]),
        (-1, NOON, [Measurement("a", 1, 0, "")]),
        (2**64, NOON, [Measurement("a", 1, 0, "")]),
        (0, -1, [Measurement("a", 1, 0, "")]),
        (0, MAX_TIMESTAMP + 1, [Measurement("a", 1, 0, "")]),
        (0, NOON, [Measurement(f"{i:032}", 1, 0, "u" * 32) for i in range(MAX_CHANNELS)]),
        (0, NOON, [Measurement(str(i), 1, 0, "") for i in range(MAX_CHANNELS + 1)]),
    ],
)
def test_what_no_envelope_can_hold_is_refused(arguments):
    with pytest.raises(InputError):
        encode_envelope(SENSOR.key, *arguments)
