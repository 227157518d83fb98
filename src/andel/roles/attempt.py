"""One attempt of a round as its coordinator goes through it, from the first question to the closed set.

Takes the plan behind a round on chain and a Flower grid. Gives the signed result, and what the openings proved. Each
part can be asked for again and goes on with what is there already, also in a process that was started anew: the fixed
set of data comes from the content store by the chain's word. Sends no transaction and decides nothing that validators
do not check.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from andel.content import ContentStore, cid_of_digest
from andel.data.sealed_draws import asked_object
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import RoundState
from andel.roles.chain_facts import chain_facts, read_round
from andel.roles.replay import read_history, read_policy
from andel.roles.unsealing import opening_seeds
from andel.training.plan import RoundPlan, parse_plan
from andel.training.result import DataCommitment, RoundResult, SignedDisclosure
from andel.training.rounds import FederatedRound
from andel.training.task import Task, parse_task
from andel.training.updates import decode_version
from andel.units import Address
from andel.value.acceptance import ChainFacts
from andel.value.history import History
from andel.value.manifest import bounded, read_commitments, read_disclosed, read_evidence, read_named
from andel.value.proof import asked_of, prove_data, unopened
from andel.value.retraining import retrain_all, suspended_devices
from andel.value.sealed_proof import as_arrived

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Attempt:
    """The attempt under way: its plan and task, and what was collected so far."""

    model: ModelContracts
    store: ContentStore
    plan: RoundPlan
    task: Task
    federated: FederatedRound
    commitments: tuple[DataCommitment, ...] = ()
    brought: tuple[bytes, ...] | None = None
    proven: Mapping[Address, int] = field(default_factory=dict)

    def join_fixed(self, state: RoundState) -> None:
        """Goes on with the set of data that stands on chain, in a process that has not collected it itself.

        Raises EvidenceError when the store does not hold it.
        """
        if self.commitments:
            return
        self.commitments = read_commitments(self.store, state.commitments_hash, f"round {state.round}")
        self.federated.rejoin(self.commitments)

    def collect(self, state: RoundState, brought: Sequence[bytes]) -> RoundResult:
        """Openings, hashes, updates, after seed 1.

        `brought` are conflicts. Raises QuorumMissed, EvidenceError, ContentError, ChainError.
        """
        history = read_history(self.store, self.plan)
        asked = history.due.keys() & {item.contributor for item in self.commitments}
        lists = {contributor: self.store.get_digest(history.due[contributor].batches) for contributor in asked}
        disclosures = self.federated.collect_disclosures(history.to_bytes(), lists) if lists else ()
        first_seed = state.first_seed
        openings = self._openings(state, history)
        self.proven = self.prove(openings, disclosures, brought)
        parameters = decode_version(self.store.get_digest(self.plan.version), self.task)
        self.federated.collect_updates(parameters, first_seed, self.proven)
        return self.federated.result()

    def _openings(self, state: RoundState, history: History) -> Mapping[Address, bytes]:
        """What contributors show, or, outside open mode, seal to the validators."""
        plan, task, given = self.plan, self.task, self.commitments
        if not task.privacy.grouped:
            return self.federated.collect_openings(state.first_seed, unopened(plan, task, given, history))
        facts = self._facts()
        asked = asked_of(plan, task, given, facts.entries, history, facts.seeds)
        questions = {contributor: asked_object(items) for contributor, items in asked.items()}
        return self.federated.collect_openings(state.first_seed, asked, questions)

    def _facts(self) -> ChainFacts:
        """The chain's word; outside open mode with the seeds that batches may be drawn under. Raises ChainError."""
        on_chain = read_round(self.model, self.plan.round)
        facts = chain_facts(self.model, self.plan, on_chain, self.commitments)
        if not self.task.privacy.grouped:
            return facts
        return replace(facts, seeds=opening_seeds(self.model.round_manager, on_chain.state))

    def closed(self, state: RoundState) -> RoundResult:
        """The set that is closed on chain, as its manifest lists it; the updates' bytes stay in the store.

        What it proves is looked at only where something posted waits for an answer. Raises EvidenceError, ChainError.
        """
        evidence = read_evidence(self.store, state.evidence_hash, f"round {state.round}", whole=False)
        if state.unresolved:
            self.commitments = evidence.commitments
            self.proven = self.prove(evidence.openings, evidence.disclosures, evidence.conflicts)
        return RoundResult(
            self.plan, evidence.commitments, evidence.openings, evidence.updates, (), evidence.disclosures
        )

    def prove(
        self,
        openings: Mapping[Address, bytes],
        disclosures: Sequence[SignedDisclosure],
        conflicts: Sequence[bytes],
    ) -> dict[Address, int]:
        """Contributor to the slots that count, as validators will find them. Raises ChainError, EvidenceError."""
        plan, task, given = self.plan, self.task, self.commitments
        history = read_history(self.store, plan)
        facts = self._facts()
        disclosed = read_disclosed(self.store, history, disclosures, f"round {plan.round}")
        verdicts = prove_data(
            plan,
            task,
            read_policy(self.store, plan),
            given,
            openings,
            facts.entries,
            facts.admitted,
            facts.consenting,
            facts.opened_at,
            facts.first_seed,
            history,
            bounded(conflicts),
            suspended_devices(retrain_all(plan, task, history.due, disclosed), history.due),
            facts.seeds,
            as_arrived,  # a coordinator cannot open what is sealed to validators
        )
        for verdict in verdicts:
            if why := verdict.reason or verdict.note:
                log.warning("data not proven contributor=%s reason=%s", verdict.contributor, why)
        return {verdict.contributor: verdict.weight for verdict in verdicts}


def plan_on_chain(store: ContentStore, state: RoundState) -> tuple[RoundPlan, bytes]:
    """The plan whose hash a round was opened with, and its task's bytes. Raises EvidenceError, PlanError."""
    place = f"round {state.round}"
    plan = parse_plan(read_named(store, f"{place}, plan", cid_of_digest(state.plan_hash)))
    task = read_named(store, f"{place}, task", plan.task)
    parse_task(task)
    return plan, task
