"""The integer network: exact, equal to a second implementation without NumPy, and a true gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.errors import InputError
from andel.hashing import sha256
from andel.training.integer_mlp import (
    MAX_PARAMETER,
    check_parameters,
    initial_parameters,
    loss_gradient,
    loss_sum,
    parameter_shapes,
    predict_change,
    row_losses,
    scaled_targets,
    train_steps,
)
from tests.training import plain_network

ONE = 1 << 24
UNIT = 1 << 16


def plain(parameters):
    """Arrays as the plain network's lists."""
    w1, b1, w2, b2 = (array.tolist() for array in parameters)
    return w1, b1, w2, b2[0]


def network(seed, inputs, hidden, magnitude):
    """Random parameters of all magnitudes up to `magnitude`."""
    random = np.random.default_rng(seed)
    return [random.integers(-magnitude, magnitude, shape, endpoint=True) for shape in parameter_shapes(inputs, hidden)]


def rows(seed, count, inputs, spread=3 * UNIT):
    """Random codes and targets."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, inputs), np.uint8), random.integers(-spread, spread, count)


cases = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "inputs": st.integers(1, 5),
        "hidden": st.integers(1, 5),
        "count": st.integers(1, 12),
        "magnitude": st.sampled_from([1, 300, ONE // 8, ONE, 5 * ONE, MAX_PARAMETER]),
        "limit": st.sampled_from([1, 1000, UNIT, 1 << 20]),
    }
)


@given(cases)
def test_forward_and_loss_are_those_of_plain_integers(case):
    parameters = network(case["seed"], case["inputs"], case["hidden"], case["magnitude"])
    codes, targets = rows(case["seed"] + 1, case["count"], case["inputs"])
    outputs = predict_change(parameters, codes, UNIT).tolist()
    assert outputs == [plain_network.forward(plain(parameters), row)[1] for row in codes.tolist()]
    expected = plain_network.loss(plain(parameters), codes.tolist(), targets.tolist(), case["limit"])
    assert loss_sum(parameters, codes, targets, case["limit"]) == expected
    assert sum(int(loss) for loss in row_losses(parameters, codes, targets, case["limit"])) == expected


@given(cases)
def test_gradient_is_that_of_plain_integers(case):
    parameters = network(case["seed"], case["inputs"], case["hidden"], case["magnitude"])
    codes, targets = rows(case["seed"] + 1, case["count"], case["inputs"])
    found = loss_gradient(parameters, codes, targets, case["limit"])
    assert plain(found) == plain_network.gradient(plain(parameters), codes.tolist(), targets.tolist(), case["limit"])


@given(cases, st.integers(0, 12), st.integers(1, 4), st.integers(1, 9))
@settings(max_examples=40)
def test_training_is_that_of_plain_integers(case, rate_shift, steps, batch_rows):
    parameters = network(case["seed"], case["inputs"], case["hidden"], case["magnitude"])
    codes, targets = rows(case["seed"] + 1, case["count"], case["inputs"])
    options = {"seed": sha256(b"x"), "steps": steps, "batch_rows": batch_rows, "rate_shift": rate_shift}
    found = train_steps(parameters, codes, targets, **options, residual_limit=case["limit"])
    expected = plain_network.train(plain(parameters), codes.tolist(), targets.tolist(), **options, limit=case["limit"])
    assert plain(found) == expected


def test_more_rows_than_one_block_give_the_sum_of_their_parts():
    parameters = network(3, 4, 5, ONE)
    codes, targets = rows(4, 2_500, 4)
    assert predict_change(parameters, codes, 250).tolist() == [
        predict_change(parameters, codes[i : i + 1], 250)[0] for i in range(len(codes))
    ]
    halves = [loss_sum(parameters, codes[part], targets[part], UNIT) for part in (slice(900), slice(900, None))]
    assert loss_sum(parameters, codes, targets, UNIT) == sum(halves)
    found = loss_gradient(parameters, codes, targets, UNIT)
    assert plain(found) == plain_network.gradient(plain(parameters), codes.tolist(), targets.tolist(), UNIT)


@pytest.mark.parametrize("limit", [UNIT // 4, 1 << 20])
def test_gradient_is_that_of_finite_differences(limit):
    random = np.random.default_rng(7)
    parameters = network(7, 3, 4, ONE)
    codes, targets = rows(8, 400, 3, spread=2 * UNIT)
    inputs = (codes.astype(float) - 128) / 32

    def loss(theta):
        w1, b1, w2, b2 = np.split(theta, [12, 16, 20])
        output = np.maximum(inputs @ w1.reshape(3, 4) + b1, 0) @ w2 + b2
        residual = np.abs(output - targets / UNIT)
        bound = limit / UNIT
        inside = np.minimum(residual, bound)
        return float(np.mean(inside * residual - inside**2 / 2))

    theta = np.concatenate([array.ravel() for array in parameters]) / ONE
    found = np.concatenate([array.ravel() for array in loss_gradient(parameters, codes, targets, limit)]) / ONE
    for direction in [*np.eye(len(theta)), *random.normal(size=(5, len(theta)))]:
        slope = (loss(theta + 1e-5 * direction) - loss(theta - 1e-5 * direction)) / 2e-5
        assert found @ direction == pytest.approx(slope, abs=5e-3 * float(np.linalg.norm(direction)))


def test_training_lowers_the_loss_and_does_not_touch_its_inputs():
    parameters = initial_parameters(3, 8, b"seed")
    codes, _ = rows(1, 300, 3)
    targets = (codes[:, 0].astype(np.int64) - 128) * 500
    before = [array.copy() for array in parameters], codes.copy(), targets.copy()
    trained = train_steps(
        parameters, codes, targets, seed=b"s", steps=60, batch_rows=64, rate_shift=3, residual_limit=UNIT
    )
    assert loss_sum(trained, codes, targets, UNIT) * 4 < loss_sum(parameters, codes, targets, UNIT)
    assert all(np.array_equal(a, b) for a, b in zip(parameters, before[0], strict=True))
    assert np.array_equal(codes, before[1]) and np.array_equal(targets, before[2])


def saturated(hidden, sign=1):
    """A network whose every hidden unit saturates and whose output is as large as can be."""
    shapes = parameter_shapes(24, hidden)
    parameters = [np.full(shape, MAX_PARAMETER, np.int64) for shape in shapes]
    parameters[2] *= sign
    return parameters


def test_the_loss_is_exact_at_the_bounds_of_a_task():
    """At these bounds one row's loss is over 2**60, so a sum in int64 would wrap to a small or negative loss."""
    parameters = saturated(256, sign=-1)
    codes = np.full((1_500, 24), 255, np.uint8)
    targets = np.full(1_500, 1 << 48, np.int64)
    output = plain_network.forward(plain(parameters), [255] * 24)[1]
    residual = abs(output - (1 << 48))
    limit = 1 << 20
    assert loss_sum(parameters, codes, targets, limit) == 1_500 * (2 * limit * residual - limit**2) > 1 << 63


def test_the_gradient_is_exact_at_the_bounds_of_a_task():
    """4,096 saturated rows at the largest limit: their products pass 2**53 unless they are added in blocks."""
    parameters = saturated(256)
    codes = np.full((4_096, 24), 255, np.uint8)
    targets = np.zeros(4_096, np.int64)
    found = loss_gradient(parameters, codes, targets, 1 << 20)
    assert plain(found) == plain_network.gradient(plain(parameters), [[255] * 24], [0], 1 << 20)


def test_predictions_are_exact_at_the_bounds_of_a_task():
    """An output of 2**40 times a target scale of 2**31 leaves int64 before it is shifted back."""
    parameters = saturated(256)
    codes = np.full((2, 24), 255, np.uint8)
    output = plain_network.forward(plain(parameters), [255] * 24)[1]
    scale = 1 << 31
    assert predict_change(parameters, codes, scale).tolist() == [(output * scale + (1 << 15)) >> 16] * 2


@given(st.integers(-(2**32), 2**32), st.integers(1, 2**31))
def test_targets_are_floored_at_their_scale(change, scale):
    assert scaled_targets(np.array([change]), scale).tolist() == [change * UNIT // scale]


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("value", [MAX_PARAMETER + 1, -MAX_PARAMETER - 1, np.iinfo(np.int64).min])
def test_a_parameter_over_its_bound_is_refused(place, value):
    parameters = network(1, 2, 3, ONE)
    parameters[place].flat[0] = value
    codes, targets = rows(1, 2, 2)
    for attempt in (
        lambda: check_parameters(parameters),
        lambda: predict_change(parameters, codes, 1),
        lambda: loss_sum(parameters, codes, targets, 1),
        lambda: loss_gradient(parameters, codes, targets, 1),
    ):
        with pytest.raises(InputError, match=r"over ±64\.0"):
            attempt()


def test_no_rows_give_no_prediction_no_loss_and_no_gradient():
    parameters = network(1, 2, 3, ONE)
    codes, targets = np.zeros((0, 2), np.uint8), np.zeros(0, np.int64)
    assert predict_change(parameters, codes, 1).tolist() == []
    assert loss_sum(parameters, codes, targets, 1) == 0
    with pytest.raises(InputError, match="at least one row"):
        loss_gradient(parameters, codes, targets, 1)
    with pytest.raises(InputError, match="at least one row"):
        train_steps(parameters, codes, targets, seed=b"", steps=1, batch_rows=1, rate_shift=1, residual_limit=1)


def test_a_network_too_wide_for_exact_products_is_refused():
    parameters = saturated(512)
    with pytest.raises(InputError, match="leaves float64's exact integers"):
        predict_change(parameters, np.full((1, 24), 255, np.uint8), 1)


def test_first_parameters_are_those_of_the_seed_and_spread_by_fan_in():
    w1, b1, w2, b2 = initial_parameters(12, 64, b"seed")
    assert [array.shape for array in (w1, b1, w2, b2)] == parameter_shapes(12, 64)
    assert not b1.any() and not b2.any()
    for array, bound in ((w1, (3 / 4 / 12) ** 0.5), (w2, (1 / 4 / 64) ** 0.5)):
        assert abs(array).max() <= bound * ONE < abs(array).max() * 1.1
        assert abs(array.mean()) < 0.2 * bound * ONE
    again = initial_parameters(12, 64, b"seed")
    assert all(np.array_equal(x, y) for x, y in zip(again, (w1, b1, w2, b2), strict=True))
    assert not np.array_equal(initial_parameters(12, 64, b"other")[0], w1)
