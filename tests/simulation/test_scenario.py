"""Scenarios: which days train, score and report, how a table is scaled, and what makes a table unusable."""

from dataclasses import replace

import numpy as np
import pytest

from andel.data.features import week_of
from andel.errors import PlanError, SettingsError
from andel.simulation.participants import Kind
from andel.simulation.scenario import TableChoice, relabelled, table_scenario, weather_scenario
from andel.simulation.series import MISSING, ChannelSpec
from andel.units import DAY_SECONDS
from tests.support.small_run import START, climate, envelope_scenario

CHOICE = TableChoice(("temperature", "humidity"), "temperature", 3, 2, True)


def days_of(ranges):
    """All days of inclusive ranges."""
    return {day for first, last in ranges for day in range(first, last + 1)}


def weeks_of(ranges):
    """The numbers of the weeks that those days lie in."""
    return {int(week) % 100 for week in week_of(np.array(sorted(days_of(ranges))) * DAY_SECONDS)}


def changed(dataset, **columns):
    """The dataset with other values in a column, by a function of the old ones."""
    series = tuple(
        replace(s, values={**s.values, **{name: change(s.values[name].copy()) for name, change in columns.items()}})
        for s in dataset.series
    )
    return replace(dataset, series=series)


@pytest.mark.parametrize("make", [lambda d: weather_scenario(d, 3, 1), lambda d: table_scenario(d, CHOICE, 3, 1)])
def test_weeks_four_and_nine_are_the_founders_and_nobody_trains_on_them(make):
    scenario = make(climate(weeks=25))
    assert weeks_of(scenario.score) == {4, 14, 24}
    assert weeks_of(scenario.report) == {9, 19}
    assert weeks_of(scenario.trained) == set(range(1, 26)) - {4, 9, 14, 19, 24}
    held = {week for participant in scenario.participants for week in participant.weeks}
    assert not held & scenario.reference_weeks
    assert held == scenario.training_weeks
    assert {week % 100 for week in scenario.reference_weeks} == {4, 9, 14, 19, 24}


def test_the_accepted_time_is_the_datas_own():
    scenario = weather_scenario(climate(weeks=12), 3, 1)
    assert scenario.task.accepted_time == (START, START + 12 * 7 * DAY_SECONDS)


def test_the_weather_is_the_issues_task():
    task = weather_scenario(climate(), 12, 1).task
    assert (task.target, task.unit, task.exponent, task.horizon_seconds) == ("temperature", "degC", -2, 3 * 3_600)
    assert task.layers == (32,) and len(task.features) <= 16


def test_a_tables_scaling_comes_from_the_founders_weeks_alone():
    """Else a contributor's values would move what everybody's codes mean."""
    data = climate()
    inside = np.isin(week_of(data.series[0].timestamps) % 100 % 5, [4])
    wild = changed(data, temperature=lambda values: np.where(inside, values, values * 3))
    first, then = (table_scenario(dataset, CHOICE, 2, 1).task for dataset in (data, wild))
    assert first.features == then.features
    temperature = first.features[0]
    assert temperature.low < temperature.high


def test_another_seed_gives_another_first_version_and_nothing_else():
    first, then = (table_scenario(climate(), CHOICE, 2, seed) for seed in (1, 2))
    assert first.task.initial_seed != then.task.initial_seed
    assert replace(first.task, initial_seed="") == replace(then.task, initial_seed="")
    assert first.participants == then.participants


def test_a_constant_channel_still_has_a_range():
    flat = changed(climate(), humidity=lambda values: np.full_like(values, 5_000))
    humidity = table_scenario(flat, CHOICE, 2, 1).task.features[1]
    assert (humidity.low, humidity.high) == (5_000, 5_001)


def test_one_wild_value_does_not_stretch_the_range():
    def spike(values):
        values[3 * 7 * 24 + 5] = 10**9  # in week 4
        return values

    calm, wild = (
        table_scenario(d, CHOICE, 2, 1).task.features[1] for d in (climate(), changed(climate(), humidity=spike))
    )
    assert wild.high < 10**9 and wild.low == calm.low


def test_honest_runs_have_only_honest_participants():
    participants = table_scenario(climate(), replace(CHOICE, dishonest=False), 2, 1).participants
    assert {participant.kind for participant in participants} == {Kind.HONEST} and len(participants) == 4


def test_names_can_be_changed_and_nothing_else_changes():
    scenario = table_scenario(climate(), CHOICE, 2, 1)
    names = [participant.name for participant in scenario.participants]
    turned = relabelled(scenario, names[::-1])
    assert [participant.name for participant in turned.participants] == names[::-1]
    assert relabelled(turned, names) == scenario
    with pytest.raises(ValueError, match="zip"):
        relabelled(scenario, names[:-1])


UNUSABLE = {
    "no two rows of a device lie 5000 hours apart": lambda: (climate(), replace(CHOICE, horizon_hours=5_000)),
    "no week to report on": lambda: (climate(weeks=8), CHOICE),
    "temperature has no value in the founder's weeks": lambda: (climate(weeks=3), CHOICE),
    "humidity has no value in the founder's weeks": lambda: (
        changed(climate(), humidity=lambda values: np.full_like(values, MISSING)),
        CHOICE,
    ),
    "10 training weeks for 32 owners": lambda: (climate(), replace(CHOICE, owners_per_site=31)),
}


@pytest.mark.parametrize("says", UNUSABLE)
def test_a_table_that_cannot_serve_is_refused_with_a_hint(says):
    dataset, choice = UNUSABLE[says]()
    with pytest.raises(SettingsError, match=says) as refused:
        table_scenario(dataset, choice, 2, 1)
    assert refused.value.hint


def test_a_target_without_a_unit_gets_a_word_for_one():
    bare = replace(climate(), channels=tuple(ChannelSpec(c.name, "", c.exponent) for c in climate().channels))
    assert table_scenario(bare, CHOICE, 2, 1).task.unit == "units"


def test_a_column_of_the_past_is_a_feature_with_the_range_of_the_column():
    choice = TableChoice(("temperature", "temperature@-3600", "humidity@-7200"), "temperature", 3, 2, False)
    assert choice.columns == ("temperature", "humidity")
    now, before, humid = table_scenario(climate(), choice, 1, 1).task.features[:3]
    assert (before.kind, before.channel, before.seconds) == ("lag", "temperature", 3_600)
    assert (now.low, now.high, now.exponent) == (before.low, before.high, before.exponent)
    assert (humid.name, humid.values) == ("humidity@-7200", ("humidity@-7200",))


@pytest.mark.parametrize("name", ["temperature@3600", "temperature@-0", "@-60"])
def test_a_column_of_no_time_is_refused(name):
    with pytest.raises(PlanError):
        table_scenario(climate(), TableChoice((name,), "temperature", 3, 2, False), 1, 1)


def test_every_so_many_of_an_owners_weeks_stay_home():
    scenario = replace(envelope_scenario(), held_out=2)
    owner = next(participant for participant in scenario.participants if len(participant.weeks) > 1)
    home = [day for first, last in scenario.held_days(owner) for day in range(first, last + 1)]
    weeks = {int(week_of(np.array([day * 86_400]))[0]) for day in home}
    assert weeks == set(sorted(owner.weeks)[1::2])
    assert envelope_scenario().held_days(owner) == ()
