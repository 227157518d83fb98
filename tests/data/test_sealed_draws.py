"""Openings outside open mode: at most a fifth of a batch over all rounds, the same leaves whoever asks, and when."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.data.batch import BatchHeader
from andel.data.opening_check import OpeningFault, OpeningRules, verify_drawn
from andel.data.openings import openings_object, show
from andel.data.sealed_draws import (
    LEAST_LEAVES,
    OVER_A_FIFTH,
    Asked,
    asked_object,
    check_answer,
    draw_apart,
    most_opened,
    parse_asked,
    refusal_object,
    refused_by,
)
from andel.data.shown_leaves import note_shown, shown_in_all, shown_of
from andel.data.store import EvidenceStore
from andel.errors import InputError, PlanError
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.units import Digest
from tests.support.worlds import FIRST_DAY, Sensor, batches_of

OWNER = AccountKey(derive_secret(b"sealed draws", "owner")).address
DEVICE = DeviceKey(derive_secret(b"sealed draws", "device"))
SEED, OTHER = sha256(b"sealed draws: a seed"), sha256(b"sealed draws: another seed")
SENSOR = Sensor("sealed draws", "sensor")
BATCHES = batches_of(SENSOR.days(range(FIRST_DAY, FIRST_DAY + 5)), [SENSOR])
HEADERS = [batch.header for batch in BATCHES]
RULES = OpeningRules((FIRST_DAY * 86_400, (FIRST_DAY + 30) * 86_400))
ALL = (Asked(1, SEED, tuple(range(5))),)


def header(count, hours, day=FIRST_DAY):
    return BatchHeader(DEVICE.address, DEVICE.public_key, day, sha256(b"root"), count, hours)


@st.composite
def days(draw):
    """(a header that can be checked, the leaf at which each of its slots is reached)."""
    count = draw(st.integers(LEAST_LEAVES, 200))
    slots = min(draw(st.integers(1, 24)), count)
    later = draw(st.permutations(range(1, count)).map(lambda order: sorted(order[: slots - 1])))
    return header(count, (1 << slots) - 1), [0, *later]


@settings(max_examples=200, deadline=None)
@given(days(), st.binary(min_size=32, max_size=32), st.integers(1, 200))
def test_at_most_a_fifth_is_opened_wherever_slots_lie_and_a_slot_and_the_last_leaf_are_among_it(day, seed, draws):
    one, reached = day
    drawn = draw_apart(OWNER, [one], [Asked(1, Digest(seed), (0,))], draws)
    opened = {leaf for _, leaf in drawn.leaves}
    opened |= {leaf for _, slot in drawn.slots for leaf in (reached[slot - 1], max(reached[slot - 1] - 1, 0))}
    assert len(opened) <= most_opened(one.count) <= one.count / 5
    assert one.count - 1 in opened and drawn.slots


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(1, 90))
def test_of_real_days_no_more_than_a_fifth_is_shown_and_it_proves_every_slot(seed, draws):
    asked = [Asked(1, Digest(seed), tuple(range(5)))]
    drawn = draw_apart(OWNER, HEADERS, asked, draws)
    shown = show(BATCHES, drawn)
    for index, one in enumerate(HEADERS):
        assert 1 <= sum(opening.batch == index for opening in shown) <= one.count // 5
    report = verify_drawn(openings_object(OWNER, shown), drawn, OWNER, HEADERS, RULES)
    assert report.weight == 5 * 24


def test_a_batch_is_drawn_the_same_with_others_or_alone_and_differently_under_another_seed():
    together = draw_apart(OWNER, HEADERS, ALL, 12)
    for index in range(5):
        alone = draw_apart(OWNER, HEADERS, [Asked(3, SEED, (index,))], 12)
        assert alone.slots == tuple(place for place in together.slots if place[0] == index)
        assert alone.leaves == tuple(place for place in together.leaves if place[0] == index)
    assert draw_apart(OWNER, HEADERS, [Asked(1, OTHER, tuple(range(5)))], 12) != together


def test_batches_that_nobody_asked_for_weigh_what_they_claim_and_a_bad_one_weighs_nothing():
    drawn = draw_apart(OWNER, HEADERS, [Asked(1, SEED, (1, 3))], 12)
    shown = show(BATCHES, drawn)
    assert {opening.batch for opening in shown} == {1, 3}
    kept = [opening for opening in shown if opening.place != drawn.leaves[0]]
    verdicts = verify_drawn(openings_object(OWNER, kept), drawn, OWNER, HEADERS, RULES).verdicts
    assert [verdict.weight for verdict in verdicts] == [24, 0, 24, 24, 24]
    assert verdicts[1].reason is OpeningFault.WITHHELD
    verdicts = verify_drawn(b"", drawn, OWNER, HEADERS, RULES).verdicts
    assert [verdict.reason for verdict in verdicts] == [
        None,
        OpeningFault.MALFORMED,
        None,
        OpeningFault.MALFORMED,
        None,
    ]


def test_a_question_is_read_back_and_a_senseless_one_refused():
    asked = (Asked(1, SEED, (0, 2)), Asked(4, OTHER, (1,)))
    assert parse_asked(asked_object(asked), 3) == asked
    with pytest.raises(InputError, match="not in the list"):
        parse_asked(asked_object(asked), 2)
    with pytest.raises(InputError, match="twice"):
        parse_asked(asked_object((*asked, Asked(5, SEED, (2,)))), 3)
    for hostile in (
        b"{}",
        b"[[1]]",
        b'[[0,"' + b"0" * 64 + b'",[0]]]',
        b'[[1,"00",[0]]]',
        b'[[1,"' + b"0" * 64 + b'",[1,0]]]',
    ):
        with pytest.raises(InputError):
            parse_asked(hostile, 3)


def test_an_answer_is_sealed_or_a_refusal_of_ones_own_and_never_plain():
    refusal = refusal_object(OWNER)
    assert refused_by(refusal, OWNER) == OVER_A_FIFTH and not refused_by(refusal, DEVICE.address)
    check_answer(refusal, OWNER)
    plain = openings_object(OWNER, show(BATCHES, draw_apart(OWNER, HEADERS, ALL, 2)))
    for other in (plain, b"", refusal_object(DEVICE.address)):
        with pytest.raises(InputError, match="not sealed"):
            check_answer(other, OWNER)


def test_what_was_shown_is_counted_over_restarts_and_more_than_a_fifth_is_refused_whole(tmp_path):
    url, day, other = f"sqlite:///{tmp_path / 'evidence.db'}", (OWNER, FIRST_DAY), (OWNER, FIRST_DAY + 1)
    counts = {day: 24, other: 24}
    note_shown(EvidenceStore(url), {day: [23, 3, 4]}, counts)
    store = EvidenceStore(url)
    note_shown(store, {day: [23, 3, 4], other: [23]}, counts)
    with pytest.raises(PlanError, match="5 of 24 leaves .* 4 are the most"):
        note_shown(store, {other: [1, 2], day: [7, 8]}, counts)
    assert shown_of(store, other) == {23}, "nothing of what is refused was noted"
    note_shown(store, {day: [7]}, counts)
    with pytest.raises(PlanError):
        note_shown(store, {day: [8]}, counts)
    assert shown_of(store, day) == {3, 4, 7, 23} and shown_in_all(store) == 5
