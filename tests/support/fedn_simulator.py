"""A FEDn network inside one process: its contract with clients and server functions and its FedAvg, without servers.

Stands where `integrations.fedn.api.FednApi` stands. A round runs the session's server functions as FEDn's hooks do,
hands the model to each client's train callback, keeps what was uploaded, and averages as FEDn's `fedavg` does.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from andel.errors import InputError
from integrations.fedn import wire
from integrations.fedn.wire import ClientUpdate, FednPeer

TrainCallback = Callable[[io.BytesIO, Mapping[str, object]], tuple[io.BytesIO, dict[str, object]]]


class SimulatedFedn:
    """Clients by name; `uninvited` are updates (name, arrays, examples) that reach the combiner besides, as any may."""

    def __init__(self, callbacks: Mapping[str, TrainCallback]) -> None:
        self.callbacks = dict(callbacks)
        self.models: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        self.log: list[str] = []
        self.uninvited: list[tuple[str, list[Any], int]] = []
        self._told: dict[str, list[ClientUpdate]] = {}

    @property
    def peers(self) -> list[FednPeer]:
        """The clients."""
        return [FednPeer(f"id-{name}", name) for name in self.callbacks]

    def add_model(self, model: io.BytesIO) -> str:
        """Puts a model into the trail."""
        identity = f"model-{len(self.models)}"
        self.models[identity] = model.getvalue()
        return identity

    def model(self, identity: str) -> bytes:
        """A model of the trail."""
        return self.models[identity]

    def run_round(self, model: str, functions: str, clients: Sequence[FednPeer], seconds: float) -> str:
        """One round; its session has the name of the model that it adds."""
        hooks = _hooks(functions)
        previous = _arrays(self.models[model])
        settings = json.loads(json.dumps(hooks.client_settings(previous)))
        told: list[ClientUpdate] = []
        updates: dict[str, list[Any]] = {}
        for peer in clients:
            uploaded, metadata = self.callbacks[peer.name](io.BytesIO(self.models[model]), settings)
            training = json.loads(json.dumps(metadata))[wire.METADATA]
            identity = f"upload-{len(self.uploads)}"
            self.uploads[identity] = uploaded.getvalue()
            told.append(ClientUpdate(peer.name, training, identity))
            updates[peer.name] = [_arrays(self.uploads[identity]), training]
            self.log.append(f"{settings[wire.KEY]['type']} {peer.name}")
        for name, arrays, examples in self.uninvited:
            # as FEDn's hooks keep what comes under one name
            updates[name] = [arrays, *updates.get(name, []), {"num_examples": examples}]
        exact = getattr(hooks, "aggregate", None)
        made = exact(previous, updates) if exact else _fedavg(updates.values())
        session = self.add_model(wire.model_bytes(made))
        self._told[session] = told
        return session

    def result(self, session: str) -> str:
        """The model of the session."""
        return session

    def updates(self, session: str, expected: int) -> list[ClientUpdate]:
        """What clients told."""
        return self._told[session]

    def client_model(self, identity: str) -> bytes:
        """What a client uploaded."""
        if identity not in self.uploads:
            raise InputError("no such model")
        return self.uploads[identity]


def _hooks(functions: str) -> Any:
    """FEDn executes the class with globals of its own: constants beside the class would not be seen."""
    names: dict[str, Any] = {}
    exec(compile(functions, "server functions", "exec"), {"ServerFunctionsBase": object, "np": np}, names)
    return names["ServerFunctions"]()


def _arrays(data: bytes) -> list[Any]:
    with np.load(io.BytesIO(data)) as held:
        return [held[str(place)] for place in range(len(held.files))]


def _fedavg(updates: Iterable[list[Any]]) -> list[Any]:
    came = [(part, told["num_examples"]) for parts in updates for part, told in zip(*_halves(parts), strict=True)]
    model: list[Any] = came[0][0]
    examples = came[0][1]
    for after, weight in came[1:]:
        examples += weight
        model = [np.add(x, weight * (y - x) / examples) for x, y in zip(model, after, strict=True)]
    return model


def _halves(parts: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    return [part for part in parts if isinstance(part, list)], [part for part in parts if isinstance(part, dict)]
