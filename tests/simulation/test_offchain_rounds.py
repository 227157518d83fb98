"""Rounds without a chain are the same learning and the same `settle`: they repeat, move on, and take any update."""

from dataclasses import replace

import numpy as np
import pytest

from andel.errors import InputError
from andel.keys import AccountKey, derive_secret
from andel.simulation.offchain_rounds import BUDGET, found_offchain, seasonal, sent_by
from andel.simulation.participants import Kind
from andel.training.rules import ValueRules
from andel.training.updates import MAX_UPDATE
from tests.support.reports import report_bytes
from tests.support.small_run import climate, pebble_scenario

SCENARIO = pebble_scenario()


def kinds(rounds):
    return {member.address: member.participant.kind for member in rounds.members}


@pytest.fixture(scope="module")
def played():
    """Three rounds."""
    rounds = found_offchain(SCENARIO, b"offchain")
    for _ in range(3):
        rounds.play()
    return rounds


def test_the_model_learns_and_only_the_honest_are_paid(played):
    before = found_offchain(SCENARIO, b"offchain").errors()
    assert played.errors().mae < before.mae
    assert [report.round for report in played.reports] == [1, 2, 3]
    kind_of = kinds(played)
    earned = played.history.earned
    assert earned and all(kind_of[account] is Kind.HONEST for account in earned)
    assert played.reports[0].minted == BUDGET * 9 // 10
    assert sum(earned.values()) == sum(report.minted for report in played.reports)


def test_whoever_measures_nothing_is_no_member(played):
    assert Kind.REPLAYER not in kinds(played).values()
    assert {Kind.RIDER, Kind.POISONER, Kind.HONEST} == set(kinds(played).values())


def test_the_same_scenario_and_seed_give_the_same_bytes(played):
    again = found_offchain(SCENARIO, b"offchain")
    for report in played.reports:
        assert report_bytes(again.play()) == report_bytes(report)
    other = found_offchain(SCENARIO, b"another seed")
    assert report_bytes(other.play()) != report_bytes(played.reports[0])


def test_settling_does_not_move_the_model_and_playing_does():
    rounds = found_offchain(SCENARIO, b"offchain")
    updates = rounds.updates()
    first = rounds.settle(updates)
    assert rounds.plan.round == 1 and rounds.reports == []
    assert report_bytes(rounds.settle(dict(reversed(updates.items())))) == report_bytes(first)
    assert report_bytes(rounds.play(updates)) == report_bytes(first)
    assert (rounds.plan.round, rounds.plan.state) == (2, first.history.hash)


def test_a_member_that_sends_nothing_is_told_so_and_any_update_is_taken():
    rounds = found_offchain(SCENARIO, b"offchain")
    silent, loud = rounds.members[:2]
    updates = rounds.updates() | {loud.address: np.full_like(rounds.trained(loud), 1 << 20)}
    del updates[silent.address]
    lines = {line.contributor: line for line in rounds.play(updates).contributors}
    assert lines[silent.address].reason == "no update"
    assert lines[loud.address].weight == loud.slots > 0


def test_an_update_beyond_the_bounds_is_refused_before_it_is_signed():
    rounds = found_offchain(SCENARIO, b"offchain")
    with pytest.raises(InputError):
        rounds.settle({rounds.members[0].address: np.full_like(rounds.trained(rounds.members[0]), MAX_UPDATE + 1)})


def test_training_on_other_rows_gives_another_update():
    rounds = found_offchain(SCENARIO, b"offchain")
    member = rounds.members[0]
    honest = rounds.trained(member)
    assert np.array_equal(honest, rounds.trained(member, member.codes, member.change))
    assert not np.array_equal(honest, rounds.trained(member, change=-member.change))


def test_a_weight_that_a_member_names_is_signed_and_counts_nothing():
    rounds = found_offchain(SCENARIO, b"offchain")
    member, updates = rounds.members[0], rounds.updates()
    assert rounds.settle(updates, {member.address: 99_999}).contributors == rounds.settle(updates).contributors


def test_a_model_is_founded_anew_with_other_members():
    rounds = found_offchain(SCENARIO, b"offchain")
    few = rounds.founded_with(rounds.members[:2])
    few.play()
    assert {line.contributor for line in few.reports[0].contributors} == {m.address for m in rounds.members[:2]}
    assert rounds.reports == [] and len(rounds.members) > 2
    with pytest.raises(InputError, match="has played a round"):
        few.founded_with(rounds.members)


def test_of_two_names_on_one_device_only_the_first_has_entered_its_days():
    rounds = found_offchain(SCENARIO, b"offchain")
    first = rounds.members[0]
    second = replace(first, key=AccountKey(derive_secret(b"tests: second name")))
    both = rounds.founded_with((*rounds.members, second))
    alone, together = rounds.settle(rounds.updates()), both.settle(both.updates())
    lines = {line.contributor: line for line in together.contributors}
    assert (lines[second.address].weight, lines[second.address].share) == (0, 0)
    assert f"not entered by {second.address}" in lines[second.address].reason
    assert [line for line in together.contributors if line.contributor != second.address] == list(alone.contributors)


def test_rules_of_the_scenario_are_those_of_the_rounds():
    rounds = found_offchain(replace(SCENARIO, rules=ValueRules(gate_mads=0, round_share_bps=10_000)), b"offchain")
    assert rounds.task.rules == rounds.plan.rules.hash.hex()
    assert all(report.budget.paid in (0, report.budget.whole) for report in (rounds.play(), rounds.play()))


def test_owners_of_a_season_hold_weeks_in_a_row_and_as_many_as_before():
    dealt = seasonal(SCENARIO)
    weeks = sorted(SCENARIO.training_weeks)
    for before, after in zip(SCENARIO.participants, dealt.participants, strict=True):
        places = [weeks.index(week) for week in sorted(after.weeks)]
        assert places == list(range(places[0], places[0] + len(places))) if places else not before.weeks
        assert len(after.weeks) <= len(before.weeks)
        assert replace(after, weeks=before.weeks) == before
    by_site = [[p.weeks for p in dealt.participants if p.site == site and p.weeks] for site in range(2)]
    assert all(sum(map(len, held)) == len(frozenset().union(*held)) for held in by_site)
    assert len(climate().series) == 2


@pytest.mark.parametrize(("kind", "times"), [(Kind.HONEST, 1), (Kind.RIDER, 0), (Kind.POISONER, -3)])
def test_a_kind_sends_what_its_mod_sends(kind, times):
    honest = np.array([5, -7, MAX_UPDATE])
    assert sent_by(kind, honest).tolist() == [5 * times, -7 * times, max(times * MAX_UPDATE, -MAX_UPDATE)]
