"""A contributor that holds the coordinator to its update: it trains by itself and posts the hash on chain.

Takes what runs beside the data, the key that pays, and the content store. Acts once in an attempt, when the set of data
holds its commitment and nobody has asked it to train for a while. Training is exact, so an update that the coordinator
asks for later is the same one, under the same signature. Never posts where it has not committed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from andel.content import ContentStore, cid_of_digest
from andel.errors import PlanError
from andel.hashing import sha256
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import RoundState, Status
from andel.roles.posted import post_update
from andel.training.client_app import LocalContributor
from andel.training.engine import train_update
from andel.training.integer_mlp import IntArray
from andel.training.plan import RoundPlan, parse_plan
from andel.training.result import DataCommitment, SignedUpdate, sign_update
from andel.training.task import Task, parse_task
from andel.training.updates import decode_version, encode_update
from andel.units import Address
from andel.value.manifest import read_commitments, read_named

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """An attempt in which an update can be posted now: its plan and task, its state on chain, its fixed commitments."""

    plan: RoundPlan
    task: Task
    state: RoundState
    commitments: tuple[DataCommitment, ...]


def due_posting(model: ModelContracts, store: ContentStore, account: Address, patience_seconds: int) -> Due | None:
    """The newest attempt, if `account` can post in it and has not; None where there is none.

    `patience_seconds` are the chain's, from the moment that the data was fixed. Raises ChainError, EvidenceError (plan
    or list are not in the store), PlanError.
    """
    manager = model.round_manager
    state = manager.newest_round()
    if state is None or state.status != Status.DATA_COMMITTED or not any(state.first_seed):
        return None
    number = state.round
    now = manager.chain.block_time()
    if now < state.moved_at + patience_seconds or now >= state.deadline:
        return None
    if any(manager.posted_of(number, state.attempt, account)):
        return None
    commitments = read_commitments(store, state.commitments_hash, f"round {number}")
    if account not in {item.contributor for item in commitments}:
        return None
    plan = parse_plan(read_named(store, f"round {number}, plan", cid_of_digest(state.plan_hash)))
    task = parse_task(read_named(store, f"round {number}, task", plan.task))
    check_can_post(task)
    return Due(plan, task, state, commitments)


def check_can_post(task: Task) -> None:
    """Raises PlanError where no single update of the task can be posted."""
    if task.privacy.grouped or task.privacy.noisy:
        raise PlanError(
            "an update of this task cannot be posted by itself: it leaves masked, or with noise that is drawn once",
            "the coordinator of a model with such privacy is held to no single update (docs/privacy.md)",
        )


def version_of(store: ContentStore, due: Due) -> list[IntArray]:
    """The version that the attempt trains on. Raises EvidenceError, InputError."""
    named = f"round {due.plan.round}, parent version"
    return decode_version(read_named(store, named, cid_of_digest(due.plan.version)), due.task)


class Poster:
    """Posts one contributor's updates of one model."""

    def __init__(
        self, contributor: LocalContributor, model: ModelContracts, store: ContentStore, patience_seconds: int = 0
    ) -> None:
        """`patience_seconds` are the chain's, from the moment that the data was fixed."""
        self._contributor = contributor
        self._model = model
        self._store = store
        self._patience = patience_seconds

    def step(self) -> bool:
        """One look at the newest round; whether an update was posted.

        Raises ChainError, EvidenceError (plan or list are not in the store), PlanError.
        """
        key = self._contributor.key
        due = due_posting(self._model, self._store, key.address, self._patience)
        if due is None:
            return False
        update = self._train(due)
        post_update(key, self._model, self._store, due.plan, due.commitments, update)
        log.warning("round %d: the coordinator did not ask for the update; its hash is posted", due.plan.round)
        return True

    def _train(self, due: Due) -> SignedUpdate:
        """The update that the contributor would have answered with (`andel.training.client_app`)."""
        local, plan, task, seed = self._contributor, due.plan, due.task, due.state.first_seed
        local.accept(plan, task)
        local.check_seed(plan, seed)
        parameters = version_of(self._store, due)
        codes, change = local.rows(plan, task)
        account = local.key.address
        trained = train_update(task, parameters, codes, change, number=plan.round, seed=seed, contributor=account)
        return sign_update(
            local.key,
            plan,
            update=encode_update(trained, task),
            batches_hash=sha256(local.batches(plan)),
            weight=local.weight(plan),
        )
