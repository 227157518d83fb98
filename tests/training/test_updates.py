"""Versions and updates as bytes: one canonical form, and nothing else is read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from andel.errors import InputError
from andel.hashing import sha256
from andel.training.engine import genesis_parameters, train_update
from andel.training.integer_bounds import MAX_PARAMETER
from andel.training.updates import (
    MAX_UPDATE,
    decode_update,
    decode_version,
    encode_update,
    encode_version,
    flatten,
    split_parameters,
)
from tests.support.worlds import FIRST_SEED, build_world, small_task

TASK = small_task()
SHAPES = TASK.shapes
SIZE = sum(int(np.prod(shape)) for shape in SHAPES)

updates = arrays.arrays(np.int64, SIZE, elements=st.integers(-MAX_UPDATE, MAX_UPDATE))
versions = arrays.arrays(np.int64, SIZE, elements=st.integers(-MAX_PARAMETER, MAX_PARAMETER))


@given(updates)
def test_an_update_comes_back_from_its_bytes(update):
    data = encode_update(update, TASK)
    assert np.array_equal(decode_update(data, TASK), update)
    assert len(data) == len(encode_update(np.zeros(SIZE, np.int64), TASK))


@given(versions)
def test_a_version_comes_back_from_its_bytes(vector):
    data = encode_version(split_parameters(vector, TASK))
    assert np.array_equal(flatten(decode_version(data, TASK)), vector)


@given(versions)
def test_flattening_and_splitting_are_inverse(vector):
    parts = split_parameters(vector, TASK)
    assert [part.shape for part in parts] == SHAPES
    assert np.array_equal(flatten(parts), vector)


@given(st.binary(max_size=400))
def test_foreign_bytes_are_refused(data):
    for read in (decode_update, decode_version):
        with pytest.raises(InputError):
            read(data, TASK)


@given(st.data())
def test_bytes_with_a_flaw_are_refused_or_mean_another_update(data):
    good = encode_update(np.arange(SIZE), TASK)
    place = data.draw(st.integers(0, len(good) - 1))
    flawed = good[:place] + bytes([good[place] ^ (1 << data.draw(st.integers(0, 7)))]) + good[place + 1 :]
    try:
        update = decode_update(flawed, TASK)
    except InputError:
        return
    assert encode_update(update, TASK) == flawed


@pytest.mark.parametrize(
    "change", [lambda data: data[:-1], lambda data: data + b"\0", lambda data: b"", lambda d: d * 2]
)
def test_bytes_of_another_length_are_refused(change):
    with pytest.raises(InputError):
        decode_update(change(encode_update(np.zeros(SIZE, np.int64), TASK)), TASK)
    with pytest.raises(InputError):
        decode_version(change(encode_version(genesis_parameters(TASK))), TASK)


def test_an_update_in_the_wide_form_of_a_version_is_refused():
    wide = encode_version(split_parameters(np.ones(SIZE, np.int64), TASK)).replace(b"version", b"update", 1)
    with pytest.raises(InputError, match="canonical"):
        decode_update(wide, TASK)


def test_an_update_of_another_network_is_refused():
    for layers in ((), (5,), (7,), (6, 1)):
        other = small_task(layers=layers)
        size = sum(int(np.prod(shape)) for shape in other.shapes)
        with pytest.raises(InputError, match="expected shapes"):
            decode_update(encode_update(np.zeros(size, np.int64), other), TASK)


@pytest.mark.parametrize("value", [MAX_UPDATE + 1, -MAX_UPDATE - 1, np.iinfo(np.int64).min])
def test_a_value_over_the_bound_of_updates_is_refused(value):
    update = np.zeros(SIZE, np.int64)
    update[3] = value
    with pytest.raises(InputError, match="over"):
        encode_update(update, TASK)


def test_a_value_over_the_bound_is_refused_in_bytes_too():
    good = encode_update(np.zeros(SIZE, np.int64), TASK)
    with pytest.raises(InputError, match="over"):
        decode_update(good[:-4] + (MAX_UPDATE + 1).to_bytes(4, "little"), TASK)
    version = encode_version(genesis_parameters(TASK))
    with pytest.raises(InputError, match=r"over ±64\.0"):
        decode_version(version[:-8] + (MAX_PARAMETER + 1).to_bytes(8, "little"), TASK)


def test_local_training_is_repeated_by_whoever_has_the_rows():
    world = build_world(1)
    owner = world.owners[0]
    codes, change = owner.rows(world.plan, world.task)
    first = owner.update(world)
    given = world.task, world.parameters, codes, change
    assert np.array_equal(train_update(*given, number=1, seed=FIRST_SEED, contributor=owner.address), first)
    assert first.any()
    other = train_update(*given, number=1, seed=FIRST_SEED, contributor="0x00")
    assert not np.array_equal(other, first), "minibatches are drawn for each contributor"


def test_a_larger_step_is_held_at_the_bound_of_updates():
    world = build_world(1)
    task = small_task(rate_shift=0, steps=200, residual_limit=1 << 20, target_scale=1)
    codes, change = world.owners[0].rows(world.plan, task)
    update = train_update(task, genesis_parameters(task), codes, change, number=1, seed=b"", contributor="")
    assert abs(update).max() == MAX_UPDATE
    assert np.array_equal(decode_update(encode_update(update, task), task), update)


def test_the_first_version_is_that_of_the_task():
    assert np.array_equal(flatten(genesis_parameters(TASK)), flatten(genesis_parameters(TASK)))
    other = small_task(initial_seed=sha256(b"other").hex())
    assert not np.array_equal(flatten(genesis_parameters(TASK)), flatten(genesis_parameters(other)))
