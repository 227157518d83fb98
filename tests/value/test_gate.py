"""The gate drops clear harm without credit and whoever owes much, by weight and not by heads, and nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.value.gate import gate
from tests.value import plain_value

# seven alike, and one whose update harms
DOTS = [90, 95, 100, 100, 105, 110, 120, -400]
ONES = [1] * 8
NOTHING = [0] * 8

values = st.integers(-(2**70), 2**70)
sets = st.lists(st.tuples(values, st.integers(1, 10**6), values), min_size=1, max_size=12)


def dropped(dots=DOTS, weights=ONES, credits=NOTHING, mads=4):
    """The numbers of those dropped."""
    verdict = gate(dots, weights, credits, mads)
    return [i for i, drop in enumerate(verdict.dropped) if drop]


@given(sets, st.integers(0, 100))
def test_the_verdict_is_that_of_plain_integers(given_, mads):
    dots, weights, credits = (list(column) for column in zip(*given_, strict=True))
    assert list(gate(dots, weights, credits, mads).dropped) == plain_value.gated(dots, weights, credits, mads)


@given(sets, st.integers(0, 10), st.randoms(use_true_random=False))
def test_the_order_of_updates_cannot_matter(given_, mads, random):
    shuffled = list(given_)
    random.shuffle(shuffled)

    def found(items):
        dots, weights, credits = zip(*items, strict=True)
        return sorted(zip(items, gate(dots, weights, credits, mads).dropped, strict=True))

    assert found(given_) == found(shuffled)


def test_harm_far_from_the_rest_is_dropped():
    assert dropped() == [7]


def test_a_gate_that_is_off_drops_nobody():
    assert dropped(mads=0) == []


def test_what_is_only_worth_less_is_never_dropped():
    """However far under the median: who does no harm stays in."""
    assert dropped([*DOTS[:7], 1]) == []
    assert dropped([*DOTS[:7], 0]) == []


def test_a_little_harm_within_the_spread_is_not_dropped():
    assert dropped([-5, 20, 40, 60, 80, 100, 120, -10], mads=4) == []


def test_harm_that_a_credit_outweighs_is_not_dropped():
    """A bad round of somebody who did more good before is a bad round."""
    assert dropped(credits=[0] * 7 + [50]) == []
    assert dropped(credits=[0] * 7 + [49]) == [7]
    assert dropped(credits=[0] * 7 + [-1]) == [7]


def test_a_little_harm_beside_what_the_others_have_to_their_credit_is_not_dropped():
    """Late in the learning: everybody has a record of 900 a unit of weight, and harm of 400 is less than half of it."""
    assert dropped(credits=[900 // 8] * 7 + [0]) == []
    assert dropped(credits=[800 // 8] * 7 + [0]) == []
    assert dropped(credits=[792 // 8] * 7 + [0]) == [7]
    assert dropped(credits=[900 // 8] * 7 + [-10]) == [7], "with a debt of 80 it is more than half"


def test_a_round_of_debtors_is_judged_as_one_without_a_record():
    assert dropped(credits=[-5] * 8) == [7]


def test_names_do_not_move_the_median_but_weight_does():
    """Ten names with a tenth of the weight each stand where one name stood."""
    split = gate(DOTS[:7] + [-400] * 10, [10] * 7 + [1] * 10, [0] * 17, 4)
    whole = gate(DOTS, [10] * 8, NOTHING, 4)
    assert (split.median, split.deviation) == (whole.median, whole.deviation)
    assert list(split.dropped) == [False] * 7 + [True] * 10
    heavy = gate(DOTS, [1] * 7 + [9], NOTHING, 4)
    assert heavy.median == -400 and not any(heavy.dropped)


@given(sets, st.integers(1, 10))
def test_who_is_dropped_did_harm_and_whoever_stands_at_the_median_stays(given_, mads):
    dots, weights, credits = zip(*given_, strict=True)
    verdict = gate(dots, weights, credits, mads)
    for dot, record, drop in zip(dots, verdict.records, verdict.dropped, strict=True):
        if drop:
            assert (dot < 0 and record + dot < 0) or record < 0 < verdict.record
        if dot >= verdict.median and record >= 0:
            assert not drop
    assert not all(verdict.dropped)


def test_whoever_owes_more_than_half_of_what_the_median_has_is_dropped_whatever_it_sends():
    credits = [100] * 7
    for harmless in (-400, -1, 0, 100, 10_000):
        assert dropped([*DOTS[:7], harmless], credits=[*credits, -51]) == [7]
    assert dropped([*DOTS[:7], 100], credits=[*credits, -50]) == []
    assert dropped([*DOTS[:7], 100], credits=[*credits, -51], mads=0) == []


def test_a_debt_is_of_the_weight_that_owes_it():
    """Ten names that share a debt owe a unit of weight what one name owes."""
    whole = gate(DOTS, [10] * 8, [1_000] * 7 + [-510], 4)
    split = gate(DOTS[:7] + [-400] * 10, [10] * 7 + [1] * 10, [1_000] * 7 + [-51] * 10, 4)
    assert list(whole.dropped) == [False] * 7 + [True] and list(split.dropped) == [False] * 7 + [True] * 10


def test_debts_drop_nobody_where_the_median_has_no_credit():
    calm = [90, 95, 100, 100, 105, 110, 120, 80]
    assert dropped(calm, credits=[-5] * 7 + [-500]) == []
    assert dropped(calm, credits=[0] * 7 + [-500]) == []
    assert dropped(calm, credits=[1] * 4 + [-500] * 4) == [], "half of the weight owes"


@pytest.mark.parametrize("zeros", [1, 8, 100])
def test_any_number_of_zero_updates_makes_nobody_an_outlier(zeros):
    honest = [-5, 20, 40, 60, 80, 100, 120, -10]
    assert dropped(honest + [0] * zeros, [1] * (8 + zeros), [0] * (8 + zeros)) == dropped(honest)


def test_a_round_of_zero_updates_alone_passes():
    assert dropped([0] * 8) == []
