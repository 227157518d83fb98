"""What one contributor did wrong costs that contributor its part, with the reason, and nobody else anything."""

import json
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.encoding import canonical_json
from andel.hashing import sha256
from andel.training.result import sign_commitment, sign_update
from andel.training.updates import encode_update
from andel.units import Digest
from andel.value.proof import proof_key, registry_entry
from tests.support.reports import of
from tests.support.worlds import build_world, play, signed_update

WORLD = build_world(4)
ATTACKER = WORLD.owners[2]
HONEST = [owner for owner in WORLD.owners if owner is not ATTACKER]
CONTRIBUTORS_PART = WORLD.plan.budget * 9_500 // 10_000


def fails_alone(played, reason, entries=None, admitted=None):
    """The attacker counts for nothing, for that reason; the others share everything."""
    facts = played.facts()
    facts = replace(facts, entries=entries or facts.entries, admitted=facts.admitted if admitted is None else admitted)
    report = played.settle(facts)
    line = of(report, ATTACKER)
    assert (line.weight, line.score, line.merit, line.share) == (0, 0, 0, 0)
    assert reason in line.reason
    assert all(of(report, owner).share > 0 and of(report, owner).reason == "" for owner in HONEST)
    assert report.minted == CONTRIBUTORS_PART
    assert ATTACKER.address not in report.history.earned
    return report


def test_withheld_openings_weigh_nothing_with_the_reason():
    played = play(WORLD)
    del played.openings[ATTACKER.address]
    report = fails_alone(played, "malformed-openings")
    assert proof_key(WORLD.plan, sha256(ATTACKER.batches(WORLD.plan))) not in report.history.proven


def test_a_batch_entered_by_another_owner_counts_for_nothing():
    batch = ATTACKER.all_batches[0]
    entries = {**WORLD.entries, (batch.device, batch.day): registry_entry(batch.root, HONEST[0].address, 1)}
    fails_alone(play(WORLD), "not entered by", entries=entries)


def test_a_device_not_admitted_counts_for_nothing():
    fails_alone(play(WORLD), "does not admit the device", admitted=WORLD.admitted - {ATTACKER.all_batches[0].device})


def test_a_commitment_signed_under_a_stale_plan_counts_for_nothing():
    played = play(WORLD)
    stale = sign_commitment(ATTACKER.key, replace(WORLD.plan, attempt=1), ATTACKER.batches(WORLD.plan))
    played.commitments = [stale if c.contributor == ATTACKER.address else c for c in played.commitments]
    fails_alone(played, "DataCommitment does not carry")


def test_an_update_signed_under_a_stale_plan_counts_for_nothing():
    stale = signed_update(replace(WORLD, plan=replace(WORLD.plan, attempt=1)), ATTACKER, ATTACKER.update(WORLD))
    played = play(WORLD)
    played.updates = [stale if u.contributor == ATTACKER.address else u for u in played.updates]
    fails_alone(played, "Update does not carry")


def changed_update(**values):
    """The attacker's signed update with other fields."""
    played = play(WORLD)
    played.updates = [replace(u, **values) if u.contributor == ATTACKER.address else u for u in played.updates]
    return played


def test_an_update_without_its_signature_counts_for_nothing():
    fails_alone(changed_update(signature=b""), "65 bytes")
    fails_alone(changed_update(signature=play(WORLD).updates[0].signature), "Update does not carry")


def test_an_update_other_than_the_hashed_one_counts_for_nothing():
    other = encode_update(HONEST[0].update(WORLD), WORLD.task)
    fails_alone(changed_update(update=other), "not the one that was signed")
    fails_alone(changed_update(update=b""), "not the one that was signed")


def signed_bytes(data, batches_hash=None):
    """A round in which the attacker signed these bytes as its update."""
    signed = sign_update(
        ATTACKER.key,
        WORLD.plan,
        update=data,
        batches_hash=batches_hash or Digest(sha256(ATTACKER.batches(WORLD.plan))),
        weight=96,
    )
    played = play(WORLD)
    played.updates = [signed if u.contributor == ATTACKER.address else u for u in played.updates]
    return played


@given(st.binary(max_size=300))
@settings(max_examples=15)
def test_whatever_bytes_are_signed_as_an_update_nothing_is_raised(data):
    fails_alone(signed_bytes(data), "")


def test_an_update_over_its_bound_counts_for_nothing():
    good = encode_update(np.zeros_like(ATTACKER.update(WORLD)), WORLD.task)
    fails_alone(signed_bytes(good[:-4] + ((1 << 26) + 1).to_bytes(4, "little")), "over")


def test_an_update_over_other_batches_than_the_committed_counts_for_nothing():
    others = Digest(sha256(HONEST[0].batches(WORLD.plan)))
    played = signed_bytes(encode_update(ATTACKER.update(WORLD), WORLD.task), batches_hash=others)
    fails_alone(played, "names batches that were not committed")


def test_a_set_with_one_withheld_batch_weighs_nothing_is_asked_for_again_and_then_counts_half():
    played = play(WORLD)
    fields = json.loads(played.openings[ATTACKER.address])
    fields["openings"] = [entry for entry in fields["openings"] if entry["batch"] != 1]
    played.openings[ATTACKER.address] = canonical_json(fields)
    report = played.settle()
    assert of(report, ATTACKER).weight == 0 and of(report, ATTACKER).share == 0
    named = proof_key(WORLD.plan, sha256(ATTACKER.batches(WORLD.plan)))
    assert named not in report.history.proven
    following = play(WORLD.after(report))
    following.openings = {ATTACKER.address: following.openings[ATTACKER.address]}
    again = following.settle()
    assert of(again, ATTACKER).weight == 48 and named in again.history.proven
    assert of(again, ATTACKER).reason == "" and "counts half until round 9" in of(again, ATTACKER).note


def test_a_contributor_without_an_update_is_told_so():
    played = play(WORLD)
    played.updates = [u for u in played.updates if u.contributor != ATTACKER.address]
    fails_alone(played, "no update")
