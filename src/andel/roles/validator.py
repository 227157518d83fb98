"""A validator: settles each closed round again from the evidence, and attests to what it found.

It is given the RPC address, the model's address, the content store and its own key, nothing else. It trusts
neither the coordinator nor another validator: a commitment binds its attestation before any is revealed, and
what it could not fetch and verify it does not attest to. Its salt comes from its key, so a restart between
commit and reveal loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from andel.content import ContentStore
from andel.errors import AndelError, ChainError, Reverted
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_hashes import attestation_commitment
from andel.ledger.round_state import RoundState, Status
from andel.ledger.standstill import Standstill
from andel.roles.replay import ReferenceOpener, Replay, replay_round
from andel.sealing import unseal
from andel.training.plan import RoundPlan
from andel.typed_data import sign_typed
from andel.value.manifest import read_named

log = logging.getLogger(__name__)

_FAILED_LOOKS_MAX = 60
_LOOKS_BETWEEN_TRIES = 50


class Validator:
    """One validator of one model. `step` does what the chain's state asks for now, and nothing twice."""

    def __init__(self, key: AccountKey, model: ModelContracts, store: ContentStore) -> None:
        self._key = key
        self._model = model
        self._store = store
        self._commit_period = model.round_manager.founding().commit_period
        self._verdicts: dict[tuple[int, int], Replay] = {}
        self._refused: dict[tuple[int, int], int] = {}
        self._references = ReferenceOpener(store, self._unseal)
        self._awaits_time = False

    def run(
        self, last_round: int, sleep: Callable[[float], None], clock: Callable[[], float], poll_seconds: float
    ) -> None:
        """Serves rounds until `last_round` is finalised; for ever when it is 0.

        A node that hiccups costs a look, not the validator. While the chain's time must pass for a round to go on,
        a chain that makes no blocks of its own is moved. Raises ChainError when the node fails a minute on end.
        """
        failed, standstill = 0, Standstill(self._model.round_manager.chain, self._key, clock)
        while True:
            try:
                if last_round and self.is_finalised(last_round):
                    return
                busy = self.step()
                if self._awaits_time and not busy:
                    busy = standstill.look()
                else:
                    standstill.forget()
                failed = 0
            except ChainError as error:
                busy, failed = False, failed + 1
                log.warning("the chain could not be read or written: %s", error)
                if failed >= _FAILED_LOOKS_MAX:
                    raise
            if not busy:
                sleep(max(poll_seconds, 1.0) if failed else poll_seconds)

    def is_finalised(self, number: int) -> bool:
        """Whether the round exists and is final."""
        if self._model.round_manager.rounds_count() < number:
            return False
        return self._model.round_manager.round_of(number).status == Status.FINALISED

    def step(self) -> bool:
        """One look at the newest round; whether anything was done."""
        self._awaits_time = False
        manager = self._model.round_manager
        number = manager.rounds_count()
        if number == 0:
            return False
        state = manager.round_of(number)
        if state.status not in (Status.CLOSED, Status.ATTESTED) or not any(state.second_seed):
            return False
        if self._is_refused((number, state.attempt)):
            return False
        ballot = manager.ballot_of(number, state.attempt, self._key.address)
        if any(ballot.commitment) and not any(ballot.revealed):
            return self._reveal(number, state)
        if state.status == Status.ATTESTED:
            return self._finalise(number, state)
        return not any(ballot.commitment) and self._commit(number, state)

    def _commit(self, number: int, state: RoundState) -> bool:
        verdict = self._verdict(number, state)
        if verdict is None:
            return False
        salt = self._salt(number, state.attempt)
        commitment = attestation_commitment(verdict.digest, self._key.address, salt)
        manager = self._model.round_manager
        return _sent(lambda: manager.commit_attestation(self._key, number, commitment))

    def _reveal(self, number: int, state: RoundState) -> bool:
        verdict = self._verdict(number, state)
        if verdict is None or not self._may_reveal(state):
            return False
        manager = self._model.round_manager
        signature = sign_typed(self._key, "Attestation", manager.domain, verdict.attestation)
        salt = self._salt(number, state.attempt)
        return _sent(lambda: manager.reveal(self._key, verdict.attestation, self._key.address, salt, signature))

    def _may_reveal(self, state: RoundState) -> bool:
        if state.commit_count == state.n or state.reveal_count > 0:
            return True
        if state.commit_count < state.k:
            return False
        self._awaits_time = self._model.round_manager.chain.block_time() < state.seeded_at + self._commit_period
        return not self._awaits_time

    def _finalise(self, number: int, state: RoundState) -> bool:
        verdict = self._verdict(number, state)
        if verdict is None or verdict.digest != state.agreed:
            return False
        # whether the window has passed is for the next block to say, so the contract is asked, not the newest block
        report, manager = verdict.report, self._model.round_manager
        self._awaits_time = True  # the usual reason for a refusal
        return _sent(
            lambda: manager.finalise(
                self._key,
                verdict.attestation,
                report.claims_root,
                report.claims_total,
                report.minted,
                report.gain,
            )
        )

    def _verdict(self, number: int, state: RoundState) -> Replay | None:
        """The verdict on an attempt, made once; None where its evidence cannot be attested to."""
        place = (number, state.attempt)
        if place not in self._verdicts and place not in self._refused:
            try:
                self._verdicts = {place: self._settle(number)}  # one at a time: former attempts are over
            except ChainError:
                raise  # says nothing about the evidence: the next look tries again
            except AndelError as error:
                self._refused[place] = _LOOKS_BETWEEN_TRIES
                log.error("round %d attempt %d is not attested: %s", number, state.attempt, error)
        return self._verdicts.get(place)

    def _is_refused(self, place: tuple[int, int]) -> bool:
        """Whether an attempt's evidence failed lately; after some looks it is tried again, since it may come late."""
        left = self._refused.get(place, 0)
        if left > 1:
            self._refused[place] = left - 1
            return True
        self._refused.pop(place, None)
        return False

    def _settle(self, number: int) -> Replay:
        replay = replay_round(self._model, self._store, number, self._references)
        self._store.put(replay.report.version)
        self._store.put(replay.report.history.to_bytes())
        return replay

    def _unseal(self, plan: RoundPlan) -> bytes:
        return unseal(read_named(self._store, "sealed reference packets", plan.reference.sealed), self._key)

    def _salt(self, number: int, attempt: int) -> bytes:
        """Secret until the reveal, the same after a restart, different for each attempt."""
        place = f"{self._model.round_manager.address}/{number}/{attempt}"
        return sha256(b"andel.attestation.salt.1", self._key.secret_bytes(), place.encode())


def _sent(send: Callable[[], object]) -> bool:
    """Whether the transaction went through; another operator's may have come first, then the state is read again."""
    try:
        send()
    except Reverted as refusal:
        log.info("%s", refusal)
        return False
    return True
