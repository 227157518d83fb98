"""Judgements: one form, refused when they are of something else; and the median that a minority cannot move far."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import EvidenceError, InputError
from andel.hashing import sha256
from andel.training.floats import FloatTraining
from andel.training.rules import DEFAULT_RULES
from andel.training.updates import flatten
from andel.units import Address
from andel.value.improvement import Contribution, improve
from andel.value.judge import LiveJudge, Measured
from andel.value.judgement import NO_AGGREGATE, AgreedJudge, Judgement, RecordingJudge, far_from, read_judgement
from andel.value.reference import draw_rows
from tests.support.worlds import SECOND_SEED, build_world, small_task

BINDING = (sha256(b"plan"), sha256(b"updates"), sha256(b"seed"))
NOTARY = Address("0x0000000000000000000000000000000000000001")


def float_task():
    """A task whose network has two arrays of five parameters together."""
    return replace(small_task(), floats=FloatTraining("of the tests", "sgd", ((2, 2), (1,)), NOTARY))


TASK = float_task()


def judgement(shift=0, aggregate=b"sum", steps=(0, 4)):
    """One whose measures all lie `shift` beside the right ones."""
    return Judgement(
        BINDING,
        sha256(aggregate),
        np.arange(5, dtype=np.int64) * 10**6 + shift,
        np.arange(5, dtype=np.int64) * -(10**6) + shift,
        {step: 10**9 - step + shift for step in steps},
        {step: Measured(10 * step + shift, 5 + abs(shift), 1_000 + abs(shift)) for step in steps},
    )


def read(data, task=TASK, binding=BINDING):
    """As a validator reads it."""
    return read_judgement(data, binding, task)


def test_what_is_written_is_read_again():
    written = judgement(7).to_bytes(TASK)
    assert read(written).to_bytes(TASK) == written


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (judgement(), "of another attempt"),
        (replace(judgement(), losses={4: 1}, measured={4: Measured(0, 0, 0)}), "changes nothing"),
        (replace(judgement(), measured={0: Measured(0, 0, 0)}), "same steps"),
        (replace(judgement(), measured={s: Measured(0, -1, 0) for s in (0, 4)}), "below 0"),
        (replace(judgement(), losses={0: 1 << 70, 4: 1}), "where a measure stands"),
        (replace(judgement(), start=np.full(5, 1 << 62)), "leaves its bounds"),
    ],
)
def test_what_no_validator_would_measure_is_refused(changed, said):
    binding = (sha256(b"another"), *BINDING[1:]) if "attempt" in said else BINDING
    with pytest.raises(InputError, match=said):
        read(changed.to_bytes(TASK), binding=binding)


@given(st.binary(max_size=400), st.integers(0, 400))
def test_damaged_bytes_are_refused(noise, at):
    whole = judgement().to_bytes(TASK)
    damaged = whole[:at] + noise + whole[at + len(noise) :]
    if damaged == whole:
        return
    with pytest.raises(InputError):
        found = read(damaged)
        assert found.to_bytes(TASK) != whole  # another judgement, well formed, is another judgement
        raise InputError("another")


@given(st.lists(st.integers(-3, 3), min_size=2, max_size=6), st.lists(st.integers(-(10**8), 10**8), max_size=5))
def test_a_minority_moves_no_measure_beyond_what_the_others_measured(honest, lies):
    lies = lies[: len(honest) - 1]
    judges = [judgement(shift) for shift in (*honest, *lies)]
    agreed = AgreedJudge(TASK, judges, 2, "round 1").agreed(sha256(b"sum"))
    low, high = judgement(min(honest)), judgement(max(honest))
    assert (low.start <= agreed.start).all() and (agreed.start <= high.start).all()
    assert (low.path <= agreed.path).all() and (agreed.path <= high.path).all()
    assert all(low.losses[step] <= agreed.losses[step] <= high.losses[step] for step in (0, 4))
    assert low.measured[4].gain <= agreed.measured[4].gain <= high.measured[4].gain


@given(st.permutations([judgement(shift) for shift in (-2, 0, 1, 9)]))
def test_the_order_of_judgements_changes_no_measure(judges):
    found = AgreedJudge(TASK, judges, 3, "round 1").agreed(sha256(b"sum"))
    assert np.array_equal(found.start, judgement(0).start)  # the lower of the two in the middle
    ordered = AgreedJudge(TASK, [judgement(shift) for shift in (-2, 0, 1, 9)], 3, "round 1").agreed(sha256(b"sum"))
    assert found.to_bytes(TASK) == ordered.to_bytes(TASK)


def test_who_measured_another_aggregate_has_no_say_in_what_depends_on_it():
    judges = [judgement(1), judgement(1), judgement(10**6, b"another")]
    assert AgreedJudge(TASK, judges, 2, "round 1").agreed(sha256(b"sum")).losses == judgement(1).losses
    with pytest.raises(EvidenceError, match="1 measure the same aggregate, and 2 must"):
        AgreedJudge(TASK, judges, 2, "round 1").agreed(sha256(b"another"))


def test_fewer_than_k_judgements_settle_nothing():
    with pytest.raises(EvidenceError, match="round 1, judgements"):
        AgreedJudge(TASK, [judgement()], 2, "round 1").start_gradient(np.zeros(5, np.int64))


def test_a_step_that_most_could_not_measure_does_not_compete():
    judges = [judgement(), judgement(steps=(0,)), judgement(steps=(0,))]
    assert AgreedJudge(TASK, judges, 2, "round 1").agreed(sha256(b"sum")).losses.keys() == {0}


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (judgement(), ""),
        (judgement(4), ""),  # the last bits
        (replace(judgement(), start=judgement().start + 1_000), "the gradient of the start"),
        (replace(judgement(), path=judgement().path - 1_000), "the gradient of the path"),
        (replace(judgement(), losses={0: 10**9, 4: 10**9 - 10**6}), "the steering loss of 4 quarters"),
        (replace(judgement(), measured={s: Measured(10**6, 5, 1_000) for s in (0, 4)}), "the gain of"),
        (replace(judgement(), measured={s: Measured(10 * s, 5, 2_000) for s in (0, 4)}), "the evaluation of"),
    ],
)
def test_a_validator_stands_by_a_median_only_near_its_own_measures(other, said):
    assert far_from(judgement(), other).startswith(said)
    assert bool(far_from(judgement(), other)) == bool(said)


def test_what_is_recorded_while_a_round_is_settled_settles_it_again():
    world = build_world(4, seed="judged")
    task, rules = world.task, DEFAULT_RULES
    before = flatten(world.parameters)
    trained = [Contribution(owner.update(world), owner.weight(world.plan)) for owner in world.owners]
    steering, scoring = draw_rows(world.reference.score, task, SECOND_SEED)
    recorder = RecordingJudge(task, steering, scoring)
    first = improve(recorder, rules, before, [], trained)
    recorded = recorder.judgement(BINDING)
    agreed = AgreedJudge(task, [recorded, recorded], 2, "round 1")
    again = improve(agreed, rules, before, [], trained)
    live = LiveJudge(task, steering, scoring)
    assert (again.scored, again.step) == (first.scored, first.step)
    for step in recorded.losses:
        assert agreed.measured(before, again.aggregate, step) == live.measured(before, again.aggregate, step)
    assert read(recorded.to_bytes(task), task).to_bytes(task) == recorded.to_bytes(task)


def test_a_round_without_updates_measures_the_model_as_it_is():
    world = build_world(2, seed="still")
    rows = draw_rows(world.reference.score, world.task, SECOND_SEED)
    recorder, before = RecordingJudge(world.task, *rows), flatten(world.parameters)
    still = recorder.measured(before, None, 0)
    recorded = recorder.judgement(BINDING)
    assert recorded.aggregate == NO_AGGREGATE and not recorded.path.any()
    agreed = AgreedJudge(world.task, [read(recorded.to_bytes(world.task), world.task)] * 2, 2, "round 1")
    assert agreed.measured(before, None, 0) == still
    assert (still.gain, still.deviation) == (0, 0) and still.evaluation > 0
