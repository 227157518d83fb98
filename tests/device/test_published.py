"""Packets that real and simulated Pebbles sent, as they were published."""

import base64
import json

import pytest
from coincurve import PublicKey

from andel.device.known_keys import is_publicly_known
from andel.device.packets import read_packet
from andel.device.pebble import read_pebble_packet
from andel.device.pebble_schema import BinPackage
from andel.device.reading import PacketRefused, Refusal
from andel.hashing import keccak, sha256
from andel.keys import CURVE_ORDER, address_of_public_key, checksummed, recover_device
from tests.device.actors import Device


@pytest.fixture(scope="module")
def published(shared_folder):
    path = shared_folder / "vectors" / "published.json"
    if not path.is_file():
        pytest.skip("no published.json among the shared vectors")
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def by_id(published):
    return {vector["id"]: vector for vector in published["vectors"]}


def signers(raw):
    """The (at most two) public keys that could have signed a package: what a verifier without a key can
    know.
    """
    package = BinPackage.FromString(raw)
    signed = package.type.to_bytes(4, "big") + package.data + package.timestamp.to_bytes(4, "big")
    found = {}
    for recovery_id in (0, 1):
        key = PublicKey.from_signature_and_message(package.signature + bytes([recovery_id]), signed)
        found[address_of_public_key(key.format())] = key.format()
    return found, sha256(signed), package.signature


def test_a_real_pebble_packet_verifies_to_its_documented_address(by_id):
    raw = base64.b64decode(by_id["E1"]["b64"])
    found, digest, signature = signers(raw)
    address = by_id["E1"]["device_address"]
    assert int.from_bytes(signature[32:], "big") > CURVE_ORDER // 2  # the firmware emits a high s
    assert address in recover_device(digest, signature)
    reading = read_packet(raw, found[address])
    assert (reading.device, reading.timestamp, reading.profile) == (address, 1_718_757_942, "pebble")
    assert reading.digest == digest
    values = {m.channel: (m.value, m.exponent, m.unit) for m in reading.measurements}
    assert values["temperature"] == (2_077, -2, "degC")
    assert values["pressure"] == (98_048, -2, "hPa")
    assert values["latitude"] == (499_200_000, -7, "deg")
    assert values["longitude"] == (-971_900_000, -7, "deg")
    assert values["accelerometer_y"] == (8_179, 0, "LSB")


def test_a_packet_without_a_fix_gives_no_position(by_id):
    raw = base64.b64decode(by_id["E2"]["b64"])
    for public_key in signers(raw)[0].values():  # its device is not documented, so either key will do
        reading = read_pebble_packet(raw, public_key)
        assert reading.value("latitude") is None and reading.value("longitude") is None
        temperature = reading.value("temperature")
        assert temperature is not None and temperature.value == 2_882


def test_a_packet_of_an_older_firmware_is_refused_by_name_instead_of_misread(by_id):
    raw = base64.b64decode(by_id["E3"]["b64"])
    for public_key in signers(raw)[0].values():
        with pytest.raises(PacketRefused, match="before February 2022") as caught:
            read_packet(raw, public_key)
        assert caught.value.reason == Refusal.UNSUPPORTED


@pytest.mark.parametrize("name", ["A1", "A2", "A3", "A4", "A5", "D", "F1", "F2", "F3"])
def test_json_packets_of_older_generations_are_refused_by_name(by_id, name):
    vector = by_id[name]
    texts = [vector[key] for key in ("text", "signed_text") if key in vector]
    assert texts
    for text in texts:
        with pytest.raises(PacketRefused, match="JSON packet") as caught:
            read_packet(text.encode(), Device().public_key)
        assert caught.value.reason == Refusal.UNSUPPORTED
        assert "firmware" in caught.value.hint


def test_the_key_in_the_firmware_of_2020_is_on_the_deny_list(published):
    key = published["shared_2020_key"]
    address = checksummed(keccak(bytes.fromhex(key["x"] + key["y"]))[12:])
    assert is_publicly_known(address)
    assert not is_publicly_known(Device().address)
