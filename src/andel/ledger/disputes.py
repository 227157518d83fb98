"""Challenges, hearings, frauds and offences of one model, as its `Disputes` decides them.

Takes a `Chain` and an address. Gives hearings as plain values and sends what challengers, validators and reporters
send. The interfaces `IDisputes.sol` and `IFrauds.sol` are the manual: what is an offence, what it costs, who is paid.
Amounts are wei of the chain's coin, times seconds. Never judges a result and never looks for an offence.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from andel.errors import ChainError
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.receipt import Receipt
from andel.ledger.round_manager import Attestation
from andel.merkle import Place
from andel.units import NOBODY, Address, Digest


class Outcome(IntEnum):
    """How a hearing ended; none means that the attempt was not challenged."""

    NONE = 0
    PENDING = 1
    UPHELD = 2
    OVERTURNED = 3
    UNDECIDED = 4
    DROPPED = 5


@dataclass(frozen=True, slots=True)
class Hearing:
    """One challenge and its hearing; `claimed` is the challenger's digest, `decided` what two thirds of `n` said."""

    challenger: Address
    outcome: Outcome
    epoch: int
    n: int
    commits: int
    reveals: int
    commit_until: int
    reveal_until: int
    bond: int
    agreed: Digest
    claimed: Digest
    decided: Digest


@dataclass(frozen=True, slots=True)
class Word:
    """What a validator committed to in a hearing, and the digest it said; zero if not yet."""

    commitment: Digest
    digest: Digest


@dataclass(frozen=True, slots=True)
class ValueOpening:
    """What an attested value root stands for."""

    claims_root: bytes
    claims_total: int
    minted: int
    gain: int

    def values(self) -> tuple[object, ...]:
        """As the contract takes it."""
        return self.claims_root, self.claims_total, self.minted, self.gain


@dataclass(frozen=True, slots=True)
class ClaimLeaf:
    """A leaf of a claim tree with its proof; `account` None where a neighbour is missing at an end of the tree."""

    account: Address | None
    cumulative: int = 0
    running_sum: int = 0
    proof: tuple[bytes, ...] = ()

    def values(self) -> tuple[object, ...]:
        """As the contract takes it."""
        return self.account or NOBODY, self.cumulative, self.running_sum, list(self.proof)


@dataclass(frozen=True, slots=True)
class ClosedUpdate:
    """A leaf of the closed set of updates, with the signature it binds (`training.result.updates_tree`)."""

    contributor: Address
    digest: bytes
    signature: bytes
    place: Place

    def values(self) -> tuple[object, ...]:
        """As the contract takes it."""
        return self.contributor, self.digest, self.signature, self.place.values()


class DisputesContract(Bound):
    """What can be held against a result or an operator of one model."""

    NAME = "Disputes"

    def challenge(self, key: AccountKey, round_id: int, digest: bytes) -> Receipt:
        """Challenges the agreed result with another one's digest; `key` puts down `challenge_bond_of`."""
        bond = self.challenge_bond_of(round_id)
        return self.chain.send(key, self.contract, "challenge", round_id, digest, value=bond)

    def commit_word(self, key: AccountKey, round_id: int, commitment: bytes) -> Receipt:
        """Commits `key`, a validator, to its word (`round_hashes.word_commitment`)."""
        return self.chain.send(key, self.contract, "commitWord", round_id, commitment)

    def reveal_word(self, key: AccountKey, round_id: int, digest: bytes, salt: bytes) -> Receipt:
        """Says `key`'s word."""
        return self.chain.send(key, self.contract, "revealWord", round_id, digest, salt)

    def conclude(self, key: AccountKey, round_id: int) -> Receipt:
        """Ends a hearing when all have spoken or its time is over. Anybody."""
        return self.chain.send(key, self.contract, "conclude", round_id)

    def withdraw(self, key: AccountKey) -> Receipt:
        """Takes what is owed to `key`."""
        return self.chain.send(key, self.contract, "withdraw")

    def report_equivocation(
        self,
        key: AccountKey,
        first: Attestation,
        first_signature: bytes,
        second: Attestation,
        second_signature: bytes,
        validator: Address,
    ) -> Receipt:
        """Shows two results that a validator signed for one set of updates. Anybody."""
        return self.chain.send(
            key, self.contract, "reportEquivocation", first, first_signature, second, second_signature, validator
        )

    def slash_lazy(self, key: AccountKey, attestation: Attestation, validator: Address, salt: bytes) -> Receipt:
        """Shows that a validator revealed what a test proposed. Anybody, once the plant is opened."""
        return self.chain.send(key, self.contract, "slashLazy", attestation, validator, salt)

    def slash_silent(self, key: AccountKey, round_id: int, validator: Address) -> Receipt:
        """Shows that a validator committed in the present attempt and did not reveal. Anybody."""
        return self.chain.send(key, self.contract, "slashSilent", round_id, validator)

    def slash_sealed(self, key: AccountKey, round_id: int, attempt: int) -> Receipt:
        """Shows that an attempt's plant stayed sealed after its time. Anybody."""
        return self.chain.send(key, self.contract, "slashSealed", round_id, attempt)

    def show_overpaid(self, key: AccountKey, attestation: Attestation, value: ValueOpening) -> Receipt:
        """Shows values that `finalise` would refuse. Anybody."""
        return self.chain.send(key, self.contract, "showOverpaid", attestation, value.values())

    def show_fallen(
        self, key: AccountKey, attestation: Attestation, value: ValueOpening, former: ClaimLeaf, present: ClaimLeaf
    ) -> Receipt:
        """Shows an account whose cumulative amount fell from the pool's root to the attested one. Anybody."""
        leaves = former.values(), present.values()
        return self.chain.send(key, self.contract, "showFallen", attestation, value.values(), *leaves)

    def show_vanished(
        self,
        key: AccountKey,
        attestation: Attestation,
        value: ValueOpening,
        former: ClaimLeaf,
        below: ClaimLeaf,
        above: ClaimLeaf,
    ) -> Receipt:
        """Shows an account that the attested root holds no longer, by its neighbours. Anybody."""
        leaves = former.values(), below.values(), above.values()
        return self.chain.send(key, self.contract, "showVanished", attestation, value.values(), *leaves)

    def show_overlap(
        self, key: AccountKey, attestation: Attestation, value: ValueOpening, first: ClaimLeaf, second: ClaimLeaf
    ) -> Receipt:
        """Shows two leaves of the attested root that own the same amounts, or one impossible leaf twice. Anybody."""
        leaves = first.values(), second.values()
        return self.chain.send(key, self.contract, "showOverlap", attestation, value.values(), *leaves)

    def show_forged_update(self, key: AccountKey, round_id: int, update: ClosedUpdate) -> Receipt:
        """Shows an update in the closed set that its contributor did not sign. Anybody."""
        return self.chain.send(key, self.contract, "showForgedUpdate", round_id, update.values())

    def hearing_of(self, round_id: int, attempt: int) -> Hearing:
        """The hearing of an attempt; its outcome is NONE if there is none."""
        challenger, outcome, *rest = self.chain.call(self.contract, "hearingOf", round_id, attempt)
        try:
            return Hearing(challenger, Outcome(outcome), *rest)
        except ValueError as error:
            raise ChainError(f"the hearing of round {round_id} has the unknown outcome {outcome}") from error

    def word_of(self, round_id: int, attempt: int, validator: Address) -> Word:
        """A validator's word in a hearing."""
        return Word(*self.chain.call(self.contract, "wordOf", round_id, attempt, validator))

    def challenge_bond_of(self, round_id: int) -> int:
        """What challenging a round costs."""
        return int(self.chain.call(self.contract, "challengeBondOf", round_id))

    def owed_to(self, account: Address) -> int:
        """What an account can withdraw."""
        return int(self.chain.call(self.contract, "owedTo", account))

    def burned(self) -> int:
        """What hearings have burned so far."""
        return int(self.chain.call(self.contract, "burned"))

    def hearing_period(self) -> int:
        """Time to commit in a hearing, and again to reveal."""
        return int(self.chain.call(self.contract, "hearingPeriod"))

    def manager(self) -> Address:
        """The model's `RoundManager`."""
        return Address(self.chain.call(self.contract, "manager"))
