"""SuperLink as a process of its own, and the Grid by which this process drives rounds over it.

`start_superlink` starts Flower's own program on loopback, quietly, with TLS and SuperNode authentication where it is
given certificates. `connect` gives a Grid over a running one, whoever started it. SuperLink serves all its interfaces
on one port, and whoever reaches those that are not for nodes can start code on every stock SuperNode: so it listens on
loopback only, and a proxy publishes `/v1/fleet/` alone.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import httpx

from andel.errors import QuorumMissed, SettingsError, TrainingError
from andel.training.certificates import ServerFiles, write_secret
from andel.training.flower_process import HOST, FlowerProcess, free_port
from andel.training.rounds import Waiting
from andel.training.superlink_grid import ConnectSettings, SuperLinkGrid
from andel.training.superlink_session import SuperLinkDoor, register_node, trusting, unregister_node

__all__ = [
    "ConnectSettings",
    "RunningSuperLink",
    "SuperLinkDoor",
    "SuperLinkGrid",
    "SuperLinkSettings",
    "connect",
    "register_node",
    "start_superlink",
    "superlink_arguments",
    "unregister_node",
    "wait_for_nodes",
]

PROGRAM: Final = "flower-superlink"
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class SuperLinkSettings:
    """A SuperLink whose database, secret and log lie in `folder`.

    `port` 0 takes a free one. `tls` None is plain HTTP without SuperNode authentication, for tests on one machine.
    `in_memory` forgets nodes and messages when it ends. `environment` adds to what the process is told.
    """

    folder: Path
    port: int = 0
    tls: ServerFiles | None = None
    in_memory: bool = False
    start_seconds: float = 60.0
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunningSuperLink:
    """A SuperLink that answers: how to reach it, the settings with the port it took, and its process."""

    door: SuperLinkDoor
    settings: SuperLinkSettings
    process: FlowerProcess


@contextmanager
def start_superlink(settings: SuperLinkSettings, waiting: Waiting | None = None) -> Iterator[RunningSuperLink]:
    """A SuperLink for the time of the block. With the settings of one that was killed, it goes on with its database.

    Raises SettingsError, TrainingError when it does not start.
    """
    waiting = waiting or Waiting(time.monotonic, time.sleep)
    settings = settings if settings.port else replace(settings, port=free_port())
    secret = settings.folder / "superlink.secret"
    try:
        settings.folder.mkdir(parents=True, exist_ok=True)
        if not secret.exists():
            write_secret(secret, secrets.token_bytes(_SECRET_BYTES))
    except OSError as error:
        raise SettingsError(f"{settings.folder} cannot be used: {error.strerror}", "name another folder") from error
    root = settings.tls.authority if settings.tls else None
    door = SuperLinkDoor(f"{HOST}:{settings.port}", root, secret)
    with FlowerProcess(PROGRAM, superlink_arguments(settings), settings.folder, settings.environment) as process:
        _wait_until_up(door, process, settings.start_seconds, waiting)
        yield RunningSuperLink(door, settings, process)


def superlink_arguments(settings: SuperLinkSettings) -> list[str]:
    """What `flower-superlink` is started with: loopback, no program of its own, installs off."""
    arguments = ["--host", HOST, "--port", str(settings.port)]
    # no SuperExec beside it: the one ServerApp is whoever holds the secret
    arguments += ["--isolation", "process", "--superexec-auth-secret-file", str(settings.folder / "superlink.secret")]
    arguments += ["--disable-runtime-dependency-installation"]
    if not settings.in_memory:
        arguments += ["--database", str(settings.folder / "superlink.db")]
    if settings.tls is None:
        return [*arguments, "--insecure"]
    arguments += ["--ssl-ca-certfile", str(settings.tls.authority), "--ssl-certfile", str(settings.tls.certificate)]
    return [*arguments, "--ssl-keyfile", str(settings.tls.key), "--enable-supernode-auth"]


@contextmanager
def connect(door: SuperLinkDoor, settings: ConnectSettings) -> Iterator[SuperLinkGrid]:
    """A Grid over the SuperLink behind `door` for the time of the block. Raises TrainingError, SettingsError."""
    grid = SuperLinkGrid(door, settings)
    try:
        yield grid
    finally:
        grid.close()


def wait_for_nodes(
    grid: SuperLinkGrid, count: int, seconds: float, waiting: Waiting, poll_seconds: float = 0.2
) -> None:
    """Returns when so many nodes are there. Raises QuorumMissed after `seconds`."""
    until = waiting.clock() + seconds
    while (there := len(grid.get_node_ids())) < count:
        if waiting.clock() >= until:
            raise QuorumMissed(there, count)
        waiting.sleep(poll_seconds)


def _wait_until_up(door: SuperLinkDoor, process: FlowerProcess, seconds: float, waiting: Waiting) -> None:
    scheme = "http" if door.root_certificate is None else "https"
    until = waiting.clock() + seconds
    with httpx.Client(verify=trusting(door.root_certificate), timeout=5.0, trust_env=False) as client:
        while True:
            process.check()
            try:
                if client.get(f"{scheme}://{door.address}/health").status_code == httpx.codes.OK:
                    return
                reason = "another program listens on its port"
            except httpx.HTTPError as error:
                reason = str(error)
            if waiting.clock() >= until:
                raise TrainingError(f"SuperLink does not answer: {reason}", f"its log is {process.log_path}")
            waiting.sleep(0.05)
