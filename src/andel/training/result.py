"""`RoundResult`: what training gives, signed and undecided.

Made by `andel.training.rounds` from what contributors sent, and by whoever reads a round's evidence again.
The messages are those of DESIGN §5.3; which of them count, and for how much, is `andel.value`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from andel.content import ContentStore
from andel.errors import InputError
from andel.hashing import keccak, sha256
from andel.keys import AccountKey, address_bytes
from andel.merkle import MerkleTree, Place
from andel.training.groups import OpenedMask
from andel.training.plan import RoundPlan
from andel.typed_data import sign_typed, typed_digest, typed_signer
from andel.units import Address, Digest


@dataclass(frozen=True)  # not slotted: it keeps the hash of what may be megabytes
class DataCommitment:
    """A contributor's signed word on which batches it trains with; `batches` are the object's bytes."""

    contributor: Address
    batches: bytes
    signature: bytes

    @cached_property
    def batches_hash(self) -> Digest:
        """SHA-256 of the batches object."""
        return sha256(self.batches)

    def message(self, plan: RoundPlan) -> dict[str, object]:
        """The fields of the EIP-712 `DataCommitment`."""
        return {**plan.binding, "batchesHash": self.batches_hash}


@dataclass(frozen=True, slots=True)
class SignedUpdate:
    """A contributor's signed update; `update` are the bytes whose hash was committed before any was shown.

    They are empty where the update lies in a content store, under its hash, and is not held here.
    """

    contributor: Address
    update_hash: Digest
    batches_hash: Digest
    weight: int
    signature: bytes
    update: bytes = b""

    def message(self, plan: RoundPlan) -> dict[str, object]:
        """The fields of the EIP-712 `Update`."""
        return {
            **plan.binding,
            "updateHash": self.update_hash,
            "batchesHash": self.batches_hash,
            "weight": self.weight,
        }

    def is_signed(self, plan: RoundPlan) -> bool:
        """Whether the signature is its contributor's, over this update in the plan's round."""
        try:
            return typed_signer("Update", plan.domain, self.message(plan), self.signature) == self.contributor
        except InputError:
            return False


_Item = TypeVar("_Item", DataCommitment, SignedUpdate)


@dataclass(frozen=True, slots=True)
class SignedDisclosure:
    """A contributor's signed disclosure (`andel.data.disclosure`) of what it trained on in an earlier round."""

    contributor: Address
    disclosure: bytes
    signature: bytes


class StoredObjects(MutableMapping[Address, bytes]):
    """Bytes by contributor, kept in a content store and read anew each time: however many, they take no memory."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._names: dict[Address, Digest] = {}

    def name_of(self, contributor: Address) -> Digest:
        """SHA-256 of a contributor's object. Raises KeyError."""
        return self._names[contributor]

    def refer(self, contributor: Address, name: Digest) -> None:
        """Takes up an object that the store holds already."""
        self._names[contributor] = name

    def __getitem__(self, contributor: Address) -> bytes:
        return self._store.get_digest(self._names[contributor])

    def __setitem__(self, contributor: Address, data: bytes) -> None:
        self._names[contributor] = self._store.put_digest(data)

    def __delitem__(self, contributor: Address) -> None:
        del self._names[contributor]

    def __iter__(self) -> Iterator[Address]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


@dataclass(frozen=True, slots=True)
class Refused:
    """A reply that the round did not take, and why."""

    sender: str
    phase: str
    reason: str


@dataclass(frozen=True, slots=True)
class RoundResult:
    """All that one round collected, each list ordered by contributor."""

    plan: RoundPlan
    commitments: tuple[DataCommitment, ...]
    openings: Mapping[Address, bytes]
    updates: tuple[SignedUpdate, ...]
    refused: tuple[Refused, ...]
    disclosures: tuple[SignedDisclosure, ...] = ()
    masks: tuple[OpenedMask, ...] = ()
    """In grouped mode, what was opened of each group's members."""


def sign_commitment(key: AccountKey, plan: RoundPlan, batches: bytes) -> DataCommitment:
    """`key`'s commitment to a batches object."""
    unsigned = DataCommitment(key.address, batches, b"")
    signature = sign_typed(key, "DataCommitment", plan.domain, unsigned.message(plan))
    return DataCommitment(key.address, batches, signature)


def sign_update(key: AccountKey, plan: RoundPlan, *, update: bytes, batches_hash: Digest, weight: int) -> SignedUpdate:
    """`key`'s signed update over the bytes of an update object."""
    unsigned = SignedUpdate(key.address, sha256(update), batches_hash, weight, b"", update)
    signature = sign_typed(key, "Update", plan.domain, unsigned.message(plan))
    return SignedUpdate(key.address, unsigned.update_hash, batches_hash, weight, signature, update)


def commitments_tree(plan: RoundPlan, commitments: Sequence[DataCommitment]) -> MerkleTree:
    """The tree over (contributor ‖ EIP-712 digest), ordered by contributor."""
    return MerkleTree(commitments_leaves(plan, commitments))


def commitments_leaves(plan: RoundPlan, commitments: Sequence[DataCommitment]) -> list[bytes]:
    """That tree's leaves."""
    return [
        address_bytes(item.contributor) + typed_digest("DataCommitment", plan.domain, item.message(plan))
        for item in _ordered(commitments)
    ]


def updates_tree(plan: RoundPlan, updates: Sequence[SignedUpdate]) -> MerkleTree:
    """The tree over (contributor ‖ EIP-712 digest ‖ keccak-256 of the signature), ordered by contributor.

    The signature is bound so that a contract can tell that a set holds what its contributor did not sign.
    """
    return MerkleTree(
        [
            address_bytes(item.contributor)
            + typed_digest("Update", plan.domain, item.message(plan))
            + keccak(item.signature)
            for item in _ordered(updates)
        ]
    )


def commitments_root(plan: RoundPlan, commitments: Sequence[DataCommitment]) -> Digest:
    """Root of `commitments_tree`: what goes on chain before seed 1."""
    return commitments_tree(plan, commitments).root


def updates_root(plan: RoundPlan, updates: Sequence[SignedUpdate]) -> Digest:
    """Root of `updates_tree`: what closes the round."""
    return updates_tree(plan, updates).root


def commitment_place(plan: RoundPlan, commitments: Sequence[DataCommitment], contributor: Address) -> Place:
    """Where a contributor's commitment stands, to post an update's hash. Raises InputError when it has none."""
    return commitments_tree(plan, commitments).place(_index(commitments, contributor))


def update_place(plan: RoundPlan, updates: Sequence[SignedUpdate], contributor: Address) -> Place:
    """Where a contributor's update stands in the closed set. Raises InputError when it has none."""
    return updates_tree(plan, updates).place(_index(updates, contributor))


def _ordered(items: Sequence[_Item]) -> list[_Item]:
    return sorted(items, key=lambda item: address_bytes(item.contributor))


def _index(items: Sequence[DataCommitment] | Sequence[SignedUpdate], contributor: Address) -> int:
    order = sorted((item.contributor for item in items), key=address_bytes)
    if contributor not in order:
        raise InputError(f"{contributor} is not in the set")
    return order.index(contributor)
