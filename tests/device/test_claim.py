"""A claim as people bring it: text forms, keys found from addresses, and nothing believed that was not signed."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.device.claim import MAX_CLAIM_BYTES, package_in, read_claim
from andel.device.did import NamedDevice
from andel.device.pebble import sign_confirmation
from andel.device.reading import PacketRefused
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import AccountKey, Curve, DeviceKey, address_bytes, derive_secret, verify_signature
from andel.p256 import ORDER

OWNER = AccountKey(derive_secret(b"claim owner")).address
PEBBLE = DeviceKey(derive_secret(b"claim"))
STATION = DeviceKey(derive_secret(b"claim"), Curve.P256)
TIME = 1_700_000_000
PACKAGE = sign_confirmation(PEBBLE, OWNER, TIME)


@pytest.mark.parametrize(
    "data",
    [
        PACKAGE,
        base64.b64encode(PACKAGE),
        base64.b64encode(PACKAGE) + b"\n",
        PACKAGE.hex().encode(),
        b"0x" + PACKAGE.hex().upper().encode() + b"\r\n",
    ],
)
def test_every_text_form_gives_the_package(data):
    assert package_in(data) == PACKAGE


def test_a_long_text_is_not_looked_at():
    with pytest.raises(InputError, match="over 1024"):
        package_in(b"a" * (MAX_CLAIM_BYTES + 1))


def test_the_key_of_a_pebble_follows_from_its_signature():
    confirmation, key = read_claim(PACKAGE, NamedDevice(PEBBLE.address))
    assert key == PEBBLE.public_key and len(confirmation.signature) == 65
    assert (confirmation.device, confirmation.owner, confirmation.timestamp) == (PEBBLE.address, OWNER, TIME)
    assert read_claim(PACKAGE, NamedDevice(PEBBLE.address, PEBBLE.public_key)) == (confirmation, key)


def test_a_p256_claim_comes_with_the_key_and_gets_a_low_s():
    package = sign_confirmation(STATION, OWNER, TIME)
    confirmation, key = read_claim(package, NamedDevice(STATION.address, STATION.public_key))
    assert key == STATION.public_key and confirmation.device == STATION.address
    assert len(confirmation.signature) == 64 and int.from_bytes(confirmation.signature[32:], "big") <= ORDER // 2
    digest = sha256(address_bytes(OWNER), TIME.to_bytes(4, "big"))
    assert verify_signature(digest, confirmation.signature, key)
    with pytest.raises(PacketRefused, match="no key of") as refusal:
        read_claim(package, NamedDevice(STATION.address))
    assert "p256:" in refusal.value.hint


def test_another_device_did_not_sign_it():
    with pytest.raises(PacketRefused, match="no key of"):
        read_claim(PACKAGE, NamedDevice(STATION.address))
    with pytest.raises(PacketRefused, match="bad|not the device's"):
        read_claim(PACKAGE, NamedDevice(STATION.address, STATION.public_key))


@given(st.binary(max_size=200))
def test_whatever_the_bytes_only_our_errors_are_raised(data):
    for device in (NamedDevice(PEBBLE.address), NamedDevice(PEBBLE.address, PEBBLE.public_key)):
        with pytest.raises(PacketRefused):
            read_claim(package_in(data), device)
