"""JSON packets of 2020 and 2021: the text as it stood is what was signed, and nothing else is around it."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.device.epochs import Epoch
from andel.device.packets import read_packet, reread_packet, verify_packet
from andel.device.pebble_json import Form, parse_json_packet, sign_json_packet, swap_nibbles
from andel.device.reading import PacketRefused, Refusal
from andel.hashing import sha256
from andel.keys import Curve, DeviceKey, derive_secret

KEY = DeviceKey(derive_secret(b"tests", "json device"))
OLD = DeviceKey(derive_secret(b"tests", "json device"), Curve.P256)
MESSAGE = (
    b'{"snr":19,"vbat":4167,"latitude":-34.905,"longitude":-56.16,"gasResistance":7745665,'
    b'"temperature":24.389999389648438,"pressure":1003,"humidity":67.242149353027344,"light":0,'
    b'"temperature2":-2.5e-05,"gyroscope":[-2,3,1],"accelerometer":[-35,110,8226],'
    b'"timestamp":"1621943329","random":"E1915DBE2ACCC9F3"}'
)
OF_2020 = (
    b'{"SNR":20,"VBAT":4.0750732421875,"latitude":3050.69225,"longitude":11448.66063,"gas_resistance":1151203,'
    b'"temperature":33.9,"temperature":34.3,"timestamp":"3472852528"}'
)


def read(raw, key=KEY, epoch=None):
    return read_packet(raw, key.public_key, epoch)


def refusal(raw, key=KEY, epoch=None):
    with pytest.raises(PacketRefused) as caught:
        read(raw, key, epoch)
    return caught.value.reason


def values(reading):
    return {m.channel: Decimal(m.value).scaleb(m.exponent) for m in reading.measurements}


def with_position(latitude, longitude, name=b"timestamp"):
    return b'{"latitude":%s,"longitude":%s,"%s":"1621943329"}' % (latitude, longitude, name)


@pytest.mark.parametrize("form", [Form.MESSAGE_2021, Form.ROOT_2021])
def test_both_signed_forms_of_2021_are_read(form):
    raw = sign_json_packet(KEY, MESSAGE, form)
    reading = read(raw)
    text = MESSAGE if form == Form.MESSAGE_2021 else b'{"message":' + MESSAGE + b"}"
    assert (reading.digest, reading.device, reading.timestamp) == (sha256(text), KEY.address, 1_621_943_329)
    assert values(reading) == {
        "signal": 19,
        "battery": Decimal("4.167"),
        "latitude": Decimal("-34.905"),
        "longitude": Decimal("-56.16"),
        "gas_resistance": 7_745_665,
        "temperature": Decimal("24.389999389648438"),
        "pressure": 1_003,
        "humidity": Decimal("67.242149353027344"),
        "light": 0,
        "temperature2": Decimal("-0.000025"),
        "gyroscope_x": Decimal("-0.121951"),
        "gyroscope_y": Decimal("0.182927"),
        "gyroscope_z": Decimal("0.060976"),
        "accelerometer_x": Decimal(-35) / 8192,
        "accelerometer_y": Decimal(110) / 8192,
        "accelerometer_z": Decimal(8226) / 8192,
    }
    assert reread_packet(raw, KEY.public_key) == reading


def test_a_device_with_a_key_of_its_own_may_send_the_form_of_2020():
    raw = sign_json_packet(OLD, OF_2020, Form.MESSAGE_2020)
    reading = read(raw, OLD)
    assert reading.device == OLD.address
    assert values(reading)["temperature2"] == Decimal("34.3")
    assert refusal(sign_json_packet(OLD, OF_2020, Form.ROOT_2021), OLD) == Refusal.BAD_SIGNATURE


def test_every_flipped_bit_is_refused():
    raw = sign_json_packet(KEY, MESSAGE, Form.ROOT_2021)
    for position in range(0, len(raw) * 8, 3):
        damaged = bytearray(raw)
        damaged[position // 8] ^= 1 << position % 8
        with pytest.raises(PacketRefused):
            read(bytes(damaged))


def signature_parts(raw):
    r, s = re.findall(rb'"[rs]":"([0-9A-F]+)"', raw)
    return r, s


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b" " + raw,
        lambda raw: raw + b"\n",
        lambda raw: raw.replace(b'"message":', b'"message": '),
        lambda raw: raw.replace(b',"signature"', b',"imei":"1","signature"'),
        lambda raw: raw[:-1] + b',"x":1}',
        lambda raw: raw[:-2] + b',"v":27}}',
        lambda raw: raw.replace(b'{"r":', b'{ "r":'),
        lambda raw: raw.replace(b'"signature":{', b'"signature":{"r":"AB",'),
        lambda raw: raw.replace(signature_parts(raw)[0], signature_parts(raw)[0].lower()),
        lambda raw: raw.replace(signature_parts(raw)[0], b"0" + signature_parts(raw)[0][1:].lower()),
        lambda raw: raw.replace(signature_parts(raw)[1], signature_parts(raw)[1] + b"AB"),
        lambda raw: raw.replace(signature_parts(raw)[1], signature_parts(raw)[1][:-1]),
        lambda raw: b'{"message":' + raw + b"}",
        lambda raw: b"[" + raw + b"]",
        lambda raw: raw.replace(b'"message"', b'"Message"'),
    ],
)
def test_other_texts_around_the_message_are_refused(change):
    for form in (Form.MESSAGE_2021, Form.ROOT_2021):
        raw = change(sign_json_packet(KEY, MESSAGE, form))
        assert refusal(raw) in (Refusal.MALFORMED, Refusal.BAD_SIGNATURE)


def test_the_other_forms_of_2020_are_read():
    raw = sign_json_packet(OLD, OF_2020, Form.MESSAGE_2020)
    r, s = signature_parts(raw)
    head = b'{"message":' + OF_2020
    for tail in (b',"signature":"%s%s"}' % (r, s), b',"signature_r":"%s","signature_s":"%s"}' % (r, s)):
        assert read(head + tail, OLD).digest == sha256(OF_2020)


def test_signatures_without_their_leading_zeros_are_read_wherever_they_were_cut():
    seen = set()
    for number in range(2_000):
        message = b'{"pressure":%d,"timestamp":"1621943329"}' % number
        raw = sign_json_packet(KEY, message, Form.MESSAGE_2021)
        r, s = signature_parts(raw)
        if len(r + s) == 128:
            continue
        assert read(raw).digest == sha256(message)
        signature = KEY.sign_sha256(message)
        short_r = signature[0] == 0
        seen.add(short_r)
        # as a tool would have written it, each number by itself
        each = [swap_nibbles(part.lstrip(b"\0")).hex().upper().encode() for part in (signature[:32], signature[32:])]
        alone = raw[: raw.index(b',"signature"')] + b',"signature":{"r":"%s","s":"%s"}}' % tuple(each)
        assert read(alone).digest == sha256(message)
        full = [swap_nibbles(part).hex().upper().encode() for part in (signature[:32], signature[32:])]
        padded = raw[: raw.index(b',"signature"')] + b',"signature":{"r":"%s","s":"%s"}}' % tuple(full)
        assert refusal(padded) == Refusal.BAD_SIGNATURE  # a second text of the same signature
    assert seen == {True, False}


@given(
    degrees=st.integers(0, 89),
    minutes=st.integers(0, 5_999_999),
    west=st.integers(100, 179),
)
def test_minutes_become_degrees_within_half_a_step(degrees, minutes, west):
    latitude = f"{degrees}{minutes // 100_000:02}.{minutes % 100_000:05}".lstrip("0")
    latitude = "0" + latitude if latitude.startswith(".") else latitude
    message = with_position(latitude.encode(), b"%d30.5" % west)
    found = read(sign_json_packet(OLD, message, Form.MESSAGE_2020), OLD, Epoch.JSON_MINUTES)
    value = found.value("latitude")
    assert value is not None and value.exponent == -7
    exact = degrees + Fraction(minutes, 60 * 100_000)
    assert abs(Fraction(value.value, 10**7) - exact) <= Fraction(1, 2 * 10**7)
    assert values(found)["longitude"] == Decimal(west) + Decimal("0.5083333")


def test_no_fix_is_no_position():
    for message in (with_position(b'"null"', b'"null"'), with_position(b"20000", b"20000")):
        assert values(read(sign_json_packet(OLD, message, Form.MESSAGE_2020), OLD)) == {}
        assert values(read(sign_json_packet(KEY, message, Form.ROOT_2021))) == {}


def test_a_position_in_degrees_or_minutes_is_told_by_what_it_can_be():
    minutes = with_position(b"3050.69225", b"11448.66063")
    assert values(read(sign_json_packet(KEY, minutes, Form.ROOT_2021)))["latitude"] == Decimal("30.8448708")
    south = with_position(b"-34.9", b"56.1")
    assert values(read(sign_json_packet(OLD, south, Form.MESSAGE_2020), OLD))["latitude"] == Decimal("-34.9")
    either = sign_json_packet(OLD, with_position(b"45.5", b"10.25"), Form.MESSAGE_2020)
    assert refusal(either, OLD) == Refusal.AMBIGUOUS_EPOCH
    assert values(read(either, OLD, Epoch.JSON_DEGREES))["latitude"] == Decimal("45.5")
    assert values(read(either, OLD, Epoch.JSON_MINUTES))["latitude"] == Decimal("0.7583333")
    assert values(verify_packet(either, OLD.public_key)) == {}
    of_2021 = sign_json_packet(KEY, with_position(b"45.5", b"10.25"), Form.MESSAGE_2021)
    assert values(read(of_2021))["latitude"] == Decimal("45.5")  # all firmware of 2021 writes degrees


@pytest.mark.parametrize("latitude", [b"9100", b"4575.5", b"-4530", b"1e9", b"91.5e2"])
def test_a_position_that_is_nowhere_is_unsupported(latitude):
    raw = sign_json_packet(KEY, with_position(latitude, b"11448.66063"), Form.ROOT_2021)
    assert refusal(raw) == Refusal.UNSUPPORTED


def test_an_epoch_that_contradicts_the_packet_is_unsupported():
    raw = sign_json_packet(KEY, with_position(b"-34.9", b"56.1"), Form.ROOT_2021)
    assert refusal(raw, epoch=Epoch.JSON_MINUTES) == Refusal.UNSUPPORTED
    assert refusal(raw, epoch=Epoch.ZIGZAG) == Refusal.UNSUPPORTED


@pytest.mark.parametrize(
    "message",
    [
        b"{}",
        b'{"timestamp":1621943329}',
        b'{"timestamp":"01"}',
        b'{"timestamp":"4294967296"}',
        b'{"timestamp":"-1"}',
        b'{"timestamp":""}',
        b'{"pressure":1}',
        b'{"timestamp":"1","pressure":1,"pressure":1}',
        b'{"timestamp":"1","temperature":1,"temperature":1,"temperature":1}',
        b'{"timestamp":"1","temperature":1,"temperature":1,"temperature2":1}',
        b'{"timestamp":"1","SNR":1,"snr":1}',
        b'{"timestamp":"1","wind":1}',
        b'{"timestamp":"1","pressure":"1"}',
        b'{"timestamp":"1","pressure":null}',
        b'{"timestamp":"1","pressure":true}',
        b'{"timestamp":"1","pressure":01}',
        b'{"timestamp":"1","pressure":+1}',
        b'{"timestamp":"1","pressure":1.}',
        b'{"timestamp":"1","pressure":NaN}',
        b'{"timestamp":"1","pressure":1e999}',
        b'{"timestamp":"1","pressure":9999999999999999999}',
        b'{"timestamp":"1","pressure":99999999999999999.999999}',
        b'{"timestamp":"1","gyroscope":[1,2]}',
        b'{"timestamp":"1","gyroscope":[1,2,3,4]}',
        b'{"timestamp":"1","gyroscope":[1.5,2,3]}',
        b'{"timestamp":"1","gyroscope":[100000,2,3]}',
        b'{"timestamp":"1","pressure":[1,2,3]}',
        b'{"timestamp":"1","latitude":"none"}',
        b'{"timestamp":"1","eccPubkey":"AB"}',
        b'{"timestamp":"1" }',
        b'{"timestamp":"1"},"x":{}',
        b'{"timestamp":"\\u0031"}',
        b'{"timestamp":"1","random":{"a":1}}',
    ],
)
def test_a_well_signed_message_that_no_pebble_writes_is_malformed(message):
    for form in (Form.MESSAGE_2021, Form.ROOT_2021):
        assert refusal(sign_json_packet(KEY, message, form)) == Refusal.MALFORMED


@settings(max_examples=200)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**6), max_value=10**6, places=9))
def test_decimals_come_back_exactly(number):
    text = format(number, "f")
    raw = sign_json_packet(KEY, b'{"pressure":%s,"timestamp":"1"}' % text.encode(), Form.MESSAGE_2021)
    assert values(read(raw))["pressure"] == number


def test_nibbles_are_swapped_in_what_the_device_writes():
    assert swap_nibbles(b"\xab\x01") == b"\xba\x10"
    raw = sign_json_packet(KEY, MESSAGE, Form.MESSAGE_2021)
    assert parse_json_packet(raw).signatures == (KEY.sign_sha256(MESSAGE),)
