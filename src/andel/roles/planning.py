"""The next round's plan, from the chain and the content store alone.

The chain names the task, the version, the state, the operators and the former plan; the task names the reference set
and the rules, which the founder put into the store. What a coordinator may choose stands in `Choices`. Whoever takes a
coordinator's place needs nothing of its predecessor. Never sends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from andel.content import ContentStore, cid_of_digest
from andel.errors import ContentError, InputError
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import RoundState
from andel.roles.obeying import bounds_of_next
from andel.training.plan import DayRanges, Reference, RoundPlan, parse_plan, parse_reference, parse_rules
from andel.training.rules import ValueRules
from andel.training.task import Task, parse_task
from andel.units import DAY_SECONDS, TOKEN, BaseUnits, Digest
from andel.value.history import EMPTY_HISTORY


@dataclass(frozen=True, slots=True)
class Choices:
    """What is left to a coordinator: how long an attempt may take (seconds), the most a round may mint (None: all that
    accrued and bonds cover), and the days to train on (None: the former round's, at first all days of the task that the
    reference set leaves).
    """

    round_seconds: int = 3_600
    budget: BaseUnits | None = None
    windows: DayRanges | None = None


def plan_next(model: ModelContracts, store: ContentStore, choices: Choices, newest: RoundState | None) -> RoundPlan:
    """The first attempt of the round after `newest` (None: of round 1).

    Its days are narrowed to those of the holders' training policy. Raises ContentError when the store lacks what the
    chain names, PlanError when nothing obeys that policy, ChainError.
    """
    manager = model.round_manager
    founding, now = manager.founding(), manager.chain.block_time()
    number = (newest.round if newest else 0) + 1
    task = parse_task(store.get_digest(founding.task_hash))
    pace = task.pace(number)
    former = _former(store, newest)
    reference = _reference_of(store, task, former)
    operators, rules = model.operators.of_epoch(), model.alliance.rules_at(now + 1)
    state = manager.state_hash()
    windows = choices.windows or (former.windows if former else all_days(task, reference))
    bounds = bounds_of_next(model, store)
    plan = RoundPlan(
        chain_id=manager.chain.chain_id,
        model=manager.address,
        round=number,
        attempt=0,
        task=cid_of_digest(founding.task_hash),
        version=manager.current_version(),
        state=state if any(state) else EMPTY_HISTORY.hash,
        windows=bounds.narrowed(windows) if bounds else windows,
        steps=pace.steps,
        rate_shift=pace.rate_shift,
        deadline=now + choices.round_seconds,
        k=operators.k,
        n=len(operators.validators),
        budget=_budget(model, operators.k, choices),
        operator_share_bps=founding.operator_share_bps,
        alliance=founding.alliance,
        policy=rules.policy,
        terms=rules.terms,
        reference=reference,
        rules=_rules_of(store, task, former),
    )
    if bounds is not None:
        bounds.check(plan, task)
    return plan


def plan_again(model: ModelContracts, store: ContentStore, choices: Choices, void: RoundState) -> RoundPlan | None:
    """The next attempt of a round that is void; None where the next round is better: its plan is gone, or the
    alliance's rules are others by now, which an attempt of an older opening cannot name.

    Raises ChainError.
    """
    manager = model.round_manager
    former, now = _former(store, void), manager.chain.block_time()
    rules = model.alliance.rules_at(now + 1)
    if former is None or (former.policy, former.terms) != (rules.policy, rules.terms):
        return None
    operators = model.operators.of_epoch()
    return replace(
        former,
        attempt=void.attempt + 1,
        deadline=now + choices.round_seconds,
        k=operators.k,
        n=len(operators.validators),
    )


def all_days(task: Task, reference: Reference) -> DayRanges:
    """The days of a task's accepted time that the reference set does not hold."""
    start, end = task.accepted_time
    held = sorted((*reference.score, *reference.report))
    first, last = -(-start // DAY_SECONDS), end // DAY_SECONDS - 1
    ranges: list[tuple[int, int]] = []
    for low, high in held:
        if low > last:
            break
        if first < low:
            ranges.append((first, low - 1))
        first = max(first, high + 1)
    if first <= last:
        ranges.append((first, last))
    return tuple(ranges)


def _budget(model: ModelContracts, k: int, choices: Choices) -> BaseUnits:
    """What has accrued and may be minted, as far as k bonds cover it."""
    accrued = model.pool.accrued() - model.pool.minted()
    worth = model.round_manager.founding().coin_per_token
    covered = k * model.operators.bond() * TOKEN // worth if worth else accrued
    return BaseUnits(min(accrued, covered, *([] if choices.budget is None else [choices.budget])))


def _former(store: ContentStore, newest: RoundState | None) -> RoundPlan | None:
    """The newest round's plan, if the store has it."""
    if newest is None:
        return None
    try:
        return parse_plan(store.get_digest(newest.plan_hash))
    except (ContentError, InputError):
        return None  # a plan that was never kept, or is none: whoever opened with it had its own reasons


def _reference_of(store: ContentStore, task: Task, former: RoundPlan | None) -> Reference:
    if former is not None and former.reference.hash.hex() == task.reference:
        return former.reference
    return parse_reference(store.get_digest(Digest(bytes.fromhex(task.reference))))


def _rules_of(store: ContentStore, task: Task, former: RoundPlan | None) -> ValueRules:
    if former is not None and former.rules.hash.hex() == task.rules:
        return former.rules
    return parse_rules(store.get_digest(Digest(bytes.fromhex(task.rules))))
