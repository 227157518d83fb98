"""A contributor that holds the coordinator to its update: it trains by itself and posts the hash on chain.

Takes what runs beside the data, the key that pays, and the content store. Acts once in an attempt, when the set of data
holds its commitment and nobody has asked it to train for a while. Training is exact, so an update that the coordinator
asks for later is the same one, under the same signature. Never posts where it has not committed.
"""

from __future__ import annotations

import logging

from andel.content import ContentStore, cid_of_digest
from andel.errors import PlanError
from andel.hashing import sha256
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import RoundState, Status
from andel.roles.posted import post_update
from andel.training.client_app import LocalContributor
from andel.training.engine import train_update
from andel.training.plan import RoundPlan, parse_plan
from andel.training.result import SignedUpdate, sign_update
from andel.training.task import Task, parse_task
from andel.training.updates import decode_version, encode_update
from andel.value.manifest import read_commitments, read_named

log = logging.getLogger(__name__)


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
        manager, account = self._model.round_manager, self._contributor.key.address
        state = manager.newest_round()
        if state is None or state.status != Status.DATA_COMMITTED or not any(state.first_seed):
            return False
        number = state.round
        if manager.chain.block_time() < state.moved_at + self._patience:
            return False
        if any(manager.posted_of(number, state.attempt, account)):
            return False
        commitments = read_commitments(self._store, state.commitments_hash, f"round {number}")
        if account not in {item.contributor for item in commitments}:
            return False
        plan = parse_plan(read_named(self._store, f"round {number}, plan", cid_of_digest(state.plan_hash)))
        task = parse_task(read_named(self._store, f"round {number}, task", plan.task))
        if task.privacy.grouped or task.privacy.noisy:
            raise PlanError(
                "an update of this task cannot be posted by itself: it leaves masked, or with noise that is drawn once",
                "the coordinator of a model with such privacy is held to no single update (docs/privacy.md)",
            )
        update = self._train(plan, task, state)
        post_update(self._contributor.key, self._model, self._store, plan, commitments, update)
        log.warning("round %d: the coordinator did not ask for the update; its hash is posted", number)
        return True

    def _train(self, plan: RoundPlan, task: Task, state: RoundState) -> SignedUpdate:
        """The update that the contributor would have answered with (`andel.training.client_app`)."""
        local = self._contributor
        local.accept(plan, task)
        local.check_seed(plan, state.first_seed)
        version = read_named(self._store, f"round {plan.round}, parent version", cid_of_digest(plan.version))
        parameters = decode_version(version, task)
        codes, change = local.rows(plan, task)
        account, seed = local.key.address, state.first_seed
        trained = train_update(task, parameters, codes, change, number=plan.round, seed=seed, contributor=account)
        return sign_update(
            local.key,
            plan,
            update=encode_update(trained, task),
            batches_hash=sha256(local.batches(plan)),
            weight=local.weight(plan),
        )
