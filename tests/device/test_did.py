"""A device's names: DID and address both ways, keys of both curves, and nothing else."""

import json

import coincurve
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel import p256
from andel.data.device_book import parse_device_book
from andel.device.did import NamedDevice, address_of_did, did_of, parse_device, parse_public_key
from andel.device.envelope import encode_envelope
from andel.device.reading import Measurement
from andel.errors import InputError
from andel.keys import Curve, DeviceKey, checksummed, derive_secret
from tests.device.actors import NOON
from tests.support.own_data_run import call_main

PEBBLE = DeviceKey(derive_secret(b"did"))
STATION = DeviceKey(derive_secret(b"did"), Curve.P256)

addresses = st.binary(min_size=20, max_size=20).map(checksummed)


@given(addresses)
def test_a_did_is_the_address_in_lower_case_and_leads_back(address):
    did = did_of(address)
    assert did == "did:io:" + address.lower() and did == did.lower()
    assert address_of_did(did) == address
    assert parse_device(did) == parse_device(address) == NamedDevice(address)
    assert NamedDevice(address).did == did


@pytest.mark.parametrize("did", ["", "did:io:", "did:io:11", "did:web:0x" + "11" * 20, "did:io:" + "11" * 20])
def test_another_did_is_no_device(did):
    with pytest.raises(InputError):
        address_of_did(did)


def test_a_secp256k1_key_names_its_device_in_every_form():
    compressed = PEBBLE.public_key
    whole = coincurve.PublicKey(compressed).format(compressed=False)
    for text in (compressed.hex(), "0x" + compressed.hex(), compressed.hex().upper(), whole.hex(), whole[1:].hex()):
        assert parse_device(f"  {text}\n") == NamedDevice(PEBBLE.address, compressed)
        assert parse_public_key(f"  {text}\n") == compressed


def test_a_p256_key_names_its_device_in_every_form():
    point = p256.point_of(STATION.public_key)
    for text in (
        STATION.public_key.hex(),
        "p256:" + STATION.public_key[2:].hex(),
        "p256:" + point.hex(),
        "p256:04" + point.hex(),
    ):
        assert parse_device(text) == NamedDevice(STATION.address, STATION.public_key)
        assert parse_public_key(text.upper().replace("P256", "p256")) == STATION.public_key


def test_the_devices_file_and_the_inspection_take_every_spelling(monkeypatch, capsys, tmp_path):
    point, packet = p256.point_of(STATION.public_key), tmp_path / "packet"
    packet.write_bytes(encode_envelope(STATION, 1, NOON, [Measurement("temperature", 1, 0, "degC")]))
    for text in (f"0x{STATION.public_key.hex()}", "p256:" + point.hex(), f" p256:{STATION.public_key[2:].hex()} "):
        written = {"format": "andel-devices/1", "devices": [{"public_key": text}]}
        (booked,) = parse_device_book(json.dumps(written).encode()).devices.values()
        assert (booked.address, booked.public_key) == (STATION.address, STATION.public_key)
        told = call_main(["device", "inspect", str(packet), "--key", text, "--json"], monkeypatch, capsys)
        assert json.loads(told.stdout)["origin"] == "proven"


@pytest.mark.parametrize(
    "text",
    ["", "02", "0x", "p256:", "02" + "ff" * 32, "8024" + "00" * 33, "02 " + "11" * 32, "0x0x" + "02" * 33, "1" * 300],
)
def test_what_is_no_public_key_is_refused_with_the_spellings(text):
    with pytest.raises(InputError, match="not a public key") as refusal:
        parse_public_key(text)
    assert "p256:" in refusal.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "pebble",
        "0x" + "11" * 19,
        "02" + "ff" * 32,
        "p256:" + "11" * 64,
        "p256:",
        "8024" + "00" * 33,
        "1" * 300,
    ],
)
def test_other_texts_are_refused_with_a_hint(text):
    with pytest.raises(InputError, match="not a device") as refusal:
        parse_device(text)
    assert "p256:" in refusal.value.hint


@given(st.text(max_size=250))
def test_whatever_the_text_only_input_errors_are_raised(text):
    try:
        parse_device(text)
    except InputError:
        pass
