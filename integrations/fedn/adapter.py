"""The client adapter: Andel's own ClientApp as the train callback of a `FednClient`.

Takes FEDn's model and client settings. Gives FEDn a model and training metadata. The task, the signing and what may
leave the machine are the app's (`andel.training.client_app`), and so are its refusals; FEDn sends no code, since a
callback client takes no compute package. Hash first: a receipt leaves in a FEDn round of its own, with the model as
it came, and the update only in a later one. Never reports use or telemetry.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from andel.errors import AndelError, InputError
from andel.training import wire as records
from andel.training.flower import ClientApp, Message
from andel.training.grid import LocalGrid, LocalNode
from andel.training.integer_mlp import IntArray
from andel.training.task import Task
from andel.training.updates import decode_update, split_parameters
from integrations.fedn import wire

if TYPE_CHECKING:
    from fedn import FednClient

_NODE = 1_000  # LocalGrid's first
_UNCHANGED = 1  # the weight of a model that comes back as it was: an average of such is what it was

log = logging.getLogger(__name__)


class TrainCallback:
    """`FednClient(train_callback=TrainCallback(app, task))`: one contributor, whatever transport brings its orders.

    `task` is the one that the owner accepted; `node_config` is what a SuperNode would hand to the app.
    """

    def __init__(self, app: ClientApp, task: Task, node_config: Mapping[str, str | int | float | bool]) -> None:
        self._grid = LocalGrid([LocalNode(app, dict(node_config))])
        self._task = task
        self._weight = _UNCHANGED

    def __call__(
        self, in_model: io.BytesIO, client_settings: Mapping[str, object]
    ) -> tuple[io.BytesIO, dict[str, object]]:
        """FEDn's contract: (model, settings) → (model, metadata with `training_metadata`, and in it `num_examples`).

        Raises nothing, since FEDn ends a client whose callback does: an order that is none, or that the app refuses,
        gets its model back unchanged, and the reason. Where others bring updates, it has no weight among them.
        """
        data, kind = in_model.getvalue(), ""
        try:
            kind, content = wire.read_order(dict(client_settings))
            version = wire.integers(wire.read_model(data, self._task.shapes))
            if kind == records.TRAIN:
                content[records.ARRAYS] = records.array_record(version)
            reply = self._ask(Message(content, _NODE, kind))
            if reply.has_error():
                raise InputError(str(reply.error.reason))
            if kind == records.REVEAL:
                return self._revealed(reply, version)
            if kind == records.TRAIN:
                self._weight = records.int_of(records.read_answer(reply), "weight")
            return io.BytesIO(data), _metadata(_UNCHANGED, wire.answer_of(reply))
        except AndelError as error:
            log.warning("order refused reason=%s", error)
            weight = 0 if kind in ("", records.REVEAL) else _UNCHANGED
            return io.BytesIO(data), _metadata(weight, {"error": error.message[:500]})

    def _ask(self, message: Message) -> Message:
        (reply,) = self._grid.pull_messages(self._grid.push_messages([message]))
        return reply

    def _revealed(self, reply: Message, version: Sequence[IntArray]) -> tuple[io.BytesIO, dict[str, object]]:
        """The update added to the version, as a model; its weight is the one that was signed."""
        record = records.read_answer(reply)
        update = split_parameters(decode_update(records.bytes_of(record, "update", 1 << 30), self._task), self._task)
        model = wire.model_bytes([old + new for old, new in zip(version, update, strict=True)])
        told = {name: value for name, value in record.items() if name != "update"}
        return model, _metadata(self._weight, told)


def serve(callback: TrainCallback, controller: str, name: str, client_id: str, token: str = "") -> None:
    """Joins the FEDn network at `controller` (a URL that ends in /) and trains until it is stopped.

    Raises InputError where the network does not assign a combiner.
    """
    client, options = connect(callback, controller, name, client_id, token)
    client.init_grpchandler(config=options, client_name=name, token=token)
    client.run(with_telemetry=False)


def connect(
    callback: TrainCallback, controller: str, name: str, client_id: str, token: str = ""
) -> tuple[FednClient, object]:
    """A FednClient that is assigned to a combiner, and where that is. Raises InputError."""
    # without these names FEDn exports no traces and no logs
    os.environ["OTEL_SERVICE_NAME"] = os.environ["FEDN_REMOTE_LOG_SERVER"] = ""
    from fedn import FednClient
    from fedn.network.clients.fedn_client import ConnectToApiResult

    client = FednClient(train_callback=callback)
    wanted = {"client_id": client_id, "name": name, "package": "local", "preferred_combiner": ""}
    result, options = client.connect_to_api(controller, token, wanted)
    if result is not ConnectToApiResult.Assigned:
        raise InputError(f"{controller} did not take the client {name}: {result} {options}")
    return client, options


def _metadata(weight: int, answer: Mapping[str, object]) -> dict[str, object]:
    return {wire.METADATA: {"num_examples": weight, wire.KEY: dict(answer)}}
