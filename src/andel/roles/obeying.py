"""Whether a round's plan obeys what holders decided: asked by who plans, trains, settles and audits.

Takes a model, a content store and a plan. The policy in force is that of the block in which the round's first attempt
was opened; the chain keeps its history, so the answer never changes. A model whose publisher is a person's account has
no policy, and every plan obeys. Never sends.
"""

from __future__ import annotations

from typing import Final

from andel.content import ContentStore, cid_of_digest
from andel.errors import ContentError, ContentUnreachable, EvidenceError, PlanError
from andel.ledger.deployment import ModelContracts
from andel.ledger.policy import Rule, find_policy
from andel.ledger.round_manager import RoundManagerContract
from andel.ledger.round_state import RoundState
from andel.training.plan import RoundPlan
from andel.training.task import Task
from andel.training.training_policy import TrainingPolicy, parse_training_policy
from andel.units import Address, Digest
from andel.value.manifest import read_named

_KEPT: Final = 16
_NAME_ONE: Final = "name the model's content store, where a proposal's texts are kept"


def check_obeys(plan: RoundPlan, task: Task, model: ModelContracts, store: ContentStore, state: RoundState) -> None:
    """Raises EvidenceError when the plan does not obey the training policy that held when its round was opened.

    Also where that policy's text is missing (EvidenceError) or is none (PlanError): nobody attests what it cannot read.
    """
    bounds = _bounds_at(model.round_manager, store, plan.round, state.opened_block)
    if bounds is None:
        return
    try:
        bounds.check(plan, task)
    except PlanError as error:
        raise EvidenceError(f"round {plan.round}, plan", error.message) from error


def _bounds_at(
    manager: RoundManagerContract, store: ContentStore, number: int, opened_block: int
) -> TrainingPolicy | None:
    policy = find_policy(manager)
    if policy is None:
        return None
    return _read(store, policy.rule_at(Rule.TRAINING, opened_block).hash, f"round {number}, training policy")


class Obedience:
    """What a contributor asks of each plan before it trains; one object serves everybody who shares a store.

    Without a store (None) a plan of a model with a training policy is refused: nobody trains by what it cannot read.
    """

    def __init__(self, store: ContentStore | None) -> None:
        """Asks nothing."""
        self._store = store
        self._known: dict[tuple[Address, int], TrainingPolicy | None] = {}

    def check(self, plan: RoundPlan, task: Task, manager: RoundManagerContract, opened_block: int) -> None:
        """Raises PlanError unless the plan obeys the policy that held in the block that opened it; ChainError."""
        place = (manager.address, opened_block)
        if place not in self._known:
            while len(self._known) >= _KEPT:
                del self._known[next(iter(self._known))]
            self._known[place] = self._bounds(plan, manager, opened_block)
        bounds = self._known[place]
        if bounds is not None:
            bounds.check(plan, task)

    def _bounds(self, plan: RoundPlan, manager: RoundManagerContract, opened_block: int) -> TrainingPolicy | None:
        policy = find_policy(manager)
        digest = None if policy is None else policy.rule_at(Rule.TRAINING, opened_block).hash
        if digest is None or not any(digest):
            return None
        if self._store is None:
            raise PlanError(f"no content store is named to read the training policy {digest.hex()} from", _NAME_ONE)
        try:
            return _read(self._store, digest, f"round {plan.round}, training policy")
        except (EvidenceError, ContentError, ContentUnreachable) as error:
            raise PlanError(f"the training policy in force cannot be read: {error.message}", _NAME_ONE) from error


def bounds_of_next(model: ModelContracts, store: ContentStore) -> TrainingPolicy | None:
    """The training policy that the next round is opened under; None where there is none.

    Raises EvidenceError when its text is missing, PlanError when it is none.
    """
    policy = find_policy(model.round_manager)
    return None if policy is None else _read(store, policy.rule_of(Rule.TRAINING).hash, "training policy")


def _read(store: ContentStore, digest: Digest, place: str) -> TrainingPolicy | None:
    return parse_training_policy(read_named(store, place, cid_of_digest(digest))) if any(digest) else None
