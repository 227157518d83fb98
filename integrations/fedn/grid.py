"""Flower's Grid over a FEDn network: Andel's own round loop and its evidence checks, unchanged, with FEDn's clients.

Each push is one FEDn round: the order goes out as client settings, the version as the model, the answers come back as
training metadata. Only what the round loop asks of a node is asked of its client, so clients whose receipt was refused
are not asked for an update. Updates are read from the models that FEDn's combiner added, not from what clients say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from andel.errors import InputError
from andel.training import wire as records
from andel.training.flower import ClientApp, Context, Message
from andel.training.grid import LocalGrid, LocalNode
from andel.training.task import Task
from andel.training.updates import encode_update, flatten
from andel.units import Digest
from integrations.fedn import wire
from integrations.fedn.functions import exact_function, settings_function
from integrations.fedn.wire import ClientUpdate, FednPeer


class FednNetwork(Protocol):
    """What the grid needs of a FEDn network: `integrations.fedn.api.FednApi` over its REST API."""

    def model(self, identity: str) -> bytes:
        """A model of the trail."""

    def run_round(self, model: str, functions: str, clients: Sequence[FednPeer], seconds: float) -> str:
        """One round from `model` with these clients alone; returns its session. Raises InputError."""

    def result(self, session: str) -> str:
        """The id of the model that the session added to the trail, or ""."""

    def updates(self, session: str, expected: int) -> list[ClientUpdate]:
        """What clients told of their updates."""

    def client_model(self, identity: str) -> bytes:
        """The model that a client uploaded. Raises InputError."""


class FednGrid(LocalGrid):
    """A Grid whose nodes are FEDn clients.

    `model` is the trail's id of the present version. With `exact`, FEDn adds signed updates in integers by a server
    function of ours; else by its own FedAvg, in floats. After a round, `aggregated` is the id of what FEDn made of it.
    """

    def __init__(
        self,
        api: FednNetwork,
        peers: Sequence[FednPeer],
        task: Task,
        model: str,
        *,
        exact: bool,
        seconds: float = 120.0,
    ) -> None:
        self._api, self._peers, self._task = api, list(peers), task
        self._exact, self._seconds = exact, seconds
        self._answers: dict[str, ClientUpdate] = {}
        self._signed: dict[str, tuple[Digest, int]] = {}
        self.model = model
        self.aggregated = ""
        super().__init__(LocalNode(_app(self, peer), {}) for peer in self._peers)
        self._by_node = dict(zip(self.get_node_ids(), self._peers, strict=True))

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        """One FEDn round for each distinct order among the messages; returns the ids to pull the answers by."""
        pushed = list(messages)
        orders: dict[str, list[Message]] = {}
        for message in pushed:
            orders.setdefault(json.dumps(wire.order_of(message), sort_keys=True), []).append(message)
        self._answers = {}
        for order, alike in orders.items():
            self._round(json.loads(order), [self._by_node[message.metadata.dst_node_id] for message in alike])
        return super().push_messages(pushed)

    def _round(self, order: dict[str, Any], peers: Sequence[FednPeer]) -> None:
        settings = {wire.KEY: order}
        reveal = order["type"] == records.REVEAL
        if reveal and self._exact:
            chosen = {peer.name: self._signed[peer.name] for peer in peers if peer.name in self._signed}
            functions = exact_function(settings, self._task, chosen)
        else:
            functions = settings_function(settings)
        session = self._api.run_round(self.model, functions, peers, self._seconds)
        asked = {peer.name for peer in peers}
        updates = [item for item in self._api.updates(session, len(asked)) if item.client in asked]
        self._answers |= {item.client: item for item in updates}
        if reveal:
            self.aggregated = self._api.result(session)

    def answer(self, peer: FednPeer, message: Message) -> Message:
        """What the client answered, as a node's reply. Raises InputError when it gave none that can be read."""
        update = self._answers.get(peer.name)
        if update is None:
            raise InputError(f"the client {peer.name} did not answer in FEDn's round")
        content = wire.read_answer(update.metadata)
        reply = Message(content, reply_to=message)
        record = records.read_answer(reply)
        kind = message.metadata.message_type
        if kind == records.TRAIN:
            digest = Digest(records.bytes_of(record, "update_hash", 32))
            self._signed[peer.name] = digest, records.int_of(record, "weight")
        if kind == records.REVEAL:
            record["update"] = self._uploaded(update)
        return reply

    def _uploaded(self, update: ClientUpdate) -> bytes:
        """The update's canonical bytes, from the model that the client uploaded."""
        shapes = self._task.shapes
        version = wire.integers(wire.read_model(self._api.model(self.model), shapes))
        model = wire.read_model(self._api.client_model(update.model), shapes)
        if any(array.dtype.kind != "i" for array in model):
            raise InputError(f"the client {update.client} uploaded floats, which nobody can have signed")
        change = flatten([np.asarray(new, np.int64) - old for new, old in zip(model, version, strict=True)])
        return encode_update(change, self._task)


def _app(grid: FednGrid, peer: FednPeer) -> ClientApp:
    def app(message: Message, context: Context) -> Message:
        return grid.answer(peer, message)

    return app  # type: ignore[return-value]  # LocalGrid calls it as it would a ClientApp
