"""A SuperLink for a test, and hand-made nodes that it knows."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from andel.training.certificates import make_node_key, make_server_files
from andel.training.fab import build_fab
from andel.training.flower import Message
from andel.training.superlink import (
    ConnectSettings,
    SuperLinkGrid,
    SuperLinkSettings,
    register_node,
    start_superlink,
)
from tests.support.fleet_protocol import WireNode, words
from tests.support.patience import PATIENCE

SETTINGS = ConnectSettings(build_fab("tests.support.fleet_app:app"), outage_seconds=0.5)


class Place:
    """A running SuperLink, and the nodes that a test makes of it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.tls = make_server_files(folder / "tls", ["127.0.0.1"], int(time.time()))
        self.stack = stack
        settings = SuperLinkSettings(folder / "superlink", tls=self.tls, start_seconds=PATIENCE)
        self.link = stack.enter_context(start_superlink(settings))
        self.door = self.link.door
        self.nodes: list[WireNode] = []
        stack.callback(self.close_nodes)

    def node(self) -> WireNode:
        """A new node."""
        key = make_node_key()
        register_node(self.door, key.public)
        node = WireNode(self.door.address, self.tls.authority, key)
        self.nodes.append(node)
        return node

    def close_nodes(self) -> None:
        """Closes their connections, which SuperLink would wait for when it ends."""
        for node in self.nodes:
            node.close()

    def restart(self) -> None:
        """SuperLink killed, and started again with its database."""
        self.link.process.kill()
        self.link = self.stack.enter_context(start_superlink(self.link.settings))
        self.stack.callback(self.close_nodes)


def ask(grid: SuperLinkGrid, *nodes: WireNode) -> list[str]:
    """The same question to each node."""
    messages = [Message(words(f"question {node.id}"), node.id, "query.batches", group_id="1.0") for node in nodes]
    return grid.push_messages(messages)


def pull_until(grid: SuperLinkGrid, names: list[str], seconds: float = PATIENCE) -> list[Message]:
    """Replies to all of them, or what came in time."""
    found: list[Message] = []
    until = time.monotonic() + seconds
    while len(found) < len(names) and time.monotonic() < until:
        found += grid.pull_messages(names)
        time.sleep(0.02)
    return found
