"""A validator's part in a float task: it measures the round, seals what it found, shows it, and stands by the median.

Takes a closed attempt after seed 2. Seals its judgement's hash on chain, puts the judgement into the content store once
nobody's seal is waited for, and shows it. Says of a verdict whether its median is near what this validator measured: it
attests to no other. Never touches an integer task.
"""

from __future__ import annotations

import logging

from andel.content import ContentStore
from andel.errors import AndelError, ChainError, ContentError, ContentUnreachable, EvidenceError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_hashes import judgement_seal
from andel.ledger.round_state import RoundState
from andel.roles.judgements import Sealing, notary_of, sealing_of
from andel.roles.replay import ReferenceOpener, Replay, replay_round
from andel.roles.sent import sent
from andel.roles.settling import Retries
from andel.training.task import Task, parse_task
from andel.value.judgement import Judgement, RecordingJudge, binding_of, far_from
from andel.value.reference import ScoringRows

log = logging.getLogger(__name__)


class Judging:
    """The judgements of one validator, of one attempt at a time."""

    def __init__(
        self, key: AccountKey, model: ModelContracts, store: ContentStore, references: ReferenceOpener
    ) -> None:
        """Asks nothing yet."""
        self._key = key
        self._model = model
        self._store = store
        self._references = references
        self._task: Task | None = None
        self._own: dict[tuple[int, int], Judgement] = {}
        self._retries = Retries()
        self.awaits_time = False

    def step(self, state: RoundState) -> bool:
        """Seals or shows where it is this validator's turn; whether it did. Raises ChainError."""
        self.awaits_time = False
        task = self._task_of()
        if task is None or task.floats is None:
            return False
        sealing, now = sealing_of(self._model, task, state), self._model.round_manager.chain.block_time()
        if self._key.address not in sealing.validators or sealing.is_over(now):
            return False
        record = sealing.records[sealing.validators.index(self._key.address)]
        if not any(record.hash):
            return self._seal(task, state, sealing, now)
        if not any(record.digest) and sealing.may_show(now):
            return self._show(task, state)
        self.awaits_time = True
        return False

    def stands_by(self, verdict: Replay, state: RoundState) -> bool:
        """Whether the median that a verdict rests on is near this validator's own measures; always of integers."""
        task = verdict.evidence.task
        if task.floats is None:
            return True
        own = self._judgement(state)
        if own is None or verdict.agreed is None:
            return False
        try:
            far = far_from(own, verdict.agreed.agreed(own.aggregate))
        except EvidenceError:
            far = "the aggregate"
        if far:
            log.error("round %d is not attested: the judges' median is far from %s measured here", state.round, far)
        return not far

    def _seal(self, task: Task, state: RoundState, sealing: Sealing, now: int) -> bool:
        if now > sealing.seal_until or sealing.first_shown < 1 << 64 or (own := self._judgement(state)) is None:
            return False
        notary, account = notary_of(self._model, task), self._key.address
        place = (self._model.round_manager.address, state.round, state.attempt)
        digest, chain_id = sha256(own.to_bytes(task)), self._model.round_manager.chain.chain_id
        seal = judgement_seal(chain_id, notary.address, *place, account, digest, self._salt(state))
        return sent(notary.seal, self._key, *place, seal)

    def _show(self, task: Task, state: RoundState) -> bool:
        own = self._judgement(state)
        if own is None:
            return False
        try:
            self._store.put(own.to_bytes(task))  # before it is named: who sees the name can fetch it
        except (ContentError, ContentUnreachable) as error:
            log.error("round %d attempt %d: the judgement cannot be kept: %s", state.round, state.attempt, error)
            return False
        notary, place = notary_of(self._model, task), (self._model.round_manager.address, state.round, state.attempt)
        return sent(notary.show, self._key, *place, sha256(own.to_bytes(task)), self._salt(state))

    def _judgement(self, state: RoundState) -> Judgement | None:
        """What this validator measures of the attempt, once; None while it cannot be measured."""
        place = (state.round, state.attempt)
        if place not in self._own and not self._retries.is_resting(place):
            try:
                self._own = {place: measure_round(self._model, self._store, state, self._references)}
            except ChainError:
                raise  # says nothing about the evidence: the next look tries again
            except AndelError as error:
                self._retries.rest(place)
                log.error("round %d attempt %d is not judged: %s", *place, error)
        return self._own.get(place)

    def _task_of(self) -> Task | None:
        """The model's task; None while the store does not hold it."""
        if self._task is None:
            try:
                self._task = parse_task(self._store.get_digest(self._model.round_manager.founding().task_hash))
            except AndelError as error:
                if isinstance(error, ChainError):
                    raise
                log.error("the model's task cannot be read: %s", error)
        return self._task

    def _salt(self, state: RoundState) -> bytes:
        """Secret until the judgement is shown, the same after a restart, different for each attempt."""
        place = f"{self._model.round_manager.address}/{state.round}/{state.attempt}"
        return self._key.secret_for(b"andel.judgement.salt.1", place)


def measure_round(
    model: ModelContracts, store: ContentStore, state: RoundState, references: ReferenceOpener
) -> Judgement:
    """What this machine measures of a float task's closed attempt.

    Raises as `replay_round`, and InputError where the task's engine is not installed or cannot measure.
    """
    recorders: list[RecordingJudge] = []

    def record(task: Task, steering: ScoringRows, scoring: ScoringRows) -> RecordingJudge:
        recorders.append(RecordingJudge(task, steering, scoring))
        return recorders[-1]

    replay = replay_round(model, store, state.round, references, record)
    return recorders[0].judgement(binding_of(replay.evidence.plan, state.updates_root, state.second_seed))
