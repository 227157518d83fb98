"""Sealed objects: bytes that only named readers can open (HPKE, RFC 9180, X25519 / HKDF-SHA-256 / AES-128-GCM).

The object is encrypted once under a content key; that key is sealed to each reader. A reader's X25519 key comes
from its account's secret by HKDF under its own label, so an operator keeps one secret; the public half stands
on chain beside the operator's account.

Everything in a sealed object follows from its plaintext, its readers and its content key: also the ephemeral keys,
which come from the content key and the reader. So whoever opens an object can make it again, and knows that every
other reader opens it too and finds the same (`unseal_as_sealed_to`): readers that must agree on what they were sent
cannot be told different things. The content key alone has to be a secret of 128 bits.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac, hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from andel.errors import InputError
from andel.keys import AccountKey

_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
_INFO = b"andel sealed object 1"
_EPHEMERAL = b"andel sealed object 1, ephemeral key"
_TAG = b"andel-sealed/1\x00"
_KEM_ID = b"KEM\x00\x20"  # DHKEM(X25519, HKDF-SHA256), as RFC 9180 labels its derivations
_HPKE_ID = b"HPKE\x00\x20\x00\x01\x00\x01"
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
    """`plaintext` sealed to `readers` (32-byte X25519 public keys) under a secret 16-byte `content_key`.

    A content key must never be used for two objects (the nonce is fixed). Raises InputError.
    """
    if not 0 < len(readers) <= _MAX_READERS or len(content_key) != 16:
        raise InputError(f"sealing takes 1 to {_MAX_READERS} readers and a key of 16 bytes")
    try:
        wrapped = b"".join(_wrapped(content_key, reader) for reader in readers)
    except ValueError as error:
        raise InputError("a reader's public key is no usable X25519 key") from error
    return _TAG + bytes([len(readers)]) + wrapped + AESGCM(content_key).encrypt(bytes(12), plaintext, _TAG)


def is_sealed(data: bytes) -> bool:
    """Whether the bytes have the form of a sealed object; whether any reader opens it is not said."""
    return 0 < _end_of_keys(data) <= len(data)


def unseal(data: bytes, account: AccountKey) -> bytes:
    """The plaintext of a sealed object, for one of its readers.

    Raises InputError when the bytes are no sealed object, were altered, or `account` is not a reader.
    """
    return _opened(data, account)[0]


def unseal_as_sealed_to(data: bytes, account: AccountKey, readers: Sequence[bytes]) -> bytes:
    """The plaintext of an object that is sealed to exactly `readers`, of whom `account` is one, the same to each.

    What one reader gets by this, every other gets too; where one is refused, all are. Raises InputError.
    """
    plaintext, content_key = _opened(data, account)
    if seal(plaintext, readers, content_key) != data:
        raise InputError("the object is not sealed to these readers, the same to each")
    return plaintext


def _opened(data: bytes, account: AccountKey) -> tuple[bytes, bytes]:
    """(the plaintext, the content key)."""
    end = _end_of_keys(data)
    if not end or len(data) < end:
        raise InputError("not a sealed object")
    key = sealing_key(account)
    for offset in range(len(_TAG) + 1, end, _WRAPPED_BYTES):
        try:
            content_key = _SUITE.decrypt(data[offset : offset + _WRAPPED_BYTES], key, info=_INFO)
        except InvalidTag:
            continue
        try:
            return AESGCM(content_key).decrypt(bytes(12), data[end:], _TAG), content_key
        except (InvalidTag, ValueError) as error:
            raise InputError("the sealed object was altered") from error
    raise InputError(f"{account.address} is not among the readers of this sealed object")


def _end_of_keys(data: bytes) -> int:
    """Where the wrapped keys of a sealed object end; 0 for bytes that are none."""
    start = len(_TAG) + 1
    return start + data[len(_TAG)] * _WRAPPED_BYTES if data.startswith(_TAG) and len(data) > start else 0


def _wrapped(content_key: bytes, reader: bytes) -> bytes:
    """HPKE's base mode (RFC 9180, section 5.1.1) of `content_key`, with an ephemeral key that follows from it.

    `cryptography` draws the ephemeral key itself and tells nobody, so that half is done here; it opens the result.
    """
    ephemeral = HKDF(hashes.SHA256(), 32, salt=None, info=_EPHEMERAL + reader).derive(content_key)
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    encapsulated = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(reader))
    context = encapsulated + reader
    secret = _expand(_KEM_ID, _extract(_KEM_ID, b"", b"eae_prk", shared), b"shared_secret", context, 32)
    schedule = b"\x00" + _extract(_HPKE_ID, b"", b"psk_id_hash", b"") + _extract(_HPKE_ID, b"", b"info_hash", _INFO)
    prk = _extract(_HPKE_ID, secret, b"secret", b"")
    key, nonce = (_expand(_HPKE_ID, prk, name, schedule, size) for name, size in ((b"key", 16), (b"base_nonce", 12)))
    return encapsulated + AESGCM(key).encrypt(nonce, content_key, b"")


def _extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
    """RFC 9180's LabeledExtract."""
    extracted = hmac.HMAC(salt or bytes(32), hashes.SHA256())
    extracted.update(b"HPKE-v1" + suite + label + secret)
    return extracted.finalize()


def _expand(suite: bytes, prk: bytes, label: bytes, context: bytes, size: int) -> bytes:
    """RFC 9180's LabeledExpand."""
    info = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
    return HKDFExpand(hashes.SHA256(), size, info).derive(prk)
