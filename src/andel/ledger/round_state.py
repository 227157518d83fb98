"""Rounds, operators and votes as `RoundManager` holds them, as plain values.

Takes the tuples the contract answers with. Gives frozen values; hashes are 32 bytes, amounts base units, times
seconds. Never asks a node.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from andel.units import Address, BaseUnits, Digest


class Status(IntEnum):
    """Where an attempt stands; a seed that is not zero is known."""

    NONE = 0
    OPEN = 1
    DATA_COMMITTED = 2
    CLOSED = 3
    ATTESTED = 4
    FINALISED = 5
    VOID = 6


class VoidReason(IntEnum):
    """Why an attempt is void (in the event `RoundVoided`)."""

    SEED_LAPSED = 0
    NO_AGREEMENT = 1
    DEADLINE = 2


@dataclass(frozen=True, slots=True)
class RoundState:
    """A round and its current attempt. What is not reached yet is zero.

    Amounts are base units, times seconds; `minted` is the contributors' part; `seed_block` is the block whose hash
    makes the seed awaited or last recorded; `agreed` the EIP-712 digest that k validators revealed.
    """

    round: int
    plan_hash: Digest
    parent_version: Digest
    budget: BaseUnits
    status: Status
    attempt: int
    operators_epoch: int
    commit_count: int
    reveal_count: int
    evaluation: int
    opened_block: int
    deadline: int
    seed_block: int
    seeded_at: int
    finalisable_at: int
    settled_block: int
    commitments_root: Digest
    commitments_hash: Digest
    first_seed: Digest
    updates_root: Digest
    evidence_hash: Digest
    second_seed: Digest
    agreed: Digest
    version_hash: Digest
    value_root: Digest
    state_hash: Digest
    minted: BaseUnits

    @property
    def seed_awaited(self) -> bool:
        """Whether a root is posted and its seed not recorded."""
        if self.status is Status.DATA_COMMITTED:
            return not any(self.first_seed)
        return self.status is Status.CLOSED and not any(self.second_seed)


@dataclass(frozen=True, slots=True)
class ValidatorRecord:
    """A validator, and the X25519 public key that evidence for it is sealed to."""

    account: Address
    sealing_key: bytes


@dataclass(frozen=True, slots=True)
class OperatorSet:
    """Who coordinates, who validates, and how many equal attestations decide."""

    coordinator: Address
    k: int
    validators: tuple[ValidatorRecord, ...]


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a validator committed to in an attempt, and the digest it revealed; zero if not yet."""

    commitment: Digest
    revealed: Digest


@dataclass(frozen=True, slots=True)
class Founding:
    """What a model was founded with and can never change. Periods are seconds, `seed_delay` blocks."""

    device_registry: Address
    batch_registry: Address
    pool: Address
    challenge_window: int
    bond: int
    seed_delay: int
    commit_period: int
    operator_share_bps: int
    genesis_version: Digest
    task_hash: Digest
    alliance: Address
