"""Parts of a round: a group is valued like one contributor, split by proven slots; what is false costs its group."""

from dataclasses import replace

import numpy as np
import pytest

from andel.content import ContentStore, digest_of_cid
from andel.errors import EvidenceError
from andel.hashing import sha256
from andel.training.privacy import IN_THE_OPEN
from andel.training.result import sign_update
from andel.value.groups import Part
from andel.value.manifest import read_evidence, write_manifest
from andel.value.proof import ProvenData
from tests.support.grouped import collected, grouped_world, groups_of, private, run_grouped
from tests.support.reports import report_bytes
from tests.support.worlds import play, registry_of

WORLD = grouped_world()
GROUPS = groups_of(WORLD)
RESULT, _ = run_grouped(WORLD)
SETTLED = collected(WORLD, RESULT).settle()


def lines(report):
    return {value.contributor: value for value in report.contributors}


def test_members_of_a_group_share_what_it_is_worth_by_their_slots():
    found = lines(SETTLED)
    for number, group in enumerate(GROUPS, start=1):
        values = [found[who] for who in group]
        assert {value.group for value in values} == {number}
        assert len({value.length for value in values}) == 1
        assert max(value.score for value in values) - min(value.score for value in values) <= 1  # like slots
    assert sum(value.share for value in found.values()) == SETTLED.minted > 0
    assert SETTLED.history.earned_total == SETTLED.minted


def test_an_amount_is_split_exactly_in_proportion_to_slots_also_below_zero():
    members = tuple(
        ProvenData(owner.address, sha256(b""), {owner.address: 10 * i + 1}, 0) for i, owner in enumerate(WORLD.owners)
    )
    part = Part(members, np.zeros(1, np.int64))
    for amount in (0, 1, -1, 10**18 + 7, -(10**18) - 7):
        split = part.split(amount)
        assert sum(split) == amount and all(share * amount >= 0 for share in split)
        assert split == sorted(split, reverse=amount < 0)


def test_a_group_is_worth_what_its_members_are_together():
    """The same updates in the open: the group's score is its members', up to what the clip makes of single ones."""
    loose = {"clip": "none", "gate_mads": 0}
    hidden = private(WORLD.under(**loose), WORLD.task.privacy)
    apart = private(hidden, IN_THE_OPEN)
    grouped = lines(collected(hidden, run_grouped(hidden)[0]).settle())
    single = lines(play(apart).settle())
    for group in groups_of(hidden):
        together, alone = (sum(found[who].score for who in group) for found in (grouped, single))
        assert abs(together - alone) < abs(alone) * 1e-3
    assert len({value.group for value in single.values()}) == 1


def test_the_verdict_does_not_depend_on_the_order_of_the_evidence():
    round_ = collected(WORLD, RESULT)
    round_.updates.reverse()
    round_.commitments.reverse()
    round_.masks = round_.masks[::-1]
    assert report_bytes(round_.settle()) == report_bytes(SETTLED)


def test_a_manifest_brings_the_opened_masks_back(tmp_path):
    store = ContentStore(tmp_path.as_uri())
    store.put(WORLD.task.to_bytes())
    cid = write_manifest(store, RESULT)
    evidence = read_evidence(store, digest_of_cid(cid), "round 1")
    assert evidence.masks == RESULT.masks and len(evidence.masks) == 8


def altered(change):
    """The verdict on a round whose evidence `change` has altered, with the reasons of the first group."""
    round_ = collected(WORLD, RESULT)
    change(round_)
    report = round_.settle()
    found = lines(report)
    assert all(not found[who].reason and found[who].group == 2 for who in GROUPS[1]), "the other group goes on"
    return {found[who].reason for who in GROUPS[0]}


def without_mask(round_):
    round_.masks = tuple(mask for mask in round_.masks if mask.keys.contributor != GROUPS[0][0])


def without_update(round_):
    round_.updates = [update for update in round_.updates if update.contributor != GROUPS[0][0]]


def with_mask(round_, **changes):
    first = GROUPS[0][0]
    round_.masks = tuple(replace(mask, **changes) if mask.keys.contributor == first else mask for mask in round_.masks)


def with_update(round_, **changes):
    """The first member's update again, otherwise made and signed."""
    old = next(item for item in round_.updates if item.contributor == GROUPS[0][0])
    owner = WORLD.owner(old.contributor)
    values = {"update": old.update, "batches_hash": old.batches_hash, "weight": old.weight} | changes
    new = sign_update(owner.key, WORLD.plan, **values)
    round_.updates = [new if item is old else item for item in round_.updates]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda r: with_mask(r, seed=bytes(16)), "is not what it signed"),
        (lambda r: with_mask(r, survived=False), "is not what it signed"),
        (lambda r: with_update(r, weight=95), "has weighted its update by 95"),
        (lambda r: with_update(r, batches_hash=sha256(b"others")), "batches that were not committed"),
        (lambda r: with_update(r, update=bytes(32) + r.updates[0].update[32:]), "masked for other members"),
        (lambda r: with_update(r, update=b"short"), "group 1: "),
        (without_mask, "masked for other"),
        (without_update, "not in the closed set"),
    ],
    ids=["seed", "kind", "weight", "batches", "roster", "malformed", "left out", "dropped"],
)
def test_evidence_that_does_not_belong_together_voids_its_group_alone(change, named):
    (reason,) = altered(change)
    assert named in reason


def test_words_that_are_no_masked_update_void_the_group():
    def garble(round_):
        old = next(item for item in round_.updates if item.contributor == GROUPS[0][0])
        with_update(round_, update=old.update[:-8] + b"\x00\x11\x22\x33\x44\x55\x66\x77")

    (reason,) = altered(garble)
    assert "a member has sent something else" in reason


def test_a_mask_that_stands_twice_is_no_evidence():
    round_ = collected(WORLD, RESULT)
    round_.masks = (*round_.masks, round_.masks[0])
    with pytest.raises(EvidenceError, match="twice"):
        round_.settle()


def test_a_member_without_proven_slots_takes_its_group_along():
    """Its weight stands in the sum already; nobody can take it out again."""
    round_ = collected(WORLD, RESULT)
    gone = WORLD.owner(GROUPS[0][0])
    entries = registry_of([owner for owner in WORLD.owners if owner is not gone])
    report = replace(round_, world=replace(WORLD, entries=entries)).settle()
    assert {value.contributor for value in report.contributors if not value.reason} == set(GROUPS[1])


def test_a_groups_debt_and_credit_are_its_devices():
    found = lines(SETTLED)
    earned = SETTLED.history.scores
    for group in GROUPS:
        devices = [batch.device for who in group for batch in WORLD.owner(who).all_batches[:1]]
        if abs(SETTLED.gain) > SETTLED.noise:
            assert sum(earned[device] for device in devices) == sum(found[who].score for who in group)
