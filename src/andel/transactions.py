"""Signed Ethereum transactions: fields and a key in, raw bytes and their hash out.

Takes plain fields (EIP-1559 where a chain has a base fee, EIP-155 elsewhere) and an account's key. Gives the bytes
that `eth_sendRawTransaction` takes and the hash the transaction has from then on, before anybody was asked. Never
asks a node, chooses a fee or a nonce, or signs without a chain id.
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_account import Account

from andel.errors import InputError
from andel.keys import AccountKey, address_bytes
from andel.units import Address

MAX_DATA_BYTES = 256 * 1024
"""Longest calldata or creation code that is signed; nodes take less."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction before it is signed; `to` is None to create a contract.

    Fees are wei a gas. With `priority_fee` None it is a legacy transaction and `max_fee` is its gas price.
    """

    chain_id: int
    nonce: int
    to: Address | None
    value: int
    data: bytes
    gas: int
    max_fee: int
    priority_fee: int | None


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """What is sent, and the hash (0x…) it will be found by."""

    raw: bytes
    hash: str


def sign_transaction(key: AccountKey, transaction: Transaction) -> SignedTransaction:
    """`transaction` signed by `key` (deterministic). Raises InputError when a field is out of its range."""
    _check(transaction)
    fields: dict[str, int | bytes | str] = {
        "chainId": transaction.chain_id,
        "nonce": transaction.nonce,
        "to": transaction.to or b"",
        "value": transaction.value,
        "data": transaction.data,
        "gas": transaction.gas,
    }
    if transaction.priority_fee is None:
        fields["gasPrice"] = transaction.max_fee
    else:
        fields |= {
            "type": 2,
            "maxFeePerGas": transaction.max_fee,
            "maxPriorityFeePerGas": transaction.priority_fee,
        }
    signed = Account.sign_transaction(fields, key.secret_bytes())
    return SignedTransaction(bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex())


def _check(transaction: Transaction) -> None:
    if len(transaction.data) > MAX_DATA_BYTES:
        raise InputError(f"transaction data of {len(transaction.data)} bytes is over {MAX_DATA_BYTES}")
    if transaction.to is not None:
        address_bytes(transaction.to)
    for name, bits in (("chain_id", 64), ("nonce", 64), ("gas", 64), ("value", 256), ("max_fee", 256)):
        _require_bits(name, getattr(transaction, name), bits)
    _require_bits("priority_fee", transaction.priority_fee or 0, 256)
    if transaction.chain_id == 0:
        raise InputError("a transaction without a chain id is valid on every chain")


def _require_bits(name: str, number: int, bits: int) -> None:
    if not 0 <= number < 1 << bits:
        raise InputError(f"a transaction's {name} of {number} does not fit {bits} bits")
