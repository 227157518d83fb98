"""A task's privacy is read strictly, and what it excludes is refused with what to choose instead."""

import json
from dataclasses import asdict, replace

import pytest

from andel.encoding import canonical_json
from andel.errors import PlanError
from andel.training.privacy import IN_THE_OPEN, Privacy, check_rules, quorum, read_privacy
from andel.training.rules import DEFAULT_RULES
from andel.training.task import parse_task
from tests.support.worlds import small_task

GROUPED = Privacy("grouped", 4, 3)
NOISY = Privacy("open", 0, 0, 1 << 22, 500, 5, 20)
BOTH = replace(NOISY, mode="grouped", group_size=5, group_minimum=3)


@pytest.mark.parametrize("privacy", [IN_THE_OPEN, GROUPED, NOISY, BOTH], ids=["open", "grouped", "noisy", "both"])
def test_a_tasks_privacy_comes_back_from_its_bytes(privacy):
    task = small_task(privacy=privacy)
    assert parse_task(task.to_bytes()) == task
    assert read_privacy(privacy.values()) == privacy


def test_another_privacy_is_another_task():
    tasks = [small_task(privacy=privacy).to_bytes() for privacy in (IN_THE_OPEN, GROUPED, NOISY, BOTH)]
    assert len(set(tasks)) == 4


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"mode": "private"}, "no privacy mode 'private'"),
        ({"mode": 3}, "mode is no str"),
        ({"group_size": 4}, "open mode has no groups"),
        ({"mode": "grouped", "group_size": 2, "group_minimum": 2}, "groups of 2"),
        ({"mode": "grouped", "group_size": 3, "group_minimum": 4}, "groups of 3"),
        ({"mode": "grouped", "group_size": 65, "group_minimum": 4}, "groups of 65"),
        ({"mode": "grouped", "group_size": True, "group_minimum": 3}, "group_size is no int"),
        ({"noise_thousandths": 1000}, "clip_norm is 0"),
        ({"releases": 3}, "clip_norm is 0"),
        ({**asdict(NOISY), "delta_digits": 2}, "delta_digits is 2"),
        ({**asdict(NOISY), "releases": 0}, "releases is 0"),
        ({**asdict(NOISY), "clip_norm": 1 << 33}, "clip_norm is"),
        ({**asdict(NOISY), "clip_norm": 1 << 10}, "deviation 512"),
        ({**asdict(NOISY), "noise_thousandths": 1_000_000}, "deviation"),
    ],
    ids=str,
)
def test_a_privacy_out_of_bounds_or_against_itself_is_refused_by_name(changes, named):
    values = json.loads(small_task().to_bytes())
    values["privacy"] = {**asdict(IN_THE_OPEN), **changes}
    with pytest.raises(PlanError, match=named):
        parse_task(canonical_json(values))


@pytest.mark.parametrize("values", [None, 3, [], {}, {"mode": "open"}, {**asdict(IN_THE_OPEN), "more": 1}], ids=str)
def test_what_is_no_privacy_is_refused(values):
    task = json.loads(small_task().to_bytes()) | {"privacy": values}
    with pytest.raises(PlanError, match="privacy"):
        parse_task(canonical_json(task))


@pytest.mark.parametrize(
    ("privacy", "rules", "named"),
    [
        (GROUPED, {"audits": 1}, "no single update is seen"),
        (NOISY, {"audits": 1}, "noise that nobody can draw again"),
        (GROUPED, {"krum_drop_bps": 1_000}, "multi-Krum"),
    ],
)
def test_rules_that_need_what_the_privacy_hides_are_refused(privacy, rules, named):
    with pytest.raises(PlanError, match=named):
        check_rules(privacy, replace(DEFAULT_RULES, **rules))
    check_rules(IN_THE_OPEN, replace(DEFAULT_RULES, **rules))


def test_a_quorum_is_over_two_thirds_and_never_under_the_minimum():
    assert [quorum(GROUPED, drawn) for drawn in range(3, 10)] == [3, 3, 4, 5, 5, 6, 7]
    assert quorum(Privacy("grouped", 6, 6), 6) == 6
