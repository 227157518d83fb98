"""Attack: a coordinator leaves out, alters, invents or reorders what contributors sent.

Who: the coordinator, who collects everything. What stops it: each update is signed over its own hash, and the set is
under a root on chain, so nothing can be altered or invented, and order cannot matter. One that had committed its data
stands in the manifest without an update, for everybody to see, and can post the update itself
(`test_posted_update.py`). What is *not* stopped: leaving a contributor out before its commitment is in the fixed set.
"""

from dataclasses import replace
from itertools import permutations

import pytest

from andel.errors import EvidenceError
from andel.hashing import sha256
from andel.ledger.round_state import Status
from andel.training import wire
from andel.training.grid import LocalGrid
from andel.training.result import updates_root
from andel.value.manifest import read_evidence
from tests.support.reports import report_bytes
from tests.support.worlds import build_world, play

WORLD = build_world(4)
VICTIM = WORLD.owners[1]


def value_of(report, account):
    """What a report says of an account."""
    return next(value for value in report.contributors if value.contributor == account)


class DroppingGrid(LocalGrid):
    """Carries everything but one contributor's messages of one kind: what a coordinator that drops them would see."""

    def __init__(self, nodes, node_id, kind):
        super().__init__(nodes)
        self._node, self._kind = node_id, kind

    def push_messages(self, messages):
        kept = [m for m in messages if (m.metadata.dst_node_id, m.metadata.message_type) != (self._node, self._kind)]
        return super().push_messages(kept)


@pytest.mark.parametrize("kind", [wire.TRAIN, wire.REVEAL])
def test_a_contributor_dropped_after_its_commitment_stands_in_the_manifest(launch_world, kind):
    small = launch_world(f"dropped at {kind}")
    victim = small.honest()[1]
    node = 1_000 + victim.participant.number
    small.play(DroppingGrid(small.nodes(), node, kind))
    state = small.world.model.round_manager.round_of(1)
    evidence = read_evidence(small.store, state.evidence_hash, "round 1")
    account = victim.contributor.address
    assert account in {item.contributor for item in evidence.commitments}
    assert account in evidence.openings
    assert account not in {item.contributor for item in evidence.updates}
    value = value_of(small.report(1), account)
    assert (value.share, value.reason) == (0, "no update")


def test_a_contributor_dropped_before_its_commitment_leaves_no_trace_yet(launch_world):
    """Nothing defends against this; the threat model says so. Posting needs a commitment in the fixed set."""
    small = launch_world("dropped at once")
    victim = small.honest()[1]
    small.play(DroppingGrid(small.nodes(), 1_000 + victim.participant.number, wire.BATCHES))
    state = small.world.model.round_manager.round_of(1)
    evidence = read_evidence(small.store, state.evidence_hash, "round 1")
    assert victim.contributor.address not in {item.contributor for item in evidence.commitments}
    assert state.status == Status.FINALISED


def test_an_altered_update_is_not_the_signed_one_and_weighs_nothing():
    played = play(WORLD)
    honest = next(item for item in played.updates if item.contributor == VICTIM.address)
    other = next(item for item in played.updates if item.contributor != VICTIM.address)
    forged = replace(honest, update=other.update)
    played.updates = [forged if item is honest else item for item in played.updates]
    value = value_of(played.settle(), VICTIM.address)
    assert (value.weight, value.share, value.reason) == (0, 0, "the update is not the one that was signed")
    renamed = replace(forged, update_hash=other.update_hash)
    played.updates = [renamed if item is forged else item for item in played.updates]
    value = value_of(played.settle(), VICTIM.address)
    assert (value.weight, value.share) == (0, 0) and "does not carry" in value.reason


def test_an_invented_update_weighs_nothing():
    played = play(WORLD)
    invented = replace(played.updates[0], contributor=VICTIM.address, signature=played.updates[0].signature)
    played.updates = [invented if item.contributor == VICTIM.address else item for item in played.updates]
    assert value_of(played.settle(), VICTIM.address).share == 0


def test_the_order_of_the_set_changes_nothing():
    played = play(WORLD)
    first = report_bytes(played.settle())
    for order in list(permutations(range(len(played.updates))))[1::5]:
        shuffled = play(WORLD)
        shuffled.updates = [played.updates[place] for place in order]
        shuffled.commitments = [played.commitments[place] for place in reversed(order)]
        shuffled.openings = dict(reversed(played.openings.items()))
        assert report_bytes(shuffled.settle()) == first


def test_a_set_that_is_not_the_one_under_the_root_is_no_evidence():
    played = play(WORLD)
    facts = played.facts()
    changes = {
        "one left out": played.updates[:-1],
        "one twice": [*played.updates, played.updates[0]],
        "none": [],
    }
    for what, updates in changes.items():
        cut = play(WORLD)
        cut.updates = updates
        with pytest.raises(EvidenceError, match="do not give the root on chain"):
            cut.settle(facts)
            pytest.fail(what)
    cut = play(WORLD)
    cut.commitments = cut.commitments[:-1]
    with pytest.raises(EvidenceError, match="commitments: they do not give the root on chain"):
        cut.settle(facts)


def test_one_update_twice_under_a_root_of_its_own_is_no_evidence_either():
    played = play(WORLD)
    played.updates = [*played.updates, played.updates[0]]
    with pytest.raises(EvidenceError, match="stands twice"):
        played.settle(replace(played.facts(), updates_root=updates_root(WORLD.plan, played.updates)))


def test_validators_do_not_attest_to_a_manifest_that_is_not_what_was_closed(launch_world):
    """The coordinator closes with the root of all updates and a manifest that lacks one."""
    small = launch_world("manifest without an update")
    coordinator = small.coordinator()
    manager = small.world.model.round_manager
    close = manager.close

    def close_with_another_manifest(key, number, root, evidence):
        return close(key, number, sha256(b"another root"), evidence)

    object.__setattr__(manager, "close", close_with_another_manifest)
    try:
        small.results.append(coordinator.run_round(small.plan()))
    finally:
        object.__delattr__(manager, "close")
    assert not any(validator.step() for validator in small.validators for _ in range(3))
    assert manager.round_of(1).status == Status.CLOSED
    assert manager.round_of(1).commit_count == 0
