"""Integer arithmetic: the rounding is the one in the name, and parts sum to the whole."""

from fractions import Fraction
from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from andel.fixed_point import div_nearest, mul_div_down, mul_div_up, split_exactly

numbers = st.integers(-(2**200), 2**200)
divisors = st.integers(1, 2**200)
weight_lists = st.lists(st.integers(0, 2**80), max_size=30)


@given(numbers, numbers, divisors)
def test_down_is_the_floor_and_up_is_the_ceiling(a, b, divisor):
    assert mul_div_down(a, b, divisor) == floor(Fraction(a * b, divisor))
    assert mul_div_up(a, b, divisor) == ceil(Fraction(a * b, divisor))


@given(numbers, divisors)
def test_nearest_is_within_a_half_and_takes_halves_upward(a, divisor):
    assert div_nearest(a, divisor) == floor(Fraction(a, divisor) + Fraction(1, 2))


@given(st.integers(0, 2**100), weight_lists)
def test_parts_sum_exactly_and_no_part_is_off_by_one(total, weights):
    parts = split_exactly(total, weights)
    assert len(parts) == len(weights)
    if sum(weights) == 0:
        assert not any(parts)
        return
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part - floor(Fraction(total * weight, sum(weights))) <= 1
        assert weight > 0 or part == 0


@given(st.integers(0, 2**60), weight_lists)
def test_more_weight_never_gets_less(total, weights):
    parts = split_exactly(total, weights)
    by_weight = sorted(zip(weights, parts, strict=True))
    for (low, less), (high, more) in zip(by_weight, by_weight[1:], strict=False):
        assert low == high or less <= more


@given(st.integers(0, 2**60), weight_lists, st.integers(1, 2**40))
def test_scaling_all_weights_changes_nothing(total, weights, factor):
    assert split_exactly(total, weights) == split_exactly(total, [weight * factor for weight in weights])


def test_ties_go_to_the_lower_index():
    assert split_exactly(5, [1, 1, 1]) == [2, 2, 1]
    assert split_exactly(1, [0, 1, 1]) == [0, 1, 0]
