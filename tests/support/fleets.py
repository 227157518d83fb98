"""A SuperLink with stock SuperNodes on this machine, whose nodes are owners of the small world."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from andel.training.certificates import make_node_key, make_server_files, write_secret
from andel.training.fab import build_fab
from andel.training.flower_process import FlowerProcess
from andel.training.rounds import FederatedRound, RoundSettings, Waiting
from andel.training.superlink import (
    ConnectSettings,
    RunningSuperLink,
    SuperLinkGrid,
    SuperLinkSettings,
    connect,
    register_node,
    start_superlink,
    wait_for_nodes,
)
from andel.training.supernode import SuperNodeSettings, start_supernode
from tests.support.patience import PATIENCE
from tests.support.worlds import World

ROOT = Path(__file__).resolve().parents[2]
REAL_TIME = Waiting(time.monotonic, time.sleep)
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
"""SuperNodes' apps are imported from the tests."""

FLEET_APP = "tests.support.fleet_app:app"
Config = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Fleet:
    """What runs: SuperLink, the nodes' processes by owner, the ids they have, and the Grid over them."""

    link: RunningSuperLink
    nodes: Sequence[FlowerProcess]
    ids: Sequence[int]
    grid: SuperLinkGrid


@contextmanager
def running_fleet(
    folder: Path, configs: Sequence[Config], environment: Mapping[str, str] | None = None, app: str = FLEET_APP
) -> Iterator[Fleet]:
    """One SuperNode for each of `configs` running `app`, with TLS and registered keys; there when this returns."""
    more = ENVIRONMENT | dict(environment or {})
    tls = make_server_files(folder / "tls", ["127.0.0.1"], int(time.time()))
    with ExitStack() as stack:
        settings = SuperLinkSettings(
            folder / "superlink", tls=tls, start_seconds=PATIENCE, environment=dict(environment or {})
        )
        link = stack.enter_context(start_superlink(settings))
        nodes, ids = [], []
        for number, config in enumerate(configs):
            place = folder / f"node-{number}"
            place.mkdir(parents=True)
            key = make_node_key()
            write_secret(place / "node.key", key.private)
            ids.append(register_node(link.door, key.public))
            node = SuperNodeSettings(
                place, link.door.address, tls.authority, place / "node.key", config, environment=more
            )
            nodes.append(stack.enter_context(start_supernode(node)))
        grid = stack.enter_context(connect(link.door, ConnectSettings(build_fab(app))))
        wait_for_nodes(grid, len(configs), PATIENCE, REAL_TIME)
        yield Fleet(link, nodes, ids, grid)


def federate_over(
    grid: SuperLinkGrid, world: World, phase_seconds: float = PATIENCE, quorum: int = 1
) -> FederatedRound:
    """A round of the world's plan over a fleet, in real time."""
    settings = RoundSettings(quorum=quorum, phase_seconds=phase_seconds, poll_seconds=0.1, opening_tries=1)
    return FederatedRound(grid, world.plan, world.task.to_bytes(), REAL_TIME, settings)
