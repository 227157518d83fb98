"""Updates and versions as bytes: integer arrays in one canonical form, hashed by SHA-256.

A version is the model's parameters, int64 at 2**24. An update is what a contributor's training changed in
them, int32 at the same scale, each value within ±2**26 (4.0), which keeps every later product exact.
"""

from __future__ import annotations

from typing import Final

from andel.encoding import array_header, decode_arrays, decode_values, encode_arrays
from andel.errors import InputError
from andel.training.integer_mlp import IntArray, Parameters, check_magnitudes, check_parameters, unflatten
from andel.training.integer_mlp import flatten as flatten  # given on: updates and versions are vectors in its order
from andel.training.task import Task

MAX_UPDATE: Final = 1 << 26
"""Largest magnitude of one value of an update (4.0)."""

_VERSION_TAG = b"andel-version/1"
UPDATE_TAG: Final = b"andel-update/1"
"""What an update's bytes begin with."""


def encode_version(parameters: Parameters) -> bytes:
    """A version's canonical bytes; their SHA-256 is its versionHash."""
    return encode_arrays(_VERSION_TAG, parameters, 64)


def decode_version(data: bytes, task: Task) -> list[IntArray]:
    """The parameters in a version's bytes. Raises InputError for another shape or a value over ±2**30."""
    parameters = decode_arrays(_VERSION_TAG, data, task.shapes)
    if task.floats is None:
        check_parameters(parameters)
    else:
        check_magnitudes(parameters)
    return parameters


def encode_update(update: IntArray, task: Task) -> bytes:
    """An update's canonical bytes; `update` is flat (parameters,). Raises InputError over ±2**26."""
    _check_update(update)
    return encode_arrays(UPDATE_TAG, split_parameters(update, task), 32)


def update_bytes(task: Task) -> int:
    """How many bytes every update of the task has."""
    return len(array_header(UPDATE_TAG, task.shapes, 32)) + 4 * task.size


def decode_update(data: bytes, task: Task) -> IntArray:
    """The flat update (parameters,) int64 in canonical bytes. Raises InputError as `encode_update`."""
    update = decode_values(UPDATE_TAG, data, task.shapes)
    _check_update(update)
    if len(data) != update_bytes(task):  # its values have 64 bits, the one other form of these arrays
        raise InputError("update is not in its canonical form")
    return update


def _check_update(update: IntArray) -> None:
    if update.size and max(int(update.max()), -int(update.min())) > MAX_UPDATE:
        raise InputError(f"an update's value is over ±{MAX_UPDATE}")


def split_parameters(vector: IntArray, task: Task) -> list[IntArray]:
    """The inverse of `flatten`."""
    return unflatten(vector, task.shapes)
