"""Sealed objects: bytes that only named readers can open (HPKE, RFC 9180, X25519 / HKDF-SHA-256 / AES-128-GCM).

The object is encrypted once under a fresh key; that key is sealed to each reader. A reader's X25519 key comes
from its account's secret by HKDF under its own label, so an operator keeps one secret; the public half stands
on chain beside the operator's account.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from andel.errors import InputError
from andel.keys import AccountKey

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
_INFO = b"andel sealed object 1"
_TAG = b"andel-sealed/1\x00"
_WRAPPED_BYTES = 32 + 16 + 16  # encapsulated key, content key, tag
_MAX_READERS = 255


def sealing_key(account: AccountKey) -> X25519PrivateKey:
    """The account's X25519 key, derived from its secret."""
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"andel sealing key 1").derive(account.secret_bytes())
    return X25519PrivateKey.from_private_bytes(derived)


def sealing_public_key(account: AccountKey) -> bytes:
    """The 32 public bytes of the account's sealing key, as they stand on chain."""
    return sealing_key(account).public_key().public_bytes_raw()


def seal(plaintext: bytes, readers: Sequence[bytes], content_key: bytes) -> bytes:
    """`plaintext` sealed to `readers` (32-byte X25519 public keys) under a fresh random 16-byte `content_key`.

    A content key must never be used for two objects (the nonce is fixed).
    """
    if not 0 < len(readers) <= _MAX_READERS or len(content_key) != 16:
        raise InputError(f"sealing takes 1 to {_MAX_READERS} readers and a key of 16 bytes")
    try:
        keys = [X25519PublicKey.from_public_bytes(reader) for reader in readers]
        wrapped = b"".join(_SUITE.encrypt(content_key, key, info=_INFO) for key in keys)
    except ValueError as error:
        raise InputError("a reader's public key is no usable X25519 key") from error
    return _TAG + bytes([len(readers)]) + wrapped + AESGCM(content_key).encrypt(bytes(12), plaintext, _TAG)


def unseal(data: bytes, account: AccountKey) -> bytes:
    """The plaintext of a sealed object, for one of its readers.

    Raises InputError when the bytes are no sealed object, were altered, or `account` is not a reader.
    """
    start = len(_TAG) + 1
    end = start + data[len(_TAG)] * _WRAPPED_BYTES if data.startswith(_TAG) and len(data) > start else 0
    if not end or len(data) < end:
        raise InputError("not a sealed object")
    key = sealing_key(account)
    for offset in range(start, end, _WRAPPED_BYTES):
        try:
            content_key = _SUITE.decrypt(data[offset : offset + _WRAPPED_BYTES], key, info=_INFO)
        except InvalidTag:
            continue
        try:
            return AESGCM(content_key).decrypt(bytes(12), data[end:], _TAG)
        except InvalidTag as error:
            raise InputError("the sealed object was altered") from error
    raise InputError(f"{account.address} is not among the readers of this sealed object")
