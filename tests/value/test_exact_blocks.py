"""Sums over many updates are those of Python integers, whatever the type, the block and the threads."""

from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.training.updates import MAX_UPDATE
from andel.value import exact_blocks as module
from andel.value.exact_blocks import clipped_sum, largest, lengths, scaled
from tests.value import plain_value

values = st.one_of(st.integers(-MAX_UPDATE, MAX_UPDATE), st.sampled_from([0, 1, -1, MAX_UPDATE, -MAX_UPDATE]))
sets = st.integers(1, 6).flatmap(
    lambda columns: st.lists(
        st.tuples(st.lists(values, min_size=columns, max_size=columns), st.integers(1, 10**6)), min_size=1, max_size=9
    )
)
kinds = st.sampled_from([np.int32, np.int64])


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a row or two, and threads for anything."""
    monkeypatch.setattr(module, "_BLOCK_VALUES", 8)
    monkeypatch.setattr(module, "_THREADED_VALUES", 0)


def check_against_plain_integers(pairs, kind, limit):
    """Lengths, clipped updates and their sum, each a second time in Python's integers."""
    rows, weights = zip(*pairs, strict=True)
    updates = np.array(rows, kind)
    long = lengths(updates)
    assert long == [isqrt(sum(value * value for value in row)) for row in rows]
    kept, total = clipped_sum(updates, weights, long, limit)
    expected = [
        [plain_value.nearest(Fraction(value * limit, size)) for value in row] if size > limit else row
        for row, size in zip(rows, long, strict=True)
    ]
    assert kept.tolist() == expected and kept.dtype == kind
    assert total.tolist() == [
        sum(w * v for w, v in zip(weights, column, strict=True)) for column in np.transpose(expected).tolist()
    ]
    assert total.dtype == np.int64
    assert np.array_equal(updates, np.array(rows))
    given_away = updates.copy()
    again, same = clipped_sum(given_away, weights, long, limit, in_place=True)
    assert again is given_away and np.array_equal(again, kept) and np.array_equal(same, total)


@given(sets, kinds, st.integers(0, 2**27))
def test_lengths_clips_and_sums_are_those_of_plain_integers(pairs, kind, limit):
    check_against_plain_integers(pairs, kind, limit)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("seed", range(20))
def test_neither_the_size_of_a_block_nor_threads_change_anything(seed):
    random = np.random.default_rng(seed)
    rows = random.integers(-MAX_UPDATE, MAX_UPDATE, (int(random.integers(1, 12)), int(random.integers(1, 7))))
    pairs = [(row, int(random.integers(1, 10**6))) for row in rows.tolist()]
    for kind in (np.int32, np.int64):
        check_against_plain_integers(pairs, kind, int(random.integers(0, MAX_UPDATE)))


def test_weights_too_large_for_float64_are_added_in_integers():
    check_against_plain_integers([([MAX_UPDATE, -1], 2**33 + 1), ([MAX_UPDATE - 1, 3], 2**33 - 1)], np.int64, 2**30)


@given(st.integers(1, 2**20), st.lists(values, min_size=1, max_size=6))
def test_exact_ties_go_upward(half, row):
    """Half of an odd value is a tie that float64 alone must not decide."""
    update = np.array([row])
    kept, _ = clipped_sum(update, [1], [2 * half], half)
    assert kept.tolist() == [[(value + 1) // 2 for value in row]]


@given(st.integers(-MAX_UPDATE, MAX_UPDATE), st.integers(2, 2**37), st.data())
def test_a_quotient_next_to_a_tie_is_rounded_as_integers_round_it(value, length, data):
    limit = data.draw(st.integers(max(length // 2 - 2, 0), min(length // 2 + 2, length - 1)))
    kept, _ = clipped_sum(np.array([[value]]), [1], [length], limit)
    assert kept.tolist() == [scaled(np.array([value]), length, limit).tolist()]
    assert kept.tolist() == [[plain_value.nearest(Fraction(value * limit, length))]]


def test_updates_that_nobody_has_to_shorten_are_not_copied():
    updates = np.array([[3, 4], [1, 0]], np.int32)
    assert clipped_sum(updates, [1, 1], [5, 1], 5)[0] is updates


@pytest.mark.parametrize(("given_values", "expected"), [([], 0), ([-5, 3], 5), ([2, -1], 2)])
def test_the_largest_magnitude(given_values, expected):
    assert largest(np.array(given_values, np.int64)) == expected
