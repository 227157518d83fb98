"""An alliance on a real chain: P-256 claims, admission and consent as they stood at a time, signatures of owners."""

import pytest

from andel import p256
from andel.errors import Reverted
from andel.hashing import sha256
from andel.keys import Curve, DeviceKey, address_bytes, derive_secret
from andel.ledger.alliance import AllianceRules
from andel.typed_data import sign_typed
from tests.ledger.actors import Play

TERMS, OTHER = sha256(b"terms"), sha256(b"other terms")


@pytest.fixture
def alliance(chain, actors, shared):
    return Play.launch(chain, actors, shared).model.alliance


@pytest.fixture
def station(request):
    return DeviceKey(derive_secret(b"station", request.node.nodeid), Curve.P256)


def passing(local_chain, chain):
    """A second later: changes count after the second they were made in."""
    local_chain.mine()
    return chain.block_time()


def confirmation(device, owner, timestamp):
    """64 bytes r and s with which a P-256 device names its owner."""
    return device.sign_sha256(address_bytes(owner) + timestamp.to_bytes(4, "big"))


def test_a_p256_device_is_claimed_by_and_for_its_owner(chain, shared, actors, station):
    registry, (first, second) = shared.device_registry, actors.owners
    point, now = p256.point_of(station.public_key), chain.block_time()
    signature = confirmation(station, first.address, now)
    high = signature[:32] + (p256.ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    with pytest.raises(Reverted, match="DeviceRegistry_BadDeviceSignature"):
        registry.claim_p256(first, point, now, high)
    registry.claim_p256(first, point, now, p256.low_s(high))
    assert registry.status_of(station.address).owner == first.address
    registry.release(first, station.address)
    now, deadline = chain.block_time() + 1, chain.block_time() + 600
    message = {"device": station.address, "owner": second.address, "timestamp": now, "deadline": deadline}
    will = sign_typed(second, "DeviceClaim", registry.domain, message)
    signature = confirmation(station, second.address, now)
    registry.claim_p256_for(actors.stranger, point, second.address, now, signature, deadline, will)
    assert registry.status_of(station.address).owner == second.address


def test_admission_is_a_history(local_chain, chain, actors, shared, alliance, station):
    founder, lister = actors.founder, actors.coordinator
    shared.device_registry.list_devices(lister, [station.address])
    times = [passing(local_chain, chain)]
    for change in (
        lambda: alliance.trust(founder, [lister.address]),
        lambda: alliance.drop(founder, [lister.address]),
        lambda: alliance.admit(founder, [station.address]),
        lambda: alliance.bar(founder, [station.address]),
        lambda: alliance.unbar(founder, [station.address]),
        lambda: alliance.dismiss(founder, [station.address]),
    ):
        change()
        times.append(passing(local_chain, chain))
    answers = [alliance.are_admitted([station.address], at)[0] for at in times]
    assert answers == [False, True, False, True, False, True, False]
    assert lister.address in alliance.listers_at(times[1]) and lister.address not in alliance.listers_at(times[2])
    with pytest.raises(Reverted, match="OwnableUnauthorizedAccount"):
        alliance.trust(actors.stranger, [lister.address])


def test_rules_change_for_later_rounds(local_chain, chain, actors, alliance):
    before = chain.block_time()
    assert alliance.rules_at(before) == AllianceRules(sha256(b"policy"), TERMS)
    alliance.set_rules(actors.founder, sha256(b"p2"), OTHER)
    assert alliance.rules_at(passing(local_chain, chain)) == AllianceRules(sha256(b"p2"), OTHER)
    assert alliance.rules_at(before) == AllianceRules(sha256(b"policy"), TERMS)
    assert alliance.owner() == actors.founder.address


def test_consent_is_given_and_ended_by_signatures_that_count_once(local_chain, chain, actors, alliance):
    owner, payer = actors.owners[0], actors.stranger
    deadline = chain.block_time() + 600
    message = {"owner": owner.address, "termsHash": TERMS, "nonce": 0, "deadline": deadline}
    given = sign_typed(owner, "TermsAcceptance", alliance.domain, message)
    alliance.accept_for(payer, owner.address, TERMS, deadline, given)
    accepted_at = passing(local_chain, chain)
    assert alliance.have_accepted([owner.address, payer.address], TERMS, accepted_at) == [True, False]
    assert alliance.have_accepted([owner.address], OTHER, accepted_at) == [False]
    assert alliance.nonce_of(owner.address) == 1
    ending = {"owner": owner.address, "termsHash": TERMS, "until": 0, "nonce": 1, "deadline": deadline}
    ended = sign_typed(owner, "TermsWithdrawal", alliance.domain, ending)
    alliance.withdraw_for(payer, owner.address, TERMS, 0, deadline, ended)
    assert alliance.have_accepted([owner.address], TERMS, passing(local_chain, chain)) == [False]
    assert alliance.have_accepted([owner.address], TERMS, accepted_at) == [True]
    for again in (
        lambda: alliance.accept_for(payer, owner.address, TERMS, deadline, given),
        lambda: alliance.withdraw_for(payer, owner.address, TERMS, 0, deadline, ended),
    ):
        with pytest.raises(Reverted, match="Alliance_BadSignature"):
            again()
    alliance.accept(owner, TERMS)
    alliance.withdraw(owner, TERMS, chain.block_time() + 1_000)
    assert alliance.have_accepted([owner.address], TERMS, passing(local_chain, chain)) == [True]
