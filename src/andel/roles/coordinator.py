"""The coordinator: opens rounds, moves messages, closes rounds. It decides nothing that validators do not check.

It never sees the reference set, so it cannot steer training by it: the next version and state come from what k
validators attested, out of the content store. Each step follows from the chain's state, and waits are bounded.
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
from andel.ledger.round_state import RoundState, Status, VoidReason
from andel.ledger.standstill import Standstill
from andel.roles.chain_facts import chain_facts, read_round
from andel.roles.conflict_box import ConflictBox
from andel.roles.planting import Planter
from andel.roles.posted import answer_posted, posted_in, take_posted
from andel.roles.replay import read_history, read_policy
from andel.training.flower import Grid
from andel.training.plan import RoundPlan
from andel.training.privacy import check_rules
from andel.training.result import (
    DataCommitment,
    RoundResult,
    SignedDisclosure,
    commitments_root,
    updates_root,
)
from andel.training.rounds import FederatedRound, RoundSettings, Waiting
from andel.training.task import Task, parse_task
from andel.training.updates import decode_version
from andel.units import Address
from andel.value.history import History
from andel.value.manifest import bounded, read_disclosed, write_commitments, write_manifest
from andel.value.proof import prove_data, unopened
from andel.value.retraining import retrain_all, suspended_devices

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
    ) -> None:
        """In `box` lie the conflicts that witnesses brought; each round takes up those that count against it. `planter`
        makes tests of some attempts.
        """
        self._key = key
        self._model = model
        self._store = store
        self._grid = grid
        self._waiting = waiting
        self._settings = settings or RoundSettings()
        self._box = box
        self._planter = planter
        self._standstill = Standstill(model.round_manager.chain, key, waiting.clock)

    def run_round(self, plan: RoundPlan, conflicts: Sequence[bytes] = ()) -> RoundResult:
        """One round from open to close and seed 2; validators take it from there.

        `conflicts` are what anybody brought (`andel.data.conflict`), beside those in the box: listed in the manifest,
        judged by validators.
        Raises TrainingError when too few contributors answer, Reverted when the chain refuses a step, PlanError when
        the plan names other rules than the alliance's: nobody could attest such a round.
        """
        manager = self._model.round_manager
        rules = self._model.alliance.rules_at(manager.chain.block_time() + 1)
        if (plan.policy, plan.terms) != (rules.policy, rules.terms):
            raise PlanError(f"the plan of round {plan.round} names other terms or another policy than the alliance's")
        task_bytes = self._store.get(plan.task)
        task = parse_task(task_bytes)
        check_rules(task.privacy, plan.rules)
        self.clear_way()
        self._store.put(plan.to_bytes())
        if plan.attempt:
            manager.retry(self._key, plan.round, plan.hash, plan.deadline)
        else:
            manager.open(self._key, plan.hash, plan.version, plan.budget, plan.deadline)
        if self._planter:
            self._planter.seal(plan.round, plan.attempt)
        federated = FederatedRound(self._grid, plan, task_bytes, self._waiting, self._settings)
        commitments = federated.collect_commitments()
        listed = digest_of_cid(write_commitments(self._store, commitments))
        manager.commit_data(self._key, plan.round, commitments_root(plan, commitments), listed)
        brought = (*conflicts, *(self._box.against(plan, commitments) if self._box else ()))
        history = read_history(self._store, plan)
        disclosures = self._disclosures(federated, history, commitments)
        seed = self._record_seed(plan.round).first_seed
        openings = federated.collect_openings(seed, unopened(plan, task, commitments, history))
        suspended = self._suspended(plan, task, history, disclosures)
        proven = self._proven(plan, task, commitments, openings, history, bounded(brought), suspended)
        parameters = decode_version(self._store.get_digest(plan.version), task)
        federated.collect_updates(parameters, seed, proven)
        result = self._with_posted(federated.result(), task, proven)
        updates = result.updates
        evidence = digest_of_cid(write_manifest(self._store, result, brought))
        manager.close(self._key, plan.round, updates_root(plan, updates), evidence)
        answer_posted(self._key, self._model, self._store, result, task, proven)
        state = self._record_seed(plan.round)
        if self._planter:
            self._planter.propose(state)
        return result

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
        newest = manager.rounds_count()
        state = manager.round_of(newest) if newest else None
        status = state.status if state else Status.NONE
        if self._planter and state:
            self._planter.open(state)
        if status in (Status.NONE, Status.FINALISED, Status.VOID):
            return
        if status == Status.CHALLENGED:
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
        taken = [found for item in late if (found := take_posted(self._store, result, task, proven, item))]
        return replace(result, updates=(*result.updates, *taken)) if taken else result

    def _disclosures(
        self, federated: FederatedRound, history: History, commitments: Sequence[DataCommitment]
    ) -> tuple[SignedDisclosure, ...]:
        asked = history.due.keys() & {item.contributor for item in commitments}
        lists = {contributor: self._store.get_digest(history.due[contributor].batches) for contributor in asked}
        return federated.collect_disclosures(history.to_bytes(), lists) if lists else ()

    def _suspended(
        self, plan: RoundPlan, task: Task, history: History, disclosures: Sequence[SignedDisclosure]
    ) -> dict[Address, str]:
        disclosed = read_disclosed(self._store, history, disclosures, f"round {plan.round}")
        return suspended_devices(retrain_all(plan, task, history.due, disclosed), history.due)

    def _proven(
        self,
        plan: RoundPlan,
        task: Task,
        commitments: Sequence[DataCommitment],
        openings: Mapping[Address, bytes],
        history: History,
        conflicts: Sequence[bytes],
        suspended: Mapping[Address, str],
    ) -> dict[Address, int]:
        facts = chain_facts(self._model, plan, read_round(self._model, plan.round), commitments)
        verdicts = prove_data(
            plan,
            task,
            read_policy(self._store, plan),
            commitments,
            openings,
            facts.entries,
            facts.admitted,
            facts.consenting,
            facts.opened_at,
            facts.first_seed,
            history,
            conflicts,
            suspended,
        )
        for verdict in verdicts:
            if why := verdict.reason or verdict.note:
                log.warning("data not proven contributor=%s reason=%s", verdict.contributor, why)
        return {verdict.contributor: verdict.weight for verdict in verdicts}

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
