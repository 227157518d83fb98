"""What an Andel round says through FEDn: orders as client settings, answers as training metadata, versions as models.

Takes and gives Flower records on the one side, JSON values and npz bytes on the other. Everything that comes from the
network is bounded and read strictly. Never imports FEDn, so that both sides and the tests can use it.
"""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError
from andel.training.flower import ConfigRecord, Message, RecordDict
from andel.training.integer_mlp import IntArray

Numbers = npt.NDArray[np.generic]

KEY: Final = "andel"
"""Under which orders stand in FEDn's client settings, and answers in its training metadata."""

METADATA: Final = "training_metadata"
"""Where FEDn expects what a client tells of its training."""

MAX_TEXT: Final = 32 * 1024 * 1024
_ORDER = "order"
_ANSWER = "answer"
_LARGEST = 1 << 30


@dataclass(frozen=True, slots=True)
class FednPeer:
    """A client of the network, as its controller lists it."""

    client_id: str
    name: str


@dataclass(frozen=True, slots=True)
class ClientUpdate:
    """What one client said of its update: its training metadata, and the id of the model at the combiner."""

    client: str
    metadata: Mapping[str, object]
    model: str


def order_of(message: Message) -> dict[str, object]:
    """A message to a node as FEDn settings: its type and its named values, without the version, which is the model."""
    record = message.content.get(_ORDER)
    if not isinstance(record, ConfigRecord):
        raise InputError("the message holds no order")
    return {"type": message.metadata.message_type, _ORDER: _to_json(record)}


def read_order(settings: object) -> tuple[str, RecordDict]:
    """The message type and the records of an order in client settings. Raises InputError."""
    order = settings.get(KEY) if isinstance(settings, dict) else None
    if not isinstance(order, dict) or not isinstance(order.get("type"), str):
        raise InputError("this FEDn round carries no order of Andel", "its session must be opened by the Andel side")
    return order["type"], RecordDict({_ORDER: _from_json(order.get(_ORDER))})


def answer_of(reply: Message) -> dict[str, object]:
    """A node's reply as training metadata."""
    record = reply.content.get(_ANSWER)
    return _to_json(record) if isinstance(record, ConfigRecord) else {}


def read_answer(metadata: object) -> RecordDict:
    """The records of a reply in training metadata. Raises InputError with the client's own reason if it gave one."""
    answer = metadata.get(KEY) if isinstance(metadata, dict) else None
    if not isinstance(answer, dict):
        raise InputError("the client gave no answer of Andel: its update is unsigned")
    if isinstance(answer.get("error"), str):
        raise InputError(f"the client refused: {answer['error'][:500]}")
    return RecordDict({_ANSWER: _from_json(answer)})


def model_bytes(arrays: Sequence[npt.NDArray[Any]]) -> io.BytesIO:
    """Arrays as FEDn's numpyhelper keeps a model: npz with the names 0, 1 …"""
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, **{str(place): array for place, array in enumerate(arrays)})
    file.seek(0)
    return file


def read_model(data: bytes, shapes: Sequence[tuple[int, ...]]) -> list[Numbers]:
    """The arrays of a model file, which must have exactly these shapes and be of numbers. Raises InputError.

    Sizes are looked at before anything is unpacked, and nothing is unpickled.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = {item.filename: item.file_size for item in archive.infolist()}
        expected = {f"{place}.npy": prod(shape) for place, shape in enumerate(shapes)}
        if set(sizes) != set(expected) or any(sizes[name] > 8 * count + 1_024 for name, count in expected.items()):
            raise InputError(f"the model does not hold {len(shapes)} arrays of the task's sizes")
        with np.load(io.BytesIO(data), allow_pickle=False) as held:
            arrays = [held[str(place)] for place in range(len(shapes))]
    except (OSError, ValueError, zipfile.BadZipFile, EOFError, KeyError) as error:
        raise InputError(f"the model cannot be read: {error}") from error
    for place, (array, shape) in enumerate(zip(arrays, shapes, strict=True)):
        if array.shape != shape or array.dtype.kind not in "if":
            raise InputError(f"array {place} of the model is not of numbers of shape {shape}")
    return arrays


def integers(arrays: Sequence[npt.NDArray[Any]]) -> list[IntArray]:
    """Arrays rounded to nearest, halves upward, as Andel rounds: what FEDn averaged in floats becomes a version again.

    Raises InputError for what is no number or over ±2**30.
    """
    rounded = []
    for array in arrays:
        if array.dtype.kind == "f":
            if not np.isfinite(array).all() or np.abs(array).max(initial=0) > _LARGEST:
                raise InputError("the model holds values that are no parameters")
            array = np.floor(array.astype(np.float64) + 0.5)
        rounded.append(array.astype(np.int64))
    return rounded


def _to_json(record: ConfigRecord) -> dict[str, object]:
    return {
        name: {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
        for name, value in record.items()
    }


def _from_json(values: object) -> ConfigRecord:
    if not isinstance(values, Mapping) or len(values) > 64:
        raise InputError("the order or answer is no object of named values")
    read: dict[str, str | int | bytes] = {}
    for name, value in values.items():
        packed = value.get("base64") if isinstance(value, dict) and len(value) == 1 else None
        if isinstance(packed, str) and len(packed) <= MAX_TEXT:
            try:
                read[str(name)[:64]] = base64.b64decode(packed, validate=True)
            except binascii.Error as error:
                raise InputError(f"{str(name)[:64]!r} is not base64: {error}") from error
        elif isinstance(value, str | int) and not isinstance(value, bool) and len(str(value)) <= 1_024:
            read[str(name)[:64]] = value
        else:
            raise InputError(f"{str(name)[:64]!r} is neither a short text, a number nor bytes")
    return ConfigRecord(read)  # type: ignore[arg-type]  # a dict of such values is one of its kinds
