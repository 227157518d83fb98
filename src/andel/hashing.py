"""The two hash functions of the protocol: SHA-256 for evidence, Keccak-256 where contracts hash."""

from __future__ import annotations

import hashlib

from sha3 import keccak_256

from andel.units import Digest


def sha256(*parts: bytes) -> Digest:
    """SHA-256 of the parts joined."""
    return Digest(hashlib.sha256(b"".join(parts)).digest())


def counter_blocks(seed: bytes, count: int) -> list[bytes]:
    """SHA-256 in counter mode: that of `seed` and a block's number (8 bytes), for each of `count` blocks from 0."""
    start, blocks = hashlib.sha256(seed), []
    for number in range(count):
        block = start.copy()  # to set a new hash up takes OpenSSL longer than to hash so little
        block.update(number.to_bytes(8, "big"))
        blocks.append(block.digest())
    return blocks


def keccak(*parts: bytes) -> Digest:
    """Keccak-256 (Ethereum's, not SHA-3) of the parts joined."""
    # the C extension itself: eth-hash takes pycryptodome, where a hash of so little costs seven times as much
    digest: Digest = keccak_256(b"".join(parts)).digest()
    return digest
