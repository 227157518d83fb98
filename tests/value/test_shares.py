"""Shares sum exactly, and nobody is paid while in debt."""

from hypothesis import given
from hypothesis import strategies as st

from andel.units import BaseUnits
from andel.value.shares import merits, score_by_device, split_reward
from tests.support.worlds import Sensor

scores = st.integers(-(2**60), 2**60)
DEVICES = [Sensor("shares", str(i)).address for i in range(4)]


@given(st.integers(0, 10**27), st.lists(st.integers(0, 2**60), max_size=12))
def test_shares_sum_to_the_amount_exactly(amount, merit):
    parts = split_reward(BaseUnits(amount), merit)
    assert sum(parts) == (amount if any(merit) else 0)
    assert all(part == 0 for part, worth in zip(parts, merit, strict=True) if worth == 0)


@given(st.integers(0, 10**27), st.lists(st.integers(0, 2**60), min_size=1, max_size=12))
def test_a_share_is_its_proportion_to_within_one_base_unit(amount, merit):
    total = sum(merit) or 1
    for part, worth in zip(split_reward(BaseUnits(amount), merit), merit, strict=True):
        assert abs(part * total - amount * worth) < total


@given(st.lists(st.tuples(scores, scores), max_size=10))
def test_merit_is_the_part_of_a_score_above_the_debt(pairs):
    gained, before = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for merit, score, owed in zip(merits(gained, before), gained, before, strict=True):
        assert 0 <= merit <= max(score, 0)
        if owed + score <= 0 or score <= 0:
            assert merit == 0, "no payment while in debt"
        else:
            assert merit == score + min(owed, 0)


@given(st.lists(scores, min_size=1, max_size=20))
def test_over_many_rounds_merit_is_what_rises_above_everything_owed(gained):
    """From nothing, all merit together is the highest the sum ever stood, or more where it fell from a credit."""
    total = paid = highest = 0
    for score in gained:
        paid += merits([score], [total])[0]
        total += score
        highest = max(highest, total)
    assert paid >= highest
    if all(score >= 0 for score in gained):
        assert paid == total


@given(scores, st.lists(st.integers(1, 24), min_size=1, max_size=4))
def test_a_score_over_devices_sums_exactly_and_keeps_its_sign(score, slots):
    by_device = score_by_device(score, dict(zip(DEVICES, slots, strict=False)))
    assert sum(by_device.values()) == score
    assert all(part * score >= 0 for part in by_device.values())
    for device, count in zip(DEVICES, slots, strict=False):
        assert abs(by_device[device] * sum(slots) - score * count) < sum(slots)


@given(scores, st.permutations([(device, count) for device, count in zip(DEVICES, (1, 2, 3, 3), strict=True)]))
def test_the_order_of_devices_cannot_matter(score, items):
    assert score_by_device(score, dict(items)) == score_by_device(score, dict(sorted(items)))
