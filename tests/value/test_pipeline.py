"""Whole rounds under every rule: equal to a second settlement in plain integers, order-free, bound to the founder's
rules, and each stage doing what it is there for.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from andel.errors import EvidenceError
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.training.rules import ValueRules
from andel.training.updates import MAX_UPDATE, decode_version, encode_version, flatten
from andel.value.improvement import GATE, KRUM
from andel.value.reference import draw_rows
from andel.value.standing import Standing
from tests.support.reports import of, report_bytes
from tests.support.worlds import SECOND_SEED, build_world, play
from tests.value import plain_value

BASE = build_world(6, seed="pipeline")
OWNERS = sorted(BASE.owners, key=lambda owner: address_bytes(owner.address))
HALVED, RIDER, POISONER = OWNERS[0], OWNERS[1], OWNERS[2]
RULES: dict[str, dict[str, Any]] = {
    "defaults": {},
    "no clip": {"clip": "none"},
    "no gate": {"gate_mads": 0},
    "a strict gate": {"gate_mads": 1},
    "multi-Krum": {"krum_drop_bps": 3_000},
    "both filters": {"krum_drop_bps": 2_500, "gate_mads": 2},
    "no novelty": {"novelty_steps": 0},
    "long novelty": {"novelty_steps": 8},
    "pay by gain": {"round_share_bps": 0},
    "pay per round": {"round_share_bps": 10_000},
    "other steps": {"line_search": (1, 2, 5), "noise_sigmas": 3},
}


def small_world(**rules):
    """The world under rules, with one device that counts half."""
    device = HALVED.all_batches[0].device
    world = BASE.under(**rules)
    history = replace(world.history, standing={device: Standing(1, 99, 0)})
    return replace(world, history=history, plan=replace(world.plan, state=history.hash))


def mixed(world):
    """One rider, one poisoner, the rest honest."""
    poison = (-3 * POISONER.update(world)).clip(-MAX_UPDATE, MAX_UPDATE)
    return play(world, {RIDER.address: np.zeros_like(poison), POISONER.address: poison})


def following(world, report):
    return world.after(report)


def plain_round(world, played):
    """The same round by the second implementation."""
    updates: dict[str, list[int]] = {owner.address: owner.update(world).tolist() for owner in OWNERS}
    updates[RIDER.address] = [0] * len(updates[RIDER.address])
    updates[POISONER.address] = [min(max(-3 * v, -MAX_UPDATE), MAX_UPDATE) for v in updates[POISONER.address]]
    given = [
        (
            updates[owner.address],
            48 if owner is HALVED else 96,
            world.history.scores.get(owner.all_batches[0].device, 0),
        )
        for owner in OWNERS
    ]
    versions = [flatten(version).tolist() for version in [*world.former(world.history), world.parameters]]
    steps = [[b - a for a, b in zip(one, two, strict=True)] for one, two in zip(versions, versions[1:], strict=False)]
    rows = [
        plain_value.PlainRows(half.codes.tolist(), half.targets.tolist())
        for half in draw_rows(world.reference.score, world.task, SECOND_SEED)
    ]
    before = flatten(world.parameters).tolist()
    return plain_value.PlainRound(world.task, world.plan.rules, before, steps, given, *rows)


@pytest.mark.parametrize("name", RULES)
def test_three_rounds_are_those_of_plain_integers(name):
    world = small_world(**RULES[name])
    best = 0
    for _ in range(3):
        played = mixed(world)
        report, plain = played.settle(), plain_round(world, played)
        lines = [of(report, owner) for owner in OWNERS]
        assert [bool(line.reason) for line in lines] == plain.dropped
        assert [line.plain for line in lines] == plain.plain
        assert [line.score for line in lines] == plain.scores
        assert (report.norm_limit, report.step) == (plain.norm_limit, plain.step)
        assert flatten(decode_version(report.version, world.task)).tolist() == plain.after
        plan, rules = world.plan, world.plan.rules
        paid = plain_value.paid(
            plan.budget, plan.operator_share_bps, rules.round_share_bps, report.gain, report.noise, best
        )
        assert report.minted == (paid if any(line.merit for line in lines) else 0)
        best = max(best, report.gain) if report.gain > report.noise else best
        assert report.history.best_gain == best
        assert len(report.history.versions) <= rules.novelty_steps
        world = following(world, report)


@pytest.mark.parametrize("name", ["defaults", "both filters", "long novelty"])
def test_the_order_of_arrival_cannot_matter_in_later_rounds_either(name):
    world = small_world(**RULES[name])
    world = following(world, mixed(world).settle())
    first, second = mixed(world), mixed(world)
    for items in (second.commitments, second.updates):
        items.reverse()
    second.openings = dict(reversed(list(second.openings.items())))
    assert report_bytes(first.settle()) == report_bytes(second.settle())


def test_rules_that_the_model_was_not_founded_with_stop_the_round():
    """A coordinator that writes other rules into a plan writes a plan that nobody can attest."""
    played = play(BASE)
    for changes in ({"krum_drop_bps": 4_000}, {"line_search": (0,)}, {"round_share_bps": 9_999}, {"gate_mads": 5}):
        plan = replace(BASE.plan, rules=replace(BASE.plan.rules, **changes))
        with pytest.raises(EvidenceError) as found:
            replace(played, world=replace(BASE, plan=plan)).settle()
        assert found.value.place == "round 1, rules"


def test_former_versions_that_the_state_does_not_name_stop_the_round():
    world = following(BASE, play(BASE).settle())
    named = world.history.versions[0]
    assert named == BASE.plan.version
    other = [array + 1 for array in BASE.parameters]
    with pytest.raises(EvidenceError) as found:
        play(replace(world, versions={named: other})).settle()
    assert found.value.place == "round 2, former versions"


def test_the_state_names_the_last_steps_and_a_standing_model_adds_none():
    world, names = BASE.under(novelty_steps=2), []
    for number in range(4):
        reverse = number == 2  # everybody harms: no step is taken
        sent = {o.address: (-2 * o.update(world)).clip(-MAX_UPDATE, MAX_UPDATE) for o in OWNERS} if reverse else None
        report = play(world, sent).settle()
        assert (report.step == 0) == (sha256(encode_version(world.parameters)) == report.version_hash)
        if report.step:
            names.append(world.plan.version)
        assert report.history.versions == tuple(names[-2:])
        world = following(world, report)
    assert len(names) >= 2


@pytest.mark.parametrize("clip", ["none", "weighted-median"])
def test_a_replayed_public_step_earns_nothing(clip):
    world = BASE.under(clip=clip)
    first = play(world).settle()
    world = following(world, first)
    step = (flatten(world.parameters) - flatten(BASE.parameters)).clip(-MAX_UPDATE, MAX_UPDATE)
    line = of(report := play(world, {RIDER.address: step}).settle(), RIDER)
    assert line.plain != 0
    if clip == "none":
        assert (line.score, line.share) == (0, 0)
    else:  # shortened value by value: the roundings are new, and worth dust
        assert line.length > report.norm_limit
        assert abs(line.score) * 1_000_000 < abs(line.plain) and line.share * 1_000_000 < report.minted


def test_without_novelty_a_replayed_step_scores_like_any_other():
    world = BASE.under(novelty_steps=0)
    world = following(world, play(world).settle())
    assert world.history.versions == ()
    step = (flatten(world.parameters) - flatten(BASE.parameters)).clip(-MAX_UPDATE, MAX_UPDATE)
    line = of(play(world, {RIDER.address: step}).settle(), RIDER)
    assert line.score == line.plain != 0


def test_a_dropped_poisoner_moves_nothing_and_still_owes_its_harm():
    world = small_world()
    poison = (-10 * POISONER.update(world)).clip(-MAX_UPDATE, MAX_UPDATE)
    report = play(world, {POISONER.address: poison}).settle()
    line = of(report, POISONER)
    assert line.reason == f"dropped by {GATE}" and line.weight == 96
    assert (line.share, line.merit) == (0, 0) and line.score < 0
    assert report.history.scores[POISONER.all_batches[0].device] == line.score
    others = replace(world, owners=tuple(owner for owner in world.owners if owner is not POISONER))
    assert report.version == play(others).settle().version


@pytest.mark.parametrize("debt", [1 << 20, 1 << 60])
def test_who_is_left_out_for_a_record_makes_it_good_unpaid_and_no_further(debt):
    """Everybody trains honestly; one device owes, and the others have less to their credit than it owes."""
    devices = {owner.address: owner.all_batches[0].device for owner in OWNERS}
    world = small_world()
    scores = {device: debt for device in devices.values()} | {devices[POISONER.address]: -debt}
    history = replace(world.history, scores=scores)
    world = replace(world, history=history, plan=replace(world.plan, state=history.hash))
    report = play(world).settle()
    line = of(report, POISONER)
    assert line.reason == f"dropped by {GATE}" and line.gate_score > 0 and line.plain > 0
    assert (line.merit, line.share) == (0, 0) and 0 < line.score <= debt
    assert report.gain > report.noise
    left = report.history.scores[devices[POISONER.address]]
    assert left == line.score - debt and (left == 0) == (line.plain > debt)
    assert all(of(report, owner).share > 0 for owner in OWNERS if owner is not POISONER)


def test_a_dropped_update_that_would_have_helped_owes_nothing_and_is_paid_nothing():
    """Multi-Krum drops whoever lies apart, harmful or not."""
    world = small_world(krum_drop_bps=2_500, gate_mads=0)
    report = play(world, {RIDER.address: (40 * RIDER.update(world)).clip(-MAX_UPDATE, MAX_UPDATE)}).settle()
    line = of(report, RIDER)
    assert line.reason == f"dropped by {KRUM}" and line.plain > 0
    assert (line.score, line.merit, line.share) == (0, 0, 0)


def test_whatever_the_rules_the_round_mints_within_its_budget_and_sums_exactly():
    for rules in RULES.values():
        world = small_world(**rules)
        for _ in range(2):
            report = mixed(world).settle()
            assert sum(line.share for line in report.contributors) == report.minted <= report.budget.whole
            assert report.minted in (0, report.budget.paid)
            world = following(world, report)


def test_what_a_smaller_gain_does_not_mint_stays_for_later():
    world = small_world(round_share_bps=4_000)
    first = mixed(world).settle()
    assert first.minted == first.budget.whole, "the first round is the best so far"
    second = mixed(following(world, first)).settle()
    assert 0 < second.gain < first.gain
    assert second.budget.fixed == second.budget.whole * 4_000 // 10_000
    assert second.minted == second.budget.paid < second.budget.whole


def test_the_default_rules_are_those_of_the_decision_record(pytestconfig):
    text = (pytestconfig.rootpath / "docs/decisions/0014-the-value-pipeline.md").read_text()
    for name, value in ValueRules().values().items():
        shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
        assert f"| `{name}` | {shown} |" in text
