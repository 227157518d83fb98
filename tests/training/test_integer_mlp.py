"""Integer networks of any depth: exact, equal to a second implementation without NumPy, and a true gradient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError
from andel.training.integer_bounds import MAX_PARAMETER
from andel.training.integer_mlp import (
    check_parameters,
    flatten,
    form_of,
    loss_gradient,
    loss_sum,
    mean_gradients,
    parameter_shapes,
    predict_change,
    row_losses,
    scaled_targets,
)
from tests.support.networks import FORMS, ONE, UNIT, cases, plain, random_network, random_rows, saturated
from tests.training import plain_network


@given(cases)
def test_forward_and_loss_are_those_of_plain_integers(case):
    parameters = random_network(case["seed"], case["inputs"], case["layers"], case["magnitude"])
    codes, targets = random_rows(case["seed"] + 1, case["count"], case["inputs"])
    outputs = predict_change(parameters, codes, UNIT).tolist()
    assert outputs == [plain_network.forward(plain(parameters), row)[1] for row in codes.tolist()]
    expected = plain_network.loss(plain(parameters), codes.tolist(), targets.tolist(), case["limit"])
    assert loss_sum(parameters, codes, targets, case["limit"]) == expected
    assert sum(int(loss) for loss in row_losses(parameters, codes, targets, case["limit"])) == expected


@given(cases)
def test_gradient_is_that_of_plain_integers(case):
    parameters = random_network(case["seed"], case["inputs"], case["layers"], case["magnitude"])
    codes, targets = random_rows(case["seed"] + 1, case["count"], case["inputs"])
    found = loss_gradient(parameters, codes, targets, case["limit"])
    assert [array.shape for array in found] == [array.shape for array in parameters]
    assert plain(found) == plain_network.gradient(plain(parameters), codes.tolist(), targets.tolist(), case["limit"])


@pytest.mark.parametrize("layers", FORMS)
def test_more_rows_than_one_block_give_the_sum_of_their_parts(layers):
    parameters = random_network(3, 4, layers, ONE)
    codes, targets = random_rows(4, 2_500, 4)
    assert predict_change(parameters, codes, 250).tolist() == [
        predict_change(parameters, codes[i : i + 1], 250)[0] for i in range(len(codes))
    ]
    halves = [loss_sum(parameters, codes[part], targets[part], UNIT) for part in (slice(900), slice(900, None))]
    assert loss_sum(parameters, codes, targets, UNIT) == sum(halves)
    found = loss_gradient(parameters, codes, targets, UNIT)
    assert plain(found) == plain_network.gradient(plain(parameters), codes.tolist(), targets.tolist(), UNIT)


@pytest.mark.parametrize("layers", FORMS)
def test_gradients_at_several_parameters_are_those_of_each_alone(layers):
    networks = [random_network(seed, 4, layers, ONE) for seed in (3, 5)]
    codes, targets = random_rows(4, 2_500, 4)
    found = mean_gradients([flatten(one) for one in networks], form_of(networks[0]), codes, targets, UNIT)
    for one, vector in zip(networks, found, strict=True):
        assert np.array_equal(vector, flatten(loss_gradient(one, codes, targets, UNIT)))


def real_loss(theta, inputs, targets, shapes, bound):
    """The mean Huber loss of a network in real numbers."""
    parts = np.split(theta, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
    values = inputs
    for place in range(0, len(parts) - 2, 2):
        values = np.maximum(values @ parts[place].reshape(shapes[place]) + parts[place + 1], 0)
    residual = np.abs(values @ parts[-2] + parts[-1] - targets)
    inside = np.minimum(residual, bound)
    return float(np.mean(inside * residual - inside**2 / 2))


@pytest.mark.parametrize("limit", [UNIT // 4, 1 << 20])
@pytest.mark.parametrize("layers", FORMS)
def test_gradient_is_that_of_finite_differences(layers, limit):
    random = np.random.default_rng(7)
    parameters = random_network(7, 3, layers, ONE)
    codes, targets = random_rows(8, 400, 3, spread=2 * UNIT)
    shapes = parameter_shapes(3, layers)
    given_rows = (codes.astype(float) - 128) / 32, targets / UNIT, shapes, limit / UNIT
    theta = np.concatenate([array.ravel() for array in parameters]) / ONE
    found = np.concatenate([array.ravel() for array in loss_gradient(parameters, codes, targets, limit)]) / ONE
    # across a unit's kink a difference is no slope: each moves by less than one row's part in 400
    for direction in [*np.eye(len(theta)), *random.normal(size=(5, len(theta)))]:
        ahead, behind = (real_loss(theta + step * direction, *given_rows) for step in (1e-5, -1e-5))
        assert found @ direction == pytest.approx((ahead - behind) / 2e-5, abs=8e-3 * float(np.linalg.norm(direction)))


def test_the_loss_is_exact_at_the_bounds_of_a_task():
    """At these bounds one row's loss is over 2**60, so a sum in int64 would wrap to a small or negative loss."""
    parameters = saturated(24, (256,), sign=-1)
    codes = np.full((1_500, 24), 255, np.uint8)
    targets = np.full(1_500, 1 << 48, np.int64)
    output = plain_network.forward(plain(parameters), [255] * 24)[1]
    residual = abs(output - (1 << 48))
    limit = 1 << 20
    assert loss_sum(parameters, codes, targets, limit) == 1_500 * (2 * limit * residual - limit**2) > 1 << 63


@pytest.mark.parametrize("layers", [(), (511,), (40, 511), (511, 40), (20, 30, 40)])
@pytest.mark.parametrize("sign", [1, -1])
def test_predictions_and_gradients_are_exact_at_the_bounds_of_a_task(layers, sign):
    """4,096 saturated rows at the largest limit: their products pass 2**53 unless they are added in blocks; an output
    of 2**41 times a target scale of 2**31 leaves int64 before it is shifted back.
    """
    parameters = saturated(24, layers, sign)
    codes = np.full((4_096, 24), 255, np.uint8)
    found = loss_gradient(parameters, codes, np.zeros(4_096, np.int64), 1 << 20)
    assert plain(found) == plain_network.gradient(plain(parameters), [[255] * 24], [0], 1 << 20)
    output, scale = plain_network.forward(plain(parameters), [255] * 24)[1], 1 << 31
    assert predict_change(parameters, codes[:2], scale).tolist() == [(output * scale + (1 << 15)) >> 16] * 2


@pytest.mark.parametrize("layers", [(3, 4), (9, 8, 7)])
def test_slopes_at_their_bounds_are_exact_in_layers_that_are_not_saturated(layers):
    """The largest slopes go back only through units that are neither off nor held: small first weights keep them so."""
    parameters = saturated(2, layers)
    for array in parameters[:-2]:
        array //= 1 << 26
    for place in range(2, len(parameters) - 1, 2):
        parameters[place][...] = MAX_PARAMETER
    parameters[0][...], parameters[1][...] = 0, 1 << 12
    for place in range(3, len(parameters) - 1, 2):
        parameters[place][...] = -(1 << 20)
    codes, targets = np.full((1_024, 2), 0, np.uint8), np.full(1_024, -(1 << 40), np.int64)
    values, _ = plain_network.forward(plain(parameters), [0, 0])
    assert all(0 < value < 1 << 22 for value in values[1]), "the first layer is active"
    found = loss_gradient(parameters, codes, targets, 1 << 20)
    assert plain(found) == plain_network.gradient(plain(parameters), [[0, 0]], [-(1 << 40)], 1 << 20)


@pytest.mark.parametrize("layers", FORMS)
def test_sums_that_leave_int64_are_taken_over_by_python_integers(monkeypatch, layers):
    parameters = random_network(5, 3, layers, MAX_PARAMETER)
    codes, targets = random_rows(6, 1_500, 3)
    expected = loss_gradient(parameters, codes, targets, 1 << 20)
    monkeypatch.setattr("andel.training.integer_mlp.int64_rows", lambda inputs, layers: 0)
    found = loss_gradient(parameters, codes, targets, 1 << 20)
    assert all(array.dtype == np.int64 for array in found) and plain(found) == plain(expected)


@given(st.integers(-(2**32), 2**32), st.integers(1, 2**31))
def test_targets_are_floored_at_their_scale(change, scale):
    assert scaled_targets(np.array([change]), scale).tolist() == [change * UNIT // scale]


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("value", [MAX_PARAMETER + 1, -MAX_PARAMETER - 1, np.iinfo(np.int64).min])
def test_a_parameter_over_its_bound_is_refused(place, value):
    parameters = random_network(1, 2, (3, 2), ONE)
    parameters[place].flat[0] = value
    codes, targets = random_rows(1, 2, 2)
    for attempt in (
        lambda: check_parameters(parameters),
        lambda: predict_change(parameters, codes, 1),
        lambda: loss_sum(parameters, codes, targets, 1),
        lambda: loss_gradient(parameters, codes, targets, 1),
    ):
        with pytest.raises(InputError, match=r"over ±64\.0"):
            attempt()


@pytest.mark.parametrize("layers", FORMS)
def test_no_rows_give_no_prediction_no_loss_and_no_gradient(layers):
    parameters = random_network(1, 2, layers, ONE)
    codes, targets = np.zeros((0, 2), np.uint8), np.zeros(0, np.int64)
    assert predict_change(parameters, codes, 1).tolist() == []
    assert loss_sum(parameters, codes, targets, 1) == 0
    with pytest.raises(InputError, match="at least one row"):
        loss_gradient(parameters, codes, targets, 1)


@pytest.mark.parametrize("limit", [-1, (1 << 20) + 1])
def test_a_residual_limit_beyond_what_is_proven_is_refused(limit):
    codes, targets = random_rows(1, 2, 2)
    with pytest.raises(InputError, match="residual limit"):
        loss_gradient(random_network(1, 2, (3,), ONE), codes, targets, limit)


@pytest.mark.parametrize("layers", [(512,), (3, 512), (512, 3)])
def test_a_network_too_wide_for_exact_products_is_refused(layers):
    with pytest.raises(InputError, match="leaves float64's exact integers"):
        predict_change(saturated(24, layers), np.full((1, 24), 255, np.uint8), 1)
