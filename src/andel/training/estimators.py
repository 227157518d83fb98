"""Estimators in scikit-learn's manner as learners: linear ones, with `partial_fit`, `coef_` and `intercept_`.

Takes the name of an estimator: `sgd-regressor`, or what a package brings under the entry points `andel.estimators`,
each a function of (rate, limit, seed) that returns a fresh one. Gives a `Learner` whose parameters are its coefficients
and its intercept. Measures are computed here, from these alone: value never rests on how an estimator measures itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Any, Final

import numpy as np

from andel.data.feature_spec import FeatureSpec
from andel.errors import InputError
from andel.training.learner import Floats, Lesson, huber

try:
    from sklearn.linear_model import SGDRegressor
except ImportError as error:  # an extra
    raise InputError("this task needs scikit-learn, which is not installed", "pip install 'andel[sklearn]'") from error

ESTIMATORS_GROUP: Final = "andel.estimators"

Build = Callable[[float, float, int], Any]
"""(rate of a row, Huber's limit, seed) to a fresh estimator."""


class EstimatorLearner:
    """A linear estimator under its name. Raises InputError for one that is not installed."""

    def __init__(self, name: str) -> None:
        """Looks the name up."""
        self._build = _builder(name)

    def features(self) -> Sequence[FeatureSpec]:
        """Any."""
        return ()

    def init(self, inputs: int, layers: Sequence[int], random: np.random.Generator) -> list[Floats]:
        """No coefficient, no intercept: "no change". Raises InputError for a task with hidden layers."""
        if layers:
            raise InputError(f"an estimator has no hidden layers {list(layers)}", "leave the task's layers empty")
        return [np.zeros(inputs), np.zeros(1)]

    def train(self, parameters: list[Floats], inputs: Floats, targets: Floats, lesson: Lesson) -> list[Floats]:
        """One `partial_fit` a step. The estimator steps at every row, so each row has its part of the rate."""
        estimator = self._build(lesson.rate / lesson.batch_rows, lesson.limit, int(lesson.random.integers(1 << 31)))
        estimator.partial_fit(inputs[:1], targets[:1])  # it makes its arrays when it sees rows; theirs follow
        coefficients, intercept = parameters
        estimator.coef_ = coefficients.reshape(np.shape(estimator.coef_)).copy()
        estimator.intercept_ = intercept.reshape(np.shape(estimator.intercept_)).copy()
        for rows in lesson.batches(len(inputs)):
            estimator.partial_fit(inputs[rows], targets[rows])
        return [np.ravel(estimator.coef_).astype(np.float64), np.ravel(estimator.intercept_).astype(np.float64)]

    def loss_and_gradient(
        self, parameters: list[Floats], inputs: Floats, targets: Floats, limit: float
    ) -> tuple[Floats, list[Floats]]:
        """Huber's loss, whatever loss the estimator trains by."""
        losses, slopes = huber(self.predict(parameters, inputs), targets, limit)
        return losses, [inputs.T @ slopes, slopes.sum(keepdims=True)]

    def predict(self, parameters: list[Floats], inputs: Floats) -> Floats:
        """The weighted sum."""
        coefficients, intercept = parameters
        answers: Floats = inputs @ coefficients + intercept
        return answers

    def export(self, parameters: list[Floats]) -> list[Floats]:
        """A linear model is one."""
        return parameters


def _sgd_regressor(rate: float, limit: float, seed: int) -> Any:
    return SGDRegressor(
        loss="huber",
        epsilon=limit,
        penalty=None,
        learning_rate="constant",
        eta0=rate,
        shuffle=False,
        random_state=seed,
    )


def _builder(name: str) -> Build:
    if name == "sgd-regressor":
        return _sgd_regressor
    found = entry_points(group=ESTIMATORS_GROUP, name=name)
    if not found:
        raise InputError(f"no estimator {name[:60]!r} is installed", "sgd-regressor, or a package that brings it")
    build: Build = next(iter(found)).load()
    return build
