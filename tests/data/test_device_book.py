"""The device book: who an announced name is; a file that is wrong anywhere is refused with the place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.device_book import BookedDevice, load_device_book, parse_device_book
from andel.device.epochs import Epoch
from andel.errors import InputError, SettingsError
from andel.keys import Curve, DeviceKey, derive_secret
from tests.device.actors import Pebble, account

PEBBLE = Pebble()
P256 = DeviceKey(derive_secret(b"tests", "p256"), Curve.P256)
OWNER = account("owner")
TOML = f"""
format = "andel-devices/1"

[[devices]]
public_key = "{PEBBLE.public_key.hex()}"
id = "352656100000017"
owner = "{OWNER.lower()}"
firmware = "Riverrock 1.0.14"

[[devices]]
public_key = "{P256.public_key.hex()}"
revoked = true
epoch = "2021-12"
"""


def test_a_book_says_who_a_name_is():
    book = parse_device_book(TOML.encode())
    assert book.devices == {
        PEBBLE.address: BookedDevice(PEBBLE.address, PEBBLE.public_key, OWNER, False, Epoch.ZIGZAG),
        P256.address: BookedDevice(P256.address, P256.public_key, None, True, Epoch.ZIGZAG_POSITION),
    }
    assert book.resolve("352656100000017") == PEBBLE.address
    for form in (PEBBLE.address, PEBBLE.address.lower(), f"did:io:{PEBBLE.address.lower()}"):
        assert book.resolve(form) == PEBBLE.address


@pytest.mark.parametrize("name", ["", "352656100000018", "0x12", "0x" + "g" * 40, "x" * 500, "\ud800", "+", "a/b"])
def test_a_strange_name_stays_as_it_is(name):
    assert parse_device_book(TOML.encode()).resolve(name) == name


def test_json_says_the_same():
    record = {"format": "andel-devices/1", "devices": [{"public_key": "0x" + PEBBLE.public_key.hex(), "id": "a"}]}
    assert parse_device_book(json.dumps(record).encode()).resolve("a") == PEBBLE.address


def with_devices(*devices):
    return json.dumps({"format": "andel-devices/1", "devices": list(devices)}).encode()


KEY = PEBBLE.public_key.hex()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not a devices file"),
        (b"\xff", "neither TOML nor JSON"),
        (b"[" * 5_000, "neither TOML nor JSON"),
        (b'{"devices":' + b"[" * 500_000, "neither TOML nor JSON"),
        (b'{"format": "andel-devices/2"}', "not a devices file"),
        (b'{"format": "andel-devices/1", "more": 1}', "not a devices file"),
        (b'{"format": "andel-devices/1", "devices": {}}', "devices is not a list"),
        (with_devices(5), "device 1: not a table"),
        (with_devices({}), "device 1: not a public key"),
        (with_devices({"public_key": "05" * 33}), "device 1: not a public key"),
        (with_devices({"public_key": KEY}, {"public_key": KEY}), "device 2: .*twice"),
        (with_devices({"public_key": KEY, "id": "a"}, {"public_key": P256.public_key.hex(), "id": "a"}), "2: a stands"),
        (with_devices({"public_key": KEY, "id": "a/b"}), "unusable id"),
        (with_devices({"public_key": KEY, "id": OWNER}), "unusable id"),
        (with_devices({"public_key": KEY, "owner": "me"}), "not an address"),
        (with_devices({"public_key": KEY, "revoked": "no"}), "unusable field 'revoked'"),
        (with_devices({"public_key": KEY, "epoch": "1999-01"}), "unusable epoch '1999-01'"),
        (with_devices({"public_key": KEY, "secret": "x"}), "unusable field 'secret'"),
        (b" " * (16 * 1024 * 1024 + 1), "at most"),
    ],
)
def test_a_wrong_book_is_refused_with_the_place(data, told):
    with pytest.raises(InputError, match=told):
        parse_device_book(data)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(data):
    for start in (b"", b"{", b'format = "andel-devices/1"\n'):
        try:
            parse_device_book(start + data)
        except InputError:
            pass


def test_a_file_is_named_when_it_is_missing_or_wrong(tmp_path):
    path = tmp_path / "devices.toml"
    with pytest.raises(SettingsError, match=r"devices\.toml cannot be read"):
        load_device_book(path)
    path.write_text("x")
    with pytest.raises(SettingsError, match=r"devices\.toml: neither TOML nor JSON"):
        load_device_book(path)
