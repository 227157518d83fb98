"""Transfers that a payer signs and anybody sends (ERC-3009), and whether one has happened.

Takes a `Chain`, a token, and a payer's signed `Authorization`. Gives the digest that is signed, what is wrong with one
by the chain's clock and state, the transaction that carried it, and its sending: nonces are taken one after another by
all processes that share a file, and a transaction's hash is told before anybody can see it. Never decides a price,
never keeps a key. Signatures of contracts (ERC-1271) are not taken.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from andel.errors import ChainError, InputError, Reverted
from andel.hashing import keccak
from andel.keys import AccountKey, recover_address
from andel.ledger.abi import encode_call
from andel.ledger.answers import quantity
from andel.ledger.bound import Bound
from andel.ledger.receipt import Receipt
from andel.ledger.sending import Intent
from andel.transactions import Payer
from andel.typed_data import abi_word, words_digest
from andel.units import Address, Digest

TIME_MARGIN_SECONDS: Final = 6
"""An authorisation that ends sooner after the newest block could end before it is mined."""

MAX_GAS: Final = 250_000
"""Most that one transfer may take: three times what OpenZeppelin's token takes. A token's code is its maker's."""

TRANSFER_TYPE: Final = (
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,"
    "bytes32 nonce)"
)
"""EIP-712 `encodeType` of what a payer signs (ERC-3009), in the token's own domain."""

_TRANSFER: Final = keccak(TRANSFER_TYPE.encode())
_DOMAIN: Final = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_PLAIN_DOMAIN: Final = b"\x0f"
"""Which fields an EIP-712 domain has, as ERC-5267 tells it: these four."""
_VERSIONS: Final = ("1", "2")
_LATEST: Final = 2**48
"""No time; OpenZeppelin's token reads numbers with the top bits set as blocks."""
_SENDING_TRIES: Final = 3
_MAX_NAME: Final = 64


class TransferDoubt(StrEnum):
    """Why an authorisation cannot be taken, in x402's words."""

    TOO_EARLY = "invalid_exact_evm_payload_authorization_valid_after"
    EXPIRED = "invalid_exact_evm_payload_authorization_valid_before"
    FORGED = "invalid_exact_evm_payload_signature"
    USED = "invalid_exact_evm_nonce_already_used"
    POOR = "insufficient_funds"


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a payer signs: `value` base units to `to`, mined after second `valid_after` and before `valid_before`."""

    payer: Address
    to: Address
    value: int
    valid_after: int
    valid_before: int
    nonce: Digest

    def __post_init__(self) -> None:
        if not 0 < self.value < 2**256:
            raise InputError(f"an authorisation of {str(self.value)[:80]} base units")
        if not 0 <= self.valid_after < _LATEST or not 0 <= self.valid_before < _LATEST:
            raise InputError("an authorisation's times are no unix seconds")
        if len(self.nonce) != 32:
            raise InputError(f"an authorisation's nonce has {len(self.nonce)} bytes, not 32")


@dataclass(frozen=True, slots=True)
class TokenDomain:
    """Where a token's signatures count, by the names that wallets show."""

    name: str
    version: str
    separator: Digest


class AuthorizedTokenContract(Bound):
    """Any ERC-20 with ERC-3009."""

    NAME = "AuthorizedToken"

    def token_domain(self) -> TokenDomain:
        """The token's own name and version of its domain. Raises ChainError for a token that tells none that fits."""
        try:
            fields, name, version, chain_id, contract, _, more = self.chain.call(self.contract, "eip712Domain")
        except ChainError:
            return self._older_domain()
        if fields != _PLAIN_DOMAIN or chain_id != self.chain.chain_id or contract != self.address or more:
            raise ChainError(f"the token {self.address} signs for another domain than its own")
        return self._domain(str(name), str(version))

    def _older_domain(self) -> TokenDomain:
        """Tokens from before ERC-5267 tell their name, and the hash of it all."""
        name = str(self.chain.call(self.contract, "name"))
        separator = bytes(self.chain.call(self.contract, "DOMAIN_SEPARATOR"))
        for version in _VERSIONS:
            domain = self._domain(name, version)
            if domain.separator == separator:
                return domain
        raise ChainError(f"the token {self.address} does not tell how its transfers are signed")

    def _domain(self, name: str, version: str) -> TokenDomain:
        if not name.isprintable() or len(name) > _MAX_NAME or not version.isprintable() or len(version) > _MAX_NAME:
            raise ChainError(f"the token {self.address} has a name that cannot be shown")
        return token_domain(self.chain.chain_id, self.address, name, version)

    def balance_of(self, account: Address) -> int:
        """What an account has."""
        return int(self.chain.call(self.contract, "balanceOf", account))

    def is_used(self, payer: Address, nonce: bytes) -> bool:
        """Whether a nonce was used or cancelled: it says not for what."""
        return bool(self.chain.call(self.contract, "authorizationState", payer, nonce))

    def doubt(self, domain: TokenDomain, authorization: Authorization, signature: bytes) -> TransferDoubt | None:
        """What is wrong now, by the chain's clock and the token's state. Raises ChainError."""
        try:
            signer = recover_address(authorization_digest(domain, authorization), signature)
        except InputError:
            return TransferDoubt.FORGED
        if signer != authorization.payer:
            return TransferDoubt.FORGED
        now = self.chain.block_time()
        if now <= authorization.valid_after:
            return TransferDoubt.TOO_EARLY
        if now + TIME_MARGIN_SECONDS >= authorization.valid_before:
            return TransferDoubt.EXPIRED
        if self.is_used(authorization.payer, authorization.nonce):
            return TransferDoubt.USED
        return TransferDoubt.POOR if self.balance_of(authorization.payer) < authorization.value else None

    def carried_by(self, authorization: Authorization, from_block: int) -> str | None:
        """The transaction since `from_block` in which exactly this transfer happened; None if it did not.

        A nonce is also used up by a cancellation, or by another transfer signed with it. So the event that follows the
        nonce's own must be this transfer: another one beside it in the same transaction is none of ours.
        """
        if not self.is_used(authorization.payer, authorization.nonce):
            return None
        used = self.logs("AuthorizationUsed", from_block, authorizer=authorization.payer, nonce=authorization.nonce)
        for event in used:
            found = self.chain.find(event.transaction)
            if found is not None and found[0] and self._moved(found[1], authorization):
                return event.transaction
        return None

    def _moved(self, receipt: Receipt, authorization: Authorization) -> bool:
        events = [event for event in receipt.events if event.address == self.address]
        moved = {"from": authorization.payer, "to": authorization.to, "value": authorization.value}
        for event, following in zip(events, events[1:], strict=False):
            names = (event.name, following.name)
            if names == ("AuthorizationUsed", "Transfer") and event.arguments["nonce"] == authorization.nonce:
                return event.arguments["authorizer"] == authorization.payer and dict(following.arguments) == moved
        return False


@dataclass(frozen=True, slots=True)
class Carrier:
    """Sends payers' transfers and pays their gas from `key`, which sends nothing else anywhere.

    `turn_file` is shared by all processes that send from `key` on this machine.
    """

    key: Payer
    turn_file: Path

    def carry(
        self,
        token: AuthorizedTokenContract,
        authorization: Authorization,
        signature: bytes,
        note: Callable[[str], None] = lambda _: None,
    ) -> Receipt:
        """Sends the transfer and waits for its receipt; `note` is told the transaction's hash before it is sent.

        Raises Reverted where the token refuses it, ChainError where nobody can tell yet whether it will be mined.
        """
        transaction = self._send(token, self._intent(token, authorization, signature), note)
        found = token.chain.find(transaction)
        if found is None:
            raise ChainError(f"the node has lost transaction {transaction}", "look again later")
        passed, receipt = found
        if not passed:
            raise Reverted("AuthorizedToken.transferWithAuthorization", "failed", (transaction,))
        return receipt

    def _intent(self, token: AuthorizedTokenContract, authorization: Authorization, signature: bytes) -> Intent:
        fields = (authorization.payer, authorization.to, authorization.value)
        times = (authorization.valid_after, authorization.valid_before, authorization.nonce)
        arguments = (*fields, *times, signature[64], signature[:32], signature[32:64])
        data = encode_call(token.contract, "transferWithAuthorization", arguments)
        return Intent(self.key, token.address, data, 0, MAX_GAS, "transferWithAuthorization", token.NAME)

    def _send(self, token: AuthorizedTokenContract, intent: Intent, note: Callable[[str], None]) -> str:
        with self._turn():
            for left in reversed(range(_SENDING_TRIES)):
                (pending,) = token.chain.ask([("eth_getTransactionCount", (self.key.address, "pending"))])
                if isinstance(pending, ChainError):
                    raise pending
                prepared = token.chain.prepare(intent, quantity(pending))
                note(prepared.signed.hash)
                try:
                    token.chain.submit(prepared)
                    break
                except Reverted:
                    raise
                except ChainError:
                    if left == 0:
                        raise
        return prepared.signed.hash

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Held by one thread of one process at a time; the system gives it back when a process dies."""
        descriptor = os.open(self.turn_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def token_domain(chain_id: int, token: Address, name: str, version: str) -> TokenDomain:
    """The domain of a token that is called so. Raises InputError for an address that is none."""
    words = (
        ("bytes32", _DOMAIN),
        ("bytes32", keccak(name.encode())),
        ("bytes32", keccak(version.encode())),
        ("uint256", chain_id),
        ("address", token),
    )
    return TokenDomain(name, version, keccak(b"".join(abi_word("domain", kind, value) for kind, value in words)))


def authorization_digest(domain: TokenDomain, authorization: Authorization) -> Digest:
    """What the payer signs: EIP-712 `TransferWithAuthorization` in the token's domain."""
    values = (
        ("address", authorization.payer),
        ("address", authorization.to),
        ("uint256", authorization.value),
        ("uint256", authorization.valid_after),
        ("uint256", authorization.valid_before),
        ("bytes32", authorization.nonce),
    )
    words = b"".join(abi_word("TransferWithAuthorization", kind, value) for kind, value in values)
    return words_digest(_TRANSFER, domain.separator, words)


def sign_authorization(key: AccountKey, domain: TokenDomain, authorization: Authorization) -> bytes:
    """`key`'s 65 bytes r‖s‖v over the transfer."""
    return key.sign_digest(authorization_digest(domain, authorization))
