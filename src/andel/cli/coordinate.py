"""`andel coordinate`: runs a model's rounds, one after the other, over a Flower SuperLink."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import typer

from andel.cli import coordinate_options as asked
from andel.cli import deployment
from andel.cli.evidence import parse_day
from andel.cli.logs import LogJsonOption, log_as_json, log_event
from andel.cli.options import ModelOption, RpcOption, StoreOption, open_model, open_store, read_key, writer_of
from andel.cli.round_progress import shown_progress
from andel.content import ContentStore
from andel.errors import InputError, SettingsError, TrainingError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.roles.conflict_box import ConflictBox
from andel.roles.coordinating import Coordinating, Pace
from andel.roles.coordinator import Coordinator
from andel.roles.measuring import Measuring
from andel.roles.planning import Choices
from andel.roles.planting import Planter
from andel.roles.settling import Settler, references_for
from andel.serving.metrics import RoundMetrics, served_metrics
from andel.training.delegation import check_node
from andel.training.events import Event, Listener
from andel.training.fab import build_fab
from andel.training.flower import Message
from andel.training.journal import FileJournal
from andel.training.plan import DayRanges
from andel.training.rounds import RoundSettings, Waiting
from andel.training.strategy import Vouched
from andel.training.superlink import ConnectSettings, SuperLinkDoor, SuperLinkGrid, connect
from andel.typed_data import Domain
from andel.units import TOKEN, Address, BaseUnits

PHASES: Final = 5
"""Phases of a round; each may take its whole time."""

_SERIES_BYTES = 32

log = logging.getLogger(__name__)


def coordinate(
    rpc: RpcOption = "",
    model: ModelOption = "",
    store: StoreOption = "",
    key_file: asked.KeyFile = None,
    superlink: asked.SuperLink = "",
    superlink_secret: asked.SuperLinkSecret = None,
    state: asked.State = None,
    root_certificate: asked.RootCertificate = None,
    node_app: asked.NodeApp = "andel.roles.node_app:app",
    quorum: asked.Quorum = 1,
    phase_seconds: asked.PhaseSeconds = 300.0,
    round_seconds: asked.RoundSeconds = 3_600,
    pause_seconds: asked.PauseSeconds = 0.0,
    poll_seconds: asked.PollSeconds = 0.5,
    budget: asked.Budget = None,
    train_days: asked.TrainDays = None,
    conflicts: asked.Conflicts = None,
    plant_every: asked.PlantEvery = 0,
    propose: asked.Propose = False,
    metrics_port: asked.MetricsPort = None,
    delegated_only: asked.DelegatedOnly = False,
    ask_errors: asked.AskErrors = False,
    until_round: asked.UntilRound = 0,
    log_json: LogJsonOption = False,
    admit_node: asked.AdmitNode = None,
    shut_out: asked.ShutOut = 0,
    write_deployment: asked.WriteDeployment = None,
    public_name: asked.PublicName = None,
    public_port: asked.PublicPort = 443,
    certificate: asked.Certificate = None,
    certificate_key: asked.CertificateKey = None,
    force: asked.Force = False,
) -> None:
    """Open rounds, collect what contributors sign, close them; carry on wherever a former process was stopped.

    --write-deployment, --admit-node and --shut-out do that alone, and end.
    """
    if write_deployment is not None:
        return deployment.write(write_deployment, public_name, public_port, certificate, certificate_key, force)
    if admit_node is not None or shut_out:
        return deployment.change_nodes(superlink, root_certificate, admit_node, shut_out)
    log_as_json(log_json)
    _check(phase_seconds, round_seconds, plant_every, propose)
    choices = Choices(
        round_seconds, None if budget is None else BaseUnits(budget * TOKEN), read_days(train_days or []) or None
    )
    door = SuperLinkDoor(
        _named("--superlink", superlink), root_certificate, _path("--superlink-secret", superlink_secret)
    )
    place, key = _path("--state", state), read_key(_path("--key-file", key_file))
    contracts = open_model(_named("--rpc", rpc), _named("--model", model))
    objects = open_store(_named("--store", store), writer_of(key, contracts))
    planter = _planter(key, contracts, objects, plant_every, propose)
    waits, pace = RoundSettings(quorum, phase_seconds, poll_seconds), Pace(pause_seconds, poll=poll_seconds)
    with ExitStack() as stack:
        tell = _telling(stack, not log_json, metrics_port)
        journal = _journal(place)
        stack.callback(journal.close)
        grid = _connected(stack, door, node_app, place)
        box = None if conflicts is None else ConflictBox(open_store(conflicts).url)
        waiting = Waiting(time.monotonic, time.sleep)
        vouched = _delegated(grid, contracts) if delegated_only else None
        coordinator = Coordinator(
            key, contracts, objects, grid, waiting, waits, box, planter, journal=journal, tell=tell, vouched=vouched
        )
        told = Measuring(contracts, objects, grid, waiting, waits, tell) if ask_errors else tell
        typer.echo(f"coordinating {contracts.round_manager.address} as {key.address}", err=True)
        Coordinating(key, contracts, objects, grid, coordinator, waiting, choices, quorum, pace, told).run(until_round)


def read_days(texts: list[str]) -> DayRanges:
    """Ranges of days, each as 2024-01-01..2024-03-31, in rising order. Raises InputError."""
    ranges = []
    for text in texts:
        first, dots, last = text.partition("..")
        if not dots:
            raise InputError(f"not a range of days: {text[:60]!r}", "such as 2024-01-01..2024-03-31")
        ranges.append((parse_day(first), parse_day(last)))
    if any(first > last for first, last in ranges) or any(
        a[1] >= b[0] for a, b in zip(ranges, ranges[1:], strict=False)
    ):
        raise InputError("ranges of days must rise and stay apart", "the earliest first")
    return tuple(ranges)


def _named(option: str, value: str) -> str:
    if not value:
        raise SettingsError(f"{option} is needed", "see `andel coordinate --help`")
    return value


def _path(option: str, value: Path | None) -> Path:
    return Path(_named(option, "" if value is None else str(value)))


def _check(phase_seconds: float, round_seconds: int, plant_every: int, propose: bool) -> None:
    if PHASES * phase_seconds >= round_seconds:
        raise SettingsError(
            f"{PHASES} phases of {phase_seconds:g} s do not fit into a round of {round_seconds} s",
            "a longer --round-seconds, or a shorter --phase-seconds",
        )
    if propose and not plant_every:
        raise SettingsError("--propose without --plant-every says nothing", "add --plant-every")


def _telling(stack: ExitStack, shown: bool, metrics_port: int | None) -> Listener:
    """Whoever listens to rounds: the log, the terminal, and metrics where a port is given."""
    listeners: list[Listener] = [log_event, stack.enter_context(shown_progress(shown))]
    if metrics_port is not None:
        metrics = RoundMetrics()
        port = stack.enter_context(served_metrics(metrics.registry, metrics_port))
        typer.echo(f"metrics on http://127.0.0.1:{port}/metrics", err=True)
        listeners.append(metrics)

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell


def _connected(stack: ExitStack, door: SuperLinkDoor, node_app: str, state: Path) -> SuperLinkGrid:
    """A grid that goes on with the series of runs before, where SuperLink still knows it."""
    fab, series = build_fab(node_app), _read_series(state)
    try:
        grid = stack.enter_context(connect(door, ConnectSettings(fab, series=series)))
    except TrainingError as error:
        if not series:
            raise
        log.warning("series %d cannot be continued, a new one is begun: %s", series, error.message)
        grid = stack.enter_context(connect(door, ConnectSettings(fab)))
    (state / "series").write_text(f"{grid.series}\n")
    return grid


def _delegated(grid: SuperLinkGrid, contracts: ModelContracts) -> Vouched:
    """Lets a node commit for an owner only whose delegation to the node's key it brings (`andel contribute` does)."""
    manager, keys = contracts.round_manager, dict[int, bytes]()

    def vouched(reply: Message, node: int, owner: Address) -> None:
        if node not in keys:
            keys.update(grid.public_keys())
        if node not in keys:
            raise InputError(f"SuperLink does not know the node that answers for {owner}")
        check_node(
            reply, owner, Domain(manager.chain.chain_id, manager.address), keys[node], manager.chain.block_time()
        )

    return vouched


def _planter(key: AccountKey, model: ModelContracts, store: ContentStore, every: int, propose: bool) -> Planter | None:
    if not every:
        return None
    return Planter(key, model, every, Settler(model, store, references_for(store, key)) if propose else None)


def _journal(state: Path) -> FileJournal:
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"{state} cannot be used: {error.strerror}", "a folder of this coordinator's own"
        ) from error
    return FileJournal(state / "journal")


def _read_series(state: Path) -> int:
    """The series of runs in which nodes keep what they signed; 0 begins a new one."""
    try:
        return int((state / "series").read_bytes()[:_SERIES_BYTES])
    except (OSError, ValueError):
        return 0
