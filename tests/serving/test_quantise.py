"""Quantising is exact to repeat, always gives a proven model, and loses little of what was learnt."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.errors import InputError, ModelFileError
from andel.hashing import sha256
from andel.serving.compile import compile_model
from andel.serving.evaluate import evaluate, pack_question
from andel.serving.quantise import QuantisePlan, quantise
from andel.training.integer_bounds import MAX_PARAMETER
from andel.training.integer_mlp import predict_change, scaled_targets
from andel.training.integer_training import initial_parameters, train_steps

ONE = 1 << 24


def plan(inputs: int, target_scale: int = 250) -> QuantisePlan:
    """A plan for a model of so many inputs."""
    names = tuple(f"feature {i}" for i in range(inputs))
    return QuantisePlan(names, target_scale, "0.01 degC", version=sha256(b"version"), task=sha256(b"task"))


def random_parameters(seed: int, inputs: int, hidden: int, size: float) -> list[np.ndarray]:
    """Parameters of about `size`, some of them zero, some of the largest magnitude."""
    rng = np.random.default_rng(seed)
    arrays = []
    for shape in [(inputs, hidden), (hidden,), (hidden,), (1,)]:
        values = np.rint(rng.normal(size=shape) * size * ONE) * (rng.random(shape) < 0.9)
        values = np.where(rng.random(shape) < 0.02, MAX_PARAMETER, values)
        arrays.append(np.clip(values, -MAX_PARAMETER, MAX_PARAMETER).astype(np.int64))
    return arrays


def smooth_task(seed: int, inputs: int, correlation: float) -> tuple[np.ndarray, np.ndarray]:
    """Codes (n, inputs), bell-shaped about 128, and changes (n,) in 0.01 degC: smooth, a little noise."""
    rng = np.random.default_rng(seed)
    own, shared = rng.normal(size=(12_000, inputs)), rng.normal(size=(12_000, 1))
    x = np.sqrt(1 - correlation) * own + np.sqrt(correlation) * shared
    f = np.tanh(x @ rng.normal(size=(inputs, 6)) / np.sqrt(inputs)) @ rng.normal(size=6) + 0.3 * np.sin(2 * x[:, 0])
    f = (f - f.mean()) / f.std() + 0.1 * rng.normal(size=len(f))
    return np.clip(np.rint(32 * x) + 128, 0, 255).astype(np.uint8), np.rint(250 * f).astype(np.int64)


def mean_error(predicted: np.ndarray, measured: np.ndarray) -> float:
    """Root mean square error."""
    return float(np.sqrt(np.mean((predicted - measured) ** 2)))


@pytest.mark.parametrize("correlation", [0.0, 0.6], ids=["independent inputs", "inputs that move together"])
@pytest.mark.parametrize("inputs", [10, 12, 16])
def test_a_trained_model_loses_less_than_half_a_percent_in_its_file(inputs, correlation):
    codes, change = smooth_task(inputs, inputs, correlation)
    start = initial_parameters(inputs, (32,), b"start")
    trained = train_steps(
        start,
        codes[:9_000],
        scaled_targets(change[:9_000], 250),
        seed=b"steps",
        steps=800,
        batch_rows=256,
        rate_shift=3,
        residual_limit=3 << 16,
    )
    held, truth = codes[9_000:], change[9_000:]
    answers = evaluate(quantise(trained, plan(inputs)), held, np.zeros(len(held), dtype=np.int64))
    exact = predict_change(trained, held, 250)
    assert mean_error(exact, truth) < 0.5 * mean_error(np.zeros_like(truth), truth), "the model has learnt nothing"
    assert mean_error(answers, truth) < 1.005 * mean_error(exact, truth)
    assert mean_error(answers, exact) < 0.01 * truth.std()


@settings(max_examples=25)
@given(
    st.integers(0, 2**32),
    st.integers(1, 24),
    st.integers(1, 64),
    st.floats(2**-20, 2.0),
    st.integers(1, 2**20),
)
def test_any_parameters_give_a_proven_model_or_are_too_fine(seed, inputs, hidden, size, target_scale):
    try:
        model = quantise(random_parameters(seed, inputs, hidden, size), plan(inputs, target_scale))
    except ModelFileError as error:
        assert "coarser unit" in error.hint
        return
    assert (model.inputs, model.hidden) == (inputs, hidden)


def test_the_same_parameters_give_the_same_bytes_everywhere():
    shapes = [(16, 32), (32,), (32,), (1,)]
    steps = [np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape) for shape in shapes]
    parameters = [((step * 7_919 + 17) % 20_011 - 10_005) * 1_201 for step in steps]
    # Whoever changes this hash changes the files of versions that are bound on chain already.
    assert (
        quantise(parameters, plan(16)).file_hash.hex()
        == "90bc3be1e4006858e487d06e954039a1c60ead6fb7e24305e70681e1e093ee98"
    )


def test_the_plan_is_carried_into_the_file():
    asked = replace(plan(3), adds_base=False)
    model = quantise(initial_parameters(3, (4,), b"x"), asked)
    assert (model.features, model.unit) == (asked.features, asked.unit)
    assert (model.version, model.task, model.adds_base) == (asked.version, asked.task, False)


def test_a_linear_neuron_is_reproduced_to_half_a_unit(deploy):
    # z = x / 32 * 1.0 + 4, always positive: the answer is base + 250 * (x / 32 + 4) / 8.
    parameters = [np.array([[ONE]]), np.array([4 * ONE]), np.array([ONE // 8]), np.array([0])]
    model = quantise(parameters, plan(1))
    machine = deploy(compile_model(model))
    for code in range(256):
        wanted = 1_000 + 250 * ((code - 128) / 32 + 4) / 8
        assert abs(machine.ask(pack_question([code], 1_000)) - wanted) <= 0.51


def test_the_output_bias_alone_is_rounded_to_nearest():
    zeros = [np.zeros((2, 3), np.int64), np.zeros(3, np.int64), np.zeros(3, np.int64)]
    codes, base = np.zeros((1, 2), dtype=np.uint8), np.zeros(1, dtype=np.int64)

    def answer(b2: int) -> int:
        return int(evaluate(quantise([*zeros, np.array([b2])], plan(2)), codes, base)[0])

    unit = ONE / 250
    assert [answer(int(unit * part)) for part in (0, 0.49, 0.51, 1, -0.49, -0.51, 100)] == [
        0,
        0,
        1,
        1,
        0,
        -1,
        100,
    ]


def test_a_neuron_that_never_fires_is_left_out():
    weights = np.array([[ONE, ONE], [ONE, -ONE]])
    model = quantise([weights, np.array([-9 * ONE, 0]), np.array([ONE, ONE]), np.array([0])], plan(2))
    assert (model.weights[0], model.biases[0], model.output_weights[0]) == ((0, 0), 0, 0)
    assert any(model.weights[1])


def test_a_unit_that_is_too_fine_is_refused():
    with pytest.raises(ModelFileError, match="target_scale: at 1073741824 units"):
        quantise(initial_parameters(8, (32,), b"x"), plan(8, target_scale=1 << 30))


def broken() -> dict[str, list[np.ndarray]]:
    """Parameters of 3 inputs and 4 neurons with one thing wrong."""
    w1, b1, w2, b2 = initial_parameters(3, (4,), b"x")
    return {
        "three arrays": [w1, b1, w2],
        "floats": [w1.astype(np.float64), b1, w2, b2],
        "int32": [w1, b1.astype(np.int32), w2, b2],
        "W1 flat": [w1.reshape(-1), b1, w2, b2],
        "b1 short": [w1, b1[:3], w2, b2],
        "b2 without axis": [w1, b1, w2, b2.reshape(())],
        "value too large": [w1, b1, w2 + MAX_PARAMETER, b2],
        "value too small": [w1, b1, w2 - 2 * MAX_PARAMETER, b2],
        "no neurons": [w1[:, :0], b1[:0], w2[:0], b2],
        "no arrays": [],
        "a bias alone": [b2],
        "linear of two columns": [w1[:, :2], b2],
        "linear with a wide bias": [w2[:3], b1],
        "two layers in other shapes": [w1, b1, w1, b1, w2, b2],
        "too many neurons": initial_parameters(3, (65,), b"x"),
        "another number of inputs": initial_parameters(4, (4,), b"x"),
        "another number of inputs, linear": initial_parameters(4, (), b"x"),
    }


@pytest.mark.parametrize("parameters", broken().values(), ids=broken())
def test_parameters_of_another_form_are_refused(parameters):
    with pytest.raises(InputError):
        quantise(parameters, plan(3))


@pytest.mark.parametrize("layers", [(64, 32), (2, 2), (1, 1, 1), (65,), (511,)])
def test_a_deeper_or_wider_model_has_a_file_of_another_format(layers):
    with pytest.raises(ModelFileError, match="a file of format 1 holds no hidden layers") as found:
        quantise(initial_parameters(3, layers, b"x"), plan(3))
    assert str(list(layers)) in found.value.message
    assert "file of layers" in found.value.hint


@pytest.mark.parametrize("target_scale", [0, -250, 2**31 + 1])
def test_a_target_scale_outside_its_range_is_refused(target_scale):
    with pytest.raises(InputError, match="target_scale"):
        quantise(initial_parameters(3, (4,), b"x"), plan(3, target_scale))
