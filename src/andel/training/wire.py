"""The records of a round's Flower messages: which keys they have, and how to read them safely.

Five message types make a round: `query.batches` (data commitments), `query.disclosure` (what some trained on in an
earlier round), `query.openings` (leaves drawn by seed 1), `train` (a signed hash) and `query.reveal` (the update behind
it). In grouped mode `query.keys` and `query.shares` come before `train`, `query.survivors` and `query.unmask` after the
updates (`andel.training.group_member`). One more, `evaluate`, asks for errors on held-out days; no round needs it.
Every message to a node carries the plan and the task; what a node sends back stands under the names below.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from io import BytesIO
from math import prod
from typing import Final

import numpy as np
from numpy.lib.format import write_array_header_1_0

from andel.data.draws import Place
from andel.data.openings import parse_held
from andel.errors import InputError
from andel.training.flower import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from andel.training.integer_mlp import IntArray
from andel.training.plan import RoundPlan, check_pace, parse_plan
from andel.training.privacy import check_rules
from andel.training.task import Task, parse_task

BATCHES: Final = "query.batches"
DISCLOSURE: Final = "query.disclosure"
OPENINGS: Final = "query.openings"
TRAIN: Final = "train"
REVEAL: Final = "query.reveal"
KEYS: Final = "query.keys"
SHARES: Final = "query.shares"
SURVIVORS: Final = "query.survivors"
UNMASK: Final = "query.unmask"
EVALUATE: Final = "evaluate"

GROUP_KINDS: Final = (KEYS, SHARES, SURVIVORS, UNMASK)
"""What is asked in grouped mode only."""

ARRAYS: Final = "arrays"
MAX_GROUP_BYTES: Final = 1024 * 1024
"""Longest object about one group."""
_INT64: Final = np.dtype("<i8")
_ORDER = "order"
_REPLY = "answer"


def instruction(
    plan: RoundPlan, task: bytes, seed: bytes, parameters: Sequence[IntArray] = (), **more: bytes
) -> RecordDict:
    """What goes to a node: plan, task, seed (empty before one is drawn) and, to train, the version.

    `more`, where not empty: to open again, the places that arrived already (`held`, see `andel.data.openings`); outside
    open mode, what is `asked` to be opened (`andel.data.sealed_draws`); to disclose, the `state` that says so and the
    list of `batches`; in grouped mode, what is said of the `group`, and the `leaves` of all commitments.
    """
    order: dict[str, bytes] = {"plan": plan.to_bytes(), "task": task, "seed": seed}
    order |= {name: value for name, value in more.items() if value}
    content = RecordDict({_ORDER: ConfigRecord(order)})  # type: ignore[arg-type]  # a dict of bytes is one of its kinds
    if parameters:
        content[ARRAYS] = array_record(parameters)
    return content


def read_instruction(message: Message) -> tuple[RoundPlan, Task, bytes]:
    """Plan, task and seed of an instruction. Raises InputError or PlanError, also for a plan against the task."""
    order = message.content.get(_ORDER)
    plan, task = _read_both(_bytes(order, "plan"), _bytes(order, "task"))
    return plan, task, _bytes(order, "seed")


@lru_cache(maxsize=16)  # each mod of an app reads the same instruction, and so does the app
def _read_both(plan_bytes: bytes, task_bytes: bytes) -> tuple[RoundPlan, Task]:
    plan, task = parse_plan(plan_bytes), parse_task(task_bytes)
    check_pace(plan, task)
    check_rules(task.privacy, plan.rules)
    return plan, task


def read_held(message: Message) -> frozenset[Place]:
    """The opened places that an instruction names as already held. Raises InputError."""
    order = message.content.get(_ORDER)
    named = isinstance(order, ConfigRecord) and "held" in order
    return parse_held(_bytes(order, "held") if named else b"")


def read_asked(message: Message) -> bytes:
    """What an instruction asks to be opened outside open mode; empty: every batch, under its seed."""
    order = message.content.get(_ORDER)
    return _bytes(order, "asked") if isinstance(order, ConfigRecord) and "asked" in order else b""


def read_due(message: Message) -> tuple[bytes, bytes]:
    """The state and the list of batches that a question for a disclosure names. Raises InputError."""
    order = message.content.get(_ORDER)
    return _bytes(order, "state"), _bytes(order, "batches")


def read_more(message: Message, name: str) -> bytes:
    """One of an instruction's further values. Raises InputError when it is not there."""
    return _bytes(message.content.get(_ORDER), name)


def answer(message: Message, values: dict[str, str | int | bytes], arrays: Sequence[IntArray] = ()) -> Message:
    """A node's reply: named values and, where there are any, arrays."""
    content = RecordDict({_REPLY: ConfigRecord(dict(values))})
    if arrays:
        content[ARRAYS] = array_record(arrays)
    return Message(content, reply_to=message)


def answered(reply: Message, values: dict[str, str | int | bytes]) -> Message:
    """The reply, saying these values and nothing else."""
    reply.content = RecordDict({_REPLY: ConfigRecord(dict(values))})
    return reply


def with_arrays(reply: Message, arrays: Sequence[IntArray], **values: int | bytes) -> Message:
    """The reply with other arrays and, where given, other `values`; what else it says stays."""
    record = read_answer(reply)
    for name, value in values.items():
        record[name] = value
    reply.content[ARRAYS] = array_record(arrays)
    return reply


def read_answer(message: Message) -> ConfigRecord:
    """The named values of a node's reply. Raises InputError when the reply has none."""
    record = message.content.get(_REPLY)
    if not isinstance(record, ConfigRecord):
        raise InputError("reply has no answer record")
    return record


def bytes_of(record: ConfigRecord, name: str, max_bytes: int) -> bytes:
    """A bounded bytes value of a record. Raises InputError when it is missing, other or too long."""
    value = _bytes(record, name)
    if len(value) > max_bytes:
        raise InputError(f"{name} of {len(value)} bytes is over the limit of {max_bytes}")
    return value


def size_of(record: ConfigRecord) -> int:
    """Bytes of a record's texts and byte values."""
    return sum(len(value) for value in record.values() if isinstance(value, bytes | str))


def text_of(record: ConfigRecord, name: str) -> str:
    """A short text value of a record. Raises InputError."""
    value = record.get(name)
    if not isinstance(value, str) or len(value) > 256:
        raise InputError(f"reply has no text {name!r}")
    return value


def int_of(record: ConfigRecord, name: str) -> int:
    """An integer value of a record. Raises InputError."""
    value = record.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"reply has no integer {name!r}")
    return value


def array_record(arrays: Sequence[IntArray]) -> ArrayRecord:
    """Arrays in order as Flower's record."""
    return ArrayRecord({str(i): _item(array) for i, array in enumerate(arrays)})


def arrays_of(message: Message, shapes: Sequence[tuple[int, ...]]) -> list[IntArray]:
    """The int64 arrays of a message, which must have exactly these shapes and an integer type.

    Raises InputError.
    """
    record = message.content.get(ARRAYS)
    if not isinstance(record, ArrayRecord) or len(record) != len(shapes):
        raise InputError(f"message does not hold {len(shapes)} arrays")
    arrays = []
    for i, shape in enumerate(shapes):
        item = record.get(str(i))
        if item is None or item.stype != "numpy.ndarray" or tuple(item.shape) != shape:
            raise InputError(f"array {i} is not of shape {shape}")
        if (values := _values(item.data, shape)) is not None:
            arrays.append(values)
            continue
        try:
            array = item.numpy()
        except Exception as error:  # NumPy's reader fails on hostile bytes in many ways
            raise InputError(f"array {i} cannot be read: {error}") from error
        if array.shape != shape or array.dtype.kind != "i":
            raise InputError(f"array {i} is not of integers of shape {shape}")
        arrays.append(array.astype(np.int64))
    return arrays


def _item(array: IntArray) -> Array:
    """The array as `Array(array)` makes it, of the same bytes."""
    if array.dtype != _INT64:
        return Array(np.ascontiguousarray(array))
    data = _header(array.shape) + array.tobytes()
    return Array(dtype="int64", shape=array.shape, stype="numpy.ndarray", data=data)


def _values(data: bytes, shape: tuple[int, ...]) -> IntArray | None:
    """The values in what `_item` writes for an array of this shape; None for any other bytes."""
    header, count = _header(shape), prod(shape)
    if not count or len(data) != len(header) + 8 * count or not data.startswith(header):
        return None
    return np.frombuffer(data, _INT64, count, len(header)).reshape(shape).astype(np.int64)


@lru_cache(maxsize=256)  # NumPy writes and parses it anew for each array, as text
def _header(shape: tuple[int, ...]) -> bytes:
    """What NumPy's format has before the values of an int64 array in C order."""
    buffer = BytesIO()
    write_array_header_1_0(buffer, {"descr": _INT64.str, "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def _bytes(record: object, name: str) -> bytes:
    value = record.get(name) if isinstance(record, ConfigRecord) else None
    if not isinstance(value, bytes):
        raise InputError(f"record has no bytes {name!r}")
    return value
