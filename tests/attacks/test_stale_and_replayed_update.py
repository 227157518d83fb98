"""Attack: an update that was signed for another round, attempt, plan, model or chain is used here.

Who: a contributor that trains once and sends the same for ever; or a coordinator that brings a good old update, of
this or of another model, into a set. What stops it: the signature binds model, round, attempt and plan, in a domain
of chain and contract; the coordinator's strategy refuses it, and if it stands in a closed set, `settle` gives it no
weight and says why.
"""

from dataclasses import replace
from typing import Any, cast

import pytest

from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.training import wire
from andel.training.flower import ClientApp
from andel.training.grid import LocalGrid, LocalNode
from andel.training.result import sign_commitment, sign_update
from andel.training.updates import encode_update
from andel.units import Digest
from tests.support.small_run import app_of
from tests.support.worlds import build_world, play

WORLD = build_world(3)
PLAN = WORLD.plan
OWNER = WORLD.owners[0]
ELSEWHERE = {
    "another round": {"round": PLAN.round + 1},
    "another attempt": {"attempt": PLAN.attempt + 1},
    "another plan": {"budget": PLAN.budget + 1},
    "another parent version": {"version": sha256(b"another version")},
    "another model": {"model": AccountKey(derive_secret(b"another model")).address},
    "another chain": {"chain_id": 4_689},
}


def value_of(report, account):
    """What the report says of an account."""
    return next(value for value in report.contributors if value.contributor == account)


@pytest.mark.parametrize("change", ELSEWHERE.values(), ids=ELSEWHERE)
def test_an_update_signed_elsewhere_weighs_nothing_in_a_closed_set(change):
    played = play(WORLD)
    stale = sign_update(
        OWNER.key,
        replace(PLAN, **change),
        update=encode_update(OWNER.update(WORLD), WORLD.task),
        batches_hash=Digest(sha256(OWNER.batches(PLAN))),
        weight=OWNER.weight(PLAN),
    )
    played.updates = [stale if item.contributor == OWNER.address else item for item in played.updates]
    report = played.settle()
    value = value_of(report, OWNER.address)
    assert (value.weight, value.share, value.score) == (0, 0, 0)
    assert value.reason == f"Update does not carry {OWNER.address}'s signature under this plan"
    assert all(value_of(report, owner.address).share > 0 for owner in WORLD.owners[1:])


@pytest.mark.parametrize("change", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_commitment_signed_elsewhere_weighs_nothing(change):
    played = play(WORLD)
    stale = sign_commitment(OWNER.key, replace(PLAN, **change), OWNER.batches(PLAN))
    played.commitments = [stale if c.contributor == OWNER.address else c for c in played.commitments]
    value = value_of(played.settle(), OWNER.address)
    assert (value.weight, value.share) == (0, 0) and "DataCommitment does not carry" in value.reason


def test_the_update_of_the_last_round_sent_again_weighs_nothing():
    first = play(WORLD)
    report = first.settle()
    after = WORLD.after(report)
    second = play(after)
    replayed = next(item for item in first.updates if item.contributor == OWNER.address)
    second.updates = [replayed if item.contributor == OWNER.address else item for item in second.updates]
    value = value_of(second.settle(), OWNER.address)
    assert (value.weight, value.share) == (0, 0) and "under this plan" in value.reason


def test_anothers_signed_update_under_ones_own_name_weighs_nothing():
    played = play(WORLD)
    other = next(item for item in played.updates if item.contributor == WORLD.owners[1].address)
    copied = replace(other, contributor=OWNER.address)
    played.updates = [copied if item.contributor == OWNER.address else item for item in played.updates]
    value = value_of(played.settle(), OWNER.address)
    assert (value.weight, value.share) == (0, 0) and "does not carry" in value.reason


@pytest.mark.full
def test_a_node_that_repeats_its_old_reply_is_refused_with_its_reason(launch_world):
    """In a real round: the coordinator records the refusal in the manifest, and the others go on."""
    small = launch_world("replayed update")
    lazy = small.honest()[0].contributor
    honest = app_of(lazy)
    kept: dict[str, Any] = {}

    def app(message, context):
        kind = message.metadata.message_type
        if kind in (wire.TRAIN, wire.REVEAL) and kind in kept:
            return wire.answer(message, kept[kind])
        reply = honest(message, context)
        if kind in (wire.TRAIN, wire.REVEAL):
            kept[kind] = dict(wire.read_answer(reply))
        return reply

    grid = LocalGrid(small.nodes({lazy.address: LocalNode(cast(ClientApp, app), {})}))
    first, second = small.play(grid), small.play(grid)
    assert lazy.address in {item.contributor for item in first.updates}
    assert lazy.address not in {item.contributor for item in second.updates}
    assert any("does not carry its signature under this plan" in item.reason for item in second.refused)
    assert value_of(small.report(1), lazy.address).share > 0
    late = value_of(small.report(2), lazy.address)
    assert (late.share, late.reason) == (0, "no update")
