"""What the chain says of a round: the plan must say the same, and admission is judged when the round opened."""

from dataclasses import replace

import pytest

from andel.data.batch import MAX_DEVICES, BatchHeader, batches_object
from andel.errors import EvidenceError
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.roles.chain_facts import admitted_devices, chain_facts, check_plan, read_round
from andel.training.result import sign_commitment

CHANGES = {
    "chain": {"chain_id": 1},
    "round": {"round": 7},
    "attempt": {"attempt": 1},
    "parent version": {"version": sha256(b"other")},
    "budget": {"budget": 1},
    "deadline": {"deadline": 1},
    "k": {"k": 3},
    "n": {"n": 4},
    "operators' share": {"operator_share_bps": 0},
    "terms": {"terms": sha256(b"other")},
    "policy": {"policy": sha256(b"other")},
    "alliance": {"alliance": "0x" + "11" * 20},
}


@pytest.fixture(scope="module")
def small(launch_world):
    launched = launch_world("chain facts")
    launched.play()
    return launched


def test_the_plan_of_a_round_is_what_the_chain_says(small):
    check_plan(small.results[0].plan, small.world.model, 1, read_round(small.world.model, 1))


@pytest.mark.parametrize("what", CHANGES)
def test_a_plan_that_says_otherwise_is_named_with_both_values(small, what):
    plan = replace(small.results[0].plan, **CHANGES[what])  # type: ignore[arg-type]  # a table of odd values
    on_chain = read_round(small.world.model, 1)
    with pytest.raises(EvidenceError, match="round 1, plan: plan hash is"):
        check_plan(plan, small.world.model, 1, on_chain)
    # were its hash on chain, the field itself would be named
    forged = replace(on_chain, state=replace(on_chain.state, plan_hash=plan.hash))
    with pytest.raises(EvidenceError, match=f"round 1, plan: {what} is .*, on chain "):
        check_plan(plan, small.world.model, 1, forged)


@pytest.mark.parametrize("number", [0, 9])
def test_an_unknown_round_is_no_evidence(small, number):
    with pytest.raises(EvidenceError, match=f"round {number}: the chain knows no such round"):
        read_round(small.world.model, number)


@pytest.mark.full
def test_admission_is_judged_when_the_round_opened(launch_world):
    """A stop or a revocation afterwards changes no past round, and counts from the next."""
    small = launch_world("admission")
    world = small.world
    now = world.chain.block_time()
    stopped, revoked, kept = (member.device.key.address for member in world.members[:3])
    unlisted = DeviceKey(derive_secret(b"nobody listed it")).address
    devices = {stopped, revoked, kept, unlisted}

    def admitted(at):
        return admitted_devices(world.model, at, devices)

    assert admitted(now) == {stopped, revoked, kept}
    small.local.mine()
    world.model.device_registry.stop_devices(world.actors.lister, [stopped])
    world.model.device_registry.revoke(world.members[1].contributor.key, revoked)
    assert admitted(now) == {stopped, revoked, kept}
    assert admitted(world.chain.block_time() + 1) == {kept}
    small.local.mine()
    founder = world.actors.founder
    world.model.alliance.admit(founder, [unlisted])
    world.model.alliance.drop(founder, [world.actors.lister.address])
    small.local.mine()
    assert admitted(now) == {stopped, revoked, kept}
    assert admitted(world.chain.block_time()) == {unlisted}
    assert admitted(1) == frozenset()  # before anything was listed


class CountingRegistry:
    """A registry that counts what it is asked for."""

    def __init__(self, registry):
        self.registry, self.asked = registry, 0

    def entries_of(self, keys):
        self.asked += len(keys)
        return self.registry.entries_of(keys)


def test_a_stranger_makes_nobody_ask_the_registry_for_thousands_of_days(small):
    """Ten thousand invented batches: of unlisted devices, or of days that the plan does not name."""
    world = small.world
    plan, on_chain = small.results[0].plan, read_round(world.model, 1)
    stranger = AccountKey(derive_secret(b"stranger"))
    keys = [DeviceKey(derive_secret(b"invented", number)) for number in range(MAX_DEVICES)]
    days = [day for first, last in plan.windows for day in range(first, last + 1)]

    def asked(devices, chosen):
        headers = [
            BatchHeader(key.address, key.public_key, day, sha256(b"root"), 24, 2**24 - 1)
            for key in devices
            for day in chosen
        ]
        listed = batches_object(stranger.address, headers[:10_000])
        registry = CountingRegistry(world.model.batch_registry)
        commitments = [*small.results[0].commitments, sign_commitment(stranger, plan, listed)]
        facts = chain_facts(replace(world.model, batch_registry=registry), plan, on_chain, commitments)
        assert all(device in facts.admitted for device, _ in facts.entries)
        return registry.asked

    honest = CountingRegistry(world.model.batch_registry)
    chain_facts(replace(world.model, batch_registry=honest), plan, on_chain, small.results[0].commitments)
    assert asked(keys, days) == honest.asked
    assert asked([member.device.key for member in world.members[:1]], range(10_000)) == honest.asked
    unsigned = replace(small.results[0].commitments[0], signature=b"")
    registry = CountingRegistry(world.model.batch_registry)
    chain_facts(replace(world.model, batch_registry=registry), plan, on_chain, [unsigned])
    assert registry.asked == 0


@pytest.mark.full
def test_a_stopped_device_earns_nothing_from_the_next_round_on(launch_world):
    small = launch_world("stopped device")
    member = small.honest()[0]
    small.play()
    small.world.model.device_registry.stop_devices(small.world.actors.lister, [member.device.key.address])
    small.play()
    first, second = (
        next(v for v in small.report(number).contributors if v.contributor == member.contributor.address)
        for number in (1, 2)
    )
    assert first.share > 0
    assert (second.weight, second.share) == (0, 0) and "the alliance does not admit" in second.reason
