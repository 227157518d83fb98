"""A schedule's accrual, period by period, is the sum of its seconds."""

import hypothesis.strategies as st
from hypothesis import given

from andel.value.emission import EmissionSchedule


@given(
    st.integers(1, 300),
    st.integers(1, 10**5),
    st.integers(0, 60),
    st.integers(0, 300),
    st.integers(0, 500),
)
def test_accrued_is_the_sum_of_its_seconds(rate, ceiling, period, tail, elapsed):
    schedule = EmissionSchedule(1_000, rate, ceiling, period, min(tail, rate) if period else 0)
    seconds = sum(schedule.rate_at(second) for second in range(1_000, 1_000 + elapsed))
    assert schedule.accrued(1_000 + elapsed) == min(ceiling, seconds)


def test_nothing_accrues_before_the_start():
    schedule = EmissionSchedule(1_000, 5, 100, 10)
    assert schedule.accrued(999) == schedule.rate_at(999) == 0


def test_a_rate_without_tail_halves_to_nothing():
    assert EmissionSchedule(0, 7, 10**9, 10).accrued(10**15) == 10 * (7 + 3 + 1)
