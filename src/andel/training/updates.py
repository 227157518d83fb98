"""Updates and versions as bytes: integer arrays in one canonical form, hashed by SHA-256.

A version is the model's parameters, int64 at 2**24. An update is what a contributor's training changed in
them, int32 at the same scale, each value within ±2**26 (4.0), which keeps every later product exact.
"""

from __future__ import annotations

from math import prod
from typing import Final

import numpy as np

from andel.encoding import decode_arrays, encode_arrays
from andel.errors import InputError
from andel.hashing import sha256
from andel.training.integer_mlp import IntArray, Parameters, check_parameters, parameter_shapes, scaled_targets
from andel.training.integer_training import initial_parameters, train_steps
from andel.training.task import Task

MAX_UPDATE: Final = 1 << 26
"""Largest magnitude of one value of an update (4.0)."""

_VERSION_TAG = b"andel-version/1"
_UPDATE_TAG = b"andel-update/1"


def genesis_parameters(task: Task) -> list[IntArray]:
    """The parameters every contributor starts from, drawn from the task's seed."""
    return initial_parameters(len(task.features), task.layers, bytes.fromhex(task.initial_seed))


def shapes_of(task: Task) -> list[tuple[int, ...]]:
    """Shapes of the parameters, and of every update, of the task's model."""
    return parameter_shapes(len(task.features), task.layers)


def encode_version(parameters: Parameters) -> bytes:
    """A version's canonical bytes; their SHA-256 is its versionHash."""
    return encode_arrays(_VERSION_TAG, parameters, 64)


def decode_version(data: bytes, task: Task) -> list[IntArray]:
    """The parameters in a version's bytes. Raises InputError for another shape or a value over bounds."""
    parameters = decode_arrays(_VERSION_TAG, data, shapes_of(task))
    check_parameters(parameters)
    return parameters


def encode_update(update: IntArray, task: Task) -> bytes:
    """An update's canonical bytes; `update` is flat (parameters,). Raises InputError over ±2**26."""
    if update.size and max(int(update.max()), -int(update.min())) > MAX_UPDATE:
        raise InputError(f"an update's value is over ±{MAX_UPDATE}")
    return encode_arrays(_UPDATE_TAG, split_parameters(update, task), 32)


def update_bytes(task: Task) -> int:
    """How many bytes every update of the task has."""
    return len(encode_arrays(_UPDATE_TAG, [np.zeros(shape, np.int64) for shape in shapes_of(task)], 32))


def decode_update(data: bytes, task: Task) -> IntArray:
    """The flat update (parameters,) int64 in canonical bytes. Raises InputError as `encode_update`."""
    update = flatten(decode_arrays(_UPDATE_TAG, data, shapes_of(task)))
    if encode_update(update, task) != data:
        raise InputError("update is not in its canonical form")
    return update


def flatten(parameters: Parameters) -> IntArray:
    """Parameters as one vector, in the order of their arrays: W1, b1, …, w, b."""
    return np.concatenate([array.ravel() for array in parameters])


def split_parameters(vector: IntArray, task: Task) -> list[IntArray]:
    """The inverse of `flatten`."""
    shapes = shapes_of(task)
    ends = np.cumsum([prod(shape) for shape in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(vector, ends), shapes, strict=True)]


def train_update(
    task: Task, parameters: Parameters, codes: object, change: IntArray, *, seed: bytes, contributor: str
) -> IntArray:
    """What local training changes, flat int64: integer steps on minibatches drawn from seed and contributor.

    Args: codes (n, features) uint8; change (n,) int64 in the target's unit. Anyone with the same rows gets
    the same bytes. A value that would leave ±2**26 is held there.
    """
    rows = np.asarray(codes, np.uint8)
    trained = train_steps(
        parameters,
        rows,
        scaled_targets(change, task.target_scale),
        seed=sha256(b"andel.minibatches.1", seed, contributor.encode()),
        steps=task.steps,
        batch_rows=task.batch_rows,
        rate_shift=task.rate_shift,
        residual_limit=task.residual_limit,
    )
    return (flatten(trained) - flatten(parameters)).clip(-MAX_UPDATE, MAX_UPDATE)
