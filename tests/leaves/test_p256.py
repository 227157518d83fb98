"""P-256: what OpenSSL, the NIST vectors' curve and our contracts agree on; a key says itself that it is one."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from hypothesis import given, settings
from hypothesis import strategies as st

from andel import p256
from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import Curve, DeviceKey, address_of_public_key, checksummed, curve_of, verify_signature

secrets = st.integers(1, p256.ORDER - 1).map(lambda number: number.to_bytes(32, "big"))


@settings(max_examples=25, deadline=None)
@given(secrets, st.binary(max_size=200))
def test_a_device_signature_verifies_under_openssl_and_has_low_s(secret, message):
    key = DeviceKey(secret, Curve.P256)
    signature = key.sign_sha256(message)
    assert signature == key.sign_sha256(message)
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public_key[2:])
    public.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    assert s <= p256.ORDER // 2


@settings(max_examples=25, deadline=None)
@given(secrets, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_it_verifies_with_low_and_high_s_and_for_its_digest_only(secret, digest, other):
    key = DeviceKey(secret, Curve.P256)
    signature = p256.sign_digest(secret, digest)
    high = signature[:32] + (p256.ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    assert verify_signature(digest, signature, key.public_key) and verify_signature(digest, high, key.public_key)
    assert p256.low_s(high) == p256.low_s(signature) == signature
    assert verify_signature(other, signature, key.public_key) == (other == digest)


@pytest.mark.parametrize("half", [slice(0, 32), slice(32, 64)])
def test_a_signature_verifies_whose_r_or_s_is_shorter_than_its_field(half):
    secret = bytes([7] * 32)
    public_key = DeviceKey(secret, Curve.P256).public_key
    digests = (hashlib.sha256(bytes([number // 256, number % 256])).digest() for number in range(65_536))
    signed = ((digest, p256.sign_digest(secret, digest)) for digest in digests)
    digest, signature = next(pair for pair in signed if pair[1][half][0] == 0)
    assert p256.verify(digest, signature, public_key)
    assert not p256.verify(digest, signature[:-1] + bytes([signature[-1] ^ 1]), public_key)


def test_the_key_of_rfc_6979_gives_its_signature():
    """RFC 6979, A.2.5, P-256 with SHA-256, message "sample"; its s is folded to the low one."""
    secret = bytes.fromhex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
    r = "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    s = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
    expected = bytes.fromhex(r) + (p256.ORDER - s).to_bytes(32, "big")
    assert p256.sign_digest(secret, hashlib.sha256(b"sample").digest()) == expected


def test_a_key_tells_its_curve_and_its_address_follows_from_the_point():
    secret = bytes([1] * 32)
    key, other = DeviceKey(secret, Curve.P256), DeviceKey(secret)
    assert (curve_of(key.public_key), curve_of(other.public_key)) == (Curve.P256, Curve.SECP256K1)
    point = p256.point_of(key.public_key)
    assert key.address == address_of_public_key(key.public_key) == checksummed(keccak(point)[12:]) != other.address
    assert p256.public_key_of_point(point) == key.public_key


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), b"\xff" * 64, bytes(65)])
def test_what_is_no_signature_does_not_verify(signature):
    assert not p256.verify(bytes(32), signature, DeviceKey(bytes([1] * 32), Curve.P256).public_key)


@pytest.mark.parametrize("key", [b"", p256.MULTICODEC, p256.MULTICODEC + b"\x02" + b"\xff" * 32, bytes(35)])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(InputError):
        p256.verify(bytes(32), bytes(64), key)


@pytest.mark.parametrize("secret", [bytes(32), b"\xff" * 32, b"\x01"])
def test_what_is_no_secret_is_refused_without_being_shown(secret):
    with pytest.raises(InputError, match="inside the order of P-256") as refused:
        DeviceKey(secret, Curve.P256)
    assert secret.hex() not in str(refused.value)


def test_a_point_off_the_curve_is_refused():
    with pytest.raises(InputError):
        p256.public_key_of_point(bytes(63) + b"\x01")
