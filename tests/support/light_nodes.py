"""Light nodes over a real SuperLink on this machine, beside owners of the small world."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from andel.content import cid_of_digest, digest_of_cid
from andel.hashing import sha256
from andel.training import wire
from andel.training.acceptance import Acceptance
from andel.training.bounded_http import HttpBounds, trusting
from andel.training.certificates import make_server_files
from andel.training.client_app import contributor_app
from andel.training.delegation import keep_delegation
from andel.training.fab import build_fab
from andel.training.fleet_link import FleetLink
from andel.training.fleet_node import FleetNode, NodeSettings, NodeTime
from andel.training.flower import ClientApp, Message
from andel.training.node_key import keep_node_key, public_pem
from andel.training.node_limits import Meter, NodeLimits
from andel.training.node_state import NodeState
from andel.training.rounds import FederatedRound, RoundSettings, Waiting
from andel.training.sent_log import SentLog, read_sent
from andel.training.superlink import (
    ConnectSettings,
    RunningSuperLink,
    SuperLinkGrid,
    SuperLinkSettings,
    connect,
    start_superlink,
)
from tests.support.patience import PATIENCE
from tests.support.worlds import FIRST_SEED, Owner, World

ROOT = Path(__file__).resolve().parents[2]
REAL_TIME = Waiting(time.monotonic, time.sleep)


@cache
def offered_fab() -> bytes:
    """What the SuperLink offers beside its messages; a light node must never ask for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Flower's builder uses an old name of pathspec's
        return build_fab("tests.support.fleet_app:app")


def acceptance_of(world: World, owner: Owner) -> Acceptance:
    """What this owner accepted of the world's model: its task, terms, policy and the days of its plan."""
    plan = world.plan
    days = plan.windows[0][0], plan.windows[-1][1]
    return Acceptance(plan.chain_id, plan.model, owner.address, digest_of_cid(plan.task), plan.terms, plan.policy, days)


@dataclass(slots=True)
class LightNode:
    """One node with a folder of its own; each `running` block is a process's life with the same memory."""

    folder: Path
    owner: Owner
    accepted: Acceptance
    app: ClientApp | None = None
    limits: NodeLimits = NodeLimits()
    minute: Callable[[], int] = lambda: 720
    idle: Callable[[], object] = lambda: None
    watch: Callable[[], object] = lambda: None
    bounds: HttpBounds | None = None
    failures: list[BaseException] = field(default_factory=list)

    @property
    def public(self) -> bytes:
        """The node's public key, PEM; made by the first look."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return public_pem(keep_node_key(self.folder / "node.key").public_key())

    def sent(self):
        """What its log says."""
        return read_sent(self.folder / "sent.jsonl")

    @contextmanager
    def running(self, address: str, root: Path | None) -> Iterator[FleetNode]:
        """The node in a thread; it is stopped at the end, and what it raised is in `failures`."""
        stop = threading.Event()
        pem, meter, key = self.public, Meter(), keep_node_key(self.folder / "node.key")
        state, tls = NodeState(self.folder), trusting(root.read_bytes()) if root else None
        link = FleetLink(address, key, tls, time.monotonic, time.sleep, meter.count, self.bounds)
        node = FleetNode(
            self.app or contributor_app(lambda _: self.owner),
            link,
            state,
            SentLog(self.folder / "sent.jsonl", time.time),
            self.accepted,
            lambda: keep_delegation(
                self.folder / "delegation.json", self.owner.key, self.accepted.domain, pem, int(time.time()), 86_400
            ),
            self.limits,
            meter,
            NodeTime(time.time, self.minute, lambda: 0.0),
            NodeSettings(address, poll_seconds=0.05, idle_seconds=0.2, watch_seconds=0.2),
            self.idle,
            self.watch,
        )

        def serve() -> None:
            try:
                node.run(stop)
            except Exception as error:  # shown to the test
                self.failures.append(error)

        thread = threading.Thread(target=serve, name=f"node of {self.owner.address}")
        thread.start()
        try:
            yield node
        finally:
            stop.set()
            thread.join(PATIENCE)
            link.close()
            state.close()
            assert not thread.is_alive()


@contextmanager
def quiet_superlink(folder: Path, *, tls: bool = False, in_memory: bool = True) -> Iterator[RunningSuperLink]:
    """A SuperLink; with `tls` it also asks for registered node keys."""
    files = make_server_files(folder / "tls", ["127.0.0.1"], int(time.time())) if tls else None
    settings = SuperLinkSettings(folder / "superlink", tls=files, in_memory=in_memory, start_seconds=PATIENCE)
    with start_superlink(settings) as link:
        yield link


@contextmanager
def driven(link: RunningSuperLink) -> Iterator[SuperLinkGrid]:
    """A Grid over it, in a run whose FAB no light node may fetch."""
    with connect(link.door, ConnectSettings(offered_fab())) as grid:
        yield grid


def round_over(grid: SuperLinkGrid, world: World, phase_seconds: float = PATIENCE) -> FederatedRound:
    """A round of the world's plan, in real time."""
    settings = RoundSettings(phase_seconds=phase_seconds, poll_seconds=0.05)
    return FederatedRound(grid, world.plan, world.task.to_bytes(), REAL_TIME, settings)


def questions(
    grid: SuperLinkGrid,
    world: World,
    kind: str,
    nodes: Iterable[int],
    *,
    given_up: Callable[[], bool] = lambda: False,
    answered: bool = True,
):
    """The replies of these nodes to one question of the world's round, or those that came before it was `given_up`;
    the names to pull by, where not `answered`.
    """
    seed = b"" if kind == wire.BATCHES else FIRST_SEED
    parameters = world.parameters if kind in (wire.TRAIN, wire.EVALUATE) else ()
    content = wire.instruction(world.plan, world.task.to_bytes(), seed, parameters)
    names = set(grid.push_messages([Message(content, node, kind) for node in nodes]))
    replies: list[Message] = []
    until = time.monotonic() + PATIENCE
    while answered and len(replies) < len(names) and time.monotonic() < until and not given_up():
        replies += grid.pull_messages(names)
        time.sleep(0.02)
    return replies if answered else names


def asked(link: RunningSuperLink, path: str) -> int:
    """How often the SuperLink's log tells of a request for this path."""
    return link.process.log_path.read_text(encoding="utf-8", errors="replace").count(path)


def agreeing(world: World) -> World:
    """The world whose task names the plan's own rules and reference, and whose plan is still under way."""
    task = replace(world.task, rules=world.plan.rules.hash.hex(), reference=world.plan.reference.hash.hex())
    return renamed(replace(world, task=task, plan=replace(world.plan, deadline=int(time.time()) + 3_600)))


def renamed(world: World) -> World:
    """The world whose plan names its task by its hash as it now is."""
    return replace(world, plan=replace(world.plan, task=cid_of_digest(sha256(world.task.to_bytes()))))
