"""Training is repeated bit for bit by whoever has the rows, and by an implementation without NumPy."""

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.errors import InputError
from andel.hashing import sha256
from andel.training.engine import genesis_parameters, train_update
from andel.training.integer_mlp import loss_sum, parameter_shapes
from andel.training.integer_training import initial_parameters, train_steps
from andel.training.updates import encode_update, encode_version, flatten
from tests.support.networks import FORMS, ONE, UNIT, cases, plain, random_network, random_rows
from tests.support.worlds import build_world, small_task
from tests.training import plain_network


@given(cases, st.integers(0, 12), st.integers(1, 4), st.integers(1, 9))
@settings(max_examples=60)
def test_training_is_that_of_plain_integers(case, rate_shift, steps, batch_rows):
    parameters = random_network(case["seed"], case["inputs"], case["layers"], case["magnitude"])
    codes, targets = random_rows(case["seed"] + 1, case["count"], case["inputs"])
    options = {"seed": sha256(b"x"), "steps": steps, "batch_rows": batch_rows, "rate_shift": rate_shift}
    found = train_steps(parameters, codes, targets, **options, residual_limit=case["limit"])
    expected = plain_network.train(plain(parameters), codes.tolist(), targets.tolist(), **options, limit=case["limit"])
    assert plain(found) == expected


@pytest.mark.parametrize("layers", FORMS)
def test_updates_and_versions_have_the_hashes_of_plain_integers(layers):
    task = small_task(layers=layers, steps=4, batch_rows=8)
    inputs = len(task.features)
    codes, _ = random_rows(9, 50, inputs)
    change = np.random.default_rng(10).integers(-900, 900, 50)
    first = plain_network.first_network(inputs, layers, bytes.fromhex(task.initial_seed))
    version = plain_network.encoded(b"andel-version/1", plain_network.flat(first), inputs, layers, size=8)
    assert sha256(encode_version(genesis_parameters(task))) == hashlib.sha256(version).digest()
    found = train_update(task, genesis_parameters(task), codes, change, number=1, seed=b"seed 1", contributor="0xabc")
    expected = plain_network.update(
        first,
        codes.tolist(),
        change.tolist(),
        target_scale=task.target_scale,
        seed=b"seed 1",
        contributor="0xabc",
        steps=task.steps,
        batch_rows=task.batch_rows,
        rate_shift=task.rate_shift,
        limit=task.residual_limit,
    )
    data = plain_network.encoded(b"andel-update/1", expected, inputs, layers, size=4)
    assert sha256(encode_update(found, task)) == hashlib.sha256(data).digest()


@pytest.mark.parametrize("layers", [(), (8,), (16, 8), (16, 8, 8)])
def test_training_lowers_the_loss_and_does_not_touch_its_inputs(layers):
    parameters = initial_parameters(3, layers, b"seed")
    codes, _ = random_rows(1, 300, 3)
    targets = (codes[:, 0].astype(np.int64) - 128) * 500
    before = [array.copy() for array in parameters], codes.copy(), targets.copy()
    trained = train_steps(
        parameters, codes, targets, seed=b"s", steps=60, batch_rows=64, rate_shift=3, residual_limit=UNIT
    )
    assert loss_sum(trained, codes, targets, UNIT) * 4 < loss_sum(parameters, codes, targets, UNIT)
    assert all(np.array_equal(a, b) for a, b in zip(parameters, before[0], strict=True))
    assert np.array_equal(codes, before[1]) and np.array_equal(targets, before[2])


def test_training_refuses_what_it_could_not_do_exactly():
    options: dict[str, Any] = {"seed": b"", "steps": 1, "batch_rows": 1, "rate_shift": 1}
    parameters, none = random_network(1, 2, (3,), ONE), (np.zeros((0, 2), np.uint8), np.zeros(0, np.int64))
    with pytest.raises(InputError, match="at least one row"):
        train_steps(parameters, *none, **options, residual_limit=1)
    with pytest.raises(InputError, match="residual limit"):
        train_steps(parameters, *random_rows(1, 2, 2), **options, residual_limit=(1 << 20) + 1)
    with pytest.raises(InputError, match="leaves float64's exact integers"):
        train_steps(random_network(1, 2, (512,), 1), *random_rows(1, 2, 2), **options, residual_limit=1)


@given(st.integers(1, 8), st.lists(st.integers(1, 8), max_size=3).map(tuple), st.binary(max_size=8))
@settings(max_examples=40)
def test_first_parameters_are_those_of_plain_integers(inputs, layers, seed):
    assert plain(initial_parameters(inputs, layers, seed)) == plain_network.first_network(inputs, layers, seed)


def test_first_parameters_are_those_of_the_seed_and_spread_by_fan_in():
    parameters = initial_parameters(12, (64, 32), b"seed")
    assert [array.shape for array in parameters] == parameter_shapes(12, (64, 32))
    assert not any(bias.any() for bias in parameters[1::2])
    for array, bound in zip(parameters[::2], [(3 / 4 / 12) ** 0.5, (6 / 64) ** 0.5, (1 / 4 / 32) ** 0.5], strict=True):
        assert abs(array).max() <= bound * ONE < abs(array).max() * 1.2
        assert abs(array.mean()) < 0.3 * bound * ONE
    again = initial_parameters(12, (64, 32), b"seed")
    assert np.array_equal(flatten(again), flatten(parameters))
    assert not np.array_equal(initial_parameters(12, (64, 32), b"other")[0], parameters[0])


@pytest.mark.parametrize("layers", FORMS)
def test_an_owner_of_readings_trains_as_plain_integers_do(layers):
    """The same as a node does it, from signed readings to the update's bytes."""
    world = build_world(1, layers=layers)
    owner, task = world.owners[0], world.task
    codes, change = owner.rows(world.plan, task)
    expected = plain_network.train(
        plain(world.parameters),
        codes.tolist(),
        [value * UNIT // task.target_scale for value in change.tolist()],
        seed=sha256(b"andel.minibatches.1", sha256(b"tests: first seed"), owner.address.encode()),
        steps=task.steps,
        batch_rows=task.batch_rows,
        rate_shift=task.rate_shift,
        limit=task.residual_limit,
    )
    before = plain_network.flat(plain(world.parameters))
    moved = [a - b for a, b in zip(plain_network.flat(expected), before, strict=True)]
    assert owner.update(world).tolist() == moved
