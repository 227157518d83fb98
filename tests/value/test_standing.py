"""A device's standing: failing costs more than claiming too much can bring, however often it is tried."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.value.standing import (
    CLEAN,
    HALVED_ROUNDS,
    MAX_FAILURES,
    PROOF_ROUNDS_PER_DRAW,
    QUARANTINE_ROUNDS,
    Standing,
    proof_holds,
)


def best_play(true, claimed, draws, rounds, ceiling=True):
    """The most slots that anybody can expect over so many rounds who may claim `claimed` slots with `true` readings.

    Every round the best of: commit honestly; use a false set that passed; try a false set, which passes when no draw
    asks for a slot without a reading.
    """
    passes = (true / claimed) ** draws

    @cache
    def most(number: int, standing: Standing, proven: int) -> float:
        if number > rounds:
            return 0.0
        honest = standing.counted(true, number) + most(number + 1, standing, proven)
        false = standing.counted(claimed, number)
        used = -1.0
        if proven and proof_holds(proven, number, draws):
            used = false + most(number + 1, standing, proven)
        failed = standing.after_failure(number) if ceiling else standing
        passed = false + most(number + 1, standing.after_proof(number), number)
        tried = passes * passed + (1 - passes) * most(number + 1, failed, 0)
        return float(max(honest, used, tried))

    return float(most(1, CLEAN, 0))


@pytest.mark.parametrize(("draws", "rounds"), [(2, 20), (3, 22), (5, 26)])
@pytest.mark.parametrize(("true", "claimed"), [(1_000, 1_002), (1_000, 1_200), (100, 200)])
def test_no_strategy_of_trying_again_brings_more_than_honesty(draws, rounds, true, claimed):
    assert best_play(true, claimed, draws, rounds) <= true * rounds * (1 + 1e-12)


def test_without_the_ceiling_trying_again_would_pay():
    assert best_play(1_000, 1_200, 5, 26, ceiling=False) > 1_000 * 26 * 1.05


@given(st.integers(2, 200), st.integers(1, 10_000), st.integers(1, 10_000))
def test_one_try_loses_more_than_it_can_gain_at_any_share(draws, true, false):
    """The argument behind the constants: gain * P(pass) <= loss * P(fail), for the shortest ceiling there is."""
    claimed = true + false
    passes, rounds = (true / claimed) ** draws, PROOF_ROUNDS_PER_DRAW * draws
    gain = passes * false * rounds
    loss = (1 - passes) * true * (1 + HALVED_ROUNDS) / 2  # capped already: half of this round, half of eight more
    assert gain <= loss * (1 + 1e-9)


def test_a_failure_halves_and_the_next_ones_double_the_time():
    first = CLEAN.after_failure(10)
    assert (first.failures, first.halved_until) == (1, 10 + HALVED_ROUNDS)
    assert first.counted(25, 18) == 12 and first.counted(25, 19) == 25
    second = first.after_failure(12)
    assert second.halved_until == first.halved_until + 2 * HALVED_ROUNDS, "added to what is left"
    assert first.after_failure(30).halved_until == 30 + 2 * HALVED_ROUNDS


def test_clean_proofs_live_failures_down_one_by_one_once_the_ceiling_is_over():
    standing = CLEAN.after_failure(1).after_failure(2)
    assert standing.after_proof(20) == standing, "not while it lasts"
    recovered = standing.after_proof(26).after_proof(27)
    assert recovered.failures == 0 and recovered.is_forgotten(27)
    assert not standing.after_proof(26).is_forgotten(26)
    assert recovered.after_proof(28) == recovered


def test_quarantine_counts_nothing_and_does_not_end_early():
    standing = CLEAN.after_conflict(5)
    assert [standing.counted(24, number) for number in (5, 5 + QUARANTINE_ROUNDS, 6 + QUARANTINE_ROUNDS)] == [0, 0, 24]
    assert standing.after_conflict(3) == standing
    assert not standing.is_forgotten(5 + QUARANTINE_ROUNDS - 1) and standing.is_forgotten(5 + QUARANTINE_ROUNDS)


@given(st.lists(st.sampled_from(["after_failure", "after_proof", "after_conflict"]), max_size=40), st.integers(0, 50))
def test_whatever_happens_nothing_ever_counts_more_than_was_proven(events, slots):
    standing = CLEAN
    for number, event in enumerate(events, start=1):
        standing = getattr(standing, event)(number)
        assert 0 <= standing.failures <= MAX_FAILURES
        assert 0 <= standing.counted(slots, number + 1) <= slots


def test_a_proof_holds_for_four_rounds_a_draw():
    assert proof_holds(1, 361, 90) and not proof_holds(1, 362, 90)
