"""Devices are listed, claimed and entered on a real chain; models answer inside it; refusals come by name."""

import pytest

from andel.device.known_keys import PUBLICLY_KNOWN
from andel.errors import ChainError, Reverted
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, address_bytes, derive_secret, recoverable_signature
from andel.ledger.contracts import DeviceStatus, Entry
from andel.ledger.round_hashes import entries_hash
from andel.roles.owner import release_device, revoke_device, transfer_device
from andel.typed_data import sign_typed
from andel.units import TOKEN, BaseUnits, day_of
from andel.value.proof import is_entered
from tests.ledger.actors import MINTED, Play

FORTY_TWO = bytes.fromhex("602a5f5260205ff3")  # returns 42, whatever the question
QUESTION = bytes(28) + (2_150).to_bytes(4, "big")


@pytest.fixture
def device(request):
    return DeviceKey(derive_secret(b"device", request.node.nodeid))


def confirmation(device, owner, timestamp):
    """The 65 bytes with which a device names its owner."""
    message = address_bytes(owner) + timestamp.to_bytes(4, "big")
    return recoverable_signature(sha256(message), device.sign_sha256(message), device.address)


@pytest.fixture
def claimed(chain, shared, actors, device):
    """The device, claimed by the first owner."""
    owner, now = actors.owners[0], chain.block_time()
    shared.device_registry.claim(owner, device.address, now, confirmation(device, owner.address, now))
    return device


def test_a_device_is_listed_claimed_handed_on_and_revoked(chain, shared, actors, device):
    registry, (first, second) = shared.device_registry, actors.owners
    assert registry.status_of(device.address) == DeviceStatus(None, 0, False)
    registry.list_devices(actors.founder, [device.address])
    assert registry.is_listed(actors.founder.address, device.address)
    assert registry.are_listed(actors.stranger.address, [device.address]) == [False]
    now = chain.block_time()
    receipt = registry.claim(first, device.address, now, confirmation(device, first.address, now))
    assert receipt.event("DeviceClaimed").arguments == {
        "device": device.address,
        "owner": first.address,
        "timestamp": now,
    }
    registry.transfer(first, device.address, second.address)
    status = registry.status_of(device.address)
    assert status == DeviceStatus(second.address, chain.block_time(), False)
    registry.revoke(second, device.address)
    assert registry.status_of(device.address).revoked
    registry.stop_devices(actors.founder, [device.address])
    listed, stopped = registry.listing_of(actors.founder.address, device.address)
    assert 0 < listed < stopped == chain.block_time()


def test_a_released_device_can_be_claimed_again_for_an_owner_who_signs(chain, shared, actors, claimed):
    registry, (first, second) = shared.device_registry, actors.owners
    registry.release(first, claimed.address)
    assert registry.status_of(claimed.address).owner is None
    now, deadline = chain.block_time() + 1, chain.block_time() + 600
    message = {"device": claimed.address, "owner": second.address, "timestamp": now, "deadline": deadline}
    registry.claim_for(
        actors.stranger,
        claimed.address,
        second.address,
        now,
        confirmation(claimed, second.address, now),
        deadline,
        sign_typed(second, "DeviceClaim", registry.domain, message),
    )
    assert registry.status_of(claimed.address).owner == second.address


def test_a_publicly_known_key_is_known_and_refused(shared, actors):
    assert PUBLICLY_KNOWN
    for address in PUBLICLY_KNOWN:
        assert shared.device_registry.is_known_key(address)
        with pytest.raises(Reverted, match="DeviceRegistry_KnownKey"):
            shared.device_registry.list_devices(actors.founder, [address])


def test_a_claim_is_refused_by_name(chain, shared, actors, claimed, device):
    owner, now = actors.owners[1], chain.block_time()
    with pytest.raises(Reverted) as refusal:
        shared.device_registry.claim(owner, device.address, now, confirmation(device, owner.address, now))
    assert refusal.value.action == "DeviceRegistry.claim"
    assert refusal.value.error == "DeviceRegistry_AlreadyOwned"
    assert refusal.value.arguments == (device.address, actors.owners[0].address)


def test_a_batch_is_entered_once_for_ever(chain, shared, actors, claimed):
    registry, (first, second) = shared.batch_registry, actors.owners
    today = day_of(chain.block_time())
    entries = [Entry(claimed.address, today - back, sha256(bytes([back]))) for back in range(3)]
    receipt = registry.enter(first, entries)
    assert [event.arguments["day"] for event in receipt.events] == [today, today - 1, today - 2]
    known = registry.entries_of([(claimed.address, today), (claimed.address, today - 9)])
    assert is_entered(known[0], sha256(bytes([0])), first.address, chain.block_time())
    assert not is_entered(known[0], sha256(bytes([0])), first.address, chain.block_time(receipt.block) - 1)
    assert known[1] == bytes(32)
    assert registry.device_registry() == shared.device_registry.address
    with pytest.raises(Reverted) as refusal:
        registry.enter(first, entries[:1])
    assert (refusal.value.error, refusal.value.arguments) == (
        "BatchRegistry_AlreadyEntered",
        (claimed.address, today),
    )
    with pytest.raises(Reverted, match="BatchRegistry_ForeignOwner"):
        registry.enter(second, [Entry(claimed.address, today - 5, sha256(b"root"))])


def test_a_stranger_enters_what_the_owner_signed(chain, shared, actors, claimed):
    registry, owner = shared.batch_registry, actors.owners[0]
    entries = [Entry(claimed.address, day_of(chain.block_time()), sha256(b"root"))]
    message = {
        "owner": owner.address,
        "entriesHash": entries_hash([entry.values() for entry in entries]),
        "deadline": chain.block_time() + 600,
    }
    signature = sign_typed(owner, "BatchEntries", registry.domain, message)
    with pytest.raises(Reverted, match="BatchRegistry_BadSignature"):
        other = [Entry(claimed.address, entries[0].day, sha256(b"other"))]
        registry.enter_for(actors.stranger, owner.address, other, message["deadline"], signature)
    registry.enter_for(actors.stranger, owner.address, entries, message["deadline"], signature)
    (value,) = registry.entries_of([(claimed.address, entries[0].day)])
    assert is_entered(value, sha256(b"root"), owner.address, chain.block_time())


def test_many_slots_are_read_in_pages(shared, actors):
    address = actors.stranger.address
    assert shared.batch_registry.entries_of([(address, day) for day in range(1_201)]) == [bytes(32)] * 1_201
    assert shared.batch_registry.entries_of([]) == []
    assert shared.device_registry.statuses_of([]) == []


def test_a_final_version_answers_inside_the_chain(chain, actors, shared):
    play = Play.launch(chain, actors, shared)
    models, log, model = shared.onchain_models, play.model.prediction_log, play.model.round_manager.address
    assert log is not None and log.registry() == models.address and log.model() == model
    assert models.current_of(model) is None
    with pytest.raises(Reverted, match="OnchainModels_NotPublished") as refusal:
        log.ask(actors.stranger, QUESTION)  # the error is the registry's, met through the consumer
    assert refusal.value.action == "PredictionLog.ask"
    play.play({actors.owners[0].address: BaseUnits(900 * TOKEN)}, MINTED)
    version, file_hash = play.model.round_manager.current_version(), sha256(b"model file")
    assert models.publication_of(model, version) is None
    with pytest.raises(Reverted, match="OnchainModels_NotPublisher"):
        models.publish(actors.stranger, model, version, file_hash, FORTY_TWO)
    with pytest.raises(Reverted) as refusal:
        models.publish(actors.founder, model, version, file_hash, bytes.fromhex("5f54"))  # reads storage
    assert (refusal.value.error, refusal.value.arguments) == ("OnchainModels_BadOpcode", (1, 0x54))
    models.publish(actors.founder, model, version, file_hash, FORTY_TWO)
    published = models.publication_of(model, version)
    assert published is not None and chain.code(published.implementation) == FORTY_TWO
    assert published.model_file_hash == file_hash
    models.promote(actors.founder, model, version)
    assert models.current_of(model) == published
    assert models.predict(model, QUESTION) == models.predict_at(model, version, QUESTION) == 42
    answer, receipt = log.ask(actors.stranger, QUESTION)
    assert answer == 42 and receipt.event("Answered").arguments["asker"] == actors.stranger.address


def test_an_owner_without_a_coin_hands_on_gives_up_and_revokes_by_signatures(chain, shared, actors, device):
    """The owner's key has no coin at all; somebody else brings what it signed and pays for the gas."""
    registry, payer = shared.device_registry, actors.stranger
    poor, heir = (AccountKey(derive_secret(b"no coin", name)) for name in ("owner", "heir"))
    now, deadline = chain.block_time(), chain.block_time() + 600
    claim = {"device": device.address, "owner": poor.address, "timestamp": now, "deadline": deadline}
    will = sign_typed(poor, "DeviceClaim", registry.domain, claim)
    confirmed = confirmation(device, poor.address, now)
    registry.claim_for(payer, device.address, poor.address, now, confirmed, deadline, will)
    assert chain.balance(poor.address) == chain.balance(heir.address) == 0
    with pytest.raises(ChainError, match="belongs to"):
        transfer_device(registry, heir, device.address, heir.address, payer)
    transfer_device(registry, poor, device.address, heir.address, payer)
    assert registry.status_of(device.address).owner == heir.address
    assert (registry.nonce_of(poor.address), registry.nonce_of(heir.address)) == (1, 0)
    release_device(registry, heir, device.address, payer)
    assert registry.status_of(device.address).owner is None
    later = chain.block_time() + 1
    registry.claim(payer, device.address, later, confirmation(device, payer.address, later))
    registry.transfer(payer, device.address, heir.address)
    revoke_device(registry, heir, device.address, payer)
    assert registry.status_of(device.address).revoked
    with pytest.raises(ChainError, match="was revoked"):
        transfer_device(registry, heir, device.address, poor.address, payer)
