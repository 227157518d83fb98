"""Attack: a claim that was good once, or in another form, or for somebody else, is brought again.

Who: a former owner who kept the bytes, anybody who saw them in a transaction, a relayer. The prize: somebody's device.
What a device signs for a claim names neither chain nor contract, and of every ECDSA signature there is a second form.
What stops it: the claim counts within the hour, after the last change, for the owner it names, who sends or signs it;
a P-256 signature counts with a low s only, under the key whose hash is the device; published keys never count.
"""

import pytest

from andel import p256
from andel.device.claim import read_claim
from andel.device.did import NamedDevice
from andel.device.known_keys import FIRMWARE_KEY_2020
from andel.device.pebble import sign_confirmation
from andel.errors import ChainError, Reverted
from andel.keys import Curve, DeviceKey, derive_secret
from andel.roles.owner import claim_device
from andel.typed_data import Domain, sign_typed

KEY_2020 = bytes.fromhex(
    "30a8f41d35ba3cfe39cc1effab498683796e53191abf1226c3637c801556bdf8"
    "7ffe428c9ad533d802b8487b319ffc2435a100536ac5fba87052354f52ba1713"
)
"""X and Y of the key in all firmware of 2020."""


@pytest.fixture(scope="module")
def small(launch_world):
    return launch_world("replayed claim")


@pytest.fixture(params=list(Curve), ids=lambda curve: curve.name.lower())
def device(request):
    return DeviceKey(derive_secret(b"replayed claim", request.node.nodeid), request.param)


def claim_of(small, device, owner, ahead=0):
    """The claim a device signs now."""
    package = sign_confirmation(device, owner.address, small.world.chain.block_time() + ahead)
    return read_claim(package, NamedDevice(device.address, device.public_key))


def refusal(call):
    """The contract's error."""
    with pytest.raises(ChainError) as refused:
        call()
    cause = refused.value.__cause__ if not isinstance(refused.value, Reverted) else refused.value
    assert isinstance(cause, Reverted)
    return cause.error


def test_a_former_owner_does_not_get_a_released_or_sold_device_back_by_its_old_claim(small, device):
    registry, (seller, buyer) = small.world.model.device_registry, small.world.actors.owners[:2]
    old = claim_of(small, device, seller, ahead=60)  # signed ahead of the chain's clock, so it is fresh for long
    claim_device(registry, seller, *old)
    registry.release(seller, device.address)
    assert refusal(lambda: claim_device(registry, seller, *old)) == "DeviceRegistry_OldTimestamp"
    small.local.advance(120)
    claim_device(registry, buyer, *claim_of(small, device, buyer))
    assert refusal(lambda: claim_device(registry, seller, *old)) == "DeviceRegistry_AlreadyOwned"
    registry.transfer(buyer, device.address, seller.address)
    registry.release(seller, device.address)
    assert refusal(lambda: claim_device(registry, seller, *old)) == "DeviceRegistry_OldTimestamp"
    assert registry.status_of(device.address).owner is None


def test_a_claim_seen_in_somebody_elses_transaction_serves_nobody(small, device):
    registry, owner, thief = (
        small.world.model.device_registry,
        small.world.actors.owners[0],
        small.world.actors.consumer,
    )
    confirmation, key = claim_of(small, device, owner)
    rest = confirmation.timestamp, confirmation.signature

    def send():
        if key[:2] == p256.MULTICODEC:
            registry.claim_p256(thief, p256.point_of(key), *rest)
        else:
            registry.claim(thief, device.address, *rest)

    assert refusal(send) == "DeviceRegistry_BadDeviceSignature"


def test_a_relayer_cannot_claim_without_the_owners_own_signature_for_this_registry(small, device):
    registry, owner, thief = (
        small.world.model.device_registry,
        small.world.actors.owners[0],
        small.world.actors.consumer,
    )
    confirmation, key = claim_of(small, device, owner)
    deadline = small.world.chain.block_time() + 600
    message = {
        "device": device.address,
        "owner": owner.address,
        "timestamp": confirmation.timestamp,
        "deadline": deadline,
    }
    elsewhere = Domain(small.world.chain.chain_id, small.world.model.batch_registry.address)
    wills = [
        sign_typed(thief, "DeviceClaim", registry.domain, message),
        sign_typed(owner, "DeviceClaim", elsewhere, message),
        sign_typed(owner, "DeviceClaim", Domain(4_689, registry.address), message),
        sign_typed(owner, "DeviceClaim", registry.domain, message | {"timestamp": confirmation.timestamp - 1}),
    ]
    parts = (owner.address, confirmation.timestamp, confirmation.signature, deadline)
    for will in wills:

        def send(will=will):
            if key[:2] == p256.MULTICODEC:
                registry.claim_p256_for(thief, p256.point_of(key), *parts, will)
            else:
                registry.claim_for(thief, device.address, *parts, will)

        assert refusal(send) == "DeviceRegistry_BadOwnerSignature"


def test_the_second_form_of_a_p256_signature_and_a_foreign_key_count_for_nothing(small):
    registry, owner = small.world.model.device_registry, small.world.actors.owners[0]
    device = DeviceKey(derive_secret(b"replayed claim", b"high s".hex()), Curve.P256)
    other = DeviceKey(derive_secret(b"replayed claim", b"other".hex()), Curve.P256)
    confirmation, key = claim_of(small, device, owner)
    high = confirmation.signature[:32] + (p256.ORDER - int.from_bytes(confirmation.signature[32:], "big")).to_bytes(
        32, "big"
    )
    assert p256.low_s(high) == confirmation.signature
    for point, signature in ((p256.point_of(key), high), (p256.point_of(other.public_key), confirmation.signature)):
        error = refusal(lambda p=point, s=signature: registry.claim_p256(owner, p, confirmation.timestamp, s))
        assert error == "DeviceRegistry_BadDeviceSignature"
    registry.claim_p256(owner, p256.point_of(key), confirmation.timestamp, confirmation.signature)


def test_the_key_that_everybody_has_is_nobodys_device(small):
    """Whoever reads the firmware of 2020 can sign with it: no claim with it counts, whatever the signature."""
    registry, owner = small.world.model.device_registry, small.world.actors.owners[0]
    now = small.world.chain.block_time()
    error = refusal(lambda: registry.claim_p256(owner, KEY_2020, now, bytes(31) + b"\1" + bytes(31) + b"\1"))
    assert error == "DeviceRegistry_KnownKey"
    assert refusal(lambda: registry.list_devices(owner, [FIRMWARE_KEY_2020])) == "DeviceRegistry_KnownKey"
    alliance = small.world.model.alliance
    error = refusal(lambda: alliance.admit(small.world.actors.founder, [FIRMWARE_KEY_2020]))
    assert error == "Alliance_KnownKey"
