"""The engine of learners: a founder's own class, or an estimator in scikit-learn's manner, integers at the door.

Takes parameters as integers at 2**24 and codes; the learner sees float64 and never an integer of the protocol. What
it answers is checked for shape and number and rounded to the integers that every task has. The rules are those of
every float task: updates are what contributors signed, and validators agree on their measures by the median. Never
loads code that a task brought: learners are named, and must be installed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from andel.errors import InputError, TrainingError
from andel.training.floats import FloatTraining
from andel.training.integer_bounds import INPUT_BITS, INPUT_ZERO, OUTPUT_BITS, PARAMETER_BITS
from andel.training.integer_mlp import MAX_PARAMETER, IntArray, Parameters, check_magnitudes
from andel.training.learner import LEARNERS_GROUP, Floats, Learner, Lesson
from andel.training.schedule import Pace
from andel.training.task import Task
from andel.training.updates import flatten, split_parameters

_ONE: Final = float(1 << PARAMETER_BITS)
_UNIT: Final = float(1 << OUTPUT_BITS)
_LOSS: Final = float(1 << (2 * OUTPUT_BITS))
_MAX_OUTPUT: Final = float(1 << 20)
_MAX_LOSS: Final = float(1 << 28)
"""Where the loss of a row is held, so that twice of it fits int64 at 2**32."""
_MAX_SLOPE: Final = float(1 << 16)
_ROWS: Final = 4_096

_FAULTS: Final = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError)
"""What a learner's own mistakes raise; they become one error with the learner's name."""


class LearnerEngine:
    """See `andel.training.engine.Engine`. Raises InputError for a learner whose parameters are not the task's."""

    def __init__(self, floats: FloatTraining, learner: Learner, inputs: int, layers: Sequence[int]) -> None:
        """`learner` for rows of so many inputs."""
        self._floats = floats
        self._learner = learner
        self._form = inputs, tuple(layers)
        self._shapes = [tuple(shape) for shape in floats.shapes]
        self._first(bytes(32))

    def initial(self, task: Task) -> list[IntArray]:
        """The learner's first parameters under the task's seed; who founds the model keeps them in the store."""
        return [_integers(array, _ONE, MAX_PARAMETER) for array in self._first(bytes.fromhex(task.initial_seed))]

    def train(
        self,
        task: Task,
        parameters: Parameters,
        codes: npt.NDArray[np.uint8],
        targets: IntArray,
        seed: bytes,
        pace: Pace,
    ) -> list[IntArray]:
        """The learner's own lesson at the round's pace. Raises TrainingError when it ends in what is no number."""
        if len(codes) == 0:
            raise InputError("training needs at least one row")
        random, limit = np.random.default_rng(int.from_bytes(seed, "big")), task.residual_limit / _UNIT
        lesson = Lesson(pace.steps, task.batch_rows, 2.0**-pace.rate_shift, limit, self._floats.optimizer, random)
        given = self._floated(parameters)
        found = self._asked(lambda: self._learner.train(given, _inputs(codes), _answers(targets), lesson))
        trained = self._shaped("training", found)
        if not all(np.isfinite(array).all() for array in trained):
            raise TrainingError("the training diverged: a parameter is no number", "a larger rate_shift steps less far")
        return [_integers(array, _ONE, MAX_PARAMETER) for array in trained]

    def gradients(
        self, task: Task, points: Sequence[IntArray], codes: npt.NDArray[np.uint8], targets: IntArray
    ) -> list[IntArray]:
        """Rounded to the grid of 2**-24."""
        if len(codes) == 0:
            raise InputError("a gradient needs at least one row")
        return [flatten(self._gradient(task, split_parameters(point, task), codes, targets)) for point in points]

    def losses(
        self, task: Task, parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray
    ) -> npt.NDArray[Any]:
        """Twice the learner's loss of each row, rounded at 2**32."""
        given = self._floated(parameters)
        found = [self._measured(task, given, codes[rows], targets[rows])[0] for rows in _blocks(len(codes))]
        losses = np.concatenate(found) if found else np.zeros(0)
        return _integers(2 * losses.clip(0, _MAX_LOSS), _LOSS, np.inf)

    def predict(self, task: Task, parameters: Parameters, codes: npt.NDArray[np.uint8]) -> IntArray:
        """Rounded to the channel's unit."""
        given = self._floated(parameters)
        found = [self._predicted(given, codes[rows]) for rows in _blocks(len(codes))]
        outputs = np.concatenate(found) if found else np.zeros(0)
        return _integers(outputs.clip(-_MAX_OUTPUT, _MAX_OUTPUT), float(task.target_scale), np.inf)

    def export(self, task: Task, parameters: Parameters) -> list[IntArray]:
        """What the learner exports, at 2**24. Raises InputError where it exports nothing."""
        given = self._floated(parameters)
        exported = self._asked(lambda: self._learner.export(given))
        if exported is None:
            raise InputError(
                f"no integer model file follows from the learner {self._floats.network}",
                "serve its versions off chain, or have it export weights and biases",
            )
        return [_integers(np.asarray(array, np.float64), _ONE, MAX_PARAMETER) for array in exported]

    def _first(self, seed: bytes) -> list[Floats]:
        random = np.random.default_rng(int.from_bytes(seed, "big"))
        return self._shaped("init", self._asked(lambda: self._learner.init(*self._form, random)))

    def _gradient(
        self, task: Task, parameters: Parameters, codes: npt.NDArray[np.uint8], targets: IntArray
    ) -> list[IntArray]:
        given = self._floated(parameters)
        summed = [np.zeros(shape) for shape in self._shapes]
        for rows in _blocks(len(codes)):
            _, slopes = self._measured(task, given, codes[rows], targets[rows])
            summed = [total + slope for total, slope in zip(summed, slopes, strict=True)]
        return [_integers(total / len(codes), _ONE, _MAX_SLOPE * _ONE) for total in summed]

    def _measured(
        self, task: Task, parameters: list[Floats], codes: npt.NDArray[np.uint8], targets: IntArray
    ) -> tuple[Floats, list[Floats]]:
        limit = task.score_limit / _UNIT
        found = self._asked(
            lambda: self._learner.loss_and_gradient(parameters, _inputs(codes), _answers(targets), limit)
        )
        losses, slopes = self._asked(lambda: (np.asarray(found[0], np.float64), found[1]))
        if losses.shape != (len(codes),):
            raise InputError(f"the learner {self._floats.network} gives losses of shape {losses.shape}")
        return losses, self._shaped("the gradient", slopes)

    def _predicted(self, parameters: list[Floats], codes: npt.NDArray[np.uint8]) -> Floats:
        outputs = np.asarray(self._asked(lambda: self._learner.predict(parameters, _inputs(codes))))
        if outputs.shape != (len(codes),) or outputs.dtype.kind != "f" or not np.isfinite(outputs).all():
            raise InputError(f"the learner {self._floats.network} answers what is no number for each row")
        return outputs.astype(np.float64)

    def _floated(self, parameters: Parameters) -> list[Floats]:
        """Copies of the parameters as the learner takes them: what it does to them stays with it."""
        check_magnitudes(parameters)
        return [np.asarray(array, np.float64) / _ONE for array in parameters]

    def _shaped(self, what: str, arrays: Any) -> list[Floats]:
        shaped: list[Floats] = self._asked(lambda: [np.asarray(array, np.float64) for array in arrays])
        shapes = [array.shape for array in shaped]
        if shapes != self._shapes:
            raise InputError(
                f"{what} of the learner {self._floats.network} gives other arrays than the task says: {shapes}"[:300],
                "install the release of its package that the task was founded with",
            )
        return shaped

    def _asked(self, ask: Callable[[], Any]) -> Any:
        try:
            with np.errstate(all="ignore"):  # what is no number is found below, wherever it came from
                return ask()
        except _FAULTS as error:
            raise InputError(
                f"the learner {self._floats.network} failed: {type(error).__name__}: {error}"[:300]
            ) from error


def learner_of(floats: FloatTraining) -> Learner:
    """The installed learner that a task names. Raises InputError when there is none."""
    if floats.engine == "sklearn":
        from andel.training.estimators import EstimatorLearner  # an extra: no other task needs scikit-learn

        return EstimatorLearner(floats.network)
    found = entry_points(group=LEARNERS_GROUP, name=floats.network)
    if not found:
        raise InputError(f"no learner {floats.network[:60]!r} is installed", "install the package that brings it")
    make: Callable[[], Learner] = next(iter(found)).load()
    return make()


def learner_shapes(learner: Learner, inputs: int, layers: Sequence[int] = ()) -> tuple[tuple[int, ...], ...]:
    """The shapes of a learner's parameters, for the task that names it."""
    first = learner.init(inputs, tuple(layers), np.random.default_rng(0))
    return tuple(np.asarray(array).shape for array in first)


def _inputs(codes: npt.NDArray[np.uint8]) -> Floats:
    return (codes.astype(np.float64) - INPUT_ZERO) / (1 << INPUT_BITS)


def _answers(targets: IntArray) -> Floats:
    return np.asarray(targets, np.float64) / _UNIT


def _integers(values: Floats, scale: float, limit: float) -> IntArray:
    """`values` at `scale`, rounded to nearest and held at ±limit. Raises InputError where one is no number."""
    scaled = np.rint(values * scale)
    if not np.isfinite(scaled).all():
        raise InputError("the learner computes what is no number")
    whole: IntArray = scaled.clip(-limit, limit).astype(np.int64)
    return whole


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + _ROWS) for start in range(0, count, _ROWS)]
