"""A validator: settles each closed round again from the evidence, and attests to what it found.

It is given the RPC address, the model's address, the content store and its own key, nothing else. It trusts
neither the coordinator nor another validator: a commitment binds its attestation before any is revealed, and
it attests only to what it holds: every object that the round refers to is in its own store, verified, before it
commits, and stays there until nobody can challenge the round any more. Its salt comes from its key, so a restart
between commit and reveal loses nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from andel.content import ContentStore
from andel.errors import ContentUnreachable, EvidenceError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_hashes import attestation_commitment
from andel.ledger.round_state import RoundState, Status
from andel.ledger.standstill import Standstill
from andel.roles.holding import Holding
from andel.roles.judging import Judging
from andel.roles.looking import look_on
from andel.roles.publications import Signing
from andel.roles.replay import Replay
from andel.roles.sent import sent
from andel.roles.settling import Retries, Settler, references_for
from andel.roles.speaking import Speaker
from andel.roles.watcher import Watcher
from andel.typed_data import sign_typed

log = logging.getLogger(__name__)


class Validator:
    """One validator of one model. `step` does what the chain's state asks for now, and nothing twice."""

    def __init__(
        self,
        key: AccountKey,
        model: ModelContracts,
        store: ContentStore,
        bond_limit: int | None = None,
        *,
        let_go: bool = False,
        signing: Signing | None = None,
    ) -> None:
        """With a `bond_limit` (wei, 0 for none) the validator watches as well (`Watcher`), on the same verdicts.

        With `let_go` it drops its copies of a round when a later one is final (`Holding`). With `signing` it signs each
        version that becomes final, so that it can be published.
        """
        self._key = key
        self._model = model
        self._commit_period = model.round_manager.founding().commit_period
        references = references_for(store, key)
        self.settler = Settler(model, store, references)
        self._speaker = Speaker(key, model, self.settler)
        self._holding = Holding(store, let_go=let_go)
        self._judging = Judging(key, model, store, references)
        self._watcher: Watcher | None = None
        if bond_limit is not None:
            self._watcher = Watcher(key, model, store, bond_limit=bond_limit, settler=self.settler)
        self._signing = signing
        self._unheld = Retries()
        self._awaits_time = False

    def run(
        self, last_round: int, sleep: Callable[[float], None], clock: Callable[[], float], poll_seconds: float
    ) -> None:
        """Serves rounds until `last_round` is finalised; for ever when it is 0.

        A node that hiccups costs a look, not the validator. While the chain's time must pass for a round to go on,
        a chain that makes no blocks of its own is moved. Raises ChainError when the node fails a minute on end.
        """
        look_on(
            self.step,
            lambda: last_round > 0 and self.is_finalised(last_round),
            lambda: self._awaits_time,
            Standstill(self._model.round_manager.chain, self._key, clock),
            sleep,
            poll_seconds,
        )

    def is_finalised(self, number: int) -> bool:
        """Whether the round exists and is final."""
        state = self._model.round_manager.find_round(number)
        return state is not None and state.status == Status.FINALISED

    def step(self) -> bool:
        """One look at the newest round; whether anything was done."""
        watched = self._watcher is not None and self._watcher.step()
        return self._attend() or watched

    def _attend(self) -> bool:
        """A validator's own part of a look."""
        self._awaits_time = False
        manager = self._model.round_manager
        state = manager.newest_round()
        if state is None:
            return False
        number = state.round
        self._let_go(state)
        if self._signing is not None:
            self._signing.step(state)
        if state.status == Status.CHALLENGED:
            busy = self._speaker.step(state)
            self._awaits_time = not busy
            return busy
        if self._speaker.collect():
            return True
        if state.status not in (Status.CLOSED, Status.ATTESTED) or not any(state.second_seed):
            return False
        if state.status == Status.CLOSED:
            if self._judging.step(state):
                return True
            self._awaits_time = self._judging.awaits_time
        ballot = manager.ballot_of(number, state.attempt, self._key.address)
        if any(ballot.commitment) and not any(ballot.revealed):
            return self._reveal(number, state)
        if state.status == Status.ATTESTED:
            return self._finalise(number, state)
        return not any(ballot.commitment) and self._commit(number, state)

    def _commit(self, number: int, state: RoundState) -> bool:
        verdict = self.settler.verdict(state)
        if verdict is None or not self._judging.stands_by(verdict, state):
            return False
        if not self._holds(verdict, state):
            return False
        salt = self._salt(number, state.attempt)
        commitment = attestation_commitment(verdict.digest, self._key.address, salt)
        manager = self._model.round_manager
        return sent(manager.commit_attestation, self._key, number, commitment)

    def _holds(self, verdict: Replay, state: RoundState) -> bool:
        """Whether all the round's evidence is in this validator's own store; what is not there is logged."""
        place = (state.round, state.attempt)
        if self._unheld.is_resting(place):
            return False
        try:
            self._holding.hold(state, verdict)
        except (EvidenceError, ContentUnreachable) as error:
            self._unheld.rest(place)
            log.error("round %d attempt %d is not attested: %s is not held", *place, error)
            return False
        return True

    def _reveal(self, number: int, state: RoundState) -> bool:
        verdict = self.settler.verdict(state)
        if verdict is None or not self._may_reveal(state):
            return False
        manager = self._model.round_manager
        signature = sign_typed(self._key, "Attestation", manager.domain, verdict.attestation)
        salt = self._salt(number, state.attempt)
        return sent(manager.reveal, self._key, verdict.attestation, self._key.address, salt, signature)

    def _may_reveal(self, state: RoundState) -> bool:
        if state.commit_count == state.n or state.reveal_count > 0:
            return True
        if state.commit_count < state.k:
            return False
        self._awaits_time = self._model.round_manager.chain.block_time() < state.seeded_at + self._commit_period
        return not self._awaits_time

    def _finalise(self, number: int, state: RoundState) -> bool:
        verdict = self.settler.verdict(state)
        if verdict is None or verdict.digest != state.agreed:
            return False
        # whether the window has passed is for the next block to say, so the contract is asked, not the newest block
        report, manager = verdict.report, self._model.round_manager
        self._awaits_time = True  # the usual reason for a refusal
        opened = report.claims_root, report.claims_total, report.minted, report.gain
        return sent(manager.finalise, self._key, verdict.attestation, *opened)

    def _let_go(self, state: RoundState) -> None:
        if state.status == Status.FINALISED and (verdict := self.settler.known(state)) is not None:
            self._holding.release(state, verdict)

    def _salt(self, number: int, attempt: int) -> bytes:
        """Secret until the reveal, the same after a restart, different for each attempt."""
        place = f"{self._model.round_manager.address}/{number}/{attempt}"
        return self._key.secret_for(b"andel.attestation.salt.1", place)
