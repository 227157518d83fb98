"""ECDSA over NIST P-256, on OpenSSL: what devices without secp256k1 sign with.

A public key is the multicodec prefix `p256-pub` (two bytes, 80 24) and the compressed point (33 bytes), as in W3C
Multikey: 35 bytes that say which curve they are of, beside the bare SEC 1 bytes of secp256k1 in `andel.keys`.
Signatures are r‖s, 64 bytes; verifying takes any s, signing gives a low one, as contracts expect.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from andel.errors import InputError

MULTICODEC: Final = bytes.fromhex("8024")
"""The varint of 0x1200, `p256-pub` in the multicodec table."""

ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

_ECDSA = ec.ECDSA(Prehashed(SHA256()))
_DETERMINISTIC = ec.ECDSA(Prehashed(SHA256()), deterministic_signing=True)


def is_p256(public_key: bytes) -> bool:
    """Whether the bytes say of themselves that they are a P-256 key."""
    return public_key[:2] == MULTICODEC


def public_key_of(secret: bytes) -> bytes:
    """The 35-byte public key of a secret. Raises InputError unless it is 32 bytes inside the curve's order."""
    return MULTICODEC + _private_key(secret).public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def public_key_of_point(point: bytes) -> bytes:
    """The 35-byte public key of X‖Y (64 bytes). Raises InputError when that is no point of the curve."""
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + point)
    except ValueError as error:
        raise InputError(f"not a point of P-256: {point[:64].hex()}") from error
    return MULTICODEC + key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def point_of(public_key: bytes) -> bytes:
    """X‖Y, 64 bytes. Raises InputError when the bytes are no P-256 key."""
    return library_key(public_key).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]


def sign_digest(secret: bytes, digest: bytes) -> bytes:
    """r‖s over a 32-byte digest, low s (deterministic, RFC 6979). Raises InputError for a bad secret."""
    r, s = decode_dss_signature(_private_key(secret).sign(digest, _DETERMINISTIC))
    return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


def low_s(signature: bytes) -> bytes:
    """The form of r‖s with the lower s, which verifies as well."""
    s = int.from_bytes(signature[32:], "big")
    return signature[:32] + min(s, ORDER - s).to_bytes(32, "big") if 0 < s < ORDER else signature


def verify(digest: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether r‖s (64 bytes, any s) is `public_key`'s over the 32-byte digest.

    Raises InputError when the key is none.
    """
    return verify_with(library_key(public_key), digest, signature)


def verify_with(key: ec.EllipticCurvePublicKey, digest: bytes, signature: bytes) -> bool:
    """As `verify`, with a key that `library_key` gave."""
    if len(signature) != 64:
        return False
    try:
        key.verify(_der(signature), digest, _ECDSA)
    except InvalidSignature:
        return False
    return True


def _der(signature: bytes) -> bytes:
    # by hand in a quarter of the time that two integers and `encode_dss_signature` take
    r_first, s_first = signature[0], signature[32]
    if r_first and s_first:  # two integers of full length, before each a zero byte where it would read as negative
        head, between = _DER_FRAMES[r_first > 127, s_first > 127]
        return head + signature[:32] + between + signature[32:]
    return encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


_DER_FRAMES: Final = {
    (False, False): (b"\x30\x44\x02\x20", b"\x02\x20"),
    (False, True): (b"\x30\x45\x02\x20", b"\x02\x21\0"),
    (True, False): (b"\x30\x45\x02\x21\0", b"\x02\x20"),
    (True, True): (b"\x30\x46\x02\x21\0", b"\x02\x21\0"),
}
"""What DER has before r and between r and s, by whether each begins with a set bit."""


@lru_cache(maxsize=65_536)
def library_key(data: bytes) -> ec.EllipticCurvePublicKey:
    """OpenSSL's form of a 35-byte public key, for `verify_with`. Raises InputError when the bytes are no P-256 key."""
    # a compressed point costs a square root, and a device keeps its key
    if len(data) != 35 or not is_p256(data):
        raise InputError(f"not a P-256 public key of 35 bytes: {data[:35].hex()}")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data[2:])
    except ValueError as error:
        raise InputError(f"not a P-256 public key: {data[:35].hex()}") from error


def _private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(secret, "big")
    if len(secret) != 32 or not 0 < number < ORDER:
        raise InputError("a secret key is 32 bytes inside the order of P-256")
    return ec.derive_private_key(number, ec.SECP256R1())
