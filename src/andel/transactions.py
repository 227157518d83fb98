"""Signed Ethereum transactions: fields and a key in, raw bytes and their hash out.

Takes plain fields (EIP-1559 where a chain has a base fee, EIP-155 elsewhere) and an account's key, or what a signer
elsewhere made of them. Gives the bytes that `eth_sendRawTransaction` takes and the hash the transaction has from then
on, before anybody was asked. Never asks a node, chooses a fee or a nonce, signs without a chain id, or passes on bytes
of a signer that say anything but what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import rlp

from andel.errors import InputError
from andel.hashing import keccak
from andel.keys import AccountKey, address_bytes, checksummed, recover_address
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


class Signer(Protocol):
    """An account whose key is kept elsewhere."""

    @property
    def address(self) -> Address:
        """The account."""
        ...

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Exactly this transaction, signed by the account; raises AndelError when that is not to be had."""
        ...


Payer = AccountKey | Signer
"""Who signs and pays for transactions."""


def sign_transaction(key: Payer, transaction: Transaction) -> SignedTransaction:
    """`transaction` signed by `key` (deterministic, where the key is here).

    Raises InputError when a field is out of its range, and what a signer raises.
    """
    _check(transaction)
    if not isinstance(key, AccountKey):
        return key.sign_transaction(transaction)
    signature = key.sign_digest(_digest(transaction))
    r, s = (int.from_bytes(signature[i : i + 32], "big") for i in (0, 32))
    fields = [*_unsigned_fields(transaction), *map(_minimal, (_v(transaction, signature[64] - 27), r, s))]
    return _sent(_kind(transaction) + rlp.encode(fields))


def signed_elsewhere(transaction: Transaction, raw: bytes, account: Address) -> SignedTransaction:
    """What a signer elsewhere made of `transaction`. Raises InputError unless it is that, signed by `account`."""
    _check(transaction)
    try:
        body = raw.removeprefix(_kind(transaction))
        fields = rlp.decode(body) if len(raw) <= 2 * MAX_DATA_BYTES else []
    except Exception as error:  # rlp has a family of errors without a public base
        raise InputError("the signer answered with something that is no signed transaction") from error
    expected = _unsigned_fields(transaction)
    is_kind = raw.startswith(_kind(transaction))
    if not is_kind or list(fields[: len(expected)]) != expected or len(fields) != len(expected) + 3:
        raise InputError("the signer signed another transaction than it was asked to", "do not use this signer")
    signer = _signer(transaction, *fields[-3:])
    if signer != account:
        raise InputError(f"the signer signed as {signer}, not as {account}", "name the account with --sender")
    return _sent(raw)


def created_address(address: Address, nonce: int) -> Address:
    """The address of the contract that an account's transaction, or a contract's creation, with this nonce makes."""
    return checksummed(keccak(rlp.encode([address_bytes(address), _minimal(nonce)]))[12:])


def _sent(raw: bytes) -> SignedTransaction:
    return SignedTransaction(raw, "0x" + keccak(raw).hex())


def _kind(transaction: Transaction) -> bytes:
    """The byte before the list (EIP-2718); none of a legacy transaction."""
    return b"" if transaction.priority_fee is None else b"\x02"


def _digest(transaction: Transaction) -> bytes:
    """What is signed (EIP-1559; EIP-155 puts the chain's id where the signature will be)."""
    fields = _unsigned_fields(transaction)
    if transaction.priority_fee is None:
        fields += [_minimal(transaction.chain_id), b"", b""]
    return keccak(_kind(transaction) + rlp.encode(fields))


def _v(transaction: Transaction, parity: int) -> int:
    return parity if transaction.priority_fee is not None else 35 + 2 * transaction.chain_id + parity


def _signer(transaction: Transaction, *signature: object) -> Address:
    """Whose signature it is. Raises InputError for another form, or one that is for another chain."""
    v, r, s = (int.from_bytes(each, "big") if isinstance(each, bytes) and len(each) <= 32 else -1 for each in signature)
    parity = v - _v(transaction, 0)
    if parity not in (0, 1) or min(r, s) < 0:
        raise InputError("the signer signed for another chain, or not as Ethereum does", "do not use this signer")
    return recover_address(_digest(transaction), r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + parity]))


def _unsigned_fields(transaction: Transaction) -> list[object]:
    """The RLP list without its signature, as EIP-1559 and EIP-155 have it."""
    to = address_bytes(transaction.to) if transaction.to is not None else b""
    what = [_minimal(transaction.gas), to, _minimal(transaction.value), transaction.data]
    if transaction.priority_fee is None:
        return [_minimal(transaction.nonce), _minimal(transaction.max_fee), *what]
    head = (transaction.chain_id, transaction.nonce, transaction.priority_fee, transaction.max_fee)
    return [*map(_minimal, head), *what, []]


def _minimal(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


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
