"""A linear model in lanes: nearly exact, proven, and the same bits in the EVM."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.errors import ModelFileError
from andel.hashing import sha256
from andel.serving.compile import compile_model, execution_gas
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


def linear(*weights: float, bias: float = 0.0) -> list[np.ndarray]:
    """Parameters of real numbers."""
    return [np.array([round(weight * ONE) for weight in weights]), np.array([round(bias * ONE)])]


def wanted(parameters: list[np.ndarray], codes: np.ndarray, target_scale: int) -> np.ndarray:
    """What the parameters mean, in real numbers."""
    inputs = (codes.astype(float) - 128) / 32
    answers: np.ndarray = (inputs @ (parameters[0] / ONE) + parameters[1][0] / ONE) * target_scale
    return answers


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(1, 24), st.floats(2**-20, 4.0), st.integers(1, 20_000))
def test_any_linear_model_answers_to_the_nearest_unit_or_next_to_it(seed, inputs, size, target_scale):
    random = np.random.default_rng(seed)
    parameters = linear(*(size * random.normal(size=inputs)), bias=size * random.normal())
    codes = random.integers(0, 256, (50, inputs), np.uint8)
    answers = evaluate(quantise(parameters, plan(inputs, target_scale)), codes, np.zeros(50, np.int64))
    spread = np.abs(wanted(parameters, codes, target_scale) - answers)
    reach = target_scale * (np.abs(parameters[0]).sum() / ONE * 4 + abs(parameters[1][0]) / ONE)
    assert spread.max() <= 0.5001 + inputs * reach / 2**21


def test_a_trained_linear_model_is_its_file():
    random = np.random.default_rng(3)
    codes = random.integers(0, 256, (4_000, 6), np.uint8)
    change = np.rint((codes.astype(float) - 128) @ [3, -2, 1, 0.5, 0, 0.25] + random.normal(0, 20, 4_000)).astype(int)
    trained = train_steps(
        initial_parameters(6, (), b"start"),
        codes,
        scaled_targets(change, 250),
        seed=b"steps",
        steps=200,
        batch_rows=256,
        rate_shift=3,
        residual_limit=3 << 16,
    )
    exact = predict_change(trained, codes, 250)
    assert np.abs(exact - change).mean() < 0.15 * np.abs(change).mean(), "the model has learnt nothing"
    answers = evaluate(quantise(trained, plan(6)), codes, np.zeros(len(codes), np.int64))
    assert np.abs(answers - exact).max() <= 1


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(1, 24), st.sampled_from([0.01, 0.5, 8.0]), st.integers(1, 1_000))
def test_the_evm_answers_with_the_same_bits(deploy, seed, inputs, size, target_scale):
    random = np.random.default_rng(seed)
    kept = random.random(inputs) < 0.8
    model = quantise(linear(*(size * kept * random.normal(size=inputs)), bias=size), plan(inputs, target_scale))
    code = compile_model(model)
    machine = deploy(code)
    codes = random.integers(0, 256, (20, inputs), np.uint8)
    base = random.integers(-(2**31), 2**31, 20)
    answers = evaluate(model, codes, base).tolist()
    asked = [pack_question(row, int(value)) for row, value in zip(codes, base, strict=True)]
    assert [machine.ask(question) for question in asked] == answers


def test_every_code_of_one_input_is_answered_to_half_a_unit():
    parameters = linear(0.37, bias=-0.2)
    codes = np.arange(256, dtype=np.uint8)[:, None]
    answers = evaluate(quantise(parameters, plan(1)), codes, np.zeros(256, np.int64))
    assert np.abs(answers - wanted(parameters, codes, 250)).max() <= 0.5001


def test_an_input_without_weight_costs_nothing():
    with_zero, without = (quantise(linear(0.5, middle, -0.5), plan(3)) for middle in (0.0, 0.5))
    assert with_zero.weights == ((1, 0, 0), (0, 0, 0), (0, 0, 1))
    assert execution_gas(compile_model(with_zero)) <= execution_gas(compile_model(without)) - 14
    constant = quantise(linear(0.0, 0.0, bias=1.0), plan(2))
    assert evaluate(constant, np.full((1, 2), 255, np.uint8), np.zeros(1, np.int64)).tolist() == [250]


def test_the_same_parameters_give_the_same_bytes_everywhere():
    weights = (np.arange(16) * 7_919 % 20_011 - 10_005) * 1_201
    # Whoever changes this hash changes the files of versions that are bound on chain already.
    assert (
        quantise([weights, np.array([12_345_678])], plan(16)).file_hash.hex()
        == "e5ae660be84da7a591cc0182c8f06d8da567671f38d385c521a7a783f16bbdf2"
    )


def test_a_unit_that_is_too_fine_is_refused():
    fine = plan(24, target_scale=1 << 31)
    with pytest.raises(ModelFileError, match="target_scale: at 2147483648 units"):
        quantise([np.full(24, MAX_PARAMETER), np.array([0])], fine)
