"""Noise: integers of the right spread, on an update no longer than stated, counted against what was accepted."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.training.accountant import loss_alone, loss_in_group, loss_of_rounds, statement
from andel.training.dp_noise import MAX_NOISY, discrete_gaussians, held_to, noised
from andel.training.privacy import IN_THE_OPEN, Privacy
from andel.training.updates import MAX_UPDATE

NOISY = Privacy("open", 0, 0, 1 << 22, 1_000, 5, 10)
GROUPED = Privacy("grouped", 4, 3, 1 << 22, 1_000, 5, 10)
values = st.lists(st.integers(-MAX_UPDATE, MAX_UPDATE), min_size=1, max_size=40).map(np.array)


def norm_squared(update):
    return sum(int(value) ** 2 for value in update)


@settings(max_examples=200)
@given(values, st.integers(1, 1 << 32))
def test_no_update_is_longer_than_it_is_held_to(update, limit):
    held = held_to(update, limit)
    assert norm_squared(held) <= limit**2
    assert (np.abs(held) <= np.abs(update)).all() and (held * update >= 0).all()
    if math.isqrt(norm_squared(update)) < limit:
        assert (held == update).all()


def test_without_noise_an_update_is_left_as_it_is():
    update = np.arange(5)
    assert noised(update, IN_THE_OPEN, lambda *_: pytest.fail("noise was drawn")) is update


def test_noise_is_added_to_the_shortened_update_and_held_within_bounds():
    update = np.full(16, 1 << 24)
    drawn = np.arange(16) << 26

    def sampler(deviation, count):
        assert (deviation, count) == (1 << 22, 16)
        return drawn

    assert (noised(update, NOISY, sampler) == (held_to(update, 1 << 22) + drawn).clip(-MAX_UPDATE, MAX_UPDATE)).all()
    assert (noised(update, GROUPED, sampler) == (held_to(update, 1 << 22) + drawn).clip(-MAX_NOISY, MAX_NOISY)).all()


def test_the_sampler_draws_integers_of_the_stated_spread():
    pytest.importorskip("opendp")
    drawn = discrete_gaussians(1 << 20, 4_000)
    assert drawn.dtype == np.int64 and len(set(drawn.tolist())) > 3_900
    assert abs(drawn.mean()) < 5 * (1 << 20) / math.sqrt(4_000)
    assert 0.93 < drawn.std() / (1 << 20) < 1.07
    assert len(set((drawn % 16).tolist())) == 16  # no low bit stands still


def test_the_told_loss_is_that_of_the_discrete_gaussian():
    """A cap from above by the textbook conversion of ρ, and from below by the exact one of the Gaussian."""
    pytest.importorskip("opendp")
    for releases in (1, 10):
        rho = releases * 2.0  # sensitivity two clip norms, deviation one
        textbook = rho + 2 * math.sqrt(rho * math.log(1e5))
        assert exact_gaussian(math.sqrt(1 / (2 * rho)), 1e-5) < loss_alone(NOISY, releases).epsilon < textbook


def test_a_group_of_like_weights_hides_as_its_members_noise_adds_up():
    pytest.importorskip("opendp")
    fourfold = Privacy("open", 0, 0, 1 << 22, 2_000, 5, 10)
    assert loss_in_group(NOISY, 10, 4).epsilon == loss_alone(fourfold, 10).epsilon
    assert loss_of_rounds(NOISY, [([7] * 4, 2)] * 10) == loss_in_group(NOISY, 10, 4)


def test_a_heavy_member_is_hidden_less_and_huge_weights_count_alone():
    pytest.importorskip("opendp")
    light, heavy = (loss_of_rounds(GROUPED, [([10, 10, 100], own)]).epsilon for own in (0, 2))
    assert light < heavy <= loss_alone(GROUPED, 1).epsilon
    huge = 1 << 19
    assert loss_of_rounds(GROUPED, [([huge] * 4, 0)]) == loss_alone(GROUPED, 1)


def test_without_noise_nothing_is_bounded_and_nothing_told_costs_nothing():
    assert loss_alone(IN_THE_OPEN, 1).epsilon == math.inf
    assert loss_in_group(IN_THE_OPEN, 1, 4).epsilon == math.inf
    assert loss_of_rounds(NOISY, []).epsilon == 0


def test_an_owner_is_told_who_sees_what_and_the_loss_of_all_updates():
    pytest.importorskip("opendp")
    assert statement(IN_THE_OPEN) == [
        "Everybody sees each of your updates, for ever.",
        "No noise is added: no bound (ε, δ) holds.",
    ]
    told = statement(GROUPED)
    assert "at least 3 contributors of a group of 4" in told[0]
    assert f"ε = {loss_alone(GROUPED, 1).epsilon:g} after one" in told[1]
    assert f"{loss_alone(GROUPED, 10).epsilon:g} after all 10" in told[1]
    assert f"ε = {loss_in_group(GROUPED, 10, 3).epsilon:g}" in told[2]


def exact_gaussian(multiplier, delta):
    """ε of the Gaussian mechanism at δ, by its exact curve (Balle and Wang 2018)."""

    def normal(x):
        return math.erfc(-x / math.sqrt(2)) / 2

    low, high = 0.0, 200.0
    for _ in range(100):
        epsilon = (low + high) / 2
        shift = epsilon * multiplier
        told = normal(0.5 / multiplier - shift) - math.exp(epsilon) * normal(-0.5 / multiplier - shift)
        low, high = (epsilon, high) if told > delta else (low, epsilon)
    return low
