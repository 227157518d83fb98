"""Novelty: what repeats the model's last steps is worth nothing, exactly, and what is new is worth what it was."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.value.exact_dots import exact_dots
from andel.value.novelty import project_off, public_steps
from tests.value import plain_value

small = st.lists(st.integers(-9, 9), min_size=5, max_size=5)
large = st.lists(st.integers(-(2**30), 2**30), min_size=5, max_size=5)
vectors = st.one_of(small, large)


def novel(update, gradient, steps):
    """⟨x, P G⟩ as a fraction."""
    given_ = [np.array(step, np.int64) for step in steps]
    rows, slope = np.array([update], np.int64), np.array(gradient, np.int64)
    projection = project_off(slope, given_)
    return Fraction(projection.novel(rows, exact_dots(rows, slope))[0], projection.scale)


@given(vectors, vectors, st.lists(vectors, max_size=8))
@settings(max_examples=40)
def test_it_is_the_projection_of_plain_fractions(update, gradient, steps):
    assert novel(update, gradient, steps) == plain_value.dot(update, plain_value.projected(gradient, steps))


@given(vectors, st.lists(vectors, min_size=1, max_size=4), st.lists(st.integers(-7, 7), min_size=4, max_size=4))
def test_a_step_any_multiple_of_it_and_any_mix_of_them_are_worth_nothing(gradient, steps, times):
    mixed = [sum(t * step[i] for t, step in zip(times, steps, strict=False)) for i in range(5)]
    assert novel(mixed, gradient, steps) == 0
    assert all(novel(step, gradient, steps) == 0 for step in steps)


@given(vectors, vectors, st.lists(vectors, max_size=3))
def test_projecting_the_gradient_is_projecting_the_update(update, gradient, steps):
    assert novel(update, gradient, steps) == novel(gradient, update, steps)


@given(vectors, vectors, st.lists(vectors, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_nor_scale_of_steps_matters(update, gradient, steps, random):
    other = [[3 * value for value in step] for step in [*steps, steps[0], [0] * 5]]
    random.shuffle(other)
    assert novel(update, gradient, other) == novel(update, gradient, steps)


def test_what_is_new_keeps_its_worth():
    assert novel([0, 5, 0, 0, 0], [7, 3, 0, 0, 0], [[1, 0, 0, 0, 0]]) == 15


def test_without_steps_nothing_is_taken():
    assert novel([1, 2, 3, 4, 5], [5, 4, 3, 2, 1], []) == 35
    assert project_off(np.array([1, 2]), []).scale == 1


def test_steps_at_the_bounds_of_parameters_are_projected_exactly():
    """Differences of 2**31 and gradients of 2**40 over 2,000 parameters: far beyond 64 bits."""
    random = np.random.default_rng(6)
    step = random.integers(-(2**31), 2**31, 2_000)
    gradient = random.integers(-(2**40), 2**40, 2_000)
    update = random.integers(-(2**26), 2**26, 2_000)
    projection = project_off(gradient, [step])
    s, g, x = step.tolist(), gradient.tolist(), update.tolist()
    along = Fraction(sum(a * b for a, b in zip(s, g, strict=True)), sum(a * a for a in s))
    expected = sum(a * b for a, b in zip(x, g, strict=True)) - along * sum(a * b for a, b in zip(x, s, strict=True))
    (found,) = projection.novel(update[None, :], exact_dots(update[None, :], gradient))
    assert Fraction(found, projection.scale) == expected


@pytest.mark.parametrize("count", [0, 1, 2, 4])
def test_public_steps_are_what_changed_between_versions(count):
    versions = [np.array([i * i, -i]) for i in range(count)]
    assert [step.tolist() for step in public_steps(versions)] == [[2 * i + 1, -1] for i in range(count - 1)]
