"""EIP-712: every type of the table, held against another implementation and against the shared vectors."""

import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.errors import InputError
from andel.keys import AccountKey, checksummed, derive_secret
from andel.typed_data import TYPES, Domain, sign_typed, type_hash, typed_digest, typed_signer
from andel.units import Address

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "typed_data.json"
OWNER = AccountKey(derive_secret(b"owner"))

addresses = st.binary(min_size=20, max_size=20).map(checksummed)
domains = st.builds(Domain, st.integers(0, 2**64 - 1), addresses)


def fields_of(name):
    inner = TYPES[name].split("(", 1)[1].rstrip(")")
    return [tuple(part.split(" ")) for part in inner.split(",")]


def values_of(kind):
    if kind == "address":
        return addresses
    if kind == "bytes32":
        return st.binary(min_size=32, max_size=32)
    bits = int(kind.removeprefix("u").removeprefix("int"))
    return st.integers(0, 2**bits - 1) if kind.startswith("u") else st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def messages_of(name):
    return st.fixed_dictionaries({field: values_of(kind) for kind, field in fields_of(name)})


typed_messages = st.sampled_from(sorted(TYPES)).flatmap(lambda name: st.tuples(st.just(name), messages_of(name)))


@settings(max_examples=60, deadline=None)
@given(typed_messages, domains)
def test_digest_and_signature_agree_with_eth_account(typed, domain):
    name, message = typed
    signable = encode_typed_data(
        {"name": "Andel", "version": "1", "chainId": domain.chain_id, "verifyingContract": domain.contract},
        {name: [{"name": field, "type": kind} for kind, field in fields_of(name)]},
        message,
    )
    signature = sign_typed(OWNER, name, domain, message)
    secret = OWNER.secret_bytes()
    signed = Account.sign_message(signable, secret)
    assert signed.message_hash == typed_digest(name, domain, message)
    assert signed.signature == signature
    assert typed_signer(name, domain, message, signature) == OWNER.address


@settings(max_examples=40, deadline=None)
@given(typed_messages, domains, domains)
def test_a_signature_counts_in_its_own_domain_only(typed, here, there):
    name, message = typed
    if here != there:
        signature = sign_typed(OWNER, name, here, message)
        assert typed_signer(name, there, message, signature) != OWNER.address


@settings(max_examples=100, deadline=None)
@given(typed_messages, st.data())
def test_changing_any_field_changes_the_digest(typed, data):
    name, message = typed
    domain = Domain(1, OWNER.address)
    kind, field = data.draw(st.sampled_from(fields_of(name)))
    other = data.draw(values_of(kind))
    if other != message[field]:
        changed = {**message, field: other}
        assert typed_digest(name, domain, message) != typed_digest(name, domain, changed)


def test_no_two_types_share_a_hash():
    assert len({type_hash(name) for name in TYPES}) == len(TYPES)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_the_shared_vector_of_each_type_is_reproduced(name):
    vectors = json.loads(VECTORS.read_text(encoding="utf-8"))
    entry = next(item for item in vectors["types"] if item["name"] == name)
    kinds = {field: kind for kind, field in fields_of(name)}
    message = {field: _read(kinds[field], text) for field, text in entry["message"].items()}
    domain = Domain(int(vectors["domain"]["chainId"]), vectors["domain"]["contract"])
    signature = bytes.fromhex(entry["signature"][2:])
    assert type_hash(name).hex() == entry["typeHash"][2:]
    assert typed_digest(name, domain, message).hex() == entry["digest"][2:]
    assert typed_signer(name, domain, message, signature) == entry["signer"]


def _read(kind, text):
    if kind == "address":
        return text
    return bytes.fromhex(text[2:]) if kind == "bytes32" else int(text)


CLAIM = {"device": OWNER.address, "owner": OWNER.address, "timestamp": 1, "deadline": 2}


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": -1},
        {"timestamp": 2**32},
        {"timestamp": "1"},
        {"timestamp": True},
        {"deadline": 2**64},
        {"device": "0x12"},
        {"device": None},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_message_outside_its_type_is_refused(change):
    with pytest.raises(InputError):
        typed_digest("DeviceClaim", Domain(1, OWNER.address), {**CLAIM, **change})


def test_a_message_without_a_field_is_refused():
    with pytest.raises(InputError, match="takes"):
        typed_digest("DeviceClaim", Domain(1, OWNER.address), {"device": OWNER.address})


@pytest.mark.parametrize("size", [0, 2, 31, 33])
def test_a_hash_of_another_length_is_refused(size):
    message = {"owner": OWNER.address, "entriesHash": bytes(size), "deadline": 1}
    with pytest.raises(InputError):
        typed_digest("BatchEntries", Domain(1, OWNER.address), message)


NO_ADDRESS = Address("0x12")


@pytest.mark.parametrize("domain", [Domain(-1, OWNER.address), Domain(1, NO_ADDRESS)], ids=str)
def test_a_domain_that_cannot_be_encoded_is_refused(domain):
    with pytest.raises(InputError):
        typed_digest("DeviceClaim", domain, CLAIM)


def test_an_unknown_type_is_refused():
    with pytest.raises(InputError, match="unknown"):
        type_hash("Transfer")
