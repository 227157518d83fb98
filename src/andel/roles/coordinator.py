"""The coordinator: opens rounds, moves messages, closes rounds. It decides nothing that validators do not check.

It never sees the reference set, so it cannot steer training by it: the next version and state come from what k
validators attested, out of the content store. Each step follows from the chain's state, so whoever starts again goes on
where the chain stands, and waits are bounded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from andel.content import ContentStore, digest_of_cid
from andel.errors import EvidenceError, PlanError, Reverted, TrainingError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import PlantState, RoundState, Status, VoidReason
from andel.ledger.standstill import Standstill
from andel.roles.attempt import Attempt, plan_on_chain
from andel.roles.conflict_box import ConflictBox
from andel.roles.planting import Planter
from andel.roles.posted import answer_posted, posted_in, take_posted
from andel.training.events import Listener, RoundMoved, nobody
from andel.training.flower import Grid
from andel.training.journal import Journal
from andel.training.plan import RoundPlan, check_pace
from andel.training.privacy import check_rules
from andel.training.result import RoundResult, commitments_root, updates_root
from andel.training.rounds import FederatedRound, RoundSettings, Waiting
from andel.training.strategy import Vouched
from andel.training.task import Task, parse_task
from andel.units import Address
from andel.value.manifest import write_commitments, write_manifest

log = logging.getLogger(__name__)

_ATTEMPTS_MAX: Final = 8  # tests are drawn; so many in a row are not


class Coordinator:
    """Runs rounds of one model over a Flower grid."""

    def __init__(
        self,
        key: AccountKey,
        model: ModelContracts,
        store: ContentStore,
        grid: Grid,
        waiting: Waiting,
        settings: RoundSettings | None = None,
        box: ConflictBox | None = None,
        planter: Planter | None = None,
        journal: Journal | None = None,
        tell: Listener = nobody,
        vouched: Vouched | None = None,
    ) -> None:
        """In `box` lie the conflicts that witnesses brought; each round takes up those that count against it. `planter`
        makes tests of some attempts. `journal` remembers replies over a crash; `tell` hears of every step; `vouched`
        looks at which node commits for whom.
        """
        self._key = key
        self._model = model
        self._store = store
        self._grid = grid
        self._waiting = waiting
        self._settings = settings or RoundSettings()
        self._box = box
        self._planter = planter
        self._journal = journal
        self._tell = tell
        self._vouched = vouched
        self._standstill = Standstill(model.round_manager.chain, key, waiting.clock)
        self._attempt: Attempt | None = None
        self._proposed: set[tuple[int, int]] = set()

    def run_round(self, plan: RoundPlan, conflicts: Sequence[bytes] = ()) -> RoundResult:
        """One round from open to close and seed 2; validators take it from there.

        `conflicts` are what anybody brought (`andel.data.conflict`), beside those in the box: listed in the manifest,
        judged by validators.
        Raises TrainingError when too few contributors answer, Reverted when the chain refuses a step, PlanError when
        the plan names other rules than the alliance's, or another pace than the task's: nobody could attest it.
        """
        self.clear_way()
        self.begin(plan)
        return self.carry_on(plan.round, conflicts)

    def begin(self, plan: RoundPlan) -> None:
        """Opens a round, or a new attempt of the newest one. The plan is in the store before its hash is on chain.

        Raises PlanError, ContentError (the task is not in the store), Reverted, ChainError.
        """
        manager = self._model.round_manager
        rules = self._model.alliance.rules_at(manager.chain.block_time() + 1)
        if (plan.policy, plan.terms) != (rules.policy, rules.terms):
            raise PlanError(f"the plan of round {plan.round} names other terms or another policy than the alliance's")
        task = parse_task(self._store.get(plan.task))
        check_pace(plan, task)
        check_rules(task.privacy, plan.rules)
        self._store.put(plan.to_bytes())
        self._moved(plan, "planned")
        if plan.attempt:
            manager.retry(self._key, plan.round, plan.hash, plan.deadline)
        else:
            manager.open(self._key, plan.hash, plan.version, plan.budget, plan.deadline)
        self._moved(plan, "opened")

    def carry_on(self, number: int, conflicts: Sequence[bytes] = ()) -> RoundResult:
        """From wherever the newest attempt stands to seed 2: what is done on chain stays, the rest is done.

        Can be called again after whatever it raised, and by a process that has just been started. Raises as
        `run_round`, and EvidenceError, ContentError when the store lacks what the chain names.
        """
        manager = self._model.round_manager
        state = manager.round_of(number)
        attempt = self._attempt_of(state)
        if state.status == Status.OPEN:
            self._commit(attempt, state)
            state = manager.round_of(number)
        if state.status == Status.DATA_COMMITTED:
            result = self._close(attempt, state, conflicts)
        elif state.status == Status.CLOSED:
            result = attempt.closed(state)
        else:
            raise TrainingError(f"round {number} is {state.status.name.lower()}: there is nothing to collect")
        answer_posted(self._key, self._model, self._store, result, attempt.task, attempt.proven)
        state = manager.round_of(number)
        if state.seed_awaited:
            self._moved(attempt.plan, "posted answered")
            state = self._record_seed(number)
            self._moved(attempt.plan, "seed 2")
        if self._planter and (number, state.attempt) not in self._proposed:
            self._proposed.add((number, state.attempt))
            if not self._is_proposed(state) and self._planter.propose(state):
                self._moved(attempt.plan, "proposed")
        return result

    def is_collected(self, state: RoundState) -> bool:
        """Whether nothing of an attempt is left for its coordinator to do before it ends."""
        if state.status in (Status.OPEN, Status.DATA_COMMITTED):
            return False
        if state.status != Status.CLOSED:
            return True
        proposed = self._planter is None or (state.round, state.attempt) in self._proposed
        return any(state.second_seed) and not state.unresolved and proposed

    def open_plant(self, state: RoundState) -> bool:
        """Opens the newest attempt's plant when that is due; whether it was opened now. Raises ChainError."""
        return self._planter is not None and self._planter.open(state)

    def _attempt_of(self, state: RoundState) -> Attempt:
        """The attempt under way: the one that this process collects already, or one to go on with."""
        if self._attempt is not None and self._attempt.plan.hash == state.plan_hash:
            return self._attempt
        plan, task = plan_on_chain(self._store, state)
        left = max(plan.deadline - self._model.round_manager.chain.block_time(), 0)
        federated = FederatedRound(
            self._grid,
            plan,
            task,
            self._waiting,
            self._settings,
            store=self._store,
            journal=self._journal,
            tell=self._tell,
            ends_at=self._waiting.clock() + left,
            vouched=self._vouched,
        )
        self._attempt = Attempt(self._model, self._store, plan, parse_task(task), federated)
        return self._attempt

    def _commit(self, attempt: Attempt, state: RoundState) -> None:
        """Seals the plant, collects commitments and fixes them on chain."""
        manager, plan = self._model.round_manager, attempt.plan
        if self._planter and manager.plant_of(plan.round, plan.attempt).state == PlantState.NONE:
            self._planter.seal(plan.round, plan.attempt)
            self._moved(plan, "planted")
        commitments = attempt.federated.collect_commitments()
        listed = digest_of_cid(write_commitments(self._store, commitments))
        self._moved(plan, "commitments kept")
        manager.commit_data(self._key, plan.round, commitments_root(plan, commitments), listed)
        attempt.commitments = commitments
        self._moved(plan, "data committed")

    def _close(self, attempt: Attempt, state: RoundState, conflicts: Sequence[bytes]) -> RoundResult:
        """Everything between the fixed set of data and the fixed set of updates."""
        manager, plan = self._model.round_manager, attempt.plan
        if state.seed_awaited:
            state = self._record_seed(plan.round)
            self._moved(plan, "seed 1")
        attempt.join_fixed(state)
        if attempt.brought is None:
            against = self._box.against(plan, attempt.commitments) if self._box else ()
            attempt.brought = (*conflicts, *against)
        result = self._with_posted(attempt.collect(state, attempt.brought), attempt.task, attempt.proven)
        evidence = digest_of_cid(write_manifest(self._store, result, attempt.brought))
        self._moved(plan, "manifest kept")
        manager.close(self._key, plan.round, updates_root(plan, result.updates), evidence)
        self._moved(plan, "closed")
        return result

    def _is_proposed(self, state: RoundState) -> bool:
        found = {"round": state.round, "attempt": state.attempt}
        return bool(self._model.round_manager.logs("AttestationProposed", state.opened_block, **found))

    def _moved(self, plan: RoundPlan, step: str) -> None:
        self._tell(RoundMoved(plan.round, plan.attempt, step, plan.deadline))

    def see_through(
        self, plan: RoundPlan, seconds: float, alive: Callable[[], None] = lambda: None, conflicts: Sequence[bytes] = ()
    ) -> RoundState:
        """A round until validators have finalised it; an attempt that was a test is tried again.

        Raises as `run_round` and `wait_settled`; `seconds` are for each attempt.
        """
        chain = self._model.round_manager.chain
        given = plan.deadline - chain.block_time()
        for _ in range(_ATTEMPTS_MAX):
            self.run_round(plan, conflicts)
            state = self._wait_ended(plan.round, seconds, alive)
            if state.status == Status.FINALISED:
                return state
            if state.void_reason != VoidReason.TEST:
                break
            log.info("round %d, attempt %d, was a test: it is tried again", plan.round, plan.attempt)
            plan = replace(plan, attempt=plan.attempt + 1, deadline=chain.block_time() + given)
        raise TrainingError(f"round {plan.round} is void", "validators did not agree; see their logs")

    def clear_way(self) -> None:
        """Voids the newest round when it was left unfinished and its time is over, so that the next can open.

        Raises TrainingError when it is unfinished and still has time.
        """
        manager = self._model.round_manager
        state = manager.newest_round()
        if self._planter and state:
            self._planter.open(state)
        if state is None or state.status in (Status.FINALISED, Status.VOID):
            return
        newest = state.round
        if state.status == Status.CHALLENGED:
            raise TrainingError(f"round {newest} is challenged", "wait until its hearing is concluded")
        voidable_at, now = manager.voidable_at(newest), manager.chain.block_time()
        if now < voidable_at:
            raise TrainingError(
                f"round {newest} is unfinished and has {voidable_at - now} s left",
                "wait, or let its operators finish it",
            )
        manager.void(self._key, newest)
        log.warning("round voided round=%d", newest)

    def wait_settled(self, number: int, seconds: float, alive: Callable[[], None] = lambda: None) -> RoundState:
        """The round's state once validators have finalised it.

        `alive` is called at each look and may raise. Raises TrainingError after `seconds`, or when it is void.
        """
        state = self._wait_ended(number, seconds, alive)
        if state.status == Status.VOID:
            raise TrainingError(f"round {number} is void", "validators did not agree; see their logs")
        return state

    def _wait_ended(self, number: int, seconds: float, alive: Callable[[], None]) -> RoundState:
        """The round's state once it is final or void, and its plant, if any, opened."""
        until = self._waiting.clock() + seconds
        while True:
            state = self._model.round_manager.round_of(number)
            if self._planter and self._planter.open(state):
                continue
            if state.status in (Status.FINALISED, Status.VOID):
                return state
            alive()
            if self._waiting.clock() >= until:
                raise TrainingError(f"round {number} was not finalised within {seconds:.0f} s", "are k validators up?")
            self._waiting.sleep(self._settings.poll_seconds)

    def _with_posted(self, result: RoundResult, task: Task, proven: Mapping[Address, int]) -> RoundResult:
        """The result with the updates that contributors posted because none of theirs had come."""
        there = {item.contributor for item in result.updates}
        posted = posted_in(self._model, self._model.round_manager.round_of(result.plan.round))
        late = [item for item in posted if item.contributor not in there]
        found = (take_posted(self._store, result, task, proven, item) for item in late)
        taken = [replace(item, update=b"") for item in found if item]  # the bytes lie in the store already
        return replace(result, updates=(*result.updates, *taken)) if taken else result

    def _record_seed(self, number: int) -> RoundState:
        manager = self._model.round_manager
        self._standstill.forget()
        manager.chain.wait_for_block(manager.round_of(number).seed_block + 1, self._standstill.look)
        try:
            manager.record_seed(self._key, number)
        except Reverted as refusal:
            if refusal.error != "RoundManager_SeedKnown":  # anybody may record it, and somebody was first
                raise
        state = manager.round_of(number)
        if state.status == Status.VOID:
            raise EvidenceError(f"round {number}", "its seed lapsed: the attempt is void")
        return state
