"""Attack: a signature that somebody gave for one thing is presented as another: another type, chain or contract.

Who: anybody who has seen a signature. What stops it: every signed message is EIP-712 under one table of types; the
type's name and fields, the chain and the contract are hashed with it, so no digest of one is a digest of another.
Played for every pair of types, and on chain where a contract takes signatures from others than the sender.
"""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.device.pebble import read_confirmation, sign_confirmation
from andel.errors import InputError, Reverted
from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.ledger.round_hashes import entries_hash
from andel.simulation.participants import Kind
from andel.typed_data import TYPES, Domain, sign_typed, typed_digest, typed_signer

KEY = AccountKey(derive_secret(b"cross type", "signer"))
HERE = Domain(31_337, AccountKey(derive_secret(b"cross type", "contract")).address)
OTHER_DOMAINS = {
    "chain": Domain(4_689, HERE.contract),
    "contract": Domain(HERE.chain_id, AccountKey(derive_secret(b"cross type", "other contract")).address),
    "both": Domain(4_690, AccountKey(derive_secret(b"cross type", "third contract")).address),
}
PAIRS = list(permutations(TYPES, 2))


def fields_of(name):
    """(kind, field) of a type."""
    inner = TYPES[name].split("(", 1)[1].rstrip(")")
    return [tuple(part.split(" ")) for part in inner.split(",")]


def message_of(name, seed):
    """A message of a type; fields of one name have one value in all types, so that they look as alike as they can."""
    values: dict[str, object] = {}
    for kind, field in fields_of(name):
        digest = sha256(seed, field.encode())
        if kind == "address":
            values[field] = AccountKey(derive_secret(digest)).address
        elif kind == "bytes32":
            values[field] = digest
        else:
            values[field] = digest[0]
    return values


def signer(name, domain, message, signature):
    """Who a verifier would think signed; None where no key fits."""
    try:
        return typed_signer(name, domain, message, signature)
    except InputError:
        return None


def test_every_pair_of_types_is_tried():
    assert len(TYPES) == 24 and len(PAIRS) == 552


@pytest.mark.parametrize("name", TYPES)
def test_a_signature_is_its_signers_for_its_own_type_and_place_only(name):
    message = message_of(name, b"own")
    signature = sign_typed(KEY, name, HERE, message)
    assert typed_signer(name, HERE, message, signature) == KEY.address
    for domain in OTHER_DOMAINS.values():
        assert signer(name, domain, message, signature) != KEY.address


@pytest.mark.parametrize(("signed", "presented"), PAIRS, ids=lambda name: name)
@settings(max_examples=10)  # of each of 552 pairs
@given(seed=st.binary(min_size=1, max_size=8))
def test_a_signature_of_one_type_is_never_another_types(signed, presented, seed):
    signature = sign_typed(KEY, signed, HERE, message_of(signed, seed))
    message = message_of(presented, seed)
    for domain in (HERE, *OTHER_DOMAINS.values()):
        assert signer(presented, domain, message, signature) != KEY.address


@given(seed=st.binary(max_size=8), field=st.integers(min_value=0, max_value=30))
@pytest.mark.parametrize("name", TYPES)
def test_a_signature_does_not_survive_a_change_of_any_field(name, seed, field):
    message = message_of(name, seed)
    signature = sign_typed(KEY, name, HERE, message)
    kinds = fields_of(name)
    kind, chosen = kinds[field % len(kinds)]
    changed = {"address": KEY.address, "bytes32": sha256(b"changed", seed)}.get(kind, 256 + field)
    assert signer(name, HERE, {**message, chosen: changed}, signature) != KEY.address


def test_all_digests_of_all_types_and_places_differ():
    seen = set()
    domains = [HERE, *OTHER_DOMAINS.values()]
    for domain in domains:
        for name in TYPES:
            seen.add(typed_digest(name, domain, message_of(name, b"one seed")))
    assert len(seen) == len(TYPES) * len(domains)


@pytest.fixture(scope="module")
def world(launch_world):
    """Real contracts."""
    return launch_world("cross type").world


def refused(call):
    """The contract's error."""
    with pytest.raises(Reverted) as refusal:
        call()
    return refusal.value.error


def test_the_batch_registry_takes_no_signature_of_another_type_or_contract(world):
    registry, owner = world.model.batch_registry, world.members[0].contributor
    payer = world.actors.consumer
    entries = [entry for entry in owner.entries()[:1]]
    deadline = world.chain.block_time() + 3_600
    values = [(entry.device, entry.day, sha256(b"another root")) for entry in entries]
    listed = [entry.__class__(*value) for entry, value in zip(entries, values, strict=True)]
    message = {"owner": owner.address, "entriesHash": entries_hash(values), "deadline": deadline}
    claim = {"device": entries[0].device, "owner": owner.address, "timestamp": 1, "deadline": deadline}
    elsewhere = Domain(world.chain.chain_id, world.model.device_registry.address)
    signatures = {
        "another type": sign_typed(owner.key, "DeviceClaim", registry.domain, claim),
        "another contract": sign_typed(owner.key, "BatchEntries", elsewhere, message),
        "another chain": sign_typed(owner.key, "BatchEntries", Domain(4_689, registry.address), message),
    }
    for what, signature in signatures.items():
        error = refused(lambda s=signature: registry.enter_for(payer, owner.address, listed, deadline, s))
        assert error == "BatchRegistry_BadSignature", what
    # the right one passes the signature, and fails for what it says: that day has its batch for ever
    right = sign_typed(owner.key, "BatchEntries", registry.domain, message)
    error = refused(lambda: registry.enter_for(payer, owner.address, listed, deadline, right))
    assert error == "BatchRegistry_AlreadyEntered"


def test_the_device_registry_takes_no_signature_of_another_type_or_contract(world):
    registry, payer = world.model.device_registry, world.actors.consumer
    owner = next(m for m in world.members if m.participant.kind == Kind.HONEST).contributor.key
    device = DeviceKey(derive_secret(b"cross type", "device"))
    now = world.chain.block_time()
    confirmed = read_confirmation(sign_confirmation(device, owner.address, now), device.public_key)
    deadline = now + 3_600
    message = {"device": device.address, "owner": owner.address, "timestamp": now, "deadline": deadline}
    entries = {"owner": owner.address, "entriesHash": sha256(b"entries"), "deadline": deadline}
    signatures = {
        "another type": sign_typed(owner, "BatchEntries", registry.domain, entries),
        "another contract": sign_typed(
            owner, "DeviceClaim", Domain(world.chain.chain_id, world.model.batch_registry.address), message
        ),
        "another chain": sign_typed(owner, "DeviceClaim", Domain(4_689, registry.address), message),
    }

    def claim(signature):
        registry.claim_for(payer, device.address, owner.address, now, confirmed.signature, deadline, signature)

    for what, signature in signatures.items():
        assert refused(lambda s=signature: claim(s)) == "DeviceRegistry_BadOwnerSignature", what
    claim(sign_typed(owner, "DeviceClaim", registry.domain, message))
    assert registry.status_of(device.address).owner == owner.address
