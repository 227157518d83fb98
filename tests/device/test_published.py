"""Packets that real and simulated Pebbles sent, as they were published: each gives what is known of it."""

import base64
import json
from decimal import Decimal

import pytest
from coincurve import PublicKey

from andel import p256
from andel.device.epochs import Epoch
from andel.device.inspection import Known, Origin, SignatureState, embedded_keys, inspect_packet
from andel.device.known_keys import FIRMWARE_PUBLIC_KEY_2020, is_publicly_known
from andel.device.packets import read_packet, verify_packet
from andel.device.pebble import parse_package
from andel.device.pebble_json import Form, find_signed, parse_json_packet, signed_forms
from andel.device.reading import PacketRefused, Refusal
from andel.hashing import keccak
from andel.keys import CURVE_ORDER, Curve, address_of_public_key, checksummed, recover_device
from tests.device.actors import Device

IDS = ("A1", "A2", "A3", "A4", "A5", "D", "E1", "E2", "E3", "F1", "F2", "F3")


@pytest.fixture(scope="module")
def published(shared_folder):
    path = shared_folder / "vectors" / "published.json"
    if not path.is_file():
        pytest.skip("no published.json among the shared vectors")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def by_id(published):
    return {vector["id"]: vector for vector in published["vectors"]}


def raw_of(vector):
    if "b64" in vector:
        return base64.b64decode(vector["b64"])
    if "text" in vector:
        return vector["text"].encode()
    r, s = vector["signature"]["r"], vector["signature"]["s"]
    return f'{{"message":{vector["signed_text"]},"signature":{{"r":"{r}","s":"{s}"}}}}'.encode()


def signers(digest, signature):
    """The (at most two) public keys that could have made a signature: what a verifier without a key can know."""
    keys = [PublicKey.from_signature_and_message(signature + bytes([v]), digest, hasher=None).format() for v in (0, 1)]
    return {address_of_public_key(key): key for key in keys}


def package_signers(raw):
    package = parse_package(raw)
    return signers(package.digest, package.signature)


def simulator_signers(raw):
    packet = parse_json_packet(raw)
    ((_, digest),) = signed_forms(packet, Curve.SECP256K1)
    return signers(digest, packet.signatures[0])


def values(reading):
    return told(reading.measurements)


def told(measurements):
    return {m.channel: Decimal(m.value).scaleb(m.exponent) for m in measurements}


def refusal(raw, public_key):
    with pytest.raises(PacketRefused) as caught:
        read_packet(raw, public_key)
    return caught.value.reason


def test_these_are_all_that_were_published(by_id):
    assert set(by_id) == set(IDS)


@pytest.mark.parametrize("name", IDS)
def test_every_packet_is_told_by_its_format_and_curve(by_id, name):
    vector = by_id[name]
    found = inspect_packet(raw_of(vector))
    assert (found.format, found.curve) == (vector["format"], vector["curve"])


@pytest.mark.parametrize("name", ["A1", "A2", "A3", "A4", "A5"])
def test_packets_of_2020_verify_under_the_shared_key_and_prove_nothing(by_id, name):
    raw = raw_of(by_id[name])
    found = find_signed(parse_json_packet(raw), FIRMWARE_PUBLIC_KEY_2020)
    assert found is not None and found[0] == Form.MESSAGE_2020
    seen = inspect_packet(raw)
    assert (seen.signature, seen.origin) == (SignatureState.VALID, Origin.PUBLIC_KEY_KNOWN)
    for key in (FIRMWARE_PUBLIC_KEY_2020, Device().public_key):
        assert refusal(raw, key) == Refusal.PUBLICLY_KNOWN_KEY
    altered = raw.replace(b'"humidity":6', b'"humidity":7')
    assert altered != raw and inspect_packet(altered).signature == SignatureState.INVALID
    assert refusal(altered, Device().public_key) == Refusal.BAD_SIGNATURE


def test_a_packet_of_2020_gives_exact_values(by_id):
    found = told(inspect_packet(raw_of(by_id["A1"])).values)
    assert found["temperature"] == Decimal("33.889999389648438")
    assert found["temperature2"] == Decimal("34.3297119140625")
    assert found["latitude"] == Decimal("30.8448705")  # 30 degrees 50.69223 minutes
    assert found["longitude"] == Decimal("114.8110105")
    assert found["gas_resistance"] == 1_151_203
    assert "signal" not in found  # 255: unknown
    assert found["accelerometer_z"] == Decimal("8263") / 8192


def test_a_packet_of_2021_verifies_under_the_key_inside_it(by_id):
    raw = raw_of(by_id["D"])
    (key, *_) = embedded_keys(parse_json_packet(raw))
    reading = read_packet(raw, key)
    found = values(reading)
    assert (reading.profile, reading.timestamp) == ("pebble-json", 1_621_943_329)
    assert (found["battery"], found["signal"], found["pressure"]) == (Decimal("4.167"), 19, 1_003)
    assert "latitude" not in found and "longitude" not in found  # 20000: no fix
    seen = inspect_packet(raw)
    assert (seen.device, seen.origin, seen.reason) == (reading.device, Origin.PROVEN, None)
    assert refusal(raw, Device().public_key) == Refusal.BAD_SIGNATURE


def test_packets_of_the_simulator_were_signed_by_one_key(by_id):
    keys = [simulator_signers(raw_of(by_id[name])) for name in ("F1", "F2", "F3")]
    (address,) = set(keys[0]) & set(keys[1]) & set(keys[2])
    for name in ("F1", "F2", "F3"):
        reading = read_packet(raw_of(by_id[name]), keys[0][address])
        assert reading.device == address
        seen = inspect_packet(raw_of(by_id[name]), Known(devices=(address,)))
        assert (seen.signature, seen.device, seen.format) == (SignatureState.VALID, address, "json-2021-root")
        assert inspect_packet(raw_of(by_id[name])).signature == SignatureState.UNDECIDABLE
    found = values(read_packet(raw_of(by_id["F1"]), keys[0][address]))
    assert (found["battery"], found["latitude"]) == (Decimal("0.96024"), Decimal("16.1378393"))


def test_a_real_packet_verifies_to_its_documented_address(by_id):
    raw, address = raw_of(by_id["E1"]), by_id["E1"]["device_address"]
    package = parse_package(raw)
    assert int.from_bytes(package.signature[32:], "big") > CURVE_ORDER // 2  # the firmware emits a high s
    assert address in recover_device(package.digest, package.signature)
    reading = read_packet(raw, package_signers(raw)[address])
    assert (reading.device, reading.timestamp, reading.profile) == (address, 1_718_757_942, "pebble")
    assert reading.digest == package.digest
    found = {m.channel: (m.value, m.exponent, m.unit) for m in reading.measurements}
    assert found["temperature"] == (2_077, -2, "degC")
    assert found["pressure"] == (98_048, -2, "hPa")
    assert found["latitude"] == (499_200_000, -7, "deg")
    assert found["longitude"] == (-971_900_000, -7, "deg")
    assert values(reading)["accelerometer_y"] == Decimal(8_179) / 8_192
    assert found["gyroscope_x"] == (1_341_463, -6, "dps")


def test_a_packet_without_a_fix_gives_no_position(by_id):
    raw = raw_of(by_id["E2"])
    for public_key in package_signers(raw).values():  # its device is not documented, so either key will do
        reading = read_packet(raw, public_key)
        assert reading.value("latitude") is None and reading.value("longitude") is None
        temperature = reading.value("temperature")
        assert temperature is not None and temperature.value == 2_882


def test_a_packet_of_older_firmware_is_read_by_the_old_meaning(by_id):
    raw = raw_of(by_id["E3"])
    for public_key in package_signers(raw).values():
        assert refusal(raw, public_key) == Refusal.AMBIGUOUS_EPOCH  # the position has two meanings
        assert values(verify_packet(raw, public_key))["temperature"] == Decimal("28.99")
        found = values(read_packet(raw, public_key, Epoch.ZIGZAG_POSITION))
        assert found["temperature"] == Decimal("28.99")  # and not -14.5
        assert (found["latitude"], found["longitude"]) == (Decimal("27.91"), Decimal("-82.78"))


def test_the_key_in_the_firmware_of_2020_is_on_the_deny_list(published):
    point = bytes.fromhex(published["shared_2020_key"]["x"] + published["shared_2020_key"]["y"])
    assert p256.public_key_of_point(point) == FIRMWARE_PUBLIC_KEY_2020
    assert is_publicly_known(checksummed(keccak(point)[12:]))
    assert not is_publicly_known(Device().address)
