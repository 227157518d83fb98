"""Tests for validators: attempts that look like any other, of which the coordinator proposes a result nobody can find.

Takes the coordinator's key. Draws from it which attempts are tests, so that a restart forgets nothing and nobody else
can tell. Every attempt of a coordinator that plants has a sealed plant, and a proposal where the coordinator can settle
the round; in a test its version is one that no replay gives. A test is void when it is opened, and can never be final.
Who opens its plants loses nothing; one left sealed costs a tenth of a bond. Never slashes: watchers do.
"""

from __future__ import annotations

from andel.errors import SettingsError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_hashes import plant_hash, planted_version
from andel.ledger.round_state import PlantState, RoundState, Status
from andel.roles.sent import sent
from andel.roles.settling import Settler


class Planter:
    """The plants of one coordinator."""

    def __init__(self, key: AccountKey, model: ModelContracts, every: int, settler: Settler | None = None) -> None:
        """One attempt in `every` is a test, drawn from the key. With a `settler` that can open the reference set the
        coordinator proposes what it finds; without one it proposes in tests only, by which they can be told.
        """
        if every < 1:
            raise SettingsError(f"one attempt in {every} cannot be a test", "give a number from 1 on")
        self._key = key
        self._model = model
        self._every = every
        self._settler = settler

    def is_test(self, number: int, attempt: int) -> bool:
        """Whether this attempt is a test; only who has the key can tell."""
        return int.from_bytes(self._secret(b"andel.plant.draw.1", number, attempt)[:8], "big") % self._every == 0

    def seal(self, number: int, attempt: int) -> None:
        """Plants the attempt, which is open. Raises Reverted, ChainError."""
        manager, salt = self._model.round_manager, self._salt(number, attempt)
        is_test = self.is_test(number, attempt)
        sealed = plant_hash(manager.chain.chain_id, manager.address, number, attempt, is_test, salt)
        manager.plant(self._key, number, sealed)

    def propose(self, state: RoundState) -> bool:
        """Says a result after seed 2; whether there was one to say. Raises ChainError."""
        said = self._proposal(state)
        return said is not None and sent(self._model.round_manager.propose, self._key, said)

    def open(self, state: RoundState) -> bool:
        """Opens the newest attempt's plant once revealing is over; whether it was opened now. Raises ChainError."""
        manager, place = self._model.round_manager, (state.round, state.attempt)
        if not self._is_revealing_over(state) or manager.plant_of(*place).state != PlantState.SEALED:
            return False
        return sent(manager.open_plant, self._key, state.round, self.is_test(*place), self._salt(*place))

    def _is_revealing_over(self, state: RoundState) -> bool:
        """As `Plants._isRevealingOver`."""
        if state.status in (Status.VOID, Status.FINALISED, Status.NONE):
            return state.status == Status.VOID
        founding, now = self._model.round_manager.founding(), self._model.round_manager.chain.block_time()
        if state.status in (Status.ATTESTED, Status.CHALLENGED):
            return now >= state.finalisable_at - founding.challenge_window
        return now > state.deadline

    def _proposal(self, state: RoundState) -> dict[str, object] | None:
        """What to say: what is found, with another version in a test; something made up where nothing can be found."""
        manager, place = self._model.round_manager, (state.round, state.attempt)
        verdict = self._settler.verdict(state) if self._settler else None
        if not self.is_test(*place):
            return verdict.attestation if verdict else None
        salt = self._salt(*place)
        planted = planted_version(manager.chain.chain_id, manager.address, *place, salt)
        if verdict:
            return {**verdict.attestation, "versionHash": planted}
        return {
            "model": manager.address,
            "round": state.round,
            "attempt": state.attempt,
            "planHash": state.plan_hash,
            "updatesRoot": state.updates_root,
            "versionHash": planted,
            "valueRoot": sha256(b"value", salt),
            "stateHash": sha256(b"state", salt),
            "evaluation": state.evaluation,
            "evidenceHash": state.evidence_hash,
        }

    def _salt(self, number: int, attempt: int) -> bytes:
        return self._secret(b"andel.plant.salt.1", number, attempt)

    def _secret(self, purpose: bytes, number: int, attempt: int) -> bytes:
        return self._key.secret_for(purpose, f"{self._model.round_manager.address}/{number}/{attempt}")
