"""Networks in PyTorch: integers at the door, measures that agree with calculus and with the integer network."""

from dataclasses import replace

import numpy as np
import pytest

from andel.errors import InputError, TrainingError
from andel.training.engine import engine_of, genesis_parameters, train_update
from andel.training.floats import FloatTraining
from andel.training.integer_bounds import MAX_PARAMETER
from andel.training.integer_mlp import loss_gradient, predict_change, row_losses
from andel.training.task import parse_task
from andel.training.updates import (
    decode_update,
    decode_version,
    encode_update,
    encode_version,
    flatten,
    split_parameters,
)
from andel.units import Address
from tests.support.networks import random_rows
from tests.support.pytorch import require_torch
from tests.support.worlds import small_task

require_torch()

from andel.training import torch_engine  # noqa: E402  # imports PyTorch
from andel.training.torch_engine import TorchEngine, network_shapes  # noqa: E402

torch = pytest.importorskip("torch")
NOTARY = Address("0x0000000000000000000000000000000000000001")
INPUTS = len(small_task().features)
CODES, TARGETS = random_rows(3, 300, INPUTS)


def float_task(network="mlp-relu", optimizer="adam", layers=(8,), **changes):
    """A small task whose network is trained by PyTorch."""
    shapes = network_shapes(network, INPUTS, layers)
    return small_task(layers=layers, floats=FloatTraining(network, optimizer, shapes, NOTARY), **changes)


def as_integers(parameters):
    """The same network in the integer engine's shapes: its weights stand the other way round."""
    turned = [array.T if array.ndim == 2 else array for array in parameters]
    turned[-2] = turned[-2].reshape(-1)
    return turned


def test_a_float_task_is_read_as_it_was_written():
    task = float_task()
    assert parse_task(task.to_bytes()) == task


@pytest.mark.parametrize("network", ["mlp-relu", "mlp-gelu", "mlp-silu", "mlp-tanh"])
def test_versions_and_updates_of_every_network_pass_the_door(network):
    task = float_task(network, layers=(5, 3))
    parameters = genesis_parameters(task)
    assert [array.shape for array in parameters] == list(task.floats.shapes)
    again = decode_version(encode_version(parameters), task)
    assert all(np.array_equal(first, then) for first, then in zip(parameters, again, strict=True))
    update = train_update(task, parameters, CODES, TARGETS, number=1, seed=b"seed", contributor="me")
    assert update.any()
    assert np.array_equal(decode_update(encode_update(update, task), task), update)


def test_the_first_parameters_follow_from_the_tasks_seed():
    first, again = (flatten(genesis_parameters(float_task())) for _ in range(2))
    other = flatten(genesis_parameters(float_task(initial_seed="ff" * 32)))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_training_lowers_the_loss_that_trains(optimizer):
    task = float_task(optimizer=optimizer, steps=60, rate_shift=6)
    codes = CODES
    answers = (codes[:, 0].astype(np.int64) - 128) * 300
    parameters = genesis_parameters(task)
    engine = engine_of(task)
    trained = engine.train(task, parameters, codes, answers, b"seed" * 8, task.pace(1))
    before, after = (int(engine.losses(task, p, codes, answers).sum()) for p in (parameters, trained))
    assert after < 0.9 * before


def test_training_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    task = float_task()
    train_update(task, genesis_parameters(task), CODES, TARGETS, number=1, seed=b"seed", contributor="me")
    assert torch.equal(torch.rand(3), expected)


def test_losses_and_gradients_are_those_of_the_integer_network():
    task = float_task("mlp-relu", layers=(6, 4))
    parameters = genesis_parameters(task)
    engine, twin = engine_of(task), as_integers(parameters)
    ours = engine.losses(task, parameters, CODES, TARGETS)
    theirs = row_losses(twin, CODES, TARGETS, task.score_limit)
    assert np.abs(ours - theirs).max() <= 2e-3 * theirs.max()
    (slope,) = engine.gradients(task, [flatten(parameters)], CODES, TARGETS)
    slopes = as_integers(split_parameters(slope, task))
    for ours, theirs in zip(slopes, loss_gradient(twin, CODES, TARGETS, task.score_limit), strict=True):
        assert np.abs(ours - theirs).max() <= 2e-3 * (1 << 24)
    predicted = engine.predict(task, parameters, CODES) - predict_change(twin, CODES, task.target_scale)
    assert np.abs(predicted).max() <= 1 + task.target_scale // 100


def test_the_gradient_is_the_slope_of_the_mean_loss():
    task = float_task("mlp-tanh", layers=(4,))
    engine, parameters = engine_of(task), genesis_parameters(task)
    slopes = engine.gradients(task, [flatten(parameters)], CODES, TARGETS)[0]
    place, step = (0, 0), 1 << 12
    losses = []
    for sign in (1, -1):
        moved = [array.copy() for array in parameters]
        moved[0][place] += sign * step
        losses.append(int(engine.losses(task, moved, CODES, TARGETS).sum()))
    slope = (losses[0] - losses[1]) / (2 * 2.0**32) / len(CODES) / (2 * step / 2**24)
    assert slope * 2**24 == pytest.approx(int(slopes[0]), rel=1e-3, abs=50)


def test_measures_are_the_same_whatever_the_number_of_threads():
    task = float_task("mlp-gelu", layers=(64, 32))
    engine, parameters = engine_of(task), genesis_parameters(task)
    found, threads = [], torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            found.append(engine.gradients(task, [flatten(parameters)], CODES, TARGETS)[0])
    finally:
        torch.set_num_threads(threads)
    assert np.abs(found[0] - found[1]).max() <= 1


def test_training_that_diverges_and_measures_that_are_no_numbers_are_errors(monkeypatch):
    class Root(torch.nn.Module):  # type: ignore[misc,name-defined]  # checked without PyTorch
        def __init__(self, inputs):
            super().__init__()
            self.linear = torch.nn.Linear(inputs, 1)

        def forward(self, rows):
            return torch.sqrt(self.linear(rows) - 1e9)

    monkeypatch.setattr(torch_engine, "_builder", lambda _: lambda inputs, layers: Root(inputs))
    task = float_task("root of nothing", layers=())
    parameters = genesis_parameters(task)
    with pytest.raises(TrainingError, match="diverged"):
        train_update(task, parameters, CODES, TARGETS, number=1, seed=b"seed", contributor="me")
    with pytest.raises(InputError, match="no number"):
        engine_of(task).losses(task, parameters, CODES, TARGETS)


def test_parameters_out_of_bounds_are_refused():
    task = float_task()
    parameters = [array.copy() for array in genesis_parameters(task)]
    parameters[0].flat[0] = MAX_PARAMETER + 1
    with pytest.raises(InputError, match="bound of parameters"):
        engine_of(task).losses(task, parameters, CODES, TARGETS)


def test_a_network_that_is_not_installed_is_refused():
    task = float_task()
    stranger = replace(task, floats=replace(task.floats, network="transformer"))
    with pytest.raises(InputError, match="no network 'transformer' is installed"):
        engine_of(stranger)


def test_a_network_of_other_shapes_than_the_task_says_is_refused():
    floats = FloatTraining("mlp-relu", "sgd", ((1, 1), (1,)), NOTARY)
    with pytest.raises(InputError, match="has other parameters here"):
        TorchEngine(floats, INPUTS, (8,))


def test_a_network_that_keeps_a_state_of_its_own_is_refused(monkeypatch):
    def build(inputs, layers):
        return torch.nn.Sequential(torch.nn.BatchNorm1d(inputs), torch.nn.Linear(inputs, 1))

    monkeypatch.setattr(torch_engine, "_builder", lambda _: build)
    shapes = tuple(tuple(parameter.shape) for parameter in build(INPUTS, ()).parameters())
    with pytest.raises(InputError, match="keeps a state beside its parameters"):
        TorchEngine(FloatTraining("normal", "sgd", shapes, NOTARY), INPUTS, ())


def test_a_network_may_come_from_a_package(monkeypatch):
    class Gated(torch.nn.Module):  # type: ignore[misc,name-defined]  # checked without PyTorch
        def __init__(self, inputs):
            super().__init__()
            self.value, self.gate = torch.nn.Linear(inputs, 1), torch.nn.Linear(inputs, 1)

        def forward(self, rows):
            return self.value(rows) * torch.sigmoid(self.gate(rows))

    class Found:
        def load(self):
            return lambda inputs, layers: Gated(inputs)

    monkeypatch.setattr(torch_engine, "entry_points", lambda group, name: [Found()] if name == "gated" else [])
    task = float_task("gated", layers=())
    update = train_update(task, genesis_parameters(task), CODES, TARGETS, number=1, seed=b"seed", contributor="me")
    assert len(update) == 2 * (INPUTS + 1) and update.any()
