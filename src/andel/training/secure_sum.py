"""Masks of a secure sum mod 2**64: how they are drawn from keys, cancel in a group's sum, and come back from shares.

After Bonawitz et al. 2017 ("Practical secure aggregation"). Each member adds a mask of its own and, for every other
member, one that the two agree on, added by whose address is lower and taken off by the other. A sum opens with the
survivors' own seeds and the drop-outs' mask seeds; never with both of one member. Takes keys, seeds and integers; gives
integers, the same for everybody. X25519, HKDF, ChaCha20 and AES-GCM are `cryptography`'s, Shamir's sharing is
PyCryptodome's. Never draws a seed, never knows a network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations, islice
from typing import Final

import numpy as np
import numpy.typing as npt
from Crypto.Protocol.SecretSharing import Shamir
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.units import Address, Digest

SEED_BYTES: Final = 16
"""Length of a seed: what Shamir's sharing over 128 bits takes in one piece."""

Words = npt.NDArray[np.uint64]
Share = tuple[int, bytes]
"""(which share, its 16 bytes)."""

_SHARES_BYTES: Final = 1 + 2 * SEED_BYTES
_TRIES: Final = 64


def mask_key(seed: bytes) -> X25519PrivateKey:
    """The key by which a member agrees on masks, from its mask seed."""
    return X25519PrivateKey.from_private_bytes(_derive(seed, b"andel mask key 1"))


def seed_hash(seed: bytes) -> Digest:
    """What a member signs of its own seed beforehand, so that nobody can open another."""
    return sha256(b"andel own mask seed 1", seed)


def own_mask(seed: bytes, binding: Digest, contributor: Address, count: int) -> Words:
    """A member's own mask (count,), in the round that `binding` (the plan's hash) names."""
    return _stream(_derive(seed, b"andel own mask 1", binding, address_bytes(contributor)), count)


def pair_mask(
    key: X25519PrivateKey, other_key: bytes, binding: Digest, pair: tuple[Address, Address], count: int
) -> Words:
    """What the first of `pair` adds to its update for the second (count,); the second adds the negative of it.

    `key` is either's, `other_key` the other's public bytes. Raises InputError for a key that is none.
    """
    first, second = map(address_bytes, pair)
    low, high = sorted((first, second))
    stream = _stream(_derive(_agreed(key, other_key), b"andel pair mask 1", binding, low, high), count)
    return stream if first == low else -stream


def split(secret: bytes, threshold: int, count: int) -> list[Share]:
    """Shares 1 to `count` of a seed; any `threshold` of them give it back, fewer tell nothing."""
    return [(number, bytes(share)) for number, share in Shamir.split(threshold, count, secret, ssss=False)]


def combined(shares: Sequence[Share], threshold: int, is_right: Callable[[bytes], bool]) -> bytes:
    """The seed that `is_right`, behind shares of which some may be false.

    Raises InputError when no choice of them gives it, of those that are tried.
    """
    for chosen in islice(combinations(sorted(shares), threshold), _TRIES):
        try:
            seed = bytes(Shamir.combine(list(chosen), ssss=False))
        except ValueError:
            continue
        if is_right(seed):
            return seed
    raise InputError(f"{len(shares)} shares do not give the seed back; {threshold} true ones are needed")


def is_seed(seed: bytes, expected: Digest, public: bytes = b"") -> bool:
    """Whether a seed is the one that was signed for: an own seed by its hash, a mask seed by its `public` key."""
    if len(seed) != SEED_BYTES:
        return False
    return mask_key(seed).public_key().public_bytes_raw() == public if public else seed_hash(seed) == expected


def seal_shares(
    key: X25519PrivateKey, other_key: bytes, binding: Digest, pair: tuple[Address, Address], shares: tuple[Share, Share]
) -> bytes:
    """Shares of (own seed, mask seed) from the first of `pair` to the second. Raises InputError for a key that is none.

    The keys are of this round only and seal one message each way, so the nonce may be fixed.
    """
    (number, own), (_, masked) = shares
    return AESGCM(_share_key(key, other_key, binding, pair)).encrypt(bytes(12), bytes([number]) + own + masked, None)


def open_shares(
    key: X25519PrivateKey, other_key: bytes, binding: Digest, pair: tuple[Address, Address], data: bytes
) -> tuple[Share, Share]:
    """What `seal_shares` sealed; `key` is the second's. Raises InputError for anything else."""
    try:
        plain = AESGCM(_share_key(key, other_key, binding, pair)).decrypt(bytes(12), data, None)
    except InvalidTag as error:
        raise InputError(f"{pair[0]}'s shares are not sealed to {pair[1]}, or were altered") from error
    if len(plain) != _SHARES_BYTES:
        raise InputError(f"{pair[0]}'s shares are not of {_SHARES_BYTES} bytes")
    return (plain[0], plain[1 : 1 + SEED_BYTES]), (plain[0], plain[1 + SEED_BYTES :])


def _share_key(key: X25519PrivateKey, other_key: bytes, binding: Digest, pair: tuple[Address, Address]) -> bytes:
    return _derive(_agreed(key, other_key), b"andel share key 1", binding, *map(address_bytes, pair))


def _agreed(key: X25519PrivateKey, other_key: bytes) -> bytes:
    try:
        return key.exchange(X25519PublicKey.from_public_bytes(other_key))
    except ValueError as error:
        raise InputError("a member's public key is no usable X25519 key") from error


def _derive(secret: bytes, *info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"\x00".join(info)).derive(secret)


def _stream(key: bytes, count: int) -> Words:
    """`count` words of ChaCha20's stream, little-endian."""
    encryptor = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor()
    return np.frombuffer(encryptor.update(bytes(8 * count)), dtype="<u8").astype(np.uint64)
