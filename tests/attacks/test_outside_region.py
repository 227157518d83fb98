"""Attack: a device from elsewhere, or one that hides where it stands, contributes to an alliance of a region.

Who: an owner whose data the model was not founded for; its earlier rounds are proven already. What stops it: the
policy, of which the chain holds the hash, is asked of every opened packet, also of sets that were proven before it was
in force. What does not: a device that signs a false position, and packets that are not drawn.
"""

from dataclasses import replace

from andel.data.policy import Policy
from andel.simulation.world import terms_hash
from tests.support.small_run import pebble_scenario


def test_devices_outside_the_region_weigh_nothing_from_the_next_round_on(launch_world):
    small = launch_world("region", pebble_scenario())
    world = small.world
    small.play()
    assert all(value.weight > 0 for value in honest(small, 1).values())
    # site 0 stands at 40.6 degrees north, site 1 at 40.7
    policy = Policy(boxes=((405_000_000, -750_000_000, 406_500_000, -730_000_000),), channels=("temperature",))
    small.store.put(policy.to_bytes())
    world.model.alliance.set_rules(world.actors.founder, policy.hash, terms_hash())
    small.local.mine()
    small.results.append(small.coordinator().run_round(replace(small.plan(), policy=policy.hash)))
    small.settle()
    lines = honest(small, 2)
    inside = {member.contributor.address for member in small.honest() if member.participant.site == 0}
    assert inside and set(lines) - inside
    for account, value in lines.items():
        if account in inside:
            assert value.weight > 0, value.reason
        else:
            assert value.weight == 0 and "outside-region" in value.reason
            assert "40" not in value.reason.split("outside-region")[1], "the position is not told"


def honest(small, number):
    """What a round says of the honest."""
    accounts = {member.contributor.address for member in small.honest()}
    return {value.contributor: value for value in small.report(number).contributors if value.contributor in accounts}
