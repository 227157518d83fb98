"""Keys: accounts, which sign digests for contracts, and devices, which sign bytes as firmware does.

The only place besides `typed_data` that touches the curve library. Secrets never appear in a repr, a log or an
error. Device signatures are 64 bytes r‖s with any s (some firmware emits high s); account signatures are
65 bytes r‖s‖v with low s and v of 27 or 28, as contracts expect. Accounts are on secp256k1; a device is on secp256k1
(a public key in any SEC 1 form) or on P-256 (`p256` has the form, which tells itself apart).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from coincurve import PrivateKey, PublicKey
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from eth_utils.address import to_checksum_address

from andel import p256
from andel.errors import InputError
from andel.hashing import keccak, sha256
from andel.units import Address

CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

_CONTEXT: Final = GLOBAL_CONTEXT.ctx
_NEW_SIGNATURE: Final = ffi.new
_SIGNATURE_TYPE: Final = ffi.typeof("secp256k1_ecdsa_signature *")
_PARSE: Final = lib.secp256k1_ecdsa_signature_parse_compact
_NORMALISE: Final = lib.secp256k1_ecdsa_signature_normalize
_VERIFY: Final = lib.secp256k1_ecdsa_verify


class Curve(StrEnum):
    """The curves that a device may sign with."""

    SECP256K1 = "secp256k1"
    P256 = "P-256"


class AccountKey:
    """The key of an account: owner, operator, contributor."""

    __slots__ = ("_key", "address")

    def __init__(self, secret: bytes) -> None:
        """Raises InputError unless `secret` is 32 bytes inside the curve's order."""
        self._key = _private_key(secret)
        self.address = address_of_public_key(self._key.public_key.format(compressed=False))

    def sign_digest(self, digest: bytes) -> bytes:
        """65 bytes r‖s‖v over a 32-byte digest, low s, v of 27 or 28 (deterministic, RFC 6979)."""
        signature = self._key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes([signature[64] + 27])

    def secret_bytes(self) -> bytes:
        """The 32 secret bytes, for writing a key file or deriving another key; never print them."""
        return self._key.secret

    def secret_for(self, purpose: bytes, place: str) -> bytes:
        """32 bytes that only the key's holder can tell, the same ones each time: for one purpose at one place."""
        return sha256(purpose, self.secret_bytes(), place.encode())

    def __repr__(self) -> str:
        return f"AccountKey({self.address})"


class DeviceKey:
    """The key inside a device; signs SHA-256 of the bytes it is given."""

    __slots__ = ("_secret", "_signer", "address", "public_key")

    def __init__(self, secret: bytes, curve: Curve = Curve.SECP256K1) -> None:
        """Raises InputError unless `secret` is 32 bytes inside the curve's order."""
        self._secret = secret
        self._signer = _private_key(secret) if curve == Curve.SECP256K1 else None
        self.public_key: bytes = (
            self._signer.public_key.format(compressed=True) if self._signer else p256.public_key_of(secret)
        )
        self.address = address_of_public_key(self.public_key)

    def sign_sha256(self, message: bytes) -> bytes:
        """64 bytes r‖s over SHA-256 of `message`, low s (deterministic, RFC 6979)."""
        if self._signer is None:
            return p256.sign_digest(self._secret, sha256(message))
        return self._signer.sign_recoverable(message)[:64]

    def __repr__(self) -> str:
        return f"DeviceKey({self.address})"


def curve_of(public_key: bytes) -> Curve:
    """The curve that a public key is of; nothing is said of its being a point."""
    return Curve.P256 if p256.is_p256(public_key) else Curve.SECP256K1


def address_of_public_key(public_key: bytes) -> Address:
    """The address (keccak256(X‖Y)[12:], checksummed) of a public key, on either curve.

    Raises InputError when the bytes are no point of the curve.
    """
    if p256.is_p256(public_key):
        return checksummed(keccak(p256.point_of(public_key))[12:])
    return _address(_public_key(public_key))


def compressed(public_key: bytes) -> bytes:
    """A public key in the form that lists and objects name it in: 33 bytes, on P-256 35 (`p256`).

    Raises InputError when the bytes are no point of the curve.
    """
    if p256.is_p256(public_key):
        return p256.public_key_of_point(p256.point_of(public_key))
    return _public_key(public_key).format(compressed=True)


def verify_signature(digest: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether r‖s (64 bytes, high or low s) is `public_key`'s over the 32-byte `digest`.

    Raises InputError when the key is no point of the curve.
    """
    return verify_signatures([(digest, signature, public_key)])[0]


def verify_signatures(signed: Iterable[tuple[bytes, bytes, bytes]]) -> list[bool]:
    """What `verify_signature` says of each (digest, signature, public key), or raises; made for many at once."""
    # straight to the library: coincurve takes DER only, and writing and parsing that costs 4 % of a verify
    found = _NEW_SIGNATURE(_SIGNATURE_TYPE)  # one for all of this call, and for no other: threads verify side by side
    verdicts = []
    for digest, signature, public_key in signed:
        key, on_p256 = _library_key(public_key)
        if on_p256:
            verdicts.append(p256.verify_with(key, digest, signature))
        # the library reads that many bytes, whatever it is given
        elif len(signature) != 64 or len(digest) != 32 or not _PARSE(_CONTEXT, found, signature):
            verdicts.append(False)
        else:
            if signature[32] > 0x7E:  # it verifies low s only; a high s is the same signature from the other side
                _NORMALISE(_CONTEXT, found, found)
            verdicts.append(_VERIFY(_CONTEXT, found, digest, key) == 1)
    return verdicts


def recover_address(digest: bytes, signature: bytes) -> Address:
    """The account whose 65-byte r‖s‖v over `digest` this is.

    Raises InputError when the signature has another form, a high s, or no key fits.
    """
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise InputError("signature is not 65 bytes r‖s‖v with v of 27 or 28")
    if int.from_bytes(signature[32:64], "big") > CURVE_ORDER // 2:
        raise InputError("signature has a high s; contracts refuse it", "normalise s and flip v")
    return _recover(digest, signature[:64], signature[64] - 27)


def recover_device(digest: bytes, signature: bytes) -> tuple[Address, ...]:
    """The addresses (at most two) that could have made r‖s over `digest`; device packets carry no v."""
    return tuple(address_of_public_key(key) for key in recover_device_keys(digest, signature))


def recover_device_keys(digest: bytes, signature: bytes) -> tuple[bytes, ...]:
    """The compressed secp256k1 keys (at most two) that could have made r‖s over `digest`."""
    found = []
    for recovery_id in (0, 1):
        try:
            found.append(_recover_key(digest, signature, recovery_id).format(compressed=True))
        except InputError:
            continue
    return tuple(found)


def recoverable_signature(digest: bytes, signature: bytes, device: Address) -> bytes:
    """A device's r‖s as the 65 bytes that a contract can recover `device` from: low s, v of 27 or 28.

    Raises InputError when `device` did not make it.
    """
    s = int.from_bytes(signature[32:64], "big")
    if len(signature) != 64 or not 0 < s < CURVE_ORDER:
        raise InputError(f"the signature is not {device}'s")
    low = signature[:32] + min(s, CURVE_ORDER - s).to_bytes(32, "big")
    for recovery_id in (0, 1):
        try:
            if _recover(digest, low, recovery_id) == device:
                return low + bytes([27 + recovery_id])
        except InputError:
            continue
    raise InputError(f"the signature is not {device}'s")


def address_bytes(address: str) -> bytes:
    """The 20 bytes of an address. Raises InputError when it is none."""
    try:
        raw = bytes.fromhex(address.removeprefix("0x"))
    except ValueError as error:
        raise InputError(f"not an address: {address[:80]!r}") from error
    if len(raw) != 20:
        raise InputError(f"not an address: {address[:80]!r}")
    return raw


@lru_cache(maxsize=65_536)
def checksummed(raw: bytes) -> Address:
    """The EIP-55 text of a 20-byte address."""
    return Address(to_checksum_address(raw))


def parse_address(text: str) -> Address:
    """An address written in any case, checksummed. Raises InputError when it is none."""
    return checksummed(address_bytes(text))


def derive_secret(seed: bytes, *path: str | int) -> bytes:
    """A 32-byte secret for tests and simulations: SHA-256 of `seed` and a path, inside the curve's order."""
    digest = sha256(seed, *(f"/{part}".encode() for part in path))
    return (int.from_bytes(digest, "big") % (CURVE_ORDER - 1) + 1).to_bytes(32, "big")


def _private_key(secret: bytes) -> PrivateKey:
    if len(secret) != 32 or not 0 < int.from_bytes(secret, "big") < CURVE_ORDER:
        raise InputError("a secret key is 32 bytes inside the order of secp256k1")
    return PrivateKey(secret)


@lru_cache(maxsize=65_536)
def _library_key(public_key: bytes) -> tuple[Any, bool]:
    """The key as its curve's library takes it, and whether that curve is P-256."""
    if p256.is_p256(public_key):
        return p256.library_key(public_key), True
    return _public_key(public_key).public_key, False


@lru_cache(maxsize=65_536)
def _public_key(data: bytes) -> PublicKey:
    # parsing a key costs as much as a sixth of a verify, and a device keeps its key
    try:
        return PublicKey(data)
    except ValueError as error:
        raise InputError(f"not a secp256k1 public key: {data[:33].hex()}") from error


def _address(key: PublicKey) -> Address:
    return checksummed(keccak(key.format(compressed=False)[1:])[12:])


@lru_cache(maxsize=1 << 15)  # a round's signatures are looked at when they come, when data is proven, and to settle
def _recover(digest: bytes, signature: bytes, recovery_id: int) -> Address:
    return _address(_recover_key(digest, signature, recovery_id))


def _recover_key(digest: bytes, signature: bytes, recovery_id: int) -> PublicKey:
    try:
        return PublicKey.from_signature_and_message(signature + bytes([recovery_id]), digest, hasher=None)
    except Exception as error:  # coincurve raises a bare Exception when no point fits
        raise InputError("no key fits the signature") from error
