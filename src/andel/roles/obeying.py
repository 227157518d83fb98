"""Whether a round's plan obeys what holders decided: asked by who plans, who settles and who audits.

Takes a model, a content store and a plan. The policy in force is that of the block in which the round's first attempt
was opened; the chain keeps its history, so the answer never changes. A model whose publisher is a person's account has
no policy, and every plan obeys. Never sends.
"""

from __future__ import annotations

from andel.content import ContentStore, cid_of_digest
from andel.errors import EvidenceError, PlanError
from andel.ledger.deployment import ModelContracts
from andel.ledger.policy import Rule, find_policy
from andel.ledger.round_state import RoundState
from andel.training.plan import RoundPlan
from andel.training.task import Task
from andel.training.training_policy import TrainingPolicy, parse_training_policy
from andel.units import Digest
from andel.value.manifest import read_named


def check_obeys(plan: RoundPlan, task: Task, model: ModelContracts, store: ContentStore, state: RoundState) -> None:
    """Raises EvidenceError when the plan does not obey the training policy that held when its round was opened.

    Also where that policy's text is missing (EvidenceError) or is none (PlanError): nobody attests what it cannot read.
    """
    policy = find_policy(model.round_manager)
    if policy is None:
        return
    record = policy.rule_at(Rule.TRAINING, state.opened_block)
    bounds = _read(store, record.hash, f"round {plan.round}, training policy")
    if bounds is None:
        return
    try:
        bounds.check(plan, task)
    except PlanError as error:
        raise EvidenceError(f"round {plan.round}, plan", error.message) from error


def bounds_of_next(model: ModelContracts, store: ContentStore) -> TrainingPolicy | None:
    """The training policy that the next round is opened under; None where there is none.

    Raises EvidenceError when its text is missing, PlanError when it is none.
    """
    policy = find_policy(model.round_manager)
    return None if policy is None else _read(store, policy.rule_of(Rule.TRAINING).hash, "training policy")


def _read(store: ContentStore, digest: Digest, place: str) -> TrainingPolicy | None:
    return parse_training_policy(read_named(store, place, cid_of_digest(digest))) if any(digest) else None
