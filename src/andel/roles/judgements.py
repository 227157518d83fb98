"""Which judgements of a float task's attempt count: the same rule for validators, watchers and auditors.

Takes what validators sealed and showed on chain, and the content store. Gives the judgements that the round is settled
by. A judgement counts when a validator of the attempt sealed it before the first was shown and within half of the
commit period after seed 2, showed it within three quarters of that, and its bytes are there and of this attempt. Never
measures.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from andel.content import ContentStore, cid_of_digest
from andel.errors import ContentError, EvidenceDue, EvidenceError, InputError
from andel.keys import address_bytes
from andel.ledger.deployment import ModelContracts
from andel.ledger.judgements import JudgementRecord, JudgementsContract
from andel.ledger.round_state import RoundState, Status
from andel.training.plan import RoundPlan
from andel.training.task import Task
from andel.units import Address, Digest
from andel.value.history import parse_history
from andel.value.judgement import AgreedJudge, Judgement, binding_of, read_judgement
from andel.value.manifest import read_named

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sealing:
    """How far the validators of an attempt are with their judgements; in the order of their addresses."""

    validators: tuple[Address, ...]
    records: tuple[JudgementRecord, ...]
    seal_until: int
    show_until: int
    k: int

    @property
    def first_shown(self) -> int:
        """Block of the first that was shown; beyond all blocks while none is."""
        return min((record.shown_block for record in self.records if record.shown_block), default=1 << 64)

    def is_sealed(self, record: JudgementRecord) -> bool:
        """Whether it was sealed in time and before any was shown."""
        return any(record.hash) and record.sealed_at <= self.seal_until and record.sealed_block < self.first_shown

    def counts(self, record: JudgementRecord) -> bool:
        """Whether it was sealed and shown in time."""
        return self.is_sealed(record) and any(record.digest) and record.shown_at <= self.show_until

    def may_show(self, now: int) -> bool:
        """Whether nobody's seal is waited for any more at second `now`."""
        sealed = sum(map(self.is_sealed, self.records))
        return sealed == len(self.records) or self.first_shown < 1 << 64 or (sealed >= self.k and now > self.seal_until)

    def is_over(self, now: int) -> bool:
        """Whether no further judgement can count at second `now`."""
        return now > self.show_until or all(map(self.counts, self.records))


def sealing_of(model: ModelContracts, task: Task, state: RoundState) -> Sealing:
    """The judgements of a closed attempt of a float task after seed 2, as the chain has them. Raises ChainError."""
    manager, period = model.round_manager, model.round_manager.founding().commit_period
    records = model.operators.of_epoch(state.operators_epoch).validators
    validators = sorted((record.account for record in records), key=address_bytes)
    found = notary_of(model, task).records_of(manager.address, state.round, state.attempt, validators)
    return Sealing(
        tuple(validators), tuple(found), state.seeded_at + period // 2, state.seeded_at + period * 3 // 4, state.k
    )


def notary_of(model: ModelContracts, task: Task) -> JudgementsContract:
    """The contract that a float task names. Raises InputError for an integer task."""
    if task.floats is None:
        raise InputError(f"the task {task.name} is one of integers: nothing of it is judged")
    return JudgementsContract(model.round_manager.chain, task.floats.judgements)


def agreed_judge(
    model: ModelContracts, store: ContentStore, plan: RoundPlan, task: Task, state: RoundState
) -> AgreedJudge:
    """The median of what an attempt's validators judged, which settles a float task's round.

    Raises EvidenceDue while judgements may still come, EvidenceError when those that a final state names are not there.
    """
    sealing, place = sealing_of(model, task, state), f"round {state.round}"
    final = state.status == Status.FINALISED
    if not final and not sealing.is_over(model.round_manager.chain.block_time()):
        raise EvidenceDue(f"{place}, judgements", "not all validators have shown what they measured")
    digests = [record.digest for record in sealing.records if sealing.counts(record)]
    binding = binding_of(plan, state.updates_root, state.second_seed)
    if final:
        named = parse_history(read_named(store, f"{place}, state after it", cid_of_digest(state.state_hash))).judgements
        judgements = _named(store, digests, named, place, lambda data: read_judgement(data, binding, task))
    else:
        judgements = _shown(store, sealing, lambda data: read_judgement(data, binding, task))
    return AgreedJudge(task, judgements, plan.k, place)


def _shown(store: ContentStore, sealing: Sealing, read: Callable[[bytes], Judgement]) -> list[Judgement]:
    """All that count and are there; who shows a digest and keeps its judgement back is left out."""
    found = []
    for validator, record in zip(sealing.validators, sealing.records, strict=True):
        if not sealing.counts(record):
            continue
        try:
            found.append(read(store.get_digest(record.digest)))
        except (ContentError, InputError) as error:
            log.warning("the judgement of %s does not count: %s", validator, error)
    return found


def _named(
    store: ContentStore,
    shown: Sequence[Digest],
    named: Sequence[Digest],
    place: str,
    read: Callable[[bytes], Judgement],
) -> list[Judgement]:
    """Those that the state of a final round names: each was shown in time, and is there."""
    if Counter(named) - Counter(shown):  # equal machines measure equal bytes, so a digest may stand there twice
        raise EvidenceError(f"{place}, judgements", "the state names one that no validator showed in time")
    found = []
    for digest in named:
        where = f"{place}, judgement {digest.hex()[:16]}"
        try:
            found.append(read(read_named(store, where, cid_of_digest(digest))))
        except InputError as error:
            raise EvidenceError(where, error.message) from error
    return found
