"""A round's pay: one part for any gain above the noise, the rest by the gain, and never more than the budget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.value.budget import round_budget
from tests.value import plain_value

amounts = st.integers(0, 10**30)
parts = st.integers(0, 10_000)
gains = st.integers(-(2**80), 2**80)
bests = st.integers(0, 2**80)


@given(amounts, parts, parts, gains, st.integers(0, 2**80), bests)
def test_it_is_that_of_plain_fractions_and_within_the_budget(budget, operators, fixed, gain, noise, best):
    found = round_budget(budget, operators, fixed, gain, noise, best)
    assert found.paid == plain_value.paid(budget, operators, fixed, gain, noise, best)
    assert 0 <= found.fixed <= found.paid <= found.whole <= budget
    assert found.best == (max(best, gain) if gain > noise else best)


@given(amounts, parts, parts, st.integers(1, 2**80), bests, st.integers(0, 2**80))
def test_a_larger_gain_never_pays_less(budget, operators, fixed, gain, best, more):
    first = round_budget(budget, operators, fixed, gain, 0, best)
    assert round_budget(budget, operators, fixed, gain + more, 0, best).paid >= first.paid


def test_the_best_gain_so_far_pays_everything():
    assert round_budget(1_000, 1_000, 5_000, 70, 10, 0).paid == 900
    assert round_budget(1_000, 1_000, 5_000, 70, 10, 70).paid == 900
    assert round_budget(1_000, 1_000, 5_000, 71, 10, 70).best == 71


def test_half_the_best_gain_pays_the_fixed_part_and_half_of_the_rest():
    found = round_budget(1_000, 1_000, 5_000, 35, 10, 70)
    assert (found.whole, found.fixed, found.by_gain) == (900, 450, 225)


@pytest.mark.parametrize("gain", [-5, 0, 9, 10])
def test_a_gain_within_the_noise_pays_nothing_whatever_the_fixed_part(gain):
    found = round_budget(1_000, 0, 10_000, gain, 10, 7)
    assert (found.paid, found.best) == (0, 7)
