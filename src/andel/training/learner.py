"""`Learner`: the small class that a founder writes for a task of its own, in NumPy or any library.

A package brings it under the entry points `andel.learners`; a task names it in `floats` and holds the shapes of its
parameters, never its code. Everything goes in and comes out as float64: inputs (n, features) are codes less 128, over
32 (about -4 to 4); targets (n,) are changes over the task's `target_scale`. What a round signs and adds up are the
integers that `andel.training.learner_engine` makes of them. docs/tasks.md has a whole one. `check_learner` tells its
writer what would stop a round.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from andel.data.feature_spec import FeatureSpec
from andel.errors import InputError

Floats = npt.NDArray[np.float64]

LEARNERS_GROUP: Final = "andel.learners"
_TRIED: Final = 5e-5
_NEAR: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Lesson:
    """How a round trains: so many steps on so many rows each at `rate`, with errors held at `limit` (Huber), by the
    task's `optimizer`. `random` is drawn from the round's seed; a learner draws from nothing else.
    """

    steps: int
    batch_rows: int
    rate: float
    limit: float
    optimizer: str
    random: np.random.Generator

    def batches(self, rows: int) -> Iterator[npt.NDArray[np.int64]]:
        """The rows of each step, drawn with replacement: who has few rows takes as many steps as who has many."""
        for _ in range(self.steps):
            yield self.random.integers(0, rows, self.batch_rows)


class Learner(Protocol):
    """One way to learn. Made without arguments; keeps nothing between calls, as several models may share one."""

    def features(self) -> Sequence[FeatureSpec]:
        """The inputs that its founder gives a task; empty where they are any."""

    def init(self, inputs: int, layers: Sequence[int], random: np.random.Generator) -> list[Floats]:
        """The first parameters, for so many inputs and the task's `layers`; always of the same shapes."""

    def train(self, parameters: list[Floats], inputs: Floats, targets: Floats, lesson: Lesson) -> list[Floats]:
        """The parameters after the lesson, in their own shapes."""

    def loss_and_gradient(
        self, parameters: list[Floats], inputs: Floats, targets: Floats, limit: float
    ) -> tuple[Floats, list[Floats]]:
        """The loss of each row (n,), none negative, and the gradient of their sum, in the parameters' shapes.

        Value is measured by it: how much a step lowers the loss. `huber` is the loss of every other task.
        """

    def predict(self, parameters: list[Floats], inputs: Floats) -> Floats:
        """The predicted targets (n,)."""

    def export(self, parameters: list[Floats]) -> list[Floats] | None:
        """The same model as weights and biases that can be quantised for answers on chain: [w (d,), b (1,)], or
        [W (d, h), b (h,), w (h,), c (1,)] with max(0, ·) between, or more layers alike. None where it is no such
        network. A copy of parameters, in the best case: what is computed may round otherwise on another machine.
        """


def huber(outputs: Floats, targets: Floats, limit: float) -> tuple[Floats, Floats]:
    """Huber's loss of each row, squared up to `limit` and linear beyond, and its slope by the output.

    Raises InputError for outputs that are not one a row.
    """
    if outputs.shape != targets.shape:
        raise InputError(f"predict gives outputs of shape {outputs.shape} for targets of shape {targets.shape}")
    error = outputs - targets
    slopes = np.clip(error, -limit, limit)
    return slopes * (error - slopes / 2), slopes


def check_learner(learner: Learner, inputs: int, layers: Sequence[int] = (), seed: int = 0) -> None:
    """Raises InputError naming what a learner does that no round could use; for the tests of whoever writes one.

    Tried on made-up rows: shapes that stay, numbers that are finite, the same lesson twice, losses that fall when they
    should, a gradient that is the slope of the losses, an export that answers alike.
    """
    random = np.random.default_rng(seed)
    rows = random.normal(size=(256, inputs))
    targets = 0.5 * rows[:, 0] + 0.1 * random.normal(size=256)
    first = learner.init(inputs, tuple(layers), np.random.default_rng(seed))
    _like("init", first, learner.init(inputs, tuple(layers), np.random.default_rng(seed)), equal=True)
    lessons = [Lesson(60, 64, 0.05, 1.0, "sgd", np.random.default_rng(seed)) for _ in range(2)]
    trained, again = (learner.train([p.copy() for p in first], rows, targets, lesson) for lesson in lessons)
    _like("train", first, trained)
    _like("train, the same lesson twice,", trained, again, equal=True)
    before, _ = learner.loss_and_gradient(first, rows, targets, 1.0)
    losses, gradient = learner.loss_and_gradient(trained, rows, targets, 1.0)
    _like("loss_and_gradient's losses", [targets], [losses])
    _like("loss_and_gradient's gradient", first, gradient)
    if losses.min() < 0 or losses.sum() >= before.sum():
        raise InputError("losses are negative, or training on them does not lower them")
    _like("predict", [targets], [learner.predict(trained, rows)])
    _check_slopes(learner, trained, gradient, rows, targets, random)
    exported = learner.export(trained)
    if exported is not None and np.abs(_answers(exported, rows) - learner.predict(trained, rows)).max() > _NEAR:
        raise InputError("what export gives answers otherwise than predict")


def _like(what: str, expected: Sequence[Floats], found: Any, *, equal: bool = False) -> None:
    shapes = [np.shape(array) for array in found]
    if shapes != [np.shape(array) for array in expected]:
        raise InputError(f"{what} gives arrays of shapes {shapes}, not {[np.shape(array) for array in expected]}"[:300])
    if not all(np.isfinite(array).all() for array in found):
        raise InputError(f"{what} gives what is no number")
    if equal and not all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True)):
        raise InputError(f"{what} gives something else each time", "draw from what is given alone")


def _check_slopes(
    learner: Learner,
    parameters: list[Floats],
    gradient: list[Floats],
    rows: Floats,
    targets: Floats,
    random: np.random.Generator,
) -> None:
    """Compares the gradient with the slope of the losses along a few random lines."""
    for _ in range(4):
        line = [random.normal(size=array.shape) for array in parameters]
        ends = [[p + sign * _TRIED * d for p, d in zip(parameters, line, strict=True)] for sign in (1, -1)]
        up, down = (float(learner.loss_and_gradient(end, rows, targets, 1.0)[0].sum()) for end in ends)
        slope = sum(float((g * d).sum()) for g, d in zip(gradient, line, strict=True))
        if abs((up - down) / (2 * _TRIED) - slope) > _NEAR * len(rows) * (1 + abs(slope) / len(rows)):
            raise InputError("loss_and_gradient's gradient is not the slope of the sum of its losses")


def _answers(exported: Sequence[Floats], rows: Floats) -> Floats:
    if not exported or len(exported) % 2:
        raise InputError(f"export gives {len(exported)} arrays", "weights and biases of each layer; or None")
    hidden = rows
    for weights, bias in zip(exported[:-2:2], exported[1:-2:2], strict=True):
        if weights.shape != (hidden.shape[1], *bias.shape) or bias.ndim != 1:
            raise InputError("export gives arrays of no network", "weights and biases of each layer; or None")
        hidden = np.maximum(hidden @ weights + bias, 0)
    answers: Floats = hidden @ exported[-2] + exported[-1]
    return answers
