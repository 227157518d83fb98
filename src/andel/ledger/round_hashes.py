"""The hashes that both a contract and a participant compute: seeds, commitments, plants, words, entries.

Takes plain values. Gives 32 bytes that equal the contract's own, so that what stands on chain can be replayed
without the contract. `typed_data` holds what is signed, `value.claims` what is paid. Never asks a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from eth_abi.abi import encode

from andel.errors import InputError
from andel.hashing import keccak
from andel.units import Address, Digest

_PLANT: Final = keccak(b"andel.plant.1")
_PLANTED_VERSION: Final = keccak(b"andel.planted-version.1")
_JUDGEMENT: Final = keccak(b"andel.judgement.1")
_WORD: Final = keccak(b"andel.word.1")
_SEED_DOMAINS: Final = {1: keccak(b"andel.seed.1"), 2: keccak(b"andel.seed.2")}


def attestation_commitment(attestation_hash: bytes, validator: Address, salt: bytes) -> Digest:
    """What a validator commits to before it reveals; `attestation_hash` is the EIP-712 digest, `salt` 32 bytes."""
    return keccak(encode(["bytes32", "address", "bytes32"], [attestation_hash, validator, salt]))


def round_seed(
    number: int, chain_id: int, model: Address, round_id: int, attempt: int, root: bytes, block_hash: bytes
) -> Digest:
    """Seed 1 (over the root of commitments) or 2 (over the root of updates) of an attempt.

    `block_hash` is that of the attempt's seed block. Raises InputError for another number.
    """
    if number not in _SEED_DOMAINS:
        raise InputError(f"a round has seeds 1 and 2, not {number}")
    return keccak(
        encode(
            ["bytes32", "uint256", "address", "uint64", "uint32", "bytes32", "bytes32"],
            [_SEED_DOMAINS[number], chain_id, model, round_id, attempt, root, block_hash],
        )
    )


def plant_hash(chain_id: int, model: Address, round_id: int, attempt: int, is_test: bool, salt: bytes) -> Digest:
    """What seals whether an attempt is a test; `salt` are 32 secret bytes."""
    return keccak(
        encode(
            ["bytes32", "uint256", "address", "uint64", "uint32", "bool", "bytes32"],
            [_PLANT, chain_id, model, round_id, attempt, is_test, salt],
        )
    )


def judgement_seal(
    chain_id: int,
    notary: Address,
    model: Address,
    round_id: int,
    attempt: int,
    judge: Address,
    digest: bytes,
    salt: bytes,
) -> Digest:
    """What seals a judgement in the contract `notary`; `digest` is its SHA-256, `salt` are 32 secret bytes."""
    kinds = ["bytes32", "uint256", "address", "address", "uint64", "uint32", "address", "bytes32", "bytes32"]
    values = (_JUDGEMENT, chain_id, notary, model, round_id, attempt, judge, digest, salt)
    return keccak(encode(kinds, values))


def planted_version(chain_id: int, model: Address, round_id: int, attempt: int, salt: bytes) -> Digest:
    """The version that a test proposes; no replay gives it."""
    return keccak(
        encode(
            ["bytes32", "uint256", "address", "uint64", "uint32", "bytes32"],
            [_PLANTED_VERSION, chain_id, model, round_id, attempt, salt],
        )
    )


def word_commitment(
    chain_id: int, disputes: Address, round_id: int, attempt: int, digest: bytes, validator: Address, salt: bytes
) -> Digest:
    """What a validator commits to in a hearing before it says its word."""
    return keccak(
        encode(
            ["bytes32", "uint256", "address", "uint64", "uint32", "bytes32", "address", "bytes32"],
            [_WORD, chain_id, disputes, round_id, attempt, digest, validator, salt],
        )
    )


def entries_hash(entries: Sequence[tuple[Address, int, bytes]]) -> Digest:
    """`entriesHash` of the EIP-712 `BatchEntries`, over (device, day, root) in the order they are sent."""
    return keccak(encode(["(address,uint32,bytes32)[]"], [list(entries)]))
