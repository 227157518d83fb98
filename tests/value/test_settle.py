"""`settle`: one verdict for one set of evidence, whoever computes it, and each contributor pays for its own faults."""

from dataclasses import replace
from fractions import Fraction
from math import isqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.content import cid_of_digest
from andel.data.features import FeatureSpec
from andel.errors import EvidenceError, InputError
from andel.hashing import sha256
from andel.keys import address_bytes
from andel.training.engine import genesis_parameters
from andel.training.result import DataCommitment, sign_commitment
from andel.training.rules import ValueRules
from andel.training.updates import decode_version, encode_version, flatten, split_parameters
from andel.typed_data import typed_digest
from andel.units import BaseUnits
from andel.value.claims import ClaimTree
from andel.value.history import History, ProvenSet
from andel.value.proof import proof_key
from andel.value.reference import draw_rows, open_reference
from tests.support.reports import of, report_bytes
from tests.support.worlds import (
    SECOND_SEED,
    TRAINING_DAYS,
    Owner,
    Sensor,
    build_world,
    play,
    registry_of,
    signed_update,
    small_task,
    spanned,
)
from tests.training import plain_network
from tests.value import plain_value

WORLD = build_world(4)
PLAYED = play(WORLD)
REPORT = PLAYED.settle()
ATTACKER = WORLD.owners[2]
HONEST = [owner for owner in WORLD.owners if owner is not ATTACKER]
CONTRIBUTORS_PART = WORLD.plan.budget * 9_500 // 10_000  # the first round sets the best gain: nothing is kept back


def with_update(update, weight=None, world=WORLD):
    """A round in which the attacker sent that update."""
    played = play(world)
    played.replace_update(ATTACKER, update, weight)
    return played


def test_an_honest_round_pays_everybody_and_all_of_the_contributors_part():
    assert [value.contributor for value in REPORT.contributors] == sorted(
        (owner.address for owner in WORLD.owners), key=address_bytes
    )
    assert all(v.weight == 96 and v.score > 0 and v.share > 0 and v.reason == "" for v in REPORT.contributors)
    assert sum(v.share for v in REPORT.contributors) == REPORT.minted == CONTRIBUTORS_PART
    assert REPORT.gain > REPORT.noise > 0 and REPORT.step > 0
    assert REPORT.packets_checked > 0


def test_the_version_and_the_state_follow_from_the_report():
    assert REPORT.version_hash == sha256(REPORT.version) != WORLD.plan.version
    decode_version(REPORT.version, WORLD.task)
    history = REPORT.history
    assert (history.round, history.earned_total) == (1, REPORT.minted)
    assert history.earned == {v.contributor: v.share for v in REPORT.contributors}
    assert sum(history.scores.values()) == sum(v.score for v in REPORT.contributors)
    assert set(history.scores) == set(WORLD.admitted)
    assert (history.best_gain, history.versions) == (REPORT.gain, (WORLD.plan.version,))
    assert history.proven == {
        proof_key(WORLD.plan, sha256(owner.batches(WORLD.plan))): ProvenSet(
            1, {b.device: 96 for b in owner.all_batches}
        )
        for owner in WORLD.owners
    }
    tree = ClaimTree(history.earned)
    assert (REPORT.claims_root, REPORT.claims_total) == (tree.root, tree.total)


def test_an_attestation_can_be_signed_as_it_stands():
    fields = REPORT.attestation(WORLD.plan, sha256(b"updates"), sha256(b"evidence"))
    assert typed_digest("Attestation", WORLD.plan.domain, fields)
    assert fields["valueRoot"] == REPORT.value_root and fields["stateHash"] == REPORT.history.hash


def test_the_verdict_is_that_of_plain_integers():
    """Aggregate, step, scores, gain, noise and evaluation again, without NumPy."""
    task, shape = WORLD.task, (len(WORLD.task.features), WORLD.task.layers)
    owners = sorted(WORLD.owners, key=lambda owner: address_bytes(owner.address))
    before = flatten(WORLD.parameters).tolist()
    game = plain_value.PlainGame(before, [o.update(WORLD).tolist() for o in owners], [96] * 4, shape)
    steering, scoring = draw_rows(WORLD.reference.score, task, SECOND_SEED)
    codes, targets = steering.codes.tolist(), steering.targets.tolist()
    losses = [
        (game.loss(game.at(Fraction(q, 4)), codes, targets, task.score_limit), q)
        for q in sorted({0, *WORLD.plan.rules.line_search})
    ]
    after = game.at(Fraction(min(losses)[1], 4))
    codes, targets = scoring.codes.tolist(), scoring.targets.tolist()
    fallen = [
        game.loss(before, [row], [target], task.score_limit) - game.loss(after, [row], [target], task.score_limit)
        for row, target in zip(codes, targets, strict=True)
    ]
    gain = sum(fallen)
    noise = WORLD.plan.rules.noise_sigmas * isqrt(sum(d * d for d in fallen) - gain * gain // len(fallen))
    outputs = [plain_network.forward(plain_network.unflat(after, *shape), row)[1] for row in codes]
    errors = [
        abs(plain_value.nearest(Fraction(output * task.target_scale, 2**16)) - change)
        for output, change in zip(outputs, scoring.change.tolist(), strict=True)
    ]
    assert REPORT.step == min(losses)[1] and REPORT.norm_limit == game.limit
    assert [v.score for v in REPORT.contributors] == game.scores(codes, targets, task.score_limit)
    assert (REPORT.gain, REPORT.noise) == (gain, noise)
    assert REPORT.evaluation == sum(errors) * 1_000 // len(errors)
    assert flatten(decode_version(REPORT.version, task)).tolist() == after
    totals = [sum(96 * update[i] for update in game.updates) for i in range(len(before))]
    data = b"".join(total.to_bytes(8, "little", signed=True) for total in totals)
    assert REPORT.aggregate_hash == sha256((4 * 96).to_bytes(8, "big"), data)


@given(st.randoms(use_true_random=False))
@settings(max_examples=12)
def test_the_order_of_arrival_cannot_matter(random):
    played = play(WORLD)
    for items in (played.commitments, played.updates):
        random.shuffle(items)
    openings = list(played.openings.items())
    random.shuffle(openings)
    played.openings = dict(openings)
    assert report_bytes(played.settle()) == report_bytes(REPORT)


def test_settling_changes_none_of_its_inputs_and_can_be_repeated():
    played = play(WORLD)
    facts = played.facts()
    before = (
        [array.copy() for array in WORLD.parameters],
        WORLD.history.to_bytes(),
        list(played.commitments),
        dict(played.openings),
        list(played.updates),
        dict(facts.entries),
        WORLD.reference.score.codes.copy(),
        WORLD.reference.score.change.copy(),
    )
    assert report_bytes(played.settle(facts)) == report_bytes(played.settle(facts)) == report_bytes(REPORT)
    assert all(np.array_equal(a, b) for a, b in zip(WORLD.parameters, before[0], strict=True))
    assert WORLD.history.to_bytes() == before[1]
    assert (played.commitments, played.openings, played.updates) == before[2:5]
    assert facts.entries == before[5]
    assert np.array_equal(WORLD.reference.score.codes, before[6])
    assert np.array_equal(WORLD.reference.score.change, before[7])


def test_evidence_that_does_not_give_the_root_on_chain_stops_with_its_place():
    facts, another = PLAYED.facts(), sha256(b"another")
    cases = {
        "round 1, commitments": replace(facts, commitments_root=another),
        "round 1, updates": replace(facts, updates_root=another),
    }
    for place, altered in cases.items():
        with pytest.raises(EvidenceError) as found:
            PLAYED.settle(altered)
        assert found.value.place == place


def test_another_parent_state_task_or_policy_stops_with_its_place():
    cases = {
        "round 1, parent version": replace(
            WORLD, parameters=split_parameters(flatten(WORLD.parameters) + 1, WORLD.task)
        ),
        "round 1, state": replace(WORLD, history=History(7, {}, {}, {})),
        "round 1, task": replace(WORLD, task=small_task(layers=WORLD.task.layers, openings=13)),
        "round 1, policy": replace(WORLD, plan=replace(WORLD.plan, policy=sha256(b"a stricter one"))),
    }
    for place, world in cases.items():
        with pytest.raises(EvidenceError) as found:
            replace_world(world).settle()
        assert found.value.place == place


def replace_world(world):
    """The honest round's evidence in another world."""
    return replace(PLAYED, world=world)


@pytest.mark.parametrize("kind", ["commitments", "updates"])
def test_a_dropped_invented_or_altered_entry_stops_the_round(kind):
    stranger = build_world(1, seed="stranger").owners[0]
    for change in ("drop", "add", "alter"):
        played = play(WORLD)
        items = getattr(played, kind)
        if change == "drop":
            items.pop()
        elif change == "alter":
            items[0] = replace(items[0], contributor=stranger.address)
        elif kind == "commitments":
            items.append(sign_commitment(stranger.key, WORLD.plan, stranger.batches(WORLD.plan)))
        else:
            items.append(signed_update(WORLD, stranger, ATTACKER.update(WORLD)))
        with pytest.raises(EvidenceError) as found:
            played.settle(PLAYED.facts())
        assert found.value.place == f"round 1, {kind}"


def test_an_update_that_stands_twice_stops_the_round():
    played = play(WORLD)
    played.updates.append(signed_update(WORLD, ATTACKER, np.zeros_like(ATTACKER.update(WORLD))))
    with pytest.raises(EvidenceError, match="stands twice") as found:
        played.settle()
    assert ATTACKER.address in found.value.place


def test_a_commitment_that_stands_twice_stops_the_round():
    """The root is over digests: a second entry with a bad signature gives the same root in either order."""
    played = play(WORLD)
    played.commitments.append(DataCommitment(ATTACKER.address, ATTACKER.batches(WORLD.plan), bytes(65)))
    for _ in range(2):
        played.commitments.reverse()
        with pytest.raises(EvidenceError, match="stands twice") as found:
            played.settle()
        assert ATTACKER.address in found.value.place


def test_a_rider_with_a_zero_update_earns_nothing_and_owes_nothing():
    report = with_update(np.zeros_like(ATTACKER.update(WORLD))).settle()
    line = of(report, ATTACKER)
    assert (line.weight, line.score, line.share, line.reason) == (96, 0, 0, "")
    assert report.minted == CONTRIBUTORS_PART
    assert ATTACKER.address not in report.history.earned


def test_a_reversed_update_is_debt_and_is_paid_back_before_anything_is_paid():
    world = WORLD
    debts = []
    for number in range(4):
        played = play(world)
        if number == 0:
            reversed_update = (-3 * ATTACKER.update(world)).clip(-(1 << 26), 1 << 26)
            signed = signed_update(world, ATTACKER, reversed_update)
            played.updates = [signed if u.contributor == ATTACKER.address else u for u in played.updates]
        report = played.settle()
        line = of(report, ATTACKER)
        owed = world.history.scores.get(ATTACKER.all_batches[0].device, 0)
        assert line.debt == min(owed, 0)
        assert line.merit == max(0, min(line.score, owed + line.score))
        if owed + line.score <= 0:
            assert line.share == 0
        debts.append(owed + line.score)
        world = world.after(report)
    assert debts[0] < 0, "the first round leaves a debt"
    assert debts[1] > debts[0], "honest work pays it back"


def test_debt_stands_against_the_device_whoever_owns_it():
    report = with_update((-2 * ATTACKER.update(WORLD)).clip(-(1 << 26), 1 << 26)).settle()
    device = ATTACKER.all_batches[0].device
    assert report.history.scores[device] == of(report, ATTACKER).score < 0
    assert all(report.history.scores[o.all_batches[0].device] > 0 for o in HONEST)


def test_an_inflated_weight_has_no_effect():
    honest = ATTACKER.update(WORLD)
    inflated = with_update(honest, weight=2**32 - 1)
    assert report_bytes(inflated.settle()) == report_bytes(REPORT)
    assert inflated.facts().updates_root != PLAYED.facts().updates_root


def test_a_scaled_update_is_clipped_to_the_others_length():
    report = with_update((10 * ATTACKER.update(WORLD)).clip(-(1 << 26), 1 << 26)).settle()
    assert report.norm_limit <= max(plain_value.norm(o.update(WORLD).tolist()) for o in HONEST)
    assert of(report, ATTACKER).score < 2 * of(REPORT, ATTACKER).score


def test_a_round_of_nobody_changes_nothing_and_mints_nothing():
    played = play(WORLD)
    played.openings.clear()
    report = played.settle()
    assert report.version == encode_version(WORLD.parameters) and report.version_hash == WORLD.plan.version
    assert (report.minted, report.step, report.gain, report.noise, report.norm_limit) == (0, 0, 0, 0, 0)
    assert report.claims_root == bytes(32) and report.history.earned == {} and report.history.scores == {}
    empty = play(replace(WORLD, owners=()))
    assert empty.settle().contributors == ()


def test_a_gain_within_the_noise_mints_nothing_and_leaves_no_record():
    world = build_world(4, seed="noise", rules=ValueRules(noise_sigmas=100))
    report = play(world).settle()
    assert 0 < report.gain <= report.noise
    assert report.minted == 0 and report.history.earned == {}
    assert report.claims_root == bytes(32) and report.claims_total == 0
    assert all(v.share == 0 and v.score > 0 for v in report.contributors)
    assert set(report.history.scores.values()) == {0}


def test_a_gain_above_the_noise_is_recorded_with_every_score():
    report = play(WORLD).settle()
    assert report.gain > report.noise
    assert sum(report.history.scores.values()) == sum(v.score for v in report.contributors)


def test_a_round_that_makes_the_model_worse_mints_nothing_and_is_not_taken():
    world = build_world(4)
    updates = {o.address: (-2 * o.update(world)).clip(-(1 << 26), 1 << 26) for o in world.owners}
    report = play(world, updates).settle()
    assert report.step == 0 and report.version_hash == world.plan.version
    assert report.minted == 0 and all(v.score < 0 and v.share == 0 for v in report.contributors)


def test_earnings_only_rise_and_running_sums_stay_what_was_minted():
    world, minted, former = build_world(3, seed="rounds"), 0, dict(History(0, {}, {}, {}).earned)
    for _ in range(4):
        report = play(world).settle()
        minted += report.minted
        earned = report.history.earned
        assert all(earned[account] >= amount for account, amount in former.items())
        assert report.claims_total == report.history.earned_total == minted
        if report.minted == 0:
            assert report.claims_root == ClaimTree(former).root, "without minting the root on chain stays"
        world, former = world.after(report), dict(earned)
    assert minted > 0


def test_batches_proven_in_one_round_need_no_openings_in_the_next():
    following = WORLD.after(REPORT)
    played = play(following)
    with_openings = played.settle()
    played.openings.clear()
    report = played.settle()
    assert report.packets_checked == 0 and all(v.weight == 96 for v in report.contributors)
    assert report_bytes(report) == report_bytes(with_openings)


def test_a_name_split_in_two_earns_the_same_together():
    """One owner of two devices, or two owners of one device each, that send the same update."""
    split = build_world(3, seed="split")
    sensors = [Sensor("split", f"owner {number} sensor 0") for number in range(2)]
    readings = [reading for sensor in sensors for reading in sensor.days(spanned(TRAINING_DAYS))]
    owners = (Owner("split 0", readings, sensors), split.owners[2])
    whole = replace(split, owners=owners, entries=registry_of(owners))
    update = split.owners[0].update(split)
    apart = play(split, {owner.address: update for owner in split.owners[:2]}).settle()
    together = play(whole, {owners[0].address: update}).settle()
    assert apart.version == together.version and apart.gain == together.gain
    assert of(together, owners[0]).weight == 192
    parts = [of(apart, owner).share for owner in split.owners[:2]]
    # scores are rounded to 2**-49, one name at a time; nothing else differs
    assert sum(parts) == pytest.approx(of(together, owners[0]).share, rel=1e-11)


def test_a_model_at_the_bounds_of_its_task_can_still_be_settled():
    """Saturated units, parameters at 64.0, the largest limits: losses, scores and errors all leave 64 bits."""
    always = FeatureSpec("always 255", "channel", "temperature", -(10**6), 1 - 10**6)
    rules = ValueRules(line_search=(0,))
    limits = {"score_limit": 1 << 20, "residual_limit": 1 << 20, "rules": rules.hash.hex()}
    task = small_task(features=(always,) * 4, layers=(256,), target_scale=1 << 31, **limits)
    base = build_world(2)
    plan = replace(base.plan, rules=rules, task=cid_of_digest(sha256(task.to_bytes())))
    reference = open_reference(plan, task, base.reference_batches, base.reference_packets)
    parameters = [np.full_like(array, 1 << 30) for array in genesis_parameters(task)]
    plan = replace(plan, version=sha256(encode_version(parameters)))
    world = replace(base, task=task, plan=plan, parameters=parameters, reference=reference)
    random = np.random.default_rng(3)
    size = len(flatten(parameters))
    updates = {owner.address: random.integers(-(1 << 26), 1 << 26, size) for owner in world.owners}
    report = play(world, updates).settle()
    assert all(v.reason == "" for v in report.contributors)
    assert report.evaluation == 2**63 - 1, "the attestation's int64 holds at its end"
    assert typed_digest("Attestation", plan.domain, report.attestation(plan, sha256(b"u"), sha256(b"e")))
    decode_version(report.version, task)


def test_the_reward_stays_under_the_budget_with_the_operators_part():
    for bps in (0, 1, 333, 500, 1_000, 10_000):
        world = build_world(2)
        plan = replace(world.plan, operator_share_bps=bps, budget=BaseUnits(999_999_999_999_999_999))
        report = play(replace(world, plan=plan)).settle()
        assert report.minted == plan.budget * (10_000 - bps) // 10_000
        if bps < 10_000:
            assert report.minted + report.minted * bps // (10_000 - bps) <= plan.budget


def test_a_reference_set_too_small_to_score_is_refused():
    world = replace(
        WORLD, reference=replace(WORLD.reference, score=replace(WORLD.reference.score, change=np.zeros(1, np.int64)))
    )
    with pytest.raises(InputError, match="cannot both steer and score"):
        replace_world(world).settle()
