"""Part of `benchmarks/training.py`: a round of the product beside one of bare Flower, on the same task and Grid.

New York's weather, a network of 16 inputs, 32 hidden units and one output, twelve contributors with own rows, one
`LocalGrid` kind. Flower's round is FedAvg over its own ClientApp. Ours is every message of the protocol, signed and
verified, the evidence written to a content store, read again, and settled; seeds and registry entries are made here,
as a chain would say them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from andel.content import ContentStore, digest_of_cid
from andel.data.features import FeatureSpec
from andel.data.policy import EVERYWHERE
from andel.errors import PlanError
from andel.hashing import sha256
from andel.keys import AccountKey
from andel.simulation.offchain_rounds import OffchainMember, OffchainRounds
from andel.simulation.scenario import HOUR_AMPLITUDE, Scenario, weather_scenario
from andel.simulation.weather import find_weather_folder, read_weather
from andel.training.client_app import contributor_app
from andel.training.engine import train_update
from andel.training.flower import (
    Array,
    ArrayRecord,
    ClientApp,
    ConfigRecord,
    Context,
    Message,
    MetricRecord,
    RecordDict,
)
from andel.training.grid import LocalGrid, LocalNode
from andel.training.integer_mlp import IntArray
from andel.training.plan import RoundPlan
from andel.training.result import commitments_root, updates_root
from andel.training.rounds import FederatedRound, Waiting
from andel.training.task import Task
from andel.training.updates import decode_version, split_parameters
from andel.value.manifest import read_evidence, write_commitments, write_manifest
from andel.value.proof import prove_data, registry_entry
from andel.value.settle import ChainFacts, settle

SCALE = 2.0**24
_LONG_AGO = 1
_OPENED = 2**40

Mod = Callable[[Message, Context, Any], Message]


def weather_16() -> Scenario:
    """Twelve honest owners; the demo's eleven inputs and five more harmonics of the clock. No trainings are audited."""
    scenario = weather_scenario(read_weather(find_weather_folder()), rounds=1, seed=1, dishonest=False)
    more = (
        *(FeatureSpec(f"hour {kind} 3", f"hour-{kind}", high=HOUR_AMPLITUDE, harmonic=3) for kind in ("sin", "cos")),
        *(FeatureSpec(f"year {kind} 2", f"year-{kind}", high=HOUR_AMPLITUDE, harmonic=2) for kind in ("sin", "cos")),
        FeatureSpec("year sin 3", "year-sin", high=HOUR_AMPLITUDE, harmonic=3),
    )
    task = replace(scenario.task, features=(*scenario.task.features, *more))
    return replace(scenario, task=task, rules=replace(scenario.rules, audits=0))


@dataclass(frozen=True, slots=True)
class Beside:
    """What runs beside a member's data: a `LocalContributor` whose sets are proven and who asks no chain."""

    member: OffchainMember
    rounds: OffchainRounds

    @property
    def key(self) -> AccountKey:
        """The account's key."""
        return self.member.key

    def accept(self, plan: RoundPlan, task: Task) -> None:
        """As `Contributor.accept`, without a chain."""
        if digest_of_cid(plan.task) != sha256(task.to_bytes()) or plan.hash != self.rounds.plan.hash:
            raise PlanError("another task, or another plan")

    def check_seed(self, plan: RoundPlan, seed: bytes) -> None:
        """As `Contributor.check_seed`."""
        if seed != self.rounds.first_seed:
            raise PlanError("another seed")

    def batches(self, plan: RoundPlan) -> bytes:
        """The list."""
        return self.member.batches

    def weight(self, plan: RoundPlan) -> int:
        """The slots."""
        return self.member.slots

    def openings(self, plan: RoundPlan, task: Task, seed: bytes) -> bytes:
        """Nobody is asked: every set is proven."""
        raise PlanError("nothing was drawn")

    def disclosure(self, plan: RoundPlan, state: bytes, batches: bytes) -> tuple[bytes, bytes]:
        """Nobody is asked: no training is audited."""
        raise PlanError("nothing is due")

    def check_commitments(self, plan: RoundPlan, root: bytes) -> None:
        """Nobody is asked: the task has no groups."""
        raise PlanError("no groups")

    def held_out(self, plan: RoundPlan, task: Task, version: bytes) -> tuple[Any, IntArray]:
        """Nobody is asked."""
        raise PlanError("errors are not told")

    def rows(self, plan: RoundPlan, task: Task) -> tuple[Any, IntArray]:
        """The rows."""
        return self.member.codes, self.member.change


class SettledRounds:
    """Rounds of the product over a grid of these members, chain apart; each call of `play` is one."""

    def __init__(self, rounds: OffchainRounds, store: ContentStore, mods: list[Mod]) -> None:
        self._rounds = rounds
        self._store = store
        self._task = rounds.task.to_bytes()
        store.put(self._task)
        sides = [Beside(member, rounds) for member in rounds.members]
        self._grid = LocalGrid(LocalNode(contributor_app(lambda _, own=side: own, mods), {}) for side in sides)
        self._entries = {
            (header.device, header.day): registry_entry(header.root, member.address, _LONG_AGO)
            for member in rounds.members
            for header in member.headers
        }
        self._waiting = Waiting(time.monotonic, time.sleep)
        self.seconds: dict[str, float] = {}

    def play(self) -> None:
        """One round: collected, proven, written down; then read again and settled, as a validator does."""
        rounds, plan, task = self._rounds, self._rounds.plan, self._rounds.task
        started = time.perf_counter()
        federated = FederatedRound(self._grid, plan, self._task, self._waiting)
        commitments = federated.collect_commitments()
        write_commitments(self._store, commitments)
        facts = self._facts(commitments_root(plan, commitments))
        chain = (facts.entries, facts.admitted, facts.consenting, facts.opened_at, facts.first_seed)
        verdicts = prove_data(plan, task, EVERYWHERE, commitments, {}, *chain, rounds.history)
        proven = {verdict.contributor: verdict.weight for verdict in verdicts}
        federated.collect_updates(rounds.parameters, rounds.first_seed, proven)
        result = federated.result()
        root = updates_root(plan, result.updates)
        evidence = digest_of_cid(write_manifest(self._store, result))
        self._finish(replace(facts, updates_root=root), evidence, started)

    def _finish(self, facts: ChainFacts, evidence: Any, started: float) -> None:
        collected, spent = time.perf_counter(), time.process_time()
        self._settle(facts, evidence)
        self.seconds = {
            "collect": collected - started,
            "settle": time.perf_counter() - collected,
            "settle_processor": time.process_time() - spent,
        }

    def _settle(self, facts: ChainFacts, evidence_hash: Any) -> None:
        rounds = self._rounds
        evidence = read_evidence(self._store, evidence_hash, "round")
        report = settle(
            evidence.plan,
            evidence.task,
            rounds.parameters,
            evidence.commitments,
            evidence.openings,
            facts,
            evidence.updates,
            rounds.history,
            rounds.reference,
            EVERYWHERE,
            former=[rounds.former[version] for version in rounds.history.versions],
        )
        if lost := [item for item in report.contributors if not item.weight]:
            raise SystemExit(f"{len(lost)} do not count, as {lost[0]}")
        report.attestation(evidence.plan, facts.updates_root, evidence_hash)
        self._store.put(report.version)
        self._store.put(report.history.to_bytes())
        rounds.former[rounds.plan.version] = rounds.parameters
        rounds.parameters = decode_version(report.version, rounds.task)
        rounds.history = report.history
        number = rounds.plan.round + 1
        rounds.plan = replace(rounds.plan, round=number, version=report.version_hash, state=report.history.hash)

    def _facts(self, root: Any) -> ChainFacts:
        rounds = self._rounds
        return ChainFacts(
            first_seed=rounds.first_seed,
            second_seed=rounds.second_seed,
            commitments_root=root,
            updates_root=root,
            entries=self._entries,
            admitted=frozenset(member.device.address for member in rounds.members),
            consenting=frozenset(member.address for member in rounds.members),
            opened_at=_OPENED,
        )


class BareRounds:
    """Rounds of FedAvg by Flower alone, over a grid of the same members and the same integer training."""

    def __init__(self, rounds: OffchainRounds, mods: list[Mod]) -> None:
        from flwr.serverapp.strategy import FedAvg  # behind the door that turns its telemetry off

        self._task, self._number = rounds.task, 0
        self._arrays = _floats(rounds.parameters)
        apps = [_bare_app(rounds.task, member, mods) for member in rounds.members]
        self._grid = LocalGrid(LocalNode(app, {}) for app in apps)
        self._strategy = FedAvg(fraction_evaluate=0.0, min_train_nodes=len(apps), min_available_nodes=len(apps))

    def play(self) -> None:
        """One round: configured, trained, averaged."""
        self._number += 1
        messages = self._strategy.configure_train(self._number, self._arrays, ConfigRecord(), self._grid)
        replies = self._grid.send_and_receive(messages)
        arrays, _ = self._strategy.aggregate_train(self._number, replies)
        self._arrays = arrays


def _bare_app(task: Task, member: OffchainMember, mods: list[Mod]) -> ClientApp:
    app: Any = ClientApp(mods=mods)

    @app.train()
    def train(message: Message, context: Context) -> Message:
        record = message.content["arrays"]
        parameters = [np.rint(array * SCALE).astype(np.int64) for array in record.to_numpy_ndarrays()]
        number = int(message.content["config"]["server-round"])
        given = {"number": number, "seed": sha256(str(number).encode()), "contributor": member.address}
        update = train_update(task, parameters, member.codes, member.change, **given)
        trained = [a + b for a, b in zip(parameters, split_parameters(update, task), strict=True)]
        metrics = MetricRecord({"num-examples": member.slots})
        return Message(RecordDict({"arrays": _floats(trained), "metrics": metrics}), reply_to=message)

    return app


def _floats(parameters: Any) -> ArrayRecord:
    return ArrayRecord({str(i): Array((array / SCALE).astype(np.float32)) for i, array in enumerate(parameters)})


def waiting_mod(seconds: Callable[[], float]) -> Mod:
    """Makes each training last so much longer."""

    def wait(message: Message, context: Context, call_next: Any) -> Message:
        reply = call_next(message, context)
        if message.metadata.message_type == "train" and seconds():
            time.sleep(seconds())
        return reply

    return wait
