"""`andel demo`: one model through all six rooms, from signed packets to a paid, audited, on-chain prediction.

The run plays every actor, each through the product's own role: contributors over Flower's Grid, a coordinator,
three validators in processes of their own, a gateway that answers over HTTP, a consumer contract, an auditor.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx

from andel.content import ContentStore
from andel.data.feature_spec import read_value_name, values_of
from andel.data.features import build_rows
from andel.ledger.connection import Chain
from andel.ledger.deployment import Deployment
from andel.roles.auditor import Audit, audit
from andel.roles.contributor import Contributor
from andel.roles.coordinator import Coordinator
from andel.roles.founder import next_plan, publish_reference
from andel.roles.gateway import PublishedModel, predictor_of, publish_version, registry_of
from andel.roles.holder import claim, current_history
from andel.roles.showing.network import Gateway
from andel.roles.shown_page import PageSettings, shown_page
from andel.serving.api import App, build_app
from andel.serving.http_edge import RunningServer, call_at_end, serve_in_thread
from andel.serving.limits import Counts
from andel.serving.prediction import Prediction
from andel.serving.predictor import Predictor
from andel.serving.service import Service
from andel.simulation.actors import QUORUM, VALIDATORS, Actors
from andel.simulation.adversaries import mods_of
from andel.simulation.central import train_central
from andel.simulation.devices import unsigned_readings
from andel.simulation.outcome import (
    Errors,
    Outcome,
    ParticipantOutcome,
    RoundOutcome,
    change_errors,
    model_errors,
    persistence_errors,
)
from andel.simulation.scenario import Scenario
from andel.simulation.validator_processes import ValidatorProcesses
from andel.simulation.world import ROUND_SECONDS, World, build_world
from andel.training.client_app import contributor_app
from andel.training.federated_errors import FederatedErrors, ask_errors
from andel.training.flower import Context, Grid
from andel.training.grid import LocalGrid, LocalNode
from andel.training.plan import RoundPlan
from andel.training.rounds import RoundSettings, Waiting
from andel.training.updates import decode_version
from andel.units import TOKEN, BaseUnits, Digest
from andel.value.manifest import read_evidence
from andel.value.reference import ReferenceSet, open_reference
from andel.value.report import ValueReport

ROUND_BUDGET = BaseUnits(1_000 * TOKEN)
SETTLE_SECONDS = 300.0


GridOver = Callable[[World, Path], AbstractContextManager[Grid]]
"""Gives a Grid over a world's members; its files may lie in the folder."""


@contextmanager
def local_grid(world: World, folder: Path) -> Iterator[Grid]:
    """All members' nodes in this process."""
    yield LocalGrid(
        LocalNode(contributor_app(_always(member.contributor), mods_of(member.participant.kind)), {})
        for member in world.members
    )


@dataclass(slots=True)
class RunOptions:
    """How a run is made. `fund` gives gas, `say` tells a person what happens, `grid_over` carries messages.

    With `page` the API also serves the page. `rpc` is how the run's node is reached where that is no node of the run's
    own; only the address of such a one is told to wallets.
    With `leave_claim` the first owner who earned anything does not claim, so that a person can.
    """

    folder: Path
    seed: bytes
    fund: Callable[[Actors], None]
    say: Callable[[str], None]
    port: int = 0
    grid_over: GridOver = local_grid
    rounds: RoundSettings = RoundSettings()
    page: bool = False
    rpc: str = field(default="", repr=False)
    leave_claim: bool = False


@dataclass(slots=True)
class Running:
    """What a finished run leaves open when it is to be kept: the world and the API."""

    world: World
    api: RunningServer
    outcome: Outcome
    audit: Audit = field(default_factory=Audit)


def run(scenario: Scenario, chain: Chain, options: RunOptions) -> Running:
    """The whole path; the API is left running for the caller to stop."""
    started = time.monotonic()
    store = ContentStore(str(options.folder / "content"))
    world = build_world(scenario, chain, store, options.folder, options.seed, options.fund, options.say)
    return run_world(world, options, started)


def run_world(world: World, options: RunOptions, started: float) -> Running:
    """The path from the first round on, in a world whose content lies in the folder's `content`.

    `started` is the monotonic time from which the run's seconds count. The API is left running for the caller to stop.
    """
    scenario, store, say = world.scenario, world.store, options.say
    first = world.first_plan()
    reference = open_reference(first, scenario.task, store.get(first.reference.batches), world.founded.packets)
    persistence = persistence_errors(scenario.task, reference.report)
    central = _central(scenario, reference)
    say(f"persistence: MAE {persistence.mae:.3f} {scenario.task.unit}; trained centrally: {central.mae:.3f}")
    rounds, told, gas = _train(world, first, reference, options)
    publish_reference(store, world.founded)
    say("reference packets published: from here on anybody can replay every round")
    gas["claim"] = _claims(world, say, options.leave_claim)
    published = publish_version(world.actors.founder, world.model, store, world.founded.task)
    Deployment.of_model(world.model).to_file(options.folder / "deployment.json")
    api, prediction, answers, gas["predict"] = _ask(world, published, options)
    gas["predict_execution"] = published.compiled.gas or 0
    say(f"one question, three answers: {answers}")
    audited = audit(world.model, store, prediction)
    say(f"audit: {'everything holds' if audited.ok else audited.failure}")
    tampered = _tamper(world, options.folder, prediction)
    say(f"the same audit on a copy with one byte changed: {tampered}")
    batches = sum(member.entry_gas[1] for member in world.members)
    gas["batch"] = sum(member.entry_gas[0] for member in world.members) // max(batches, 1)
    outcome = Outcome(
        seconds=time.monotonic() - started,
        unit=scenario.task.unit,
        rounds=_round_outcomes(rounds, audited.reports, told),
        persistence=persistence,
        central=central,
        participants=_participants(world, audited),
        predictions=answers,
        gas=gas,
        hashes=_hashes(audited, published),
        audit=asdict(audited.checked),
        audit_failure=audited.failure,
        tampered=tampered,
        title=f"{scenario.name}: {scenario.task.name}",
        source=scenario.dataset.source,
        exponent=scenario.task.exponent,
    )
    return Running(world, api, outcome, audited)


def _train(
    world: World, first: RoundPlan, reference: ReferenceSet, options: RunOptions
) -> tuple[list[tuple[int, Errors, BaseUnits]], dict[int, FederatedErrors], dict[str, int]]:
    scenario, model, store = world.scenario, world.model, world.store
    waiting = Waiting(time.monotonic, time.sleep)
    version, state = first.version, first.state
    rounds: list[tuple[int, Errors, BaseUnits]] = []
    told: dict[int, FederatedErrors] = {}
    members = {member.contributor.address for member in world.members}
    settle = 0
    with (
        options.grid_over(world, options.folder / "fleet") as grid,
        ValidatorProcesses(world.actors.validators, options.folder / "validators") as validators,
    ):
        coordinator = Coordinator(world.actors.coordinator, model, store, grid, waiting, options.rounds)
        validators.start(world.chain.url, model.round_manager.address, store.url, scenario.rounds)
        for number in range(1, scenario.rounds + 1):
            budget = BaseUnits(min(ROUND_BUDGET, model.pool.accrued() - model.pool.minted()))
            deadline = world.chain.block_time() + ROUND_SECONDS
            plan = next_plan(
                first, scenario.task, number=number, version=version, state=state, budget=budget, deadline=deadline
            )
            coordinator.run_round(plan)
            settled = coordinator.wait_settled(number, SETTLE_SECONDS, lambda: validators.check(QUORUM))
            votes = model.round_manager.votes_for(settled.agreed)
            version, state = settled.version_hash, settled.state_hash
            parameters = decode_version(store.get_digest(version), scenario.task)
            errors = model_errors(scenario.task, parameters, reference.report)
            rounds.append((number, errors, settled.minted))
            if scenario.held_out:
                told[number] = ask_errors(
                    grid, plan, world.founded.definition, parameters, members, waiting, options.rounds
                )
            settle = world.chain.gas_spent_on(model.round_manager.contract, settled.opened_block, settled.settled_block)
            options.say(
                f"round {number}: MAE {errors.mae:.3f} {scenario.task.unit}, "
                f"{settled.minted / TOKEN:,.0f} tokens minted, settled by {votes} of {VALIDATORS} validators"
            )
    return rounds, told, {"settle": settle}


def _round_outcomes(
    rounds: Sequence[tuple[int, Errors, BaseUnits]],
    reports: Sequence[ValueReport],
    told: Mapping[int, FederatedErrors],
) -> tuple[RoundOutcome, ...]:
    """Errors and minted amounts as the run saw them, gain and step as the audit's replay found them."""
    replayed = {report.round: report for report in reports}
    return tuple(
        RoundOutcome(number, errors, replayed[number].gain, minted, replayed[number].step, told.get(number))
        if number in replayed
        else RoundOutcome(number, errors, None, minted, None, told.get(number))
        for number, errors, minted in rounds
    )


def _always(contributor: Contributor) -> Callable[[Context], Contributor]:
    """Every node of this process runs beside one owner's data."""
    return lambda _: contributor


def _central(scenario: Scenario, reference: ReferenceSet) -> Errors:
    task = scenario.task
    readings = [
        reading
        for series in scenario.dataset.series
        for reading in unsigned_readings(series, scenario.dataset.channels, scenario.training_weeks)
    ]
    rows = build_rows(readings, task.features, task.target, task.horizon_seconds, task.exponent)
    predicted = train_central(rows.codes, rows.change, task.target_scale, reference.report.codes, seed=0)
    return change_errors(task, predicted, reference.report.change)


def _claims(world: World, say: Callable[[str], None], leave: bool) -> int:
    """Everybody who earned anything claims, but the first with `leave`; a second claim pays nothing.

    Returns the gas of a first claim.
    """
    earned = current_history(world.model, world.store).earned
    paid = [m.contributor for m in world.members if m.contributor.address in earned]
    left, paid = (paid[:1], paid[1:]) if leave else ([], paid)
    gas = 0
    for contributor in paid:
        _, receipt = claim(world.model, world.store, contributor.key, contributor.address)
        gas = max(gas, receipt.gas_used)
    for contributor in paid[:1]:
        again, _ = claim(world.model, world.store, world.actors.consumer, contributor.address)
        say(f"{len(paid)} owners claimed their tokens; a second claim paid {again}")
    for contributor in left:
        say(f"the tokens of {contributor.address} are left to be claimed")
    return gas


def _ask(
    world: World, published: PublishedModel, options: RunOptions
) -> tuple[RunningServer, Prediction, dict[str, int], int]:
    """The same question over HTTP, by `eth_call`, and from a contract in a transaction."""
    model, scenario = world.model, world.scenario
    predictor = predictor_of(world.actors.coordinator, model, published.file, world.founded.definition)
    api = serve_in_thread(_app(world, predictor, options), "127.0.0.1", options.port)
    values, timestamp = _question_values(scenario)
    question = {"values": values, "time": timestamp}
    response = httpx.post(f"{api.url}/predict", json=question, timeout=10.0, trust_env=False)  # no proxy to loopback
    response.raise_for_status()
    prediction = Prediction.from_json(response.json())
    called = registry_of(model).predict(model.round_manager.address, prediction.question)
    assert model.prediction_log is not None  # deployed with the model
    asked, receipt = model.prediction_log.ask(world.actors.consumer, prediction.question)
    answers = {"http": prediction.answer, "call": called, "transaction": asked}
    return api, prediction, answers, receipt.gas_used


def _app(world: World, predictor: Predictor, options: RunOptions) -> App:
    """The API; with its page where one is wanted, over a connection of its own: the run's audits listen to theirs."""
    service, url = Service(predictor), options.rpc or world.chain.url
    if not options.page:
        return build_app(service)
    model = Deployment.of_model(world.model).model(Chain.connect(url))
    gateway = Gateway(world.actors.coordinator.address, rpc=None if options.rpc else url)
    counts = Counts(options.folder / "counts.db", time.time)
    page = shown_page(model, world.store, service, PageSettings(url, counts, options.folder, gateway))
    app = build_app(service, more=page.routes)
    call_at_end(app, page.end)
    return app


def _question_values(scenario: Scenario) -> tuple[dict[str, str], int]:
    """The last complete reading of the first site in the founder's weeks, in physical units as text."""
    series = scenario.dataset.series[0]
    wanted = {name: read_value_name(name) for name in (*values_of(scenario.task.features), scenario.task.target)}
    readings = unsigned_readings(series, scenario.dataset.channels, scenario.reference_weeks)
    measured = {(r.timestamp, item.channel): item for r in readings for item in r.measurements}
    for reading in reversed(readings):
        found = {name: measured.get((reading.timestamp - back, channel)) for name, (channel, back) in wanted.items()}
        texts = {name: f"{item.value}e{item.exponent}" for name, item in found.items() if item is not None}
        if len(texts) == len(wanted):
            return texts, reading.timestamp
    return {}, 0


def _tamper(world: World, folder: Path, prediction: Prediction) -> str:
    """What an audit says of a copy of the store in which one byte of one update is changed."""
    copy = folder / "tampered"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder / "content", copy)
    state = world.model.round_manager.round_of(max(1, world.scenario.rounds // 2))
    victim = copy / next(
        cid for what, cid in _evidence_names(world, state.evidence_hash) if what.startswith("update of")
    )
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(bytes(data))
    failure = audit(world.model, ContentStore(str(copy)), prediction).failure
    shutil.rmtree(copy)
    return failure


def _evidence_names(world: World, evidence_hash: Digest) -> tuple[tuple[str, str], ...]:
    return read_evidence(world.store, evidence_hash, "").cids


def _participants(world: World, audited: Audit) -> tuple[ParticipantOutcome, ...]:
    earned = audited.reports[-1].history.earned if audited.reports else {}
    return tuple(
        ParticipantOutcome(
            name=member.participant.name,
            kind=member.participant.kind.value,
            share=earned.get(member.contributor.address, 0),
            packets=member.intake.accepted,
            slots=_slots(audited.reports, member.contributor.address),
            reason=member.refusal or _reason(audited.reports, member.contributor.address),
        )
        for member in world.members
    )


def _slots(reports: list[ValueReport], account: str) -> int:
    return max(
        (item.weight for report in reports for item in report.contributors if item.contributor == account), default=0
    )


def _reason(reports: list[ValueReport], account: str) -> str:
    """Why a participant earned what it earned, in a few plain words."""
    parts = [item for report in reports for item in report.contributors if item.contributor == account]
    paid = sum(1 for item in parts if item.share)
    scored = [item for item in parts if item.weight]
    if not scored:
        return parts[-1].reason if parts else "took part in no round"
    if all(item.score == 0 for item in scored):
        return "its updates changed nothing, so they are worth exactly nothing"
    if not paid:
        harmful = sum(item.score < 0 for item in scored)
        return f"its updates made the model worse in {harmful} of {len(scored)} rounds: it is in debt"
    less = next((f"; {item.note}" for item in reversed(scored) if item.note), "")
    return f"its updates improved the model and were paid in {paid} of {len(scored)} rounds{less}"


def _hashes(audited: Audit, published: PublishedModel) -> Mapping[str, str]:
    last = audited.reports[-1] if audited.reports else None
    return {
        "aggregate": last.aggregate_hash.hex() if last else "",
        "value": last.value_root.hex() if last else "",
        "model": published.file.file_hash.hex(),
    }
