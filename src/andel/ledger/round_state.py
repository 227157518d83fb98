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
    CHALLENGED = 5
    FINALISED = 6
    VOID = 7


class VoidReason(IntEnum):
    """Why an attempt is void; none while it is not."""

    NONE = 0
    SEED_LAPSED = 1
    NO_AGREEMENT = 2
    DEADLINE = 3
    TEST = 4
    VOTES_LOST = 5
    OVERTURNED = 6
    UNDECIDED = 7
    FRAUD = 8
    FORGED_UPDATE = 9


class PlantState(IntEnum):
    """Where an attempt's plant stands: none, sealed, opened as a real attempt, opened as a test."""

    NONE = 0
    SEALED = 1
    REAL = 2
    TEST = 3


@dataclass(frozen=True, slots=True)
class RoundState:
    """A round and its current attempt. What is not reached yet is zero.

    Amounts are base units, times seconds; `minted` is the contributors' part; `seed_block` is the block whose hash
    makes the seed awaited or last recorded; `agreed` the EIP-712 digest that `k` of `n` validators revealed; `moved_at`
    the last step; `unresolved` how many posted updates are neither shown in the closed set nor refused.
    """

    round: int
    plan_hash: Digest
    parent_version: Digest
    budget: BaseUnits
    status: Status
    void_reason: VoidReason
    attempt: int
    operators_epoch: int
    commit_count: int
    reveal_count: int
    evaluation: int
    moved_at: int
    opened_block: int
    deadline: int
    seed_block: int
    seeded_at: int
    finalisable_at: int
    settled_block: int
    k: int
    n: int
    unresolved: int
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
    """Who coordinates, who validates, how many equal attestations decide, and who coordinates next."""

    coordinator: Address
    k: int
    validators: tuple[ValidatorRecord, ...]
    standbys: tuple[Address, ...] = ()

    @property
    def accounts(self) -> tuple[Address, ...]:
        """Everybody: coordinator, standbys in their order, validators."""
        return self.coordinator, *self.standbys, *(record.account for record in self.validators)


@dataclass(frozen=True, slots=True)
class PlantRecord:
    """An attempt's plant; `due_at` is the last second to open it, `epoch` its coordinator's."""

    hash: Digest
    due_at: int
    epoch: int
    state: PlantState


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a validator committed to in an attempt, and the digest it revealed; zero if not yet.

    `revealed` is 1 for a vote that was taken out.
    """

    commitment: Digest
    revealed: Digest


@dataclass(frozen=True, slots=True)
class Founding:
    """What a model was founded with and can never change.

    Periods are seconds, `seed_delay` blocks, `coin_per_token` wei of the chain's coin for 1e18 base units.
    """

    device_registry: Address
    batch_registry: Address
    pool: Address
    operators: Address
    disputes: Address
    coin_per_token: int
    challenge_window: int
    seed_delay: int
    commit_period: int
    operator_share_bps: int
    genesis_version: Digest
    task_hash: Digest
    alliance: Address
