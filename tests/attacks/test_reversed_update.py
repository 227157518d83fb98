"""Attack: a poisoner trains, turns its update around, and sends three times that, to make everybody's model worse.

Who: a contributor with real devices and real data. What stops it: its update is clipped to the weighted median's
norm, so it counts no more than anybody's; its score is negative, so it earns exactly nothing; and the debt stays with
its devices, so that behaving well later, or under another owner, must first make good what was done.
"""

from dataclasses import replace

import pytest

from andel.errors import InputError
from andel.roles.holder import find_claim
from andel.simulation.participants import Kind
from andel.training.updates import MAX_UPDATE, decode_update
from andel.value.history import History
from tests.support.worlds import build_world, play

POISON = -3


def poisoned(world, owner):
    """What the poisoner sends."""
    return (POISON * owner.update(world)).clip(-MAX_UPDATE, MAX_UPDATE)


def value_of(report, owner):
    """What the report says of an owner."""
    return next(value for value in report.contributors if value.contributor == owner.address)


def test_the_poisoner_takes_part_and_earns_exactly_nothing_in_every_round(finished_run):
    rounds = finished_run.values_of(finished_run.small.member(Kind.POISONER))
    assert len(rounds) == finished_run.world.scenario.rounds
    for value in rounds:
        assert value.weight > 0 and value.reason in ("", "dropped by the gate")
        assert value.score < 0
        assert (value.merit, value.share) == (0, 0)


def test_the_poisoner_has_nothing_to_claim_and_its_device_is_in_debt(finished_run):
    poisoner = finished_run.small.member(Kind.POISONER)
    history = finished_run.audited.reports[-1].history
    assert history.scores[poisoner.device.key.address] < 0
    with pytest.raises(InputError, match="has earned nothing"):
        find_claim(finished_run.world.model, finished_run.small.store, poisoner.contributor.address)


def test_the_model_improves_in_spite_of_it(finished_run):
    first, last = finished_run.audited.reports[0], finished_run.audited.reports[-1]
    assert all(report.gain > report.noise and report.minted > 0 for report in (first, last))
    assert last.evaluation < first.evaluation


def test_the_poisoner_really_sent_three_times_the_opposite(finished_run):
    small = finished_run.small
    poisoner, task = small.member(Kind.POISONER).contributor, finished_run.world.founded.definition
    for result in small.results:
        held = {item.contributor: small.store.get_digest(item.update_hash) for item in result.updates}
        sent = {account: decode_update(update, task) for account, update in held.items()}
        others = [sent[member.contributor.address] for member in small.honest()]
        assert all(int(sent[poisoner.address] @ other) < 0 for other in others)
        longest = max(int(other @ other) for other in others)
        assert int(sent[poisoner.address] @ sent[poisoner.address]) > 2 * longest


def test_enlarging_an_update_does_not_enlarge_what_it_does():
    """Reversed once or three times over: clipped to the same norm, both do the same."""
    world = build_world(5)
    poisoner = world.owners[0]
    update = poisoner.update(world)
    reports = [play(world, {poisoner.address: factor * update}).settle() for factor in (-1, POISON)]
    scores = [value_of(report, poisoner).score for report in reports]
    assert all(score < 0 for score in scores)
    assert abs(scores[0] - scores[1]) * 1_000 < abs(scores[0])
    assert reports[0].gain == pytest.approx(reports[1].gain, rel=1e-3) and reports[0].gain > reports[0].noise


def test_a_former_poisoner_is_paid_only_for_what_exceeds_its_debt():
    world = build_world(4)
    poisoner = world.owners[0]
    first = play(world, {poisoner.address: poisoned(world, poisoner)}).settle()
    debt = -value_of(first, poisoner).score
    assert debt > 0 and value_of(first, poisoner).share == 0
    after = world.after(first)
    value = value_of(play(after).settle(), poisoner)
    assert value.debt == -debt
    assert value.merit == max(0, value.score - debt)


def test_the_debt_follows_the_device_to_another_owner():
    world = build_world(4)
    seller = world.owners[0]
    device = seller.all_batches[0].device
    indebted = History(0, {device: -(1 << 90)}, {}, {})
    plan = replace(world.plan, state=indebted.hash)
    changed = replace(world, plan=plan, history=indebted)
    report = play(changed).settle()
    assert value_of(report, seller).score > 0  # useful, and still not paid: the device owes
    assert value_of(report, seller).share == 0
    assert all(value_of(report, owner).share > 0 for owner in world.owners[1:])
