"""Attack: who lists or admits devices moves a round that is under way, or one that is over.

Who: a lister that stops a rival's device after its updates are in, the alliance's owner who bars it or lets a friend's
device in late, a thief's victim who revokes. The prize is another's share, or a round that nobody can settle again.
What stops it: admission is a history, asked for the second in which the round opened; a change counts for rounds opened
after the second it was made in.
"""

import pytest

from andel.errors import Reverted
from andel.ledger.round_state import Status
from andel.roles.chain_facts import admitted_devices, read_round


def changes(small, member):
    """Everything that takes a device out."""
    model, actors, device = small.world.model, small.world.actors, member.device.key.address
    return {
        "stopped by its lister": lambda: model.device_registry.stop_devices(actors.lister, [device]),
        "lister dropped": lambda: model.alliance.drop(actors.founder, [actors.lister.address]),
        "barred": lambda: model.alliance.bar(actors.founder, [device]),
        "revoked": lambda: model.device_registry.revoke(member.contributor.key, device),
    }


@pytest.mark.parametrize(
    "how",
    [
        "lister dropped",
        *(pytest.param(how, marks=pytest.mark.full) for how in ("stopped by its lister", "barred", "revoked")),
    ],
)
def test_a_device_taken_out_in_the_middle_of_a_round_counts_in_it_and_in_no_later_one(launch_world, how):
    small = launch_world(f"moved admission: {how}")
    member = small.honest()[0]
    account, device = member.contributor.address, member.device.key.address
    small.close_round()
    before = small.report(1)
    changes(small, member)[how]()
    small.local.mine()
    assert small.report(1).value_root == before.value_root
    small.settle()
    assert small.world.model.round_manager.round_of(1).status == Status.FINALISED
    first = next(value for value in small.report(1).contributors if value.contributor == account)
    assert first.share > 0
    opened_at = read_round(small.world.model, 1).opened_at
    assert admitted_devices(small.world.model, opened_at, {device}) == {device}
    assert admitted_devices(small.world.model, small.world.chain.block_time(), {device}) == frozenset()
    # long afterwards a stranger still replays the round to the same bytes
    small.assert_audited()


def test_a_device_let_in_after_the_opening_does_not_count_in_the_round(launch_world):
    small = launch_world("moved admission: let in late")
    member = small.honest()[0]
    device, founder = member.device.key.address, small.world.actors.founder
    small.world.model.device_registry.stop_devices(small.world.actors.lister, [device])
    small.local.mine()
    small.close_round()
    small.world.model.alliance.admit(founder, [device])
    small.local.mine()
    line = next(v for v in small.report(1).contributors if v.contributor == member.contributor.address)
    assert (line.weight, line.share) == (0, 0) and "the alliance does not admit the device" in line.reason
    small.settle()
    small.play()
    line = next(v for v in small.report(2).contributors if v.contributor == member.contributor.address)
    assert line.weight > 0


def test_a_stranger_changes_no_admission(launch_world):
    small = launch_world("moved admission: stranger")
    device, stranger = small.honest()[0].device.key.address, small.world.actors.consumer
    for call in (small.world.model.alliance.bar, small.world.model.alliance.admit, small.world.model.alliance.trust):
        with pytest.raises(Reverted, match="OwnableUnauthorizedAccount"):
            call(stranger, [device])
    small.world.model.device_registry.list_devices(stranger, [device])
    with pytest.raises(Reverted, match="DeviceRegistry_NotListed"):
        small.world.model.device_registry.stop_devices(small.world.actors.founder, [device])
    small.world.model.device_registry.stop_devices(stranger, [device])  # its own listing, which nobody trusts
    small.local.mine()
    assert admitted_devices(small.world.model, small.world.chain.block_time(), {device}) == {device}
