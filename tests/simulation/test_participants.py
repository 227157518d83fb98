"""Casting: weeks are dealt in turn, special owners are who they should be, and labels decide nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import SettingsError
from andel.simulation.participants import Casting, Kind, cast

SITES = ("north", "south", "west")
WEEKS = {site: [201_301 + week for week in range(20)] for site in range(3)}


def kinds(participants):
    """How many of each kind."""
    return {kind: sum(p.kind == kind for p in participants) for kind in Kind}


def test_the_weathers_cast_is_twelve_honest_and_three_dishonest_ones():
    participants = cast(SITES, WEEKS, Casting(owners_per_site=4, quarter=2, noisy=6, noise=300))
    assert kinds(participants) == {Kind.HONEST: 12, Kind.RIDER: 1, Kind.POISONER: 1, Kind.REPLAYER: 1}
    assert [p.number for p in participants] == list(range(15))
    assert len({p.name for p in participants}) == 15
    noisy = [p for p in participants if p.noise]
    assert [(p.name, p.noise) for p in noisy] == [("south-3", 300)]
    quarter = next(p for p in participants if p.name == "north-3")
    others = [len(p.weeks) for p in participants if p.kind == Kind.HONEST and p.site == 0 and p is not quarter]
    assert len(quarter.weeks) == 1 and set(others) == {4}


def test_rider_and_poisoner_have_weeks_of_their_own_and_the_replayer_measures_nothing():
    participants = cast(SITES, WEEKS, Casting(owners_per_site=4))
    by_kind = {p.kind: p for p in participants if p.kind != Kind.HONEST}
    assert (by_kind[Kind.RIDER].site, by_kind[Kind.POISONER].site) == (0, 1)
    assert by_kind[Kind.RIDER].weeks and by_kind[Kind.POISONER].weeks
    assert by_kind[Kind.REPLAYER].weeks == frozenset()
    assert participants[-1].kind == Kind.REPLAYER  # somebody must have sent packets before it


def test_an_honest_cast_has_nobody_else():
    assert kinds(cast(SITES, WEEKS, Casting(owners_per_site=2, dishonest=False)))[Kind.HONEST] == 6


def test_one_site_has_all_three_dishonest_ones():
    participants = cast(("only",), {0: WEEKS[0]}, Casting(owners_per_site=1))
    assert [p.name for p in participants] == ["only-1", "rider", "poisoner", "replayer"]


@given(owners=st.integers(1, 8), weeks=st.integers(10, 50), dishonest=st.booleans())
def test_every_week_of_a_site_belongs_to_exactly_one_of_its_owners(owners, weeks, dishonest):
    dealt = {site: list(range(weeks)) for site in range(2)}
    participants = cast(("a", "b"), dealt, Casting(owners, dishonest))
    for site in range(2):
        held = [week for p in participants if p.site == site for week in p.weeks]
        assert sorted(held) == dealt[site]


def test_a_site_with_fewer_weeks_than_owners_is_refused_by_name():
    with pytest.raises(SettingsError, match="south has 3 training weeks for 5 owners") as refused:
        cast(SITES, {**WEEKS, 1: [1, 2, 3]}, Casting(owners_per_site=4))
    assert refused.value.hint == "use fewer --owners"
