"""A signer elsewhere: a program that keeps a key and signs what it is asked to, over JSON-RPC.

Takes the signer's address on the network and, where it keeps several, the account. Gives signed transactions, each
compared field by field with what was asked for before anybody else sees it. Speaks `account_signTransaction` (Clef) and
`eth_signTransaction` (Web3Signer and others). Never sees a key, and never sends what it did not ask for.
"""

from __future__ import annotations

from typing import Any, Final

from andel.errors import ChainError, InputError, RpcUnreachable
from andel.keys import parse_address
from andel.ledger.answers import bytes_of
from andel.ledger.rpc import NodeRefused, Rpc
from andel.transactions import SignedTransaction, Transaction, signed_elsewhere
from andel.units import Address

PATIENCE_SECONDS: Final = 300.0
"""How long a signer may take: it may ask a person."""

_NO_METHOD: Final = -32601
_MAX_ACCOUNTS: Final = 1_000


class ExternalSigner:
    """One account of a signer elsewhere."""

    def __init__(self, rpc: Rpc, address: Address, method: str) -> None:
        """Asks nothing; `connect` is the usual way."""
        self._rpc = rpc
        self._address = address
        self._method = method

    @classmethod
    def connect(cls, url: str, account: str = "", timeout_seconds: float = PATIENCE_SECONDS) -> ExternalSigner:
        """The signer's account of that name, or its only one. Raises ChainError, InputError."""
        rpc = Rpc(url, timeout_seconds=timeout_seconds)
        for listing, signing in (
            ("account_list", "account_signTransaction"),
            ("eth_accounts", "eth_signTransaction"),
        ):
            try:
                accounts = _asked(rpc, listing)
            except NodeRefused as error:
                if error.code == _NO_METHOD:
                    continue
                raise ChainError(f"the signer at {rpc.url} refused to list its accounts: {error.reason}") from error
            return cls(rpc, _chosen(rpc.url, accounts, account), signing)
        raise ChainError(f"{rpc.url} is no signer: it lists no accounts", "a signer that speaks Clef's JSON-RPC")

    @property
    def address(self) -> Address:
        """The account that signs."""
        return self._address

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction:
        """Exactly this transaction, signed. Raises ChainError when refused, InputError when it is another."""
        try:
            answer = _asked(self._rpc, self._method, _fields(transaction, self._address))
        except NodeRefused as error:
            raise ChainError(f"the signer refused: {error.reason}", "approve the transaction there") from error
        raw = answer.get("raw") if isinstance(answer, dict) else answer
        try:
            return signed_elsewhere(transaction, bytes_of(raw), self._address)
        except ChainError as error:
            raise InputError("the signer answered with something that is no signed transaction") from error

    def __repr__(self) -> str:
        return f"ExternalSigner({self._address})"


def _asked(rpc: Rpc, method: str, *params: object) -> Any:
    try:
        return rpc.request(method, *params)
    except RpcUnreachable as error:
        raise ChainError(f"no signer answers at {rpc.url}", "start the signer, or check --signer") from error


def _chosen(url: str, accounts: Any, account: str) -> Address:
    if not isinstance(accounts, list) or len(accounts) > _MAX_ACCOUNTS or not all(isinstance(a, str) for a in accounts):
        raise ChainError(f"{url} is no signer: its list of accounts has another form")
    listed = [parse_address(each) for each in accounts]
    if account:
        wanted = parse_address(account)
        if wanted not in listed:
            raise InputError(f"the signer does not keep {wanted}", f"it keeps {', '.join(listed[:5]) or 'none'}")
        return wanted
    if len(listed) != 1:
        raise InputError(f"the signer keeps {len(listed)} accounts", "name the one to use with --sender")
    return listed[0]


def _fields(transaction: Transaction, sender: Address) -> dict[str, str]:
    fields = {
        "from": str(sender),
        "chainId": hex(transaction.chain_id),
        "nonce": hex(transaction.nonce),
        "gas": hex(transaction.gas),
        "value": hex(transaction.value),
        "data": "0x" + transaction.data.hex(),
    }
    if transaction.to is not None:
        fields["to"] = str(transaction.to)
    if transaction.priority_fee is None:
        return fields | {"gasPrice": hex(transaction.max_fee)}
    tip = {"maxPriorityFeePerGas": hex(transaction.priority_fee)}
    return fields | tip | {"maxFeePerGas": hex(transaction.max_fee)}
