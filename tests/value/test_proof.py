"""Whose data is proven: entered by the same owner, admitted, inside the plan, signed for it, and opened."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.data.batch import batches_object, parse_batches
from andel.data.openings import make_openings
from andel.data.policy import EVERYWHERE, Policy
from andel.encoding import canonical_json
from andel.hashing import keccak, sha256
from andel.keys import address_bytes
from andel.training.result import sign_commitment
from andel.value.history import EMPTY_HISTORY, ProvenSet
from andel.value.proof import proof_key, prove_data, registry_entry, unopened
from tests.support.worlds import FIRST_DAY, FIRST_SEED, build_world, play

WORLD = build_world(3, devices=2)
OWNER, OTHER = WORLD.owners[:2]
PLAN, TASK = WORLD.plan, WORLD.task
OPENED_AT = 1_700_000_000


def verdicts(played=None, *, plan=PLAN, policy=EVERYWHERE, seed=FIRST_SEED, history=EMPTY_HISTORY, **facts):
    """Verdicts by contributor; `facts` replace what the chain says."""
    round_ = played or play(WORLD)
    known = {"entries": WORLD.entries, "admitted": WORLD.admitted, "consenting": WORLD.consenting, **facts}
    found = prove_data(
        plan,
        TASK,
        policy,
        round_.commitments,
        round_.openings,
        opened_at=OPENED_AT,
        seed=seed,
        history=history,
        **known,
    )
    return {item.contributor: item for item in found}


def proven_in(found):
    """The history that remembers these verdicts."""
    remembered = {item.proof_key: ProvenSet(1, item.slots) for item in found.values()}
    return replace(EMPTY_HISTORY, proven=remembered)


def committed(owner, batches, plan=PLAN):
    """A round in which `owner` committed these bytes instead."""
    played = play(WORLD)
    played.commitments = [c for c in played.commitments if c.contributor != owner.address]
    played.commitments.append(sign_commitment(owner.key, plan, batches))
    return played


def only_owner_fails(found, reason):
    """The owner weighs nothing for that reason; the others weigh all."""
    assert found[OWNER.address].weight == 0 and reason in found[OWNER.address].reason
    assert all(found[o.address].weight == 192 and not found[o.address].reason for o in WORLD.owners if o is not OWNER)


def test_honest_owners_weigh_their_distinct_slots():
    found = verdicts()
    for owner in WORLD.owners:
        item = found[owner.address]
        assert (item.weight, item.reason) == (192, "")
        assert item.slots == {batch.device: 96 for batch in owner.all_batches}
        assert 0 < item.packets <= 192


def test_the_registry_entry_is_what_the_contract_stores():
    root = sha256(b"root")
    bound = keccak(root + bytes(12) + address_bytes(OWNER.address))[:24]
    assert registry_entry(root, OWNER.address, 1_234) == bound + (1_234).to_bytes(8, "big")


@pytest.mark.parametrize("entered_at", [0, OPENED_AT + 1])
def test_a_batch_entered_after_the_round_opened_counts_for_nothing(entered_at):
    batch = OWNER.all_batches[0]
    entry = registry_entry(batch.root, OWNER.address, entered_at)
    only_owner_fails(verdicts(entries={**WORLD.entries, (batch.device, batch.day): entry}), "before the round opened")


def test_a_batch_entered_by_another_owner_is_refused():
    batch = OWNER.all_batches[0]
    entries = {**WORLD.entries, (batch.device, batch.day): registry_entry(batch.root, OTHER.address, 1)}
    only_owner_fails(verdicts(entries=entries), f"not entered by {OWNER.address}")


@pytest.mark.parametrize("entry", [None, bytes(32), registry_entry(sha256(b"other root"), OWNER.address, 1)])
def test_a_batch_that_is_not_entered_under_its_root_is_refused(entry):
    batch = OWNER.all_batches[0]
    entries = {key: value for key, value in WORLD.entries.items() if key != (batch.device, batch.day)}
    if entry is not None:
        entries[batch.device, batch.day] = entry
    only_owner_fails(verdicts(entries=entries), "under this root")


def test_anothers_batches_prove_nothing_for_a_copier():
    copied = batches_object(OWNER.address, [batch.header for batch in OTHER.all_batches])
    only_owner_fails(verdicts(committed(OWNER, copied)), "not entered by")
    relayed = OTHER.batches(PLAN)
    only_owner_fails(verdicts(committed(OWNER, relayed)), f"batches of {OTHER.address} under the commitment of")


def test_a_device_that_the_alliance_does_not_admit_is_refused():
    admitted = WORLD.admitted - {OWNER.all_batches[0].device}
    only_owner_fails(verdicts(admitted=admitted), "the alliance does not admit the device")


def test_an_owner_without_consent_weighs_nothing_whatever_it_shows():
    consenting = WORLD.consenting - {OWNER.address}
    only_owner_fails(verdicts(consenting=consenting), "had not accepted the plan's terms when the round opened")
    only_owner_fails(verdicts(consenting=consenting, history=proven_in(verdicts())), "had not accepted")


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (Policy(channels=("humidity", "pm25")), "has no pm25, which the policy asks for"),
        (Policy(boxes=((0, 0, 10, 10),)), "the reading tells no position"),
    ],
)
def test_openings_that_miss_what_the_policy_asks_for_weigh_nothing(policy, reason):
    plan = replace(PLAN, policy=policy.hash)
    played = play(replace(WORLD, plan=plan))
    found = verdicts(played, plan=plan, policy=policy)
    assert {item.weight for item in found.values()} == {0}
    assert all(reason in item.reason for item in found.values())


def test_a_set_proven_under_one_policy_is_opened_anew_under_another():
    history = proven_in(verdicts())
    policy = Policy(channels=("pm25",))
    plan = replace(PLAN, policy=policy.hash)
    played = play(replace(WORLD, plan=plan))
    assert unopened(PLAN, TASK, played.commitments, history) == ()
    assert len(unopened(plan, TASK, played.commitments, history)) == 3
    found = verdicts(played, plan=plan, policy=policy, history=history)
    assert {item.weight for item in found.values()} == {0}


def test_a_day_outside_the_plan_is_refused():
    plan = replace(PLAN, windows=((FIRST_DAY, FIRST_DAY + 2),))
    played = play(WORLD)
    commitments = [sign_commitment(o.key, plan, o.batches(PLAN)) for o in WORLD.owners]
    played.commitments = commitments
    found = verdicts(played, plan=plan).values()
    assert {item.weight for item in found} == {0}
    assert all("the plan does not name that day" in item.reason for item in found)


@pytest.mark.parametrize("change", [{"attempt": 1}, {"round": 2}, {"budget": PLAN.budget + 1}, {"chain_id": 1}])
def test_a_commitment_signed_for_another_plan_is_refused(change):
    played = committed(OWNER, OWNER.batches(PLAN), replace(PLAN, **change))
    only_owner_fails(verdicts(played), "does not carry")


@pytest.mark.parametrize("signature", [b"", bytes(65), b"\x01" * 65])
def test_a_commitment_without_a_signature_is_refused(signature):
    played = play(WORLD)
    played.commitments = [
        replace(c, signature=signature) if c.contributor == OWNER.address else c for c in played.commitments
    ]
    found = verdicts(played)[OWNER.address]
    assert found.weight == 0 and found.reason


@pytest.mark.parametrize("batches", [b"", b"{}", b"\xff", b"[" * 5_000, OWNER.batches(PLAN) + b" "])
def test_a_malformed_list_of_batches_is_refused(batches):
    only_owner_fails(verdicts(committed(OWNER, batches)), "")
    assert verdicts(committed(OWNER, batches))[OWNER.address].reason


def test_withheld_openings_weigh_nothing():
    played = play(WORLD)
    del played.openings[OWNER.address]
    only_owner_fails(verdicts(played), "malformed-openings")


def without_batch(index):
    """The owner's openings without those of one batch."""
    played = play(WORLD)
    fields = json.loads(played.openings[OWNER.address])
    fields["openings"] = [entry for entry in fields["openings"] if entry["batch"] != index]
    played.openings[OWNER.address] = canonical_json(fields)
    return played


def test_one_withheld_batch_costs_the_whole_set():
    found = verdicts(without_batch(3))[OWNER.address]
    assert found.weight == 0
    assert "withheld" in found.reason and f"day {OWNER.all_batches[3].day}" in found.reason


def test_openings_of_another_seed_weigh_nothing():
    assert {item.weight for item in verdicts(seed=sha256(b"another seed")).values()} == {0}


def test_anothers_openings_weigh_nothing():
    played = play(WORLD)
    played.openings[OWNER.address] = played.openings[OTHER.address]
    only_owner_fails(verdicts(played), "malformed-openings")


def test_a_header_that_claims_another_number_of_slots_is_refused():
    """The root binds packets and counts; the header's hours are only a claim until the last leaf is open."""
    _, headers = parse_batches(OWNER.batches(PLAN))
    fewer = replace(headers[0], hours=(1 << 23) - 1)
    claimed = batches_object(OWNER.address, [fewer, *headers[1:]])
    played = committed(OWNER, claimed)
    batches = [replace(batch, hours=fewer.hours) if i == 0 else batch for i, batch in enumerate(OWNER.all_batches)]
    played.openings[OWNER.address] = make_openings(FIRST_SEED, OWNER.address, batches, TASK.openings)
    found = verdicts(played)[OWNER.address]
    assert found.weight == 0 and "slot-count" in found.reason


def test_batches_proven_before_are_not_opened_again():
    history = proven_in(verdicts())
    played = play(WORLD)
    assert unopened(PLAN, TASK, played.commitments, history) == ()
    assert len(unopened(PLAN, TASK, played.commitments, EMPTY_HISTORY)) == 3
    played.openings.clear()
    again = verdicts(played, history=history)
    assert {a: (i.weight, i.packets) for a, i in again.items()} == {o.address: (192, 0) for o in WORLD.owners}


def test_proven_before_does_not_replace_the_registry_or_the_alliance():
    admitted = WORLD.admitted - {OWNER.all_batches[0].device}
    only_owner_fails(verdicts(history=proven_in(verdicts()), admitted=admitted), "does not admit the device")


def test_another_set_of_batches_is_opened_anew():
    history = proven_in(verdicts())
    fewer = batches_object(OWNER.address, [batch.header for batch in OWNER.all_batches[:-1]])
    played = committed(OWNER, fewer)
    assert unopened(PLAN, TASK, played.commitments, history) == (OWNER.address,)
    assert verdicts(played, history=history)[OWNER.address].weight == 0


@given(st.binary(max_size=100))
@settings(max_examples=30)
def test_whatever_an_opening_holds_nothing_is_raised(data):
    played = play(WORLD)
    played.openings[OWNER.address] = data
    assert verdicts(played)[OWNER.address].weight == 0


@given(st.binary(max_size=100), st.binary(max_size=70))
@settings(max_examples=30)
def test_whatever_a_commitment_holds_nothing_is_raised(batches, signature):
    played = play(WORLD)
    played.commitments = [
        replace(c, batches=batches, signature=signature) if c.contributor == OWNER.address else c
        for c in played.commitments
    ]
    found = verdicts(played)[OWNER.address]
    assert found.weight == 0 and found.reason and found.proof_key == proof_key(PLAN, sha256(batches))
