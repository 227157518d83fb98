"""Attack: a contributor commits real readings and sends an update that was not trained on them.

Who: a contributor that saves the work, steers the model, or trains on data that no device signed, and looks honest to
every test of what its update is worth. What stops it: seed 2 draws, after all updates are closed, whose training is
done again from its own signed readings; one that differs, or is not shown, costs its devices their weight, and
`andel audit` names it.
"""

from dataclasses import replace

import numpy as np
import pytest

from andel.hashing import sha256
from andel.roles.founder import publish_reference
from andel.simulation.participants import Kind
from andel.value.retraining import DUE_ROUNDS, Outcome
from andel.value.standing import FALSE_TRAINING_ROUNDS
from tests.support.own_data_run import call_main
from tests.support.small_run import envelope_scenario
from tests.support.worlds import build_world, disclosed_by, play

WORLD = build_world(4).under(audits=4)


def after(world, report):
    """The same model before its next round."""
    return world.after(report)


def standing_of(report, owner):
    return [report.history.standing.get(batch.device) for batch in owner.all_batches]


def value_of(report, owner):
    return next(value for value in report.contributors if value.contributor == owner.address)


def scaled(owner, part):
    """Less work: the honest update of the first steps only, nearly."""
    update = owner.update(WORLD)
    return update * part // 8


@pytest.mark.full
def test_over_flower_who_trained_is_cleared_and_who_changed_its_update_is_out(
    launch_world, tmp_path, monkeypatch, capsys
):
    """The mods of the dishonest sit where only their own node sees them; their readings give them away."""
    small = launch_world("training done again", envelope_scenario(audits=100))
    small.play()
    small.play()
    report = small.report(2)
    cheats = {small.member(kind).contributor.address for kind in (Kind.RIDER, Kind.POISONER)}
    assert report.retrained.keys() == {*cheats, *(member.contributor.address for member in small.honest())}
    for contributor, verdict in report.retrained.items():
        assert (verdict.outcome is Outcome.DIFFERENT) == (contributor in cheats), verdict.detail
    counted = {value.contributor for value in report.contributors if value.weight}
    assert counted == {member.contributor.address for member in small.honest()}
    publish_reference(small.store, small.world.founded)
    where = ["--rpc", small.world.chain.url, "--model", small.world.model.round_manager.address]
    where += ["--store", str(small.folder / "content"), "--checkpoint", str(tmp_path / "audit.jsonl")]
    for _ in range(2):  # the second time from the checkpoint
        shown = call_main(["audit", *where], monkeypatch, capsys)
        lines = [line for line in shown.stdout.splitlines() if line.startswith("fraud shown")]
        assert shown.returncode == 0, shown.stdout
        assert sorted(line.split()[7] for line in lines) == sorted(cheats)


def test_everybody_drawn_shows_its_readings_and_loses_nothing():
    first = play(WORLD).settle()
    assert set(first.history.due) == {owner.address for owner in WORLD.owners}
    second = play(after(WORLD, first)).settle()
    assert {verdict.outcome for verdict in second.retrained.values()} == {Outcome.SAME}
    assert all(value.weight > 0 for value in second.contributors) and not second.history.standing


@pytest.mark.parametrize("part", [0, 7, 9, -8])
def test_an_update_that_its_readings_do_not_give_costs_the_devices_their_weight(part):
    cheat, honest = WORLD.owners[0], WORLD.owners[1:]
    first = play(WORLD, {cheat.address: scaled(cheat, part)}).settle()
    second = play(after(WORLD, first)).settle()
    assert second.retrained[cheat.address].outcome is Outcome.DIFFERENT
    value = value_of(second, cheat)
    assert (value.weight, value.share) == (0, 0)
    assert "its readings give the update" in value.reason
    assert all(item.barred_until == 2 + FALSE_TRAINING_ROUNDS for item in standing_of(second, cheat))
    assert all(value_of(second, owner).weight > 0 for owner in honest)


def test_who_shows_nothing_counts_nothing_until_it_does():
    silent = WORLD.owners[0]
    world = after(WORLD, play(WORLD).settle())
    round_ = play(world)
    shown = round_.disclosed.pop(silent.address)
    report = round_.settle()
    value = value_of(report, silent)
    assert (value.weight, value.share) == (0, 0) and "is not shown" in value.reason
    assert silent.address in report.history.due and not report.history.standing
    late = play(after(world, report))
    assert late.disclosed[silent.address].batches == shown.batches
    third = late.settle()
    assert third.retrained[silent.address].outcome is Outcome.SAME
    assert value_of(third, silent).weight > 0


def test_silence_costs_as_long_as_a_lie():
    """Else whoever was drawn after cheating would rather say nothing."""
    assert DUE_ROUNDS >= FALSE_TRAINING_ROUNDS
    silent = WORLD.owners[0]
    world = after(WORLD, play(WORLD).settle())
    due = world.history.due[silent.address]
    late = replace(world.plan, round=due.round + DUE_ROUNDS - 1)
    round_ = play(replace(world, plan=late))
    round_.disclosed.pop(silent.address)
    assert silent.address in round_.settle().history.due
    last = replace(world.plan, round=due.round + DUE_ROUNDS)
    round_ = play(replace(world, plan=last))
    round_.disclosed.pop(silent.address)
    assert silent.address not in round_.settle().history.due


def test_nobody_else_can_answer_for_a_contributor():
    victim, other = WORLD.owners[0], WORLD.owners[1]
    world = after(WORLD, play(WORLD).settle())
    round_ = play(world)
    forged = disclosed_by(world, other)
    for wrong in (forged, replace(round_.disclosed[victim.address], signature=forged.signature)):
        round_.disclosed[victim.address] = wrong
        report = round_.settle()
        assert report.retrained[victim.address].outcome is Outcome.WITHHELD
        assert not report.history.standing, "what another sends convicts nobody"


def test_who_is_drawn_is_not_known_before_the_updates_are_closed():
    """Seed 2 binds the set of updates: another set draws others, and a contributor cannot look first."""
    world = build_world(6).under(audits=1)
    drawn = set()
    for part in range(1, 9):
        round_ = play(world, {world.owners[0].address: world.owners[0].update(world) * part // 8})
        facts = replace(round_.facts(), second_seed=sha256(bytes([part])))
        drawn |= set(round_.settle(facts).history.due)
    assert len(drawn) > 1


def test_a_model_may_leave_it_out():
    report = play(build_world(3).under(audits=0)).settle()
    assert report.history.due == {}


def test_a_zero_update_is_found_too():
    rider = WORLD.owners[0]
    report = play(WORLD, {rider.address: np.zeros_like(rider.update(WORLD))}).settle()
    second = play(after(WORLD, report)).settle()
    assert second.retrained[rider.address].outcome is Outcome.DIFFERENT
