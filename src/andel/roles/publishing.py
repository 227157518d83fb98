"""Putting a governed model's version on chain: each validator compiles it anew and signs, anybody brings k signatures.

Takes a validator's key, a model with a policy, and the content store. Gives the signature over `Publication`, bound to
the version, the model file's hash and the hash of the code; the code itself is made again by whoever brings it. Never
signs what it has not compiled itself, and never a version that no round made final.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from andel.content import ContentStore, cid_of_digest
from andel.errors import EvidenceError, SettingsError
from andel.hashing import keccak
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.policy import ModelPolicyContract, find_policy
from andel.ledger.receipt import Receipt
from andel.roles.gateway import compiled_for, model_file_of, publish_chunks
from andel.serving.any_file import VersionFile
from andel.typed_data import sign_typed
from andel.units import Address, Digest


@dataclass(frozen=True, slots=True)
class Compiled:
    """A final version as everybody compiles it: its model file and the code that answers for it."""

    version: Digest
    file: VersionFile
    code: bytes
    """What is asked; it may ask chunks."""
    chunks: tuple[bytes, ...]


def compiled_version(model: ModelContracts, store: ContentStore, version: Digest) -> Compiled:
    """A version compiled from the store.

    Raises EvidenceError when no round made it final, NotInTheEvm for code that does not fit, ContentError, InputError.
    """
    if not model.round_manager.is_final_version(version):
        raise EvidenceError(f"version {version.hex()}", "no finalised round gave it")
    file, _ = model_file_of(store, version, cid_of_digest(model.round_manager.founding().task_hash))
    compiled = compiled_for(model, file)
    return Compiled(version, file, compiled.head, compiled.chunks)


def sign_publication(key: AccountKey, model: ModelContracts, compiled: Compiled) -> bytes:
    """A validator's signature under what it has compiled itself."""
    manager, file = model.round_manager, compiled.file
    message = publication_message(manager.address, compiled.version, file.file_hash, keccak(compiled.code))
    return sign_typed(key, "Publication", manager.domain, message)


def publication_message(
    model: Address, version: Digest, file_hash: Digest, code_hash: Digest
) -> dict[str, Address | Digest]:
    """What k validators sign: that this file and code are what comes out of the version."""
    return {"model": model, "version": version, "modelFileHash": file_hash, "codeHash": code_hash}


def publish_signed(
    payer: AccountKey,
    model: ModelContracts,
    store: ContentStore,
    compiled: Compiled,
    signatures: Mapping[Address, bytes],
) -> Receipt:
    """Keeps the model file and puts the code on chain, its chunks first.

    Raises Reverted when fewer than k signed, SettingsError.
    """
    store.put(compiled.file.to_bytes())
    policy = governed(model)
    publish_chunks(payer, model, compiled.chunks)
    return policy.publish(payer, compiled.version, compiled.file.file_hash, compiled.code, signatures)


def governed(model: ModelContracts) -> ModelPolicyContract:
    """The model's policy. Raises SettingsError for a model that no holders govern."""
    policy = find_policy(model.round_manager)
    if policy is None:
        raise SettingsError(
            "this model has no policy: an account publishes its versions",
            "a model launched by the factory is governed by its holders",
        )
    return policy
