"""Keys: devices sign as firmware does, accounts as contracts expect, and no secret shows."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import (
    CURVE_ORDER,
    AccountKey,
    DeviceKey,
    address_bytes,
    address_of_public_key,
    derive_secret,
    parse_address,
    recover_address,
    recover_device,
    recoverable_signature,
    verify_signature,
)

secrets = st.integers(1, CURVE_ORDER - 1).map(lambda number: number.to_bytes(32, "big"))
digests = st.binary(min_size=32, max_size=32)


def high_s(signature):
    s = int.from_bytes(signature[32:64], "big")
    return signature[:32] + (CURVE_ORDER - s).to_bytes(32, "big") + signature[64:]


@settings(max_examples=25, deadline=None)
@given(secrets, digests)
def test_an_account_agrees_with_eth_account(secret, digest):
    ours, theirs = AccountKey(secret), Account.from_key(secret)
    signature = ours.sign_digest(digest)
    assert ours.address == theirs.address
    assert signature == theirs.unsafe_sign_hash(digest).signature
    assert recover_address(digest, signature) == ours.address
    assert int.from_bytes(signature[32:64], "big") <= CURVE_ORDER // 2


@settings(max_examples=25, deadline=None)
@given(secrets, st.binary(max_size=200))
def test_a_device_signature_verifies_under_openssl(secret, message):
    key = DeviceKey(secret)
    signature = key.sign_sha256(message)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), key.public_key)
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    public.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))


@settings(max_examples=50, deadline=None)
@given(secrets, digests, digests)
def test_a_signature_verifies_with_low_and_high_s_and_for_its_digest_only(secret, message, other):
    key = DeviceKey(secret)
    digest = hashlib.sha256(message).digest()
    signature = key.sign_sha256(message)
    for form in (signature, high_s(signature)):
        assert verify_signature(digest, form, key.public_key)
        assert key.address in recover_device(digest, form)
        assert not verify_signature(other, form, key.public_key)
        contract_form = recoverable_signature(digest, form, key.address)
        assert recover_address(digest, contract_form) == key.address


@given(digests)
def test_an_account_signature_with_high_s_is_refused(digest):
    key = AccountKey(derive_secret(b"owner"))
    signature = high_s(key.sign_digest(digest))
    with pytest.raises(InputError, match="high s"):
        recover_address(digest, signature[:64] + bytes([55 - signature[64]]))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=70))
def test_hostile_signatures_are_false_or_refused(digest, signature):
    key = DeviceKey(derive_secret(b"device"))
    assert verify_signature(digest, signature, key.public_key) is False
    assert len(recover_device(digest, signature)) <= 2
    for attempt in (
        lambda: recover_address(digest, signature),
        lambda: recoverable_signature(digest, signature, key.address),
    ):
        with pytest.raises(InputError):
            attempt()


def test_a_secret_for_a_place_is_the_same_after_a_restart_and_another_elsewhere():
    secret = derive_secret(b"validator")
    drawn = AccountKey(secret).secret_for(b"salt", "0x00/1/0")
    assert drawn == hashlib.sha256(b"salt" + secret + b"0x00/1/0").digest()
    others = (AccountKey(secret), b"salt", "0x00/1/1"), (AccountKey(derive_secret(b"other")), b"salt", "0x00/1/0")
    assert drawn not in {key.secret_for(purpose, place) for key, purpose, place in others}


@pytest.mark.parametrize("r", [0, 1, CURVE_ORDER - 1, CURVE_ORDER, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, CURVE_ORDER - 1, CURVE_ORDER, 2**256 - 1])
def test_numbers_at_the_edge_of_the_order_are_no_signature(r, s):
    key = DeviceKey(derive_secret(b"device"))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert not verify_signature(bytes(32), signature, key.public_key)
    with pytest.raises(InputError):
        recoverable_signature(bytes(32), signature, key.address)


def test_a_signature_of_another_device_has_no_recoverable_form():
    key, other = DeviceKey(derive_secret(b"one")), DeviceKey(derive_secret(b"two"))
    with pytest.raises(InputError):
        recoverable_signature(hashlib.sha256(b"m").digest(), key.sign_sha256(b"m"), other.address)


@given(st.binary(max_size=70))
def test_random_bytes_are_no_public_key(data):
    with pytest.raises(InputError):
        address_of_public_key(data[:32])
    with pytest.raises(InputError):
        verify_signature(bytes(32), bytes(64), data[:32])


def test_compressed_and_full_forms_of_a_public_key_have_one_address():
    key = DeviceKey(derive_secret(b"device"))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), key.public_key)
    numbers = public.public_numbers()
    full = b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    assert address_of_public_key(full) == address_of_public_key(key.public_key) == key.address
    assert address_bytes(key.address) == keccak(full[1:])[12:]


@pytest.mark.parametrize("secret", [b"", bytes(32), CURVE_ORDER.to_bytes(32, "big"), b"\xff" * 32, b"1" * 31])
@pytest.mark.parametrize("kind", [AccountKey, DeviceKey])
def test_a_secret_outside_the_order_is_refused(kind, secret):
    with pytest.raises(InputError):
        kind(secret)


@settings(max_examples=20, deadline=None)
@given(secrets)
def test_no_secret_shows_in_a_repr_or_an_error(secret):
    for key in (AccountKey(secret), DeviceKey(secret)):
        shown = repr(key) + str(key) + f"{key}"
        assert secret.hex() not in shown and repr(secret) not in shown


@given(st.binary(min_size=20, max_size=20))
def test_an_address_is_read_in_any_case(raw):
    address = parse_address(raw.hex())
    assert address_bytes(address) == raw
    assert parse_address(address.lower()) == parse_address("0x" + raw.hex().upper()) == address


@pytest.mark.parametrize("text", ["", "0x", "0x12", "0x" + "g" * 40, "0x" + "1" * 39, "0x" + "1" * 41, "é" * 40])
def test_what_is_no_address_is_refused(text):
    with pytest.raises(InputError):
        parse_address(text)


def test_derived_secrets_differ_by_every_part_of_their_path():
    made = {derive_secret(b"s", *path) for path in ((), ("a",), ("b",), ("a", 1), ("a", 2), (1,), ("a", "b", 1))}
    assert len(made) == 7
