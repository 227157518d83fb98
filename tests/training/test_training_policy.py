"""The bounds holders set to plans: one form, read strictly; a plan obeys or is told in what it does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.encoding import canonical_json, parse_json
from andel.errors import AndelError, PlanError
from andel.training.privacy import GROUPED, OPEN, Privacy
from andel.training.training_policy import TrainingPolicy, parse_training_policy, training_policy_of_text
from tests.support.worlds import small_plan, small_task

ranges = st.lists(st.integers(0, 3_000), min_size=0, max_size=12, unique=True).map(
    lambda days: tuple(zip(sorted(days)[0::2], sorted(days)[1::2], strict=False))
)
policies = st.builds(
    TrainingPolicy,
    st.tuples(st.integers(1, 50), st.integers(50, 10_000)),
    st.tuples(st.integers(0, 5), st.integers(5, 24)),
    ranges,
    st.sampled_from([(), (OPEN,), (GROUPED,), (GROUPED, OPEN)]),
    st.integers(1, 32),
)


@given(policy=policies)
def test_a_policy_comes_back_from_its_bytes(policy):
    assert parse_training_policy(policy.to_bytes()) == policy


@given(policy=policies, windows=ranges)
def test_what_is_narrowed_holds_exactly_the_days_of_both(policy, windows):
    def days(pairs):
        return {day for first, last in pairs for day in range(first, last + 1)}

    expected = days(windows) & days(policy.windows) if policy.windows else days(windows)
    assert days(policy.narrowed(windows)) == expected


@pytest.mark.parametrize(
    "changed",
    [
        {"steps": [0, 5]},
        {"steps": [6, 5]},
        {"steps": [1]},
        {"steps": ["1", 5]},
        {"rate_shift": [0, 25]},
        {"windows": [[5, 6], [6, 7]]},
        {"windows": [[7, 6]]},
        {"windows": 5},
        {"privacy": ["open", "grouped"]},
        {"privacy": ["secret"]},
        {"least_k": 0},
        {"least_k": True},
        {"more": 1},
        {"format": "andel-policy/1"},
    ],
)
def test_what_is_no_policy_is_refused(changed):
    values = parse_json(TrainingPolicy().to_bytes(), 10_000) | changed
    with pytest.raises(PlanError):
        parse_training_policy(canonical_json(values))


def test_bytes_that_are_not_canonical_are_read_from_a_file_only():
    text = TrainingPolicy(steps=(3, 9)).to_bytes().replace(b",", b", ")
    assert training_policy_of_text(text) == TrainingPolicy(steps=(3, 9))
    with pytest.raises(AndelError):
        parse_training_policy(text)


def test_a_plan_obeys_or_is_told_in_what_it_does_not():
    task = small_task()
    plan = small_plan(task)
    TrainingPolicy().check(plan, task)
    TrainingPolicy((plan.steps, plan.steps), (plan.rate_shift, plan.rate_shift), plan.windows, (OPEN,), plan.k).check(
        plan, task
    )
    first, last = plan.windows[0]
    refused = {
        "steps": TrainingPolicy(steps=(plan.steps + 1, 10_000)),
        "rate shift": TrainingPolicy(rate_shift=(plan.rate_shift + 1, 24)),
        "days": TrainingPolicy(windows=((first + 1, last + 10_000),)),
        "privacy": TrainingPolicy(privacy=(GROUPED,)),
        "k is": TrainingPolicy(least_k=plan.k + 1),
    }
    for word, policy in refused.items():
        with pytest.raises(PlanError, match=word):
            policy.check(plan, task)
    grouped = replace(task, privacy=Privacy(GROUPED, 4, 3))
    TrainingPolicy(privacy=(GROUPED,)).check(plan, grouped)
