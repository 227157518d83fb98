"""Attack: a coordinator leaves a contributor's update out, and says that it never came.

Who: the coordinator. What stops it: whoever stands in the fixed set of data trains by itself, puts the update into the
content store and its signed hash on chain. While it is neither shown in the closed set nor refused with a reason,
nobody can attest; a reason that is not true is attested by no honest validator. A coordinator that only lost the
message takes the update up from the store. What cannot be judged is a claim that the bytes came too late.
"""

import math

import numpy as np
import pytest

from andel.errors import Reverted
from andel.hashing import sha256
from andel.ledger.round_state import Status, VoidReason
from andel.roles import coordinator as coordinating
from andel.roles import posted
from andel.roles.posting import Poster
from andel.training import wire
from andel.training.grid import LocalGrid
from andel.training.result import commitment_place, sign_update
from andel.training.updates import encode_update
from andel.value.manifest import read_commitments, read_evidence
from tests.attacks.test_dropped_update import DroppingGrid
from tests.attacks.test_lying_validator import state_of


class PostingGrid(DroppingGrid):
    """Drops one contributor's training messages; the contributor posts when the others are asked."""

    def __init__(self, small, victim):
        super().__init__(small.nodes(), 1_000 + victim.participant.number, wire.TRAIN)
        self._poster = Poster(victim.contributor, small.world.model, small.store)
        self.posted = False

    def push_messages(self, messages):
        if any(message.metadata.message_type == wire.TRAIN for message in messages):
            self.posted = self._poster.step()
            assert not self._poster.step(), "once in an attempt"
        return super().push_messages(messages)


@pytest.fixture
def small(launch_world, request):
    return launch_world(request.node.name)


def leave_out(monkeypatch, refuse=None):
    """A coordinator that takes nothing up from the store; `refuse` says what it does with what was posted."""
    monkeypatch.setattr(coordinating, "take_posted", lambda *_: None)
    monkeypatch.setattr(coordinating, "answer_posted", refuse or (lambda *_: None))


def test_an_update_that_only_got_lost_is_taken_up_from_the_store(small):
    victim = small.honest()[1]
    grid = PostingGrid(small, victim)
    small.play(grid)
    assert grid.posted
    state = state_of(small)
    evidence = read_evidence(small.store, state.evidence_hash, "round 1")
    assert victim.contributor.address in {item.contributor for item in evidence.updates}
    assert (state.status, state.unresolved) == (Status.FINALISED, 0)
    value = next(each for each in small.report(1).contributors if each.contributor == victim.contributor.address)
    assert value.weight > 0 and not value.reason
    small.assert_audited()


def test_a_round_with_an_unresolved_update_cannot_be_attested_and_dies(small, monkeypatch):
    victim, manager = small.honest()[1], small.world.model.round_manager
    leave_out(monkeypatch)
    small.close_round(PostingGrid(small, victim))
    state = state_of(small)
    assert (state.status, state.unresolved) == (Status.CLOSED, 1)
    assert not any(validator.step() for validator in small.validators)
    with pytest.raises(Reverted, match="Unresolved"):
        manager.commit_attestation(small.world.actors.validators[0], 1, sha256(b"anything"))
    small.local.advance(state.deadline - small.world.chain.block_time() + 10)
    manager.void(small.world.actors.consumer, 1)
    assert (state_of(small).status, state_of(small).void_reason) == (Status.VOID, VoidReason.DEADLINE)
    assert small.world.model.pool.minted() == 0
    monkeypatch.undo()
    small.play()  # and an honest attempt goes on from there
    assert state_of(small).status == Status.FINALISED


def test_a_refusal_without_a_true_reason_is_attested_by_nobody(small, monkeypatch):
    victim, manager = small.honest()[1], small.world.model.round_manager

    def refuse(key, model, store, result, *_):
        manager.refuse_posted(key, result.plan.round, victim.contributor.address, sha256(b"I do not like it"))

    leave_out(monkeypatch, refuse)
    small.close_round(PostingGrid(small, victim))
    assert state_of(small).unresolved == 0
    assert not any(validator.step() for validator in small.validators)
    assert state_of(small).commit_count == 0


@pytest.mark.full
def test_what_was_posted_without_the_update_is_refused_for_that_reason(small):
    """A hash alone, with no signed update behind it, holds up nothing."""
    victim, manager = small.honest()[1], small.world.model.round_manager

    class BarePost(LocalGrid):
        def push_messages(self, messages):
            if any(message.metadata.message_type == wire.TRAIN for message in messages):
                plan, _, _ = wire.read_instruction(messages[0])
                commitments = coordinating_commitments(small)
                batches = next(c.batches_hash for c in commitments if c.contributor == victim.contributor.address)
                place = commitment_place(plan, commitments, victim.contributor.address)
                manager.post_update(victim.contributor.key, plan.round, sha256(b"nothing"), batches, place)
            return super().push_messages(messages)

    small.play(BarePost(small.nodes()))
    state = state_of(small)
    assert (state.status, state.unresolved) == (Status.FINALISED, 0)
    assert len(manager.logs("PostedRefused", state.opened_block)) == 1


@pytest.mark.full
@pytest.mark.parametrize(("seconds", "attested"), [(0, True), (120, False)])
def test_only_what_was_posted_just_before_the_close_may_be_called_late(small, monkeypatch, seconds, attested):
    victim, answer = small.honest()[1], posted.answer_posted

    class Waiting(PostingGrid):
        def push_messages(self, messages):
            ids = super().push_messages(messages)
            if self.posted and seconds:
                small.local.advance(seconds)
            return ids

    def call_late(key, model, store, result, task, proven):
        monkeypatch.setattr(posted, "_is_late", lambda *_: True)
        answer(key, model, store, result, task, proven)
        monkeypatch.setattr(posted, "_is_late", is_late)

    is_late = posted._is_late
    leave_out(monkeypatch, call_late)
    small.close_round(Waiting(small, victim))
    assert state_of(small).unresolved == 0
    assert small.validators[0].step() is attested


def test_who_sends_one_update_and_posts_another_holds_up_nothing(small):
    """Both are signed and sound; the set holds one of them, and that is reason enough to refuse the other."""
    victim = small.honest()[1].contributor

    class TwoFaced(LocalGrid):
        def push_messages(self, messages):
            if any(message.metadata.message_type == wire.TRAIN for message in messages):
                plan, task, _ = wire.read_instruction(messages[0])
                other = encode_update(np.ones(sum(map(math.prod, task.shapes)), np.int64), task)
                signed = sign_update(
                    victim.key,
                    plan,
                    update=other,
                    batches_hash=sha256(victim.batches(plan)),
                    weight=victim.weight(plan),
                )
                posted.post_update(
                    victim.key, small.world.model, small.store, plan, coordinating_commitments(small), signed
                )
            return super().push_messages(messages)

    small.play(TwoFaced(small.nodes()))
    assert (state_of(small).status, state_of(small).unresolved) == (Status.FINALISED, 0)
    value = next(each for each in small.report(1).contributors if each.contributor == victim.address)
    assert value.weight > 0


def coordinating_commitments(small):
    """The list that stands behind the round's root."""
    return read_commitments(small.store, state_of(small).commitments_hash, "round")
