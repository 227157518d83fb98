"""Attack: a replayer brings packets that another owner's device signed, as its own.

Who: a contributor with an account and a device but no measurements. What stops it, each where the one before was
bypassed: its own intake (the packets are kept, with the reason foreign-owner); `BatchRegistry`, which takes a batch
from its device's owner only; and `settle`, where a commitment lists the foreign batches anyway.
"""

from dataclasses import dataclass

import pytest

from andel.data.batch import Batch, batches_object
from andel.data.openings import make_openings
from andel.data.store import EvidenceStore
from andel.device.reading import Refusal
from andel.errors import Reverted
from andel.ledger.round_hashes import entries_hash
from andel.roles.contributor import Contributor
from andel.simulation.participants import Kind
from andel.training.grid import LocalGrid, LocalNode
from andel.typed_data import sign_typed
from tests.support.small_run import app_of


@dataclass
class Thief:
    """A contributor that names the victim's batches, opens the victim's packets and trains on the victim's rows."""

    own: Contributor
    victim: Contributor

    @property
    def key(self):
        return self.own.key

    def accept(self, plan, task):
        """Agrees to everything."""

    def check_seed(self, plan, seed):
        """Takes any seed."""

    def check_commitments(self, plan, root):
        """Takes any set."""

    def chosen(self, plan) -> list[Batch]:
        return [batch for batch in self.victim.all_batches() if plan.covers(batch.day)]

    def batches(self, plan):
        return batches_object(self.own.address, [batch.header for batch in self.chosen(plan)])

    def weight(self, plan):
        return sum(batch.slots for batch in self.chosen(plan))

    def openings(self, plan, task, seed):
        return make_openings(seed, self.own.address, self.chosen(plan), task.openings)

    def disclosure(self, plan, state, batches):
        """Shows what it trained on, which is the victim's."""
        return self.victim.disclosure(plan, state, batches)

    def rows(self, plan, task):
        return self.victim.rows(plan, task)

    def held_out(self, plan, task, version):
        return self.victim.held_out(plan, task, version)


def test_the_replayers_own_intake_refuses_every_packet_and_keeps_it(finished_run):
    replayer = finished_run.small.member(Kind.REPLAYER)
    assert replayer.intake.accepted == 0
    assert replayer.intake.refused.keys() == {Refusal.FOREIGN_OWNER}
    count = replayer.intake.refused[Refusal.FOREIGN_OWNER]
    assert count > 100
    number = replayer.participant.number
    kept = EvidenceStore(f"sqlite:///{finished_run.small.folder / f'owner-{number}' / 'evidence.db'}")
    assert kept.counts().refused == {Refusal.FOREIGN_OWNER: count}
    victim = finished_run.world.members[0].contributor
    assert f"belongs to {victim.address}" in kept.refused()[0].detail
    kept.close()


def test_the_replayer_earns_nothing(finished_run):
    for value in finished_run.values_of(finished_run.small.member(Kind.REPLAYER)):
        assert (value.weight, value.share) == (0, 0)
    assert "foreign-owner" in finished_run.small.member(Kind.REPLAYER).refusal
    assert "BatchRegistry_ForeignOwner" in finished_run.small.member(Kind.REPLAYER).refusal


def test_packets_announced_under_the_replayers_own_device_fail_their_signature(finished_run, tmp_path):
    small = finished_run.small
    replayer, victim = small.member(Kind.REPLAYER), finished_run.world.members[0]
    packets = list(victim.device.packets(victim.participant.weeks))[:20]
    counts = replayer.contributor.take((replayer.device.key.address, packet) for packet in packets)
    assert (counts.accepted, counts.refused) == (0, {Refusal.BAD_SIGNATURE: 20})


def test_the_registry_takes_a_foreign_batch_from_nobody_but_the_owner(launch_world):
    small = launch_world("foreign batches")
    registry = small.world.model.batch_registry
    thief, victim = small.member(Kind.REPLAYER).contributor, small.world.members[0].contributor
    entries = victim.entries()[:2]
    with pytest.raises(Reverted) as direct:
        registry.enter(thief.key, entries)
    assert direct.value.error == "BatchRegistry_ForeignOwner"
    deadline = small.world.chain.block_time() + 3_600
    values = [entry.values() for entry in entries]
    message = {"owner": thief.address, "entriesHash": entries_hash(values), "deadline": deadline}
    signature = sign_typed(thief.key, "BatchEntries", registry.domain, message)
    with pytest.raises(Reverted) as in_own_name:
        registry.enter_for(thief.key, thief.address, entries, deadline, signature)
    assert in_own_name.value.error == "BatchRegistry_ForeignOwner"
    with pytest.raises(Reverted) as in_the_owners_name:
        registry.enter_for(thief.key, victim.address, entries, deadline, signature)
    assert in_the_owners_name.value.error == "BatchRegistry_BadSignature"


def test_a_commitment_that_lists_foreign_batches_weighs_nothing_and_harms_nobody(launch_world):
    small = launch_world("foreign commitment")
    thief, victim = small.member(Kind.REPLAYER).contributor, small.world.members[0].contributor
    node = LocalNode(app_of(Thief(thief, victim)), {})
    result = small.play(LocalGrid(small.nodes({thief.address: node})))
    assert any(item.contributor == thief.address and b'"batches":[{' in item.batches for item in result.commitments)
    assert thief.address not in {item.contributor for item in result.updates}  # it was not even asked to train
    report = small.report(1)
    by_account = {value.contributor: value for value in report.contributors}
    assert by_account[thief.address].weight == 0 and by_account[thief.address].share == 0
    assert f"not entered by {thief.address}" in by_account[thief.address].reason
    assert by_account[victim.address].weight == victim.weight(small.world.first_plan())
    assert all(by_account[member.contributor.address].share > 0 for member in small.honest())
