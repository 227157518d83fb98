"""Draws: even over leaves and over claimed slots, bounded, the same for everybody; and partial answers that join."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.data.batch import make_batch
from andel.data.draws import draw
from andel.data.openings import (
    held_object,
    is_whole,
    joined,
    make_openings,
    parse_held,
    parse_openings,
    reached,
    without,
)
from andel.errors import InputError
from andel.units import DAY_SECONDS
from tests.device.actors import account
from tests.support.opened_batches import HONEST, MIDNIGHT, OWNER, SEED, SENSOR


def test_every_last_leaf_and_the_leaf_before_each_drawn_one_is_asked_for():
    headers = [batch.header for batch in HONEST]
    drawn = set(draw(SEED, OWNER, headers, 8).leaves)
    assert {(i, h.count - 1) for i, h in enumerate(headers)} <= drawn
    for batch, leaf in drawn:
        alone = headers[batch].count == 1
        assert leaf == headers[batch].count - 1 or alone or {(batch, leaf - 1), (batch, leaf + 1)} & drawn


sizes_and_hours = st.lists(st.tuples(st.integers(24, 300), st.integers(1, 2**24 - 1)), max_size=6)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 60), sizes_and_hours)
def test_draws_are_sorted_bounded_and_the_same_again(seed, count, sizes):
    headers = [replace(HONEST[0].header, count=n, hours=hours, day=day) for day, (n, hours) in enumerate(sizes)]
    drawn = draw(seed, OWNER, headers, count)
    assert list(drawn.leaves) == sorted(set(drawn.leaves)) and list(drawn.slots) == sorted(set(drawn.slots))
    assert all(0 <= leaf < headers[batch].count for batch, leaf in drawn.leaves)
    assert all(1 <= slot <= headers[batch].slots for batch, slot in drawn.slots)
    assert len(drawn.leaves) <= 2 * count + len(sizes) and len(drawn.slots) <= count
    assert drawn == draw(seed, OWNER, headers, count)


def test_draws_differ_by_seed_and_contributor():
    headers = [replace(HONEST[0].header, count=10_000)]
    draws = [
        draw(SEED, OWNER, headers, 5),
        draw(bytes(32), OWNER, headers, 5),
        draw(SEED, account("other"), headers, 5),
    ]
    assert len({drawn.leaves for drawn in draws}) == 3 == len({drawn.slots for drawn in draws})


def test_draws_are_even_over_the_leaves_of_all_batches():
    headers = [replace(HONEST[0].header, count=size, hours=1, day=size) for size in (1, 30, 69)]
    hits: Counter[int] = Counter()
    for number in range(3_000):
        hits.update(
            batch
            for batch, leaf in draw(number.to_bytes(32, "big"), OWNER, headers, 1).leaves
            if leaf != headers[batch].count - 1
        )
    # each draw shows itself and the one before; the last leaves are always there and left out
    assert 0.36 < hits[1] / hits[2] < 0.50
    assert hits[0] <= 1


def test_every_claimed_slot_is_asked_for_as_often_whatever_batch_it_is_in():
    """A day of five hours among 300 leaves, a day of 24 hours in 24 leaves, one of one hour."""
    cases = [(300, 0b1111100000), (24, 2**24 - 1), (40, 1 << 9)]
    headers = [replace(HONEST[0].header, count=n, hours=hours, day=n) for n, hours in cases]
    tries = 6_000
    hits = Counter(draw(number.to_bytes(32, "big"), OWNER, headers, 1).slots[0] for number in range(tries))
    assert len(hits) == 30
    assert all(0.65 < hits[slot] * 30 / tries < 1.4 for slot in hits)


def test_where_each_leaf_has_its_own_hour_slots_cost_no_more_openings():
    headers = [replace(HONEST[0].header, day=day) for day in range(40)]
    drawn = draw(SEED, OWNER, headers, 90)
    assert {(batch, slot - 1) for batch, slot in drawn.slots} <= set(drawn.leaves)


def test_parts_of_an_answer_join_to_the_whole_and_of_each_leaf_the_first_counts():
    headers = [batch.header for batch in HONEST]
    drawn = draw(SEED, OWNER, headers, 30)
    whole = make_openings(SEED, OWNER, HONEST, 30)
    entries = parse_openings(whole, OWNER, headers, drawn)
    held = frozenset(sorted(entries)[::3])
    part = parse_openings(without(whole, held), OWNER, headers, drawn)
    first = {place: entries[place] for place in held}
    assert set(part) == set(entries) - held and not is_whole(part, drawn)
    assert joined(OWNER, [first, part], drawn) == (whole, dict(entries))
    spoilt = {place: replace(opening, packet=b"other") for place, opening in entries.items()}
    assert joined(OWNER, [first, spoilt, entries], drawn)[1] == {**spoilt, **first}
    assert parse_held(held_object(held)) == held and parse_held(b"") == frozenset()


@pytest.mark.parametrize(
    "data", [b"{}", b"[1]", b"[[1]]", b"[[1,2,3]]", b'[["1",2]]', b"[[true,2]]", b"[[1, 2]]", b"["]
)
def test_a_list_of_held_places_in_another_form_is_refused(data):
    with pytest.raises(InputError):
        parse_held(data)


@settings(max_examples=30)
@given(st.sets(st.integers(0, DAY_SECONDS - 1), min_size=1, max_size=60), st.integers(0, 12), st.data())
def test_a_slot_is_reached_by_one_leaf_and_an_answer_is_whole_only_with_all(seconds, count, data):
    times = [MIDNIGHT + second for second in sorted(seconds)]
    batch = make_batch([SENSOR.read(SENSOR.packet(time)) for time in times], SENSOR.public_key)
    drawn = draw(SEED, OWNER, [batch.header], count)
    entries = dict(parse_openings(make_openings(SEED, OWNER, [batch], count), OWNER, [batch.header], drawn))
    assert is_whole(entries, drawn)
    for (_, slot), (_, leaf) in reached(entries, drawn).items():
        assert times[leaf] // 3_600 % 24 == batch.header.slot_hours[slot - 1]
        assert leaf == 0 or times[leaf - 1] // 3_600 < times[leaf] // 3_600
    del entries[data.draw(st.sampled_from(sorted(entries)))]
    assert not is_whole(entries, drawn)
