"""What trains and measures a task's network: integers that anyone repeats bit for bit, or floats beside them.

Takes a task, parameters as integers at 2**24, and rows as codes. Gives updates, gradients, losses and predictions as
integers, whatever the engine computes in. Every caller asks here, so no other file knows which engine a task has.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from andel.hashing import sha256
from andel.training.floats import FloatTraining
from andel.training.integer_mlp import (
    Form,
    IntArray,
    Parameters,
    mean_gradients,
    predict_change,
    row_losses,
    scaled_targets,
)
from andel.training.integer_training import initial_parameters, train_steps
from andel.training.learner_engine import LearnerEngine, learner_of
from andel.training.schedule import Pace
from andel.training.task import Task
from andel.training.updates import MAX_UPDATE, flatten

Codes = npt.NDArray[np.uint8]


class Engine(Protocol):
    """One way to train and measure networks. Parameters and updates at 2**24, targets at 2**16."""

    def initial(self, task: Task) -> list[IntArray]:
        """The parameters every contributor starts from, drawn from the task's seed."""

    def train(
        self, task: Task, parameters: Parameters, codes: Codes, targets: IntArray, seed: bytes, pace: Pace
    ) -> list[IntArray]:
        """Parameters after the local steps of a round's `pace`, on minibatches drawn by `seed`."""

    def gradients(self, task: Task, points: Sequence[IntArray], codes: Codes, targets: IntArray) -> list[IntArray]:
        """Gradient of the mean scoring loss at each of `points` (flat, within ±2**30), flat, at 2**24."""

    def losses(self, task: Task, parameters: Parameters, codes: Codes, targets: IntArray) -> npt.NDArray[Any]:
        """Twice the scoring loss of each row (n,), at 2**32. Raises InputError for parameters out of bounds."""

    def predict(self, task: Task, parameters: Parameters, codes: Codes) -> IntArray:
        """Predicted change (n,), in the channel's unit."""

    def export(self, task: Task, parameters: Parameters) -> list[IntArray]:
        """The same model as the arrays, int64 at 2**24, that `andel.serving.quantise` takes.

        Raises InputError where no integer model follows from it.
        """


class IntegerEngine:
    """The engine of integer tasks: `andel.training.integer_mlp` and `integer_training`."""

    def initial(self, task: Task) -> list[IntArray]:
        """See `Engine`."""
        return initial_parameters(len(task.features), task.layers, bytes.fromhex(task.initial_seed))

    def train(
        self, task: Task, parameters: Parameters, codes: Codes, targets: IntArray, seed: bytes, pace: Pace
    ) -> list[IntArray]:
        """See `Engine`; anyone with the same rows gets the same bytes."""
        return train_steps(
            parameters,
            codes,
            targets,
            seed=seed,
            steps=pace.steps,
            batch_rows=task.batch_rows,
            rate_shift=pace.rate_shift,
            residual_limit=task.residual_limit,
        )

    def gradients(self, task: Task, points: Sequence[IntArray], codes: Codes, targets: IntArray) -> list[IntArray]:
        """See `Engine`."""
        return mean_gradients(points, Form(len(task.features), task.layers), codes, targets, task.score_limit)

    def losses(self, task: Task, parameters: Parameters, codes: Codes, targets: IntArray) -> npt.NDArray[Any]:
        """See `Engine`."""
        return row_losses(parameters, codes, targets, task.score_limit)

    def predict(self, task: Task, parameters: Parameters, codes: Codes) -> IntArray:
        """See `Engine`."""
        return predict_change(parameters, codes, task.target_scale)

    def export(self, task: Task, parameters: Parameters) -> list[IntArray]:
        """Its own parameters."""
        return list(parameters)


_INTEGERS = IntegerEngine()


def engine_of(task: Task) -> Engine:
    """The task's engine. Raises InputError where what the task names is not installed."""
    return _INTEGERS if task.floats is None else _float_engine(task.floats, len(task.features), task.layers)


def genesis_parameters(task: Task) -> list[IntArray]:
    """The parameters every contributor starts from, drawn from the task's seed."""
    return engine_of(task).initial(task)


def train_update(
    task: Task, parameters: Parameters, codes: object, change: IntArray, *, number: int, seed: bytes, contributor: str
) -> IntArray:
    """What local training in round `number` changes, flat int64: steps on minibatches drawn from seed and contributor.

    Args: codes (n, features) uint8; change (n,) int64 in the target's unit. Of an integer task anyone with the same
    rows gets the same bytes. A value that would leave ±2**26 is held there.
    """
    trained = engine_of(task).train(
        task,
        parameters,
        np.asarray(codes, np.uint8),
        scaled_targets(change, task.target_scale),
        sha256(b"andel.minibatches.1", seed, contributor.encode()),
        task.pace(number),
    )
    return (flatten(trained) - flatten(parameters)).clip(-MAX_UPDATE, MAX_UPDATE)


@lru_cache(maxsize=8)
def _float_engine(floats: FloatTraining, inputs: int, layers: tuple[int, ...]) -> Engine:
    if floats.engine != "torch":
        return LearnerEngine(floats, learner_of(floats), inputs, layers)
    from andel.training.torch_engine import TorchEngine  # an extra: whoever has integer tasks needs no PyTorch

    return TorchEngine(floats, inputs, layers)
