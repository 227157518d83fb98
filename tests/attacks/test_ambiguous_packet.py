"""Attack: bytes that a device signed as one thing are presented as another.

A Pebble signs type4 ‖ data ‖ time4 for a reading and owner20 ‖ time4 for a claim. With 16 bytes of data both are the
same 24 bytes, so one signature says two things. Who: anybody who sees packets, which are public; the prize is the
ownership of somebody's device, or a reading that was never measured. What stops it: a packet with exactly 16 bytes of
data and an owner that begins with a packet type are refused, off chain and on; and an old claim counts only within
the hour, after the last change, and only for the owner it names.
"""

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.device.packets import read_packet
from andel.device.pebble import (
    CONFIG,
    DATA,
    PEDOMETER,
    STATE,
    read_confirmation,
    sign_confirmation,
    sign_data_packet,
)
from andel.device.pebble_schema import BinPackage, ConfirmPackage
from andel.device.reading import PacketRefused, Refusal
from andel.errors import Reverted
from andel.hashing import sha256
from andel.keys import DeviceKey, address_bytes, checksummed, derive_secret, recoverable_signature, verify_signature
from andel.ledger.abi import encode_call
from andel.ledger.refusals import refused as refusal_on_chain
from andel.ledger.rpc import NodeRefused, Rpc

DEVICE = DeviceKey(derive_secret(b"ambiguous", "device"))
TIME = 1_700_000_000
KINDS = (DATA, CONFIG, STATE, PEDOMETER)


def refusal_of(read):
    """Why it was refused."""
    with pytest.raises(PacketRefused) as refused:
        read()
    return refused.value.reason


def claim_bytes(owner, timestamp, signature):
    """A ConfirmPackage of these parts."""
    return ConfirmPackage(owner=owner, timestamp=timestamp, signature=signature, channel=0).SerializeToString()


def package_bytes(kind, data, timestamp, signature):
    """A BinPackage of these parts."""
    return BinPackage(type=kind, data=data, timestamp=timestamp, signature=signature).SerializeToString()


@given(data=st.binary(min_size=16, max_size=16), kind=st.sampled_from(KINDS))
def test_the_ambiguity_is_real_and_both_readings_of_it_are_refused(data, kind):
    raw = sign_data_packet(DEVICE, data, TIME, kind)
    signature = BinPackage.FromString(raw).signature
    owner = kind.to_bytes(4, "big") + data
    assert verify_signature(sha256(owner, TIME.to_bytes(4, "big")), signature, DEVICE.public_key)
    assert refusal_of(lambda: read_packet(raw, DEVICE.public_key)) == Refusal.AMBIGUOUS
    assert refusal_of(lambda: read_confirmation(claim_bytes(owner, TIME, signature), DEVICE.public_key)) == (
        Refusal.AMBIGUOUS
    )


@given(owner=st.binary(min_size=20, max_size=20), timestamp=st.integers(0, 2**32 - 1))
def test_a_claims_signature_is_never_a_reading(owner, timestamp):
    """Cut at any place into type and data: what the device signed for a claim gives no reading."""
    raw = sign_confirmation(DEVICE, checksummed(owner), timestamp)
    signature = ConfirmPackage.FromString(raw).signature
    kind = int.from_bytes(owner[:4], "big")
    forged = package_bytes(kind % 2**31, owner[4:], timestamp, signature)
    assert refusal_of(lambda: read_packet(forged, DEVICE.public_key)) == Refusal.AMBIGUOUS
    for cut in (0, 1, 4, 19, 20):
        for presented in KINDS:
            packet = package_bytes(presented, owner[cut:], timestamp, signature)
            reason = refusal_of(lambda packet=packet: read_packet(packet, DEVICE.public_key))
            assert reason in (Refusal.AMBIGUOUS, Refusal.BAD_SIGNATURE, Refusal.NOT_A_READING, Refusal.MALFORMED)
    assert refusal_of(lambda: read_packet(raw, DEVICE.public_key)) in (Refusal.MALFORMED, Refusal.UNSUPPORTED)


@given(data=st.binary(max_size=60).filter(lambda data: len(data) != 16))
def test_a_readings_signature_is_never_a_claim(data):
    raw = sign_data_packet(DEVICE, data, TIME)
    signature = BinPackage.FromString(raw).signature
    signed = DATA.to_bytes(4, "big") + data
    for owner in (signed[:20].ljust(20, b"\0"), signed[-20:].rjust(20, b"\0"), data[:20].ljust(20, b"\0")):
        claim = claim_bytes(owner, TIME, signature)
        reason = refusal_of(lambda claim=claim: read_confirmation(claim, DEVICE.public_key))
        assert reason in (Refusal.AMBIGUOUS, Refusal.BAD_SIGNATURE)


@pytest.fixture(scope="module")
def small(launch_world):
    """Real contracts."""
    return launch_world("ambiguous")


@pytest.fixture(scope="module")
def world(small):
    return small.world


def refused(call):
    """The contract's error."""
    with pytest.raises(Reverted) as refusal:
        call()
    return refusal.value.error


@pytest.mark.parametrize("kind", KINDS)
def test_the_registry_refuses_an_owner_that_begins_with_a_packet_type(world, kind):
    data = address_bytes(world.actors.consumer.address)[:16]
    now = world.chain.block_time()
    signature = BinPackage.FromString(sign_data_packet(DEVICE, data, now, kind)).signature
    owner = kind.to_bytes(4, "big") + data
    digest = sha256(owner, now.to_bytes(4, "big"))
    recoverable = recoverable_signature(digest, signature, DEVICE.address)
    registry = world.model.device_registry.contract
    claim = encode_call(registry, "claim", (DEVICE.address, now, recoverable))
    # nobody holds the key of such an account, so it is only asked what would happen if somebody did
    asked = {"from": checksummed(owner), "to": registry.address, "data": "0x" + claim.hex()}
    rpc = Rpc(world.chain.url)
    with pytest.raises(NodeRefused) as node, closing(rpc):
        rpc.request("eth_call", asked, "latest")
    assert "DeviceRegistry_AmbiguousOwner" in refusal_on_chain("claim", registry.name, node.value).message


def test_a_claim_names_its_owner_and_serves_nobody_else(world):
    registry, thief = world.model.device_registry, world.actors.consumer
    device = DeviceKey(derive_secret(b"ambiguous", "claimed by another"))
    owner, now = world.actors.owners[0], world.chain.block_time()
    claim = read_confirmation(sign_confirmation(device, owner.address, now), device.public_key)
    error = refused(lambda: registry.claim(thief, device.address, claim.timestamp, claim.signature))
    assert error == "DeviceRegistry_BadDeviceSignature"


def test_an_old_claim_does_not_bring_a_device_back(small, world):
    registry = world.model.device_registry
    device = DeviceKey(derive_secret(b"ambiguous", "sold"))
    seller, now = world.actors.owners[0], world.chain.block_time()
    claim = read_confirmation(sign_confirmation(device, seller.address, now), device.public_key)
    registry.claim(seller, device.address, claim.timestamp, claim.signature)

    def again():
        registry.claim(seller, device.address, claim.timestamp, claim.signature)

    assert refused(again) == "DeviceRegistry_AlreadyOwned"
    registry.release(seller, device.address)
    assert refused(again) == "DeviceRegistry_OldTimestamp"
    small.local.mine()
    buyer = world.actors.owners[1]
    fresh = read_confirmation(sign_confirmation(device, buyer.address, world.chain.block_time()), device.public_key)
    registry.claim(buyer, device.address, fresh.timestamp, fresh.signature)
    assert registry.status_of(device.address).owner == buyer.address
    assert refused(again) in ("DeviceRegistry_AlreadyOwned", "DeviceRegistry_OldTimestamp")
