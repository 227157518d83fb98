"""Aggregation is a function of the set of updates: exact, order-free, with no one update leading."""

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError
from andel.training.updates import MAX_UPDATE
from andel.value import aggregate as module
from andel.value import exact_blocks as blocks_module
from andel.value.aggregate import Aggregate, aggregate, stepped
from andel.value.clip import clip_to, norm, norm_limit, weighted_median
from tests.support.flower_strategies import FedMedian, aggregated_by_flower
from tests.value import plain_value

values = st.one_of(st.integers(-MAX_UPDATE, MAX_UPDATE), st.sampled_from([0, 1, -1, MAX_UPDATE, -MAX_UPDATE]))
vectors = st.lists(values, min_size=5, max_size=5)
sets = st.lists(st.tuples(vectors, st.integers(1, 10**6)), min_size=1, max_size=8)


@dataclass(frozen=True)
class Clipped:
    """A set as it was clipped and added."""

    updates: np.ndarray
    norm_limit: int
    total: np.ndarray
    weight_sum: int


def clipped_and_added(updates, weights, clip="weighted-median"):
    """Clip and sum of a set."""
    lengths = [norm(update) for update in updates]
    limit = norm_limit(lengths, weights, clip)
    short = np.stack([clip_to(update, length, limit) for update, length in zip(updates, lengths, strict=True)])
    summed = aggregate(short, weights, "none")
    return Clipped(short, limit, summed.total, summed.weight_sum)


def aggregated(pairs):
    """The same of (update, weight) pairs."""
    updates, weights = zip(*pairs, strict=True)
    return clipped_and_added(np.array(updates, np.int64), weights)


@given(sets, st.randoms(use_true_random=False))
def test_the_order_of_updates_cannot_matter(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    first, second = aggregated(pairs), aggregated(shuffled)
    assert first.total.tobytes() == second.total.tobytes()
    assert (first.weight_sum, first.norm_limit) == (second.weight_sum, second.norm_limit)
    clipped = [
        sorted(zip(map(tuple, a.updates.tolist()), given, strict=True))
        for a, given in ((first, [weight for _, weight in pairs]), (second, [weight for _, weight in shuffled]))
    ]
    assert clipped[0] == clipped[1]


@given(sets)
def test_the_aggregate_is_that_of_plain_integers(pairs):
    found = aggregated(pairs)
    updates, weights = zip(*pairs, strict=True)
    short, limit = plain_value.clipped(updates, weights)
    assert found.updates.tolist() == short and found.norm_limit == limit
    assert found.total.tolist() == [
        sum(w * u[i] for u, w in zip(short, weights, strict=True)) for i in range(len(updates[0]))
    ]


@given(sets, st.integers(2, 5))
def test_splitting_one_update_between_names_changes_nothing(pairs, names):
    (update, weight), *others = pairs
    whole = aggregated([(update, weight * names), *others])
    split = aggregated([(update, weight)] * names + others)
    assert whole.total.tobytes() == split.total.tobytes()
    assert (whole.weight_sum, whole.norm_limit) == (split.weight_sum, split.norm_limit)


@given(st.lists(values, min_size=1, max_size=40))
def test_the_length_is_exact(update):
    assert norm(np.array(update, np.int64)) == isqrt(sum(value * value for value in update))


def test_the_length_is_exact_for_many_large_values():
    update = np.full(300_000, -MAX_UPDATE, np.int64)
    assert norm(update) == isqrt(300_000 * MAX_UPDATE**2)


@pytest.mark.parametrize(
    ("pairs", "median"),
    [
        ([(5, 1)], 5),
        ([(1, 1), (2, 1)], 1),
        ([(1, 1), (2, 1), (3, 1)], 2),
        ([(1, 1), (2, 1), (9, 2)], 2),
        ([(1, 1), (2, 1), (9, 3)], 9),
        ([(9, 3), (2, 1), (1, 1)], 9),
        ([(4, 10), (4, 1), (7, 10)], 4),
        ([(0, 5), (100, 5)], 0),
    ],
)
def test_the_median_counts_weight_not_heads(pairs, median):
    assert weighted_median(*zip(*pairs, strict=True)) == median


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=1, max_size=12))
def test_the_median_holds_half_of_the_weight(pairs):
    found = weighted_median(*zip(*pairs, strict=True))
    total = sum(weight for _, weight in pairs)
    assert 2 * sum(weight for value, weight in pairs if value <= found) >= total
    assert 2 * sum(weight for value, weight in pairs if value < found) < total


@given(vectors, st.integers(0, 2**27))
def test_a_clipped_update_is_as_short_as_its_limit(update, limit):
    array = np.array(update, np.int64)
    found = clip_to(array, norm(array), limit)
    # each value is rounded by at most a half
    assert norm(found) <= max(limit, 0) + len(update) / 2 + 1
    if norm(array) <= limit:
        assert found is array


@given(vectors, st.integers(0, 2**27))
def test_the_wide_clip_equals_the_narrow_one(update, limit):
    array = np.array(update, np.int64)
    narrow = clip_to(array, norm(array), limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_module, "_EXACT_INT64", 0)
        assert np.array_equal(clip_to(array, norm(array), limit), narrow)
        assert clip_to(array, norm(array), limit).dtype == np.int64


steps = st.tuples(st.integers(0, 64), st.sampled_from([1, 2, 4]))


@given(st.lists(st.integers(-(2**40), 2**40), min_size=3, max_size=3), st.integers(1, 10**9), steps)
def test_the_wide_step_equals_the_narrow_one_and_fractions(total, weight_sum, times):
    before = np.array([0, 2**30, -(2**30)], np.int64)
    step = Aggregate(np.zeros((0, 3), np.int64), (), (), 0, np.array(total, np.int64), weight_sum)
    narrow = stepped(before, step, *times)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_EXACT_INT64", 0)
        assert np.array_equal(stepped(before, step, *times), narrow)
    fraction = Fraction(*times)
    assert narrow.tolist() == [
        b + plain_value.nearest(fraction * Fraction(t, weight_sum)) for b, t in zip(before.tolist(), total, strict=True)
    ]


def test_sums_near_the_end_of_int64_are_stepped_exactly():
    weights = [2**34, 2**34]
    step = aggregate(np.full((2, 3), MAX_UPDATE, np.int64), weights)
    assert step.total.tolist() == [2**61] * 3
    assert stepped(np.zeros(3, np.int64), step, 64, 4).tolist() == [16 * MAX_UPDATE] * 3
    assert stepped(np.zeros(3, np.int64), step, 3, 4).tolist() == [3 * MAX_UPDATE // 4] * 3


def test_a_set_whose_sum_would_leave_int64_is_refused():
    with pytest.raises(InputError, match="64-bit"):
        aggregate(np.full((2, 3), MAX_UPDATE, np.int64), [2**35, 2**35])


@pytest.mark.parametrize("weights", [[], [1], [1, 0], [1, -1], [1, 1, 1]])
def test_every_update_needs_one_positive_weight(weights):
    with pytest.raises(InputError, match="one positive weight"):
        aggregate(np.ones((2, 3), np.int64), weights)


def test_one_long_update_does_not_lead():
    honest = [[100, 0, 0], [90, 10, 0], [110, -10, 0]]
    found = clipped_and_added(np.array([*honest, [0, 0, MAX_UPDATE]]), [1, 1, 1, 1])
    assert found.updates[3].tolist() == [0, 0, found.norm_limit]
    assert found.norm_limit == 100


def test_zero_updates_do_not_clip_the_others_to_nothing_whatever_their_weight():
    found = clipped_and_added(np.array([[0, 0], [0, 0], [3, 4]]), [5, 5, 1])
    assert found.norm_limit == 5
    assert found.updates.tolist() == [[0, 0], [0, 0], [3, 4]]


def test_only_zero_updates_add_up_to_nothing():
    found = clipped_and_added(np.zeros((2, 3), np.int64), [1, 1])
    assert found.norm_limit == 0 and not found.total.any()


def test_updates_given_are_not_changed():
    updates = np.array([[1, 2], [300, 400]])
    kept = updates.copy()
    clipped_and_added(updates, [3, 1])
    assert np.array_equal(updates, kept)


def test_without_a_clip_every_update_counts_at_its_length():
    found = clipped_and_added(np.array([[3, 4], [300, 400]]), [1, 1], "none")
    assert found.norm_limit == 500
    assert found.updates.tolist() == [[3, 4], [300, 400]]


def test_of_an_odd_number_of_equal_weights_the_median_is_fed_medians():
    """Flower's FedMedian takes the same middle of every value, in floats."""
    random = np.random.default_rng(4)
    for count in (3, 7, 11):
        updates = random.integers(-(2**20), 2**20, (count, 9))
        median = [weighted_median(column, [24] * count) for column in updates.T.tolist()]
        assert median == aggregated_by_flower(FedMedian(), updates).tolist()
