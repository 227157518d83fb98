"""The rounds of one model, as its `RoundManager` holds them.

Takes a `Chain` and an address. Gives rounds and operators as plain values and sends each step of a round. The
interface `IRoundManager.sol` is the manual: who may call, when, and what can get stuck. An attestation is the mapping
of its EIP-712 fields (`typed_data.TYPES`). Never decides when a step is due, and never computes what is attested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from andel.errors import ChainError
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.receipt import Receipt
from andel.ledger.round_state import Ballot, Founding, OperatorSet, RoundState, Status, ValidatorRecord
from andel.units import Address, Digest

# What a caller of the methods below names in its own types.
__all__ = [
    "Attestation",
    "Ballot",
    "Founding",
    "OperatorSet",
    "RoundManagerContract",
    "RoundState",
    "Status",
    "ValidatorRecord",
]

Attestation = Mapping[str, object]


class RoundManagerContract(Bound):
    """The rounds of one model; its address is the model's id."""

    NAME = "RoundManager"
    _founding: Founding | None = None

    def open(
        self, key: AccountKey, plan_hash: bytes, parent_version: bytes, budget: int, deadline: int
    ) -> tuple[int, Receipt]:
        """Opens the next round; gives its id. `key` is the coordinator."""
        receipt = self.chain.send(key, self.contract, "open", plan_hash, parent_version, budget, deadline)
        return int(receipt.event("RoundOpened").arguments["round"]), receipt

    def retry(self, key: AccountKey, round_id: int, plan_hash: bytes, deadline: int) -> Receipt:
        """Starts the next attempt of the newest round, which is void. `key` is the coordinator."""
        return self.chain.send(key, self.contract, "retry", round_id, plan_hash, deadline)

    def commit_data(self, key: AccountKey, round_id: int, commitments_root: bytes, commitments_hash: bytes) -> Receipt:
        """Fixes the set of data commitments. `key` is the coordinator."""
        return self.chain.send(key, self.contract, "commitData", round_id, commitments_root, commitments_hash)

    def record_seed(self, key: AccountKey, round_id: int) -> tuple[Digest | None, Receipt]:
        """Waits for the seed's block and records the seed; None when the attempt is void now. Anybody."""
        self.chain.wait_for_block(self.round_of(round_id).seed_block + 1)
        receipt = self.chain.send(key, self.contract, "recordSeed", round_id)
        seeds = [Digest(event.arguments["seed"]) for event in receipt.events if event.name == "SeedRecorded"]
        return (seeds[0] if seeds else None), receipt

    def close(self, key: AccountKey, round_id: int, updates_root: bytes, evidence_hash: bytes) -> Receipt:
        """Fixes the set of updates. `key` is the coordinator."""
        return self.chain.send(key, self.contract, "close", round_id, updates_root, evidence_hash)

    def commit_attestation(self, key: AccountKey, round_id: int, commitment: bytes) -> Receipt:
        """Commits `key`, a validator (`round_hashes.attestation_commitment`)."""
        return self.chain.send(key, self.contract, "commitAttestation", round_id, commitment)

    def reveal(
        self, key: AccountKey, attestation: Attestation, validator: Address, salt: bytes, signature: bytes
    ) -> Receipt:
        """Shows what a validator committed to, with its signature. Anybody."""
        return self.chain.send(key, self.contract, "reveal", attestation, validator, salt, signature)

    def finalise(
        self,
        key: AccountKey,
        attestation: Attestation,
        claims_root: bytes,
        claims_total: int,
        minted: int,
        gain: int,
    ) -> Receipt:
        """Makes the agreed result final. Anybody."""
        return self.chain.send(key, self.contract, "finalise", attestation, claims_root, claims_total, minted, gain)

    def void(self, key: AccountKey, round_id: int) -> Receipt:
        """Voids an attempt that ran out of time. Anybody."""
        return self.chain.send(key, self.contract, "void", round_id)

    def set_coordinator(self, key: AccountKey, coordinator: Address) -> Receipt:
        """Names another coordinator from the next attempt on. `key` is the owner."""
        return self.chain.send(key, self.contract, "setCoordinator", coordinator)

    def set_validators(self, key: AccountKey, k: int, validators: Sequence[ValidatorRecord]) -> Receipt:
        """Names other validators and k from the next attempt on. `key` is the owner."""
        records = [(record.account, record.sealing_key) for record in validators]
        return self.chain.send(key, self.contract, "setValidators", k, records)

    def transfer_ownership(self, key: AccountKey, owner: Address) -> Receipt:
        """Offers the ownership; the new owner accepts it."""
        return self.chain.send(key, self.contract, "transferOwnership", owner)

    def accept_ownership(self, key: AccountKey) -> Receipt:
        """Takes an ownership that was offered to `key`."""
        return self.chain.send(key, self.contract, "acceptOwnership")

    def round_of(self, round_id: int) -> RoundState:
        """A round and its current attempt. Raises Reverted for an unknown one."""
        plan_hash, parent, budget, status, *rest = self.chain.call(self.contract, "roundOf", round_id)
        try:
            return RoundState(round_id, plan_hash, parent, budget, Status(status), *rest)
        except ValueError as error:
            raise ChainError(f"round {round_id} has the unknown status {status}") from error

    def rounds_count(self) -> int:
        """The newest round's id; 0 before the first."""
        return int(self.chain.call(self.contract, "roundsCount"))

    def current_version(self) -> Digest:
        """The version the next round starts from."""
        return Digest(self.chain.call(self.contract, "currentVersion"))

    def state_hash(self) -> Digest:
        """The running state's hash of the last final round; zero before the first."""
        return Digest(self.chain.call(self.contract, "stateHash"))

    def is_final_version(self, version: bytes) -> bool:
        """Whether a finalised round gave this version."""
        return bool(self.chain.call(self.contract, "isFinalVersion", version))

    def version_round(self, version: bytes) -> int:
        """The first finalised round that gave this version; 0 if none."""
        return int(self.chain.call(self.contract, "versionRound", version))

    def voidable_at(self, round_id: int) -> int:
        """From when on the attempt can be voided. Raises Reverted for one that has ended."""
        return int(self.chain.call(self.contract, "voidableAt", round_id))

    def attestation_hash(self, attestation: Attestation) -> Digest:
        """The contract's own EIP-712 digest of an attestation."""
        return Digest(self.chain.call(self.contract, "attestationHash", attestation))

    def ballot_of(self, round_id: int, attempt: int, validator: Address) -> Ballot:
        """A validator's vote in an attempt."""
        return Ballot(*self.chain.call(self.contract, "ballotOf", round_id, attempt, validator))

    def votes_for(self, digest: bytes) -> int:
        """How many validators revealed this digest."""
        return int(self.chain.call(self.contract, "votesFor", digest))

    def operators_epoch(self) -> int:
        """The present operators' epoch."""
        return int(self.chain.call(self.contract, "operatorsEpoch"))

    def operators(self, epoch: int | None = None) -> OperatorSet:
        """The operators of an epoch (None: the present one); k of an unknown epoch is 0."""
        number = self.operators_epoch() if epoch is None else epoch
        coordinator, k, validators = self.chain.call(self.contract, "operatorsOf", number)
        return OperatorSet(coordinator, k, tuple(ValidatorRecord(*record) for record in validators))

    def owner(self) -> Address:
        """Who may name operators and publish versions."""
        return Address(self.chain.call(self.contract, "owner"))

    def founding(self) -> Founding:
        """What the model was founded with; asked once, since it never changes."""
        if self._founding is not None:
            return self._founding
        names = (
            "deviceRegistry",
            "batchRegistry",
            "pool",
            "challengeWindow",
            "bond",
            "seedDelay",
            "commitPeriod",
            "operatorShareBps",
            "genesisVersion",
            "taskHash",
            "alliance",
        )
        self._founding = Founding(*(self.chain.call(self.contract, name) for name in names))
        return self._founding
