"""`LocalGrid`: Flower's Grid inside one process, for demos, tests and one-machine federations.

The same ClientApps and strategies run here as on a SuperLink with SuperNodes; only the transport is missing.
Messages are answered when they are pushed, one node after the other in the order of the messages, so a run
repeats itself. Content is copied on the way in and out, as a wire would.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from andel.training.flower import Array, ClientApp, Context, Error, Grid, Message, RecordDict, TaskIdentity

_CLIENT_APP_RAISED = 2  # flwr's ErrorCode.CLIENT_APP_RAISED_EXCEPTION
_SERVER_NODE = 1
_RUN = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LocalNode:
    """One node: its app and what Flower would have configured for it (`node_config`)."""

    app: ClientApp
    node_config: Mapping[str, str | int | float | bool]


class LocalGrid(Grid):
    """A Grid over nodes in this process; node ids are 1000, 1001 … in the order given."""

    def __init__(self, nodes: Iterable[LocalNode]) -> None:
        self._nodes: dict[int, tuple[ClientApp, Context]] = {}
        for node_id, node in enumerate(nodes, start=1_000):
            context = Context(_RUN, node_id, dict(node.node_config), RecordDict(), {})
            self._nodes[node_id] = (node.app, context)
        self._replies: dict[str, Message] = {}
        self._sent = 0
        _name_task()

    def set_run(self, run: object) -> None:
        """A local grid has one run; nothing to set."""

    @property
    def run(self) -> object:  # type: ignore[override]  # flwr's Run class has moved between releases
        """Raises: a local grid has no run record; nothing in Andel asks for one."""
        raise RuntimeError("a local grid keeps no run record")

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """A message to a node (Flower keeps this for older callers)."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def get_node_ids(self) -> list[int]:
        """All nodes; they are always online."""
        return list(self._nodes)

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        """Runs each message's node at once and keeps its reply; returns the ids to pull by."""
        return [self._deliver(message) for message in messages]

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        """The replies to these messages that are there, each given out once."""
        return [self._replies.pop(identity) for identity in message_ids if identity in self._replies]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> list[Message]:
        """Push and pull in one call."""
        return self.pull_messages(self.push_messages(messages))

    def _deliver(self, message: Message) -> str:
        self._sent += 1
        identity = f"local-{self._sent}"
        message.metadata.__dict__["_message_id"] = identity  # set by the SuperLink elsewhere
        app, context = self._nodes[message.metadata.dst_node_id]
        delivered = copy.copy(message)
        delivered.__dict__["_content"] = _copied(message.content)
        try:
            reply = app(delivered, context)
            if reply.has_content():
                reply.__dict__["_content"] = _copied(reply.content)
        except Exception as error:  # a node's app may raise anything; the grid answers for it, as a SuperNode does
            log.info("node failed id=%s reason=%s", message.metadata.dst_node_id, error)
            reply = Message(Error(_CLIENT_APP_RAISED, f"{type(error).__name__}: {error}"), reply_to=message)
        self._replies[identity] = reply
        return identity


def _copied(content: RecordDict) -> RecordDict:
    """The content with no record, list or array of it shared; scalars and bytes cannot change, so they are.

    Two dozen messages of a small model go by in a round of twelve, and `copy.deepcopy` takes five times as long.
    """
    records = RecordDict()
    for name, record in content.items():
        copied: Any = record.copy()  # what it holds is shared so far
        for key, value in copied.items():
            if isinstance(value, Array | list):
                copied[key] = copy.copy(value)
        records[name] = copied
    return records


def _name_task() -> None:
    if TaskIdentity is not None:
        TaskIdentity.task_id, TaskIdentity.run_id, TaskIdentity.node_id = 1, _RUN, _SERVER_NODE
