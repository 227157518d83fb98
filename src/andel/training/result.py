"""`RoundResult`: what training gives, signed and undecided.

Made by `andel.training.rounds` from what contributors sent, and by whoever reads a round's evidence again.
The messages are those of DESIGN §5.3; which of them count, and for how much, is `andel.value`'s to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from andel.hashing import sha256
from andel.keys import AccountKey, address_bytes
from andel.merkle import merkle_root
from andel.training.plan import RoundPlan
from andel.typed_data import sign_typed, typed_digest
from andel.units import Address, Digest


@dataclass(frozen=True, slots=True)
class DataCommitment:
    """A contributor's signed word on which batches it trains with; `batches` are the object's bytes."""

    contributor: Address
    batches: bytes
    signature: bytes

    @property
    def batches_hash(self) -> Digest:
        """SHA-256 of the batches object."""
        return sha256(self.batches)

    def message(self, plan: RoundPlan) -> dict[str, object]:
        """The fields of the EIP-712 `DataCommitment`."""
        return {**plan.binding, "batchesHash": self.batches_hash}


@dataclass(frozen=True, slots=True)
class SignedUpdate:
    """A contributor's signed update; `update` are the bytes whose hash was committed before any was shown."""

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


@dataclass(frozen=True, slots=True)
class SignedDisclosure:
    """A contributor's signed disclosure (`andel.data.disclosure`) of what it trained on in an earlier round."""

    contributor: Address
    disclosure: bytes
    signature: bytes


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


def commitments_root(plan: RoundPlan, commitments: Sequence[DataCommitment]) -> Digest:
    """Root over (contributor ‖ EIP-712 digest), ordered by contributor: what goes on chain before seed 1."""
    ordered = sorted(commitments, key=lambda commitment: address_bytes(commitment.contributor))
    return merkle_root(
        [
            address_bytes(item.contributor) + typed_digest("DataCommitment", plan.domain, item.message(plan))
            for item in ordered
        ]
    )


def updates_root(plan: RoundPlan, updates: Sequence[SignedUpdate]) -> Digest:
    """Root over (contributor ‖ EIP-712 digest), ordered by contributor: what closes the round."""
    ordered = sorted(updates, key=lambda update: address_bytes(update.contributor))
    return merkle_root(
        [address_bytes(item.contributor) + typed_digest("Update", plan.domain, item.message(plan)) for item in ordered]
    )
