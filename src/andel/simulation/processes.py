"""`andel demo --processes`: the same run over a SuperLink and stock SuperNodes, each a process of its own.

Takes a founded world. Gives a Grid over its members' SuperNodes: TLS with an authority made for the run, registered
node keys, everything on loopback, and nothing of Flower's that reports or fetches.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from andel.roles.node_app import NODE_FILE, NodeFile
from andel.simulation.node_app import KIND, REFERENCE
from andel.simulation.participants import Kind, Participant
from andel.simulation.scenario import Scenario
from andel.simulation.world import Member, World, terms_hash
from andel.training.certificates import ServerFiles, make_node_key, make_server_files, write_secret
from andel.training.fab import build_fab
from andel.training.flower_process import HOST
from andel.training.rounds import RoundSettings, Waiting
from andel.training.superlink import (
    ConnectSettings,
    SuperLinkDoor,
    SuperLinkGrid,
    SuperLinkSettings,
    connect,
    register_node,
    start_superlink,
    wait_for_nodes,
)
from andel.training.supernode import SuperNodeSettings, start_supernode

NODES: Final = 4
SETTINGS: Final = RoundSettings(quorum=NODES - 1, phase_seconds=180.0, poll_seconds=0.1)
"""All honest ones answer, or the run has not shown what it is for; a poisoner that an audit finds is not asked."""

_THREADS: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # all nodes share this machine
_READY_SECONDS = 120.0


def with_few(scenario: Scenario) -> Scenario:
    """The same scenario with four participants: a poisoner, if there is one, and honest ones of all sites."""
    honest = [item for item in scenario.participants if item.kind == Kind.HONEST]
    poisoners = [item for item in scenario.participants if item.kind == Kind.POISONER]
    seen: dict[int, int] = {}
    order: dict[int, int] = {}
    for item in honest:
        order[item.number] = seen[item.site] = seen.get(item.site, 0) + 1
    chosen: list[Participant] = sorted(honest, key=lambda item: (order[item.number], item.site))
    chosen = [*chosen[: NODES - len(poisoners)], *poisoners]
    return replace(scenario, participants=tuple(replace(item, number=i) for i, item in enumerate(chosen)))


@contextmanager
def grid_over_processes(world: World, folder: Path) -> Iterator[SuperLinkGrid]:
    """SuperLink and one SuperNode per member, for the time of the block. Raises TrainingError, SettingsError."""
    waiting = Waiting(time.monotonic, time.sleep)
    tls = make_server_files(folder / "tls", [HOST], int(time.time()))
    with ExitStack() as stack:
        link = stack.enter_context(start_superlink(SuperLinkSettings(folder / "superlink", tls=tls), waiting))
        for member in world.members:
            settings = _supernode(world, member, link.door, tls, folder / f"node-{member.participant.number}")
            stack.enter_context(start_supernode(settings))
        grid = stack.enter_context(connect(link.door, ConnectSettings(build_fab(REFERENCE))))
        wait_for_nodes(grid, len(world.members), _READY_SECONDS, waiting)
        yield grid


def _supernode(world: World, member: Member, door: SuperLinkDoor, tls: ServerFiles, folder: Path) -> SuperNodeSettings:
    """A member's node: its key registered, its files in its own folder."""
    folder.mkdir(parents=True)
    node_key, account = make_node_key(), member.contributor.key
    register_node(door, node_key.public)
    write_secret(folder / "node.key", node_key.private)
    write_secret(folder / "owner.key", account.secret_bytes().hex().encode())
    told = NodeFile(
        rpc=world.chain.url,
        model=world.model.round_manager.address,
        key_file=str(folder / "owner.key"),
        evidence=member.contributor.evidence_url,
        terms=terms_hash().hex(),
    )
    (folder / "node.json").write_bytes(told.to_bytes())
    return SuperNodeSettings(
        folder,
        door.address,
        tls.authority,
        folder / "node.key",
        {NODE_FILE: str(folder / "node.json"), KIND: member.participant.kind.value},
        environment=_THREADS,
    )
