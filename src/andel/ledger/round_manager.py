"""The rounds of one model, as its `RoundManager` holds them.

Takes a `Chain` and an address. Gives rounds as plain values and sends each step of a round. The
interface `IRoundManager.sol` is the manual: who may call, when, and what can get stuck. An attestation is the mapping
of its EIP-712 fields (`typed_data.TYPES`). Never decides when a step is due, and never computes what is attested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from andel.errors import ChainError, Reverted
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.receipt import Receipt
from andel.ledger.round_state import (
    Ballot,
    Founding,
    PlantRecord,
    PlantState,
    RoundState,
    Status,
    VoidReason,
)
from andel.merkle import Place
from andel.units import Address, Digest

# What a caller of the methods below names in its own types.
__all__ = [
    "Attestation",
    "Ballot",
    "Founding",
    "PlantRecord",
    "PlantState",
    "RoundManagerContract",
    "RoundState",
    "Status",
    "VoidReason",
]

Attestation = Mapping[str, object]


_OPENINGS_KEPT = 16


@dataclass(slots=True)
class RoundOpening:
    """Where and when an attempt opened (chain seconds), and its seed 1 once somebody asked for it."""

    block: int
    time: int
    first_seed: bytes = b""


class RoundManagerContract(Bound):
    """The rounds of one model; its address is the model's id."""

    NAME = "RoundManager"
    _founding: Founding | None = None
    _openings: dict[tuple[int, bytes], RoundOpening] | None = None
    _newest: int = 0

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

    def plant(self, key: AccountKey, round_id: int, plant_hash: bytes) -> Receipt:
        """Seals whether this attempt is a test (`round_hashes.plant_hash`). `key` is the coordinator."""
        return self.chain.send(key, self.contract, "plant", round_id, plant_hash)

    def propose(self, key: AccountKey, attestation: Attestation) -> Receipt:
        """Says a result, as an event only. `key` is the coordinator."""
        return self.chain.send(key, self.contract, "propose", attestation)

    def open_plant(self, key: AccountKey, round_id: int, is_test: bool, salt: bytes) -> Receipt:
        """Opens the newest attempt's plant, once revealing is over; a test is void. Whoever knows the salt."""
        return self.chain.send(key, self.contract, "openPlant", round_id, is_test, salt)

    def post_update(
        self, key: AccountKey, round_id: int, update_hash: bytes, batches_hash: bytes, place: Place
    ) -> Receipt:
        """Posts `key`'s update hash, between seed 1 and close; `place` is `training.result.commitment_place`."""
        return self.chain.send(key, self.contract, "postUpdate", round_id, update_hash, batches_hash, place.values())

    def post_update_for(
        self,
        key: AccountKey,
        round_id: int,
        contributor: Address,
        update_hash: bytes,
        batches_hash: bytes,
        weight: int,
        signature: bytes,
        place: Place,
        gas: int | None = None,
    ) -> Receipt:
        """The same with a contributor's signed `Update`; `key` pays, for so much `gas` at most where it is given."""
        signed = contributor, update_hash, batches_hash, weight, signature
        return self.chain.send(key, self.contract, "postUpdateFor", round_id, *signed, place.values(), gas=gas)

    def resolve_posted(
        self,
        key: AccountKey,
        round_id: int,
        contributor: Address,
        batches_hash: bytes,
        weight: int,
        signature_hash: bytes,
        place: Place,
    ) -> Receipt:
        """Shows that the closed set holds a posted update; `place` is `training.result.update_place`. Anybody."""
        shown = contributor, batches_hash, weight, signature_hash
        return self.chain.send(key, self.contract, "resolvePosted", round_id, *shown, place.values())

    def refuse_posted(self, key: AccountKey, round_id: int, contributor: Address, reason_hash: bytes) -> Receipt:
        """Refuses a posted update with the hash of a stored reason, after close. `key` is the coordinator."""
        return self.chain.send(key, self.contract, "refusePosted", round_id, contributor, reason_hash)

    def round_of(self, round_id: int) -> RoundState:
        """A round and its current attempt. Raises Reverted for an unknown one."""
        return _round_state(round_id, self.chain.call(self.contract, "roundOf", round_id))

    def rounds_of(self, round_ids: Sequence[int]) -> list[RoundState]:
        """`round_of` for many rounds, in batches."""
        found = self.chain.call_many(self.contract, "roundOf", [(number,) for number in round_ids])
        return [_round_state(number, values) for number, values in zip(round_ids, found, strict=True)]

    def find_round(self, round_id: int) -> RoundState | None:
        """The same; None for a round that the node does not know (yet)."""
        return self._known_round(round_id, self.chain.call_each(self.contract, [("roundOf", (round_id,))])[0])

    def newest_round(self) -> RoundState | None:
        """The newest round and its current attempt; None before the first.

        One question to the node while no new round opens. A node that counts a round before it can tell it (one of
        several behind an address, or one that is taking a block in) gives the round before.
        """
        known = self._newest
        asked: list[tuple[str, tuple[object, ...]]] = [("roundsCount", ())]
        if known:
            asked.append(("roundOf", (known,)))
        answers = self.chain.call_each(self.contract, asked)
        if isinstance(answers[0], ChainError):
            raise answers[0]
        former = self._known_round(known, answers[1]) if known else None
        count = int(answers[0])
        if former is not None and count <= known:
            return former
        newest = self.find_round(count) if count else None
        self._newest = newest.round if newest else former.round if former else 0
        return newest or former

    def _known_round(self, round_id: int, answer: Any) -> RoundState | None:
        if isinstance(answer, Reverted) and answer.error == "RoundManager_UnknownRound":
            return None
        if isinstance(answer, ChainError):
            raise answer
        return _round_state(round_id, answer)

    def opening_under(self, round_id: int, plan_hash: bytes) -> RoundOpening | None:
        """Where and when the attempt under this plan opened; None while the round has another plan.

        It never changes, so it is asked once for everybody who shares this object. Raises as `round_of`.
        """
        known = self._openings = self._openings or {}
        place = (round_id, plan_hash)
        if place not in known:
            state = self.round_of(round_id)
            if state.plan_hash != plan_hash:
                return None
            while len(known) >= _OPENINGS_KEPT:
                del known[next(iter(known))]
            known[place] = RoundOpening(state.opened_block, self.chain.block_time(state.opened_block))
        return known[place]

    def is_first_seed(self, round_id: int, plan_hash: bytes, seed: bytes) -> bool:
        """Whether `seed` is seed 1 of the attempt under this plan; asked again only where it is not known to be."""
        opening = self.opening_under(round_id, plan_hash)
        if opening is None or not any(seed):
            return False
        if opening.first_seed != seed:
            state = self.round_of(round_id)
            opening.first_seed = bytes(state.first_seed) if state.plan_hash == plan_hash else b""
        return opening.first_seed == seed

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

    def plant_of(self, round_id: int, attempt: int) -> PlantRecord:
        """An attempt's plant."""
        sealed, due_at, epoch, state = self.chain.call(self.contract, "plantOf", round_id, attempt)
        try:
            return PlantRecord(sealed, due_at, epoch, PlantState(state))
        except ValueError as error:
            raise ChainError(f"the plant of round {round_id} has the unknown state {state}") from error

    def posted_of(self, round_id: int, attempt: int, contributor: Address) -> Digest:
        """The hash a contributor has posted and nobody has resolved; zero if none."""
        return Digest(self.chain.call(self.contract, "postedOf", round_id, attempt, contributor))

    def operator_part_of(self, round_id: int, minted: int) -> int:
        """What operators would be paid if the round were final now with `minted` for contributors."""
        return int(self.chain.call(self.contract, "operatorPartOf", round_id, minted))

    def owner(self) -> Address:
        """Who may name operators."""
        return Address(self.chain.call(self.contract, "owner"))

    def publisher(self) -> Address:
        """Who may publish and promote versions: a `ModelPolicy`, where holders govern the model."""
        return Address(self.chain.call(self.contract, "publisher"))

    def founding(self) -> Founding:
        """What the model was founded with; asked once, since it never changes."""
        if self._founding is not None:
            return self._founding
        names = (
            "deviceRegistry",
            "batchRegistry",
            "pool",
            "operators",
            "disputes",
            "coinPerToken",
            "challengeWindow",
            "seedDelay",
            "commitPeriod",
            "operatorShareBps",
            "genesisVersion",
            "taskHash",
            "alliance",
        )
        self._founding = Founding(*(self.chain.call(self.contract, name) for name in names))
        return self._founding


def _round_state(round_id: int, values: Any) -> RoundState:
    plan_hash, parent, budget, status, reason, *rest = values
    try:
        return RoundState(round_id, plan_hash, parent, budget, Status(status), VoidReason(reason), *rest)
    except ValueError as error:
        raise ChainError(f"round {round_id} has the unknown status {status} or reason {reason}") from error
