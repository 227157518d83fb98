"""The text of FEDn server functions: what carries an order to the clients, and adds signed updates exactly.

FEDn runs this text in its hooks service. Constants stand inside the methods, because FEDn executes the class with
globals of its own. Gives text only; nothing here is run on this side.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from andel.training.task import Task
from andel.training.updates import encode_update, update_bytes
from andel.units import Digest

_SETTINGS = """\
class ServerFunctions(ServerFunctionsBase):
    def client_settings(self, global_model):
        import json
        return json.loads({settings!r})
"""

# The hash of an update is over a header, the same for every update of a task, and its values as int32. An update that
# is not the one signed, or of nobody asked, is left out. FEDn keeps all that came under one client's name, models
# (lists) and metadata, so whoever takes another's name keeps nobody out. Rounding is to nearest, halves upward, as in
# andel.value.aggregate.stepped.
_EXACT = """
    def aggregate(self, previous_global, client_updates):
        import hashlib
        import numpy as np
        signed = {signed!r}
        header = bytes.fromhex({header!r})
        version = [np.floor(array.astype(np.float64) + 0.5).astype(np.int64) for array in previous_global]
        old = np.concatenate([array.ravel() for array in version])
        total, weights = np.zeros_like(old), 0
        for client, parts in client_updates.items():
            digest, weight = signed.get(client, ("", 0))
            for model in (part for part in parts if isinstance(part, list)):
                if [array.shape for array in model] != [array.shape for array in version]:
                    continue
                update = np.concatenate([array.ravel() for array in model]).astype(np.int64) - old
                if hashlib.sha256(header + update.astype("<i4").tobytes()).hexdigest() == digest:
                    total, weights = total + weight * update, weights + weight
                    break
        if weights:
            old = old + (2 * total + weights) // (2 * weights)
        ends = np.cumsum([array.size for array in version])[:-1]
        return [part.reshape(array.shape) for part, array in zip(np.split(old, ends), version)]
"""


def settings_function(settings: Mapping[str, object]) -> str:
    """Server functions that hand every client these settings; aggregation stays FEDn's own FedAvg."""
    return _SETTINGS.format(settings=json.dumps(settings))


def exact_function(settings: Mapping[str, object], task: Task, signed: Mapping[str, tuple[Digest, int]]) -> str:
    """The same, and exact aggregation of the updates whose hashes these clients signed, by their signed weights."""
    zeros = encode_update(np.zeros(task.size, np.int64), task)
    header = zeros[: update_bytes(task) - 4 * task.size]
    listed = {client: (digest.hex(), weight) for client, (digest, weight) in signed.items()}
    return settings_function(settings) + _EXACT.format(signed=listed, header=header.hex())
