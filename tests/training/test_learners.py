"""Learners of a founder's own and scikit-learn's estimators: integers at the door, and mistakes found by name."""

from dataclasses import replace

import numpy as np
import pytest

from andel.errors import InputError, PlanError, TrainingError
from andel.hashing import sha256
from andel.serving.evaluate import evaluate
from andel.serving.quantise import QuantisePlan, quantise
from andel.training import estimators
from andel.training.engine import engine_of, genesis_parameters, train_update
from andel.training.estimators import EstimatorLearner
from andel.training.floats import FloatTraining
from andel.training.integer_mlp import MAX_PARAMETER, row_losses
from andel.training.learner import check_learner, huber
from andel.training.learner_engine import LearnerEngine, learner_of, learner_shapes
from andel.training.task import parse_task
from andel.training.updates import encode_version, flatten
from andel.units import Address
from tests.support.networks import random_rows
from tests.support.own_learner import Installed, install, shown_code, shown_learner
from tests.support.worlds import small_task

NOTARY = Address("0x0000000000000000000000000000000000000001")
INPUTS = len(small_task().features)
CODES, _ = random_rows(3, 300, INPUTS)
TARGETS = (CODES[:, 0].astype(np.int64) - 128) * 300 + (CODES[:, 1].astype(np.int64) - 128) * 100
Linear = shown_learner()


@pytest.fixture(params=["own", "sklearn"])
def task(request, monkeypatch):
    """A task of the page's learner, and one of scikit-learn's regressor."""
    name = {"own": "linear-weather", "sklearn": "sgd-regressor"}[request.param]
    install(monkeypatch, name, Linear)
    floats = FloatTraining(name, "sgd", ((INPUTS,), (1,)), NOTARY, request.param)
    return small_task(layers=(), steps=60, floats=floats)


def test_the_page_shows_a_whole_learner_in_forty_lines():
    lines = shown_code().rstrip().splitlines()
    assert len(lines) <= 40 and all(len(line) <= 120 for line in lines)
    learner = Linear()
    check_learner(learner, len(learner.features()))
    assert learner_shapes(learner, 7) == ((7,), (1,))


def test_scikit_learns_regressor_is_a_learner_too():
    check_learner(EstimatorLearner("sgd-regressor"), INPUTS)


def test_a_task_of_a_learner_comes_back_from_its_bytes(task):
    assert parse_task(task.to_bytes()) == task
    assert task.shapes == [(INPUTS,), (1,)]


def test_local_training_lowers_the_loss_and_is_the_same_again(task):
    engine, first = engine_of(task), genesis_parameters(task)
    change = TARGETS * task.target_scale >> 16
    update, again = (
        train_update(task, first, CODES, change, number=1, seed=b"seed", contributor="me") for _ in range(2)
    )
    assert np.array_equal(update, again) and update.dtype == np.int64 and update.any()
    trained = engine.train(task, first, CODES, TARGETS, b"seed" * 8, task.pace(1))
    before, after = (int(engine.losses(task, p, CODES, TARGETS).sum()) for p in (first, trained))
    assert after < 0.5 * before


def test_losses_and_gradients_are_those_of_the_integer_engine(task):
    """A linear model by any engine is the same model."""
    twin, parameters = replace(task, floats=None), [array + 5_000 for array in genesis_parameters(task)]
    ours, theirs = engine_of(task), engine_of(twin)
    gap = ours.losses(task, parameters, CODES, TARGETS) - row_losses(parameters, CODES, TARGETS, task.score_limit)
    assert np.abs(gap).max() < 2**32 // 2_000
    points = [flatten(parameters)]
    slopes = ours.gradients(task, points, CODES, TARGETS)[0] - theirs.gradients(twin, points, CODES, TARGETS)[0]
    assert np.abs(slopes).max() < (1 << 24) // 1_000
    predicted = ours.predict(task, parameters, CODES) - theirs.predict(twin, parameters, CODES)
    assert np.abs(predicted).max() <= 1


def test_no_rows_measure_nothing_and_train_nothing(task):
    engine, first = engine_of(task), genesis_parameters(task)
    assert engine.losses(task, first, CODES[:0], TARGETS[:0]).shape == (0,)
    assert engine.predict(task, first, CODES[:0]).shape == (0,)
    for ask in (
        lambda: engine.train(task, first, CODES[:0], TARGETS[:0], b"", task.pace(1)),
        lambda: engine.gradients(task, [flatten(first)], CODES[:0], TARGETS[:0]),
    ):
        with pytest.raises(InputError, match="at least one row"):
            ask()


def test_what_a_learner_exports_answers_on_chain_as_it_predicts(task):
    engine = engine_of(task)
    trained = engine.train(task, genesis_parameters(task), CODES, TARGETS, b"seed" * 8, task.pace(1))
    exported = engine.export(task, trained)
    names = tuple(feature.name for feature in task.features)
    version = sha256(encode_version(trained))
    plan = QuantisePlan(names, task.target_scale, "0.01 degC", version, sha256(task.to_bytes()))
    answers = evaluate(quantise(exported, plan), CODES, np.zeros(len(CODES), np.int64))
    assert np.abs(answers - engine.predict(task, trained, CODES)).max() <= 0.05 * task.target_scale


def test_parameters_out_of_bounds_are_refused(task):
    parameters = [np.full(shape, MAX_PARAMETER + 1, np.int64) for shape in task.shapes]
    with pytest.raises(InputError, match="bound of parameters"):
        engine_of(task).losses(task, parameters, CODES, TARGETS)


def wrong(**changed):
    """The page's learner with some methods changed."""
    learner = Linear()
    for name, method in changed.items():
        setattr(learner, name, method)
    return learner


def engine_with(**changed):
    """An engine of such a learner, and its task."""
    floats = FloatTraining("wrong", "sgd", ((INPUTS,), (1,)), NOTARY, "own")
    return LearnerEngine(floats, wrong(**changed), INPUTS, ()), small_task(layers=(), floats=floats)


def no_number(parameters, *_):
    return [np.full(array.shape, np.nan) for array in parameters]


def fails(*_):
    raise KeyError("a table of its own")


IDLE = {"train": lambda parameters, *_: parameters}
FLAT = {"loss_and_gradient": lambda p, x, y, limit: (np.zeros(len(y)), [np.zeros_like(array) for array in p])}


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"train": no_number}, TrainingError, "diverged"),
        ({"train": lambda parameters, *_: parameters[:1]}, InputError, "other arrays than the task says"),
        ({"train": lambda *_: None}, InputError, "the learner wrong failed: TypeError"),
        ({"train": fails}, InputError, "the learner wrong failed: KeyError"),
        ({"loss_and_gradient": lambda p, x, y, limit: (x, p)}, InputError, "losses of shape"),
        ({"loss_and_gradient": lambda p, x, y, limit: (y * np.inf, no_number(p)), **IDLE}, InputError, "no number"),
        ({"loss_and_gradient": fails}, InputError, "failed: KeyError"),
        ({"predict": lambda p, x: x}, InputError, "predict gives outputs of shape"),
        ({"predict": lambda p, x: x, **FLAT}, InputError, "no number for each row"),
        ({"predict": lambda p, x: x[:, 0] * np.nan, **FLAT}, InputError, "no number for each row"),
        ({"export": lambda p: None}, InputError, "no integer model file follows"),
        ({"export": no_number}, InputError, "no number"),
    ],
)
def test_a_learners_mistakes_are_errors_with_its_name_and_stop_nothing_else(changed, error, said):
    engine, task = engine_with(**changed)
    first = engine.initial(task)

    def everything():
        engine.train(task, first, CODES, TARGETS, b"seed", task.pace(1))
        engine.gradients(task, [flatten(first)], CODES, TARGETS)
        engine.losses(task, first, CODES, TARGETS)
        engine.predict(task, first, CODES)
        engine.export(task, first)

    with pytest.raises(error, match=said):
        everything()


def test_a_learner_cannot_change_the_version_it_is_given():
    def spoil(parameters, *_):
        for array in parameters:
            array += 1
        return parameters

    engine, task = engine_with(train=spoil)
    first = engine.initial(task)
    engine.train(task, first, CODES, TARGETS, b"seed", task.pace(1))
    assert np.array_equal(flatten(first), flatten(engine.initial(task)))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"init": lambda inputs, layers, random: [np.random.default_rng().normal(size=inputs), np.zeros(1)]}, "init"),
        ({"train": lambda parameters, *_: [np.random.default_rng().normal(size=a.shape) for a in parameters]}, "train"),
        ({"train": lambda parameters, *_: parameters}, "lower"),
        ({"predict": lambda p, x: x}, "predict"),
        ({"export": lambda p: [p[0] * 2, p[1]]}, "export"),
        ({"export": lambda p: [*p, *p, *p]}, "export"),
    ],
)
def test_what_would_stop_a_round_is_found_by_its_writer_first(changed, said):
    with pytest.raises(InputError, match=said):
        check_learner(wrong(**changed), INPUTS)


def test_a_gradient_that_is_not_the_losses_slope_is_found():
    def doubled(parameters, inputs, targets, limit):
        losses, gradient = Linear().loss_and_gradient(parameters, inputs, targets, limit)
        return losses, [2 * array for array in gradient]

    with pytest.raises(InputError, match="not the slope"):
        check_learner(wrong(loss_and_gradient=doubled), INPUTS)


def test_huber_is_squared_inside_and_linear_beyond():
    losses, slopes = huber(np.array([0.0, 0.5, 3.0, -3.0]), np.zeros(4), 1.0)
    assert losses.tolist() == [0.0, 0.125, 2.5, 2.5] and slopes.tolist() == [0.0, 0.5, 1.0, -1.0]


def test_a_task_of_other_shapes_or_with_hidden_layers_is_refused(monkeypatch):
    with pytest.raises(InputError, match="other arrays than the task says"):
        LearnerEngine(FloatTraining("x", "sgd", ((3,), (1,)), NOTARY, "own"), Linear(), INPUTS, ())
    hidden = FloatTraining("sgd-regressor", "sgd", ((INPUTS,), (1,)), NOTARY, "sklearn")
    with pytest.raises(InputError, match="no hidden layers"):
        engine_of(small_task(layers=(6,), floats=hidden))


@pytest.mark.parametrize("engine", ["own", "sklearn"])
def test_what_is_not_installed_is_refused(engine):
    with pytest.raises(InputError, match="'crystal ball' is installed"):
        learner_of(FloatTraining("crystal ball", "sgd", ((1,),), NOTARY, engine))


@pytest.mark.parametrize(("engine", "optimizer"), [("jax", "sgd"), ("", "sgd"), ("sklearn", "adam")])
def test_an_engine_that_there_is_not_is_refused_when_the_task_is_read(engine, optimizer):
    floats = FloatTraining("x", optimizer, ((1,),), NOTARY, engine)
    with pytest.raises(PlanError, match="no engine"):
        parse_task(small_task(floats=floats).to_bytes())


def test_an_estimator_may_come_from_a_package(monkeypatch):
    class Mean:
        """Learns an intercept alone, at its own rate."""

        def partial_fit(self, rows, targets):
            if not hasattr(self, "coef_"):
                self.coef_, self.intercept_ = np.zeros((1, rows.shape[1])), 0.0
            self.intercept_ = self.intercept_ + 0.1 * (targets.mean() - self.intercept_)

    class Found(Installed):
        def load(self):
            return lambda rate, limit, seed: Mean()

    monkeypatch.setattr(estimators, "entry_points", lambda group, name: [Found(Mean)] if name == "mean" else [])
    floats = FloatTraining("mean", "sgd", ((INPUTS,), (1,)), NOTARY, "sklearn")
    task = small_task(layers=(), steps=200, floats=floats)
    trained = engine_of(task).train(task, genesis_parameters(task), CODES, TARGETS, b"seed", task.pace(1))
    assert not trained[0].any()
    assert abs(int(trained[1][0]) / 2**24 - TARGETS.mean() / 2**16) < 0.2
