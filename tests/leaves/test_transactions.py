"""Transactions: signed with a chain id, known by their hash, and only within bounds."""

from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st

from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import AccountKey, checksummed, derive_secret
from andel.transactions import MAX_DATA_BYTES, Transaction, sign_transaction

KEY = AccountKey(derive_secret(b"transactions"))
TO = checksummed(b"\x11" * 20)


def fields(**changes) -> Transaction:
    usual = Transaction(4690, 5, TO, 1, b"\x01\x00", 30_000, 2 * 10**12, 10**9)
    return replace(usual, **changes)


def eth_accounts_bytes(transaction):
    """What another library makes of the same transaction and key."""
    named = {"chainId": transaction.chain_id, "to": transaction.to or b""}
    named |= {name: getattr(transaction, name) for name in ("nonce", "value", "data", "gas")}
    if transaction.priority_fee is None:
        named["gasPrice"] = transaction.max_fee
    else:
        named |= {"maxFeePerGas": transaction.max_fee, "maxPriorityFeePerGas": transaction.priority_fee, "type": 2}
    return bytes(Account.sign_transaction(named, KEY.secret_bytes()).raw_transaction)


@given(st.integers(0, 2**64 - 2), st.integers(0, 2**128), st.binary(max_size=300), st.booleans(), st.booleans())
def test_the_sender_of_any_transaction_is_its_signer(nonce, value, data, creates, legacy):
    transaction = fields(
        nonce=nonce, value=value, data=data, to=None if creates else TO, priority_fee=None if legacy else 10**9
    )
    signed = sign_transaction(KEY, transaction)
    assert Account.recover_transaction(signed.raw) == KEY.address
    assert signed.raw == eth_accounts_bytes(transaction)
    assert signed.hash == "0x" + keccak(signed.raw).hex()
    assert sign_transaction(KEY, transaction) == signed


def test_every_field_is_in_the_bytes():
    sent = TypedTransaction.from_bytes(HexBytes(sign_transaction(KEY, fields()).raw)).as_dict()
    assert (sent["chainId"], sent["nonce"], sent["value"], sent["gas"]) == (4690, 5, 1, 30_000)
    assert (sent["maxFeePerGas"], sent["maxPriorityFeePerGas"]) == (2 * 10**12, 10**9)
    assert (bytes(sent["to"]), bytes(sent["data"])) == (b"\x11" * 20, b"\x01\x00")


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": -1},
        {"value": -1},
        {"value": 2**256},
        {"gas": -1},
        {"chain_id": 0},
        {"priority_fee": -1},
        {"to": "0x1234"},
        {"data": bytes(MAX_DATA_BYTES + 1)},
    ],
)
def test_fields_out_of_range_are_refused(change):
    with pytest.raises(InputError):
        sign_transaction(KEY, fields(**change))
