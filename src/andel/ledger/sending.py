"""Transactions on their way: fees, nonces, signing, sending, and the wait for receipts.

Takes calldata and the key that pays. Gives the node's receipt of a transaction that succeeded; a refusal is raised
as `Reverted` with the contract's own error, before gas is spent wherever the node can tell beforehand. Chains differ,
and this file knows how: receipts may lag the block they are in, any status but 1 is a failure (IoTeX: 0x64 and up),
the same bytes may be sent twice without harm. Nonces are counted here for each account, and read again after an error.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from andel.errors import ChainError, Reverted, RpcUnreachable
from andel.ledger.answers import RawReceipt, quantity
from andel.ledger.refusals import refused, revert_data
from andel.ledger.rpc import MAX_BATCH, NodeRefused, Request, Rpc
from andel.transactions import Payer, SignedTransaction, Transaction, sign_transaction
from andel.units import Address

MAX_TIP: Final = 10**9
"""Most that is offered above the base fee, wei a gas: enough where blocks have room (IoTeX suggests 1,000 times it)."""

_FEES_LAST_SECONDS: Final = 2.0
_SENDING_TRIES: Final = 3
_LONGEST_POLL_SECONDS: Final = 1.0
_SENDINGS: Final = 6
"""How often a transaction is sent in the time that its receipt may take."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A transaction to be: `action` and `contract` are for the words of a refusal; `gas` None asks the node."""

    key: Payer
    to: Address | None
    data: bytes
    value: int
    gas: int | None
    action: str
    contract: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signed transaction that nobody has got yet, and what it was signed from."""

    intent: Intent
    transaction: Transaction
    signed: SignedTransaction


class Sender:
    """Sends for any number of accounts through one node. Safe to share between threads."""

    def __init__(
        self,
        rpc: Rpc,
        chain_id: int,
        *,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        timeout_seconds: float,
        poll_seconds: float,
        mine: Callable[[int], None] | None = None,
    ) -> None:
        """`mine` makes blocks where only transactions do: what such a node left out of one is then in the next."""
        self._mine = mine
        self._rpc = rpc
        self._chain_id = chain_id
        self._sleep = sleep
        self._clock = clock
        self._timeout = timeout_seconds
        self._poll = poll_seconds
        self._lock = threading.Lock()
        self._locks: dict[Address, threading.Lock] = {}
        self._nonces: dict[Address, int] = {}
        self._fees: tuple[float, int, int | None] | None = None

    def send(self, intents: Sequence[Intent]) -> list[RawReceipt]:
        """Receipts in the order of `intents`, which must not rest on one another's effects.

        All are tried against the latest block first: if one would be refused, none is sent. Raises Reverted,
        ChainError, RpcUnreachable.
        """
        limits = self._gas_limits(intents)
        sent: list[SignedTransaction] = []
        for start in range(0, len(intents), MAX_BATCH):
            part = slice(start, start + MAX_BATCH)
            sent += self._send_part(intents[part], limits[part])
        receipts = self._receipts_of(sent)
        for intent, limit, receipt in zip(intents, limits, receipts, strict=True):
            if quantity(receipt.get("status")) != 1:
                raise self._why_failed(intent, limit, receipt)
        return receipts

    def prepare(self, intent: Intent, nonce: int) -> Prepared:
        """A transaction with this nonce, tried against the latest block and signed, and not sent.

        For who has to note a transaction's hash before anybody can see it. Raises as `send`.
        """
        (limit,) = self._gas_limits([intent])
        max_fee, tip = self._fee()
        transaction = Transaction(self._chain_id, nonce, intent.to, intent.value, intent.data, limit, max_fee, tip)
        return Prepared(intent, transaction, sign_transaction(intent.key, transaction))

    def deliver(self, prepared: Prepared) -> RawReceipt:
        """Sends what was prepared and gives its receipt. Raises as `send`; sending it again later does no harm."""
        self.submit(prepared)
        (receipt,) = self._receipts_of([prepared.signed])
        if quantity(receipt.get("status")) != 1:
            raise self._why_failed(prepared.intent, prepared.transaction.gas, receipt)
        return receipt

    def submit(self, prepared: Prepared) -> None:
        """Sends what was prepared and waits for nothing. Raises as `send`; sending it again does no harm."""
        with self._holding([prepared.intent.key.address]):
            self._nonces.pop(prepared.intent.key.address, None)
        (answer,) = self._send_raw([prepared.signed])
        if isinstance(answer, NodeRefused):
            raise _refusal(prepared.intent, answer)

    def estimate(self, intent: Intent) -> int:
        """Gas that the node holds `intent` to take, without a margin. Raises Reverted, ChainError."""
        (answer,) = self._rpc.batch([("eth_estimateGas", (_fields(intent),))])
        if isinstance(answer, NodeRefused):
            raise self._why_refused(intent, answer)
        return quantity(answer)

    def receipt(self, transaction: str) -> RawReceipt | None:
        """The receipt of a transaction, waited for if the node knows the transaction; None where it does not.

        Raises ChainError when it is known and its receipt does not come in time.
        """
        receipt, found = self._rpc.batch(
            [("eth_getTransactionReceipt", (transaction,)), ("eth_getTransactionByHash", (transaction,))]
        )
        if isinstance(receipt, dict):
            return receipt
        return self._receipts([transaction], {})[0] if isinstance(found, dict) else None

    def next_nonce(self, account: Address) -> int:
        """The nonce of the account's next transaction, those still pending counted."""
        with self._holding([account]):
            return self._nonce(account)

    def _gas_limits(self, intents: Sequence[Intent]) -> list[int]:
        asked: list[Request] = []
        for intent in intents:
            if intent.gas is None:
                asked.append(("eth_estimateGas", (_fields(intent),)))
            else:
                asked.append(("eth_call", (_fields(intent) | {"gas": hex(intent.gas)}, "latest")))
        limits = []
        for intent, answer in zip(intents, self._rpc.batch(asked), strict=True):
            if isinstance(answer, NodeRefused):
                raise self._why_refused(intent, answer)
            # The state may be another when it is mined: a quarter more, and one storage slot.
            limits.append(intent.gas if intent.gas is not None else quantity(answer) * 5 // 4 + 20_000)
        return limits

    def _send_part(self, intents: Sequence[Intent], limits: Sequence[int]) -> list[SignedTransaction]:
        accounts = [intent.key.address for intent in intents]
        with self._holding(accounts):
            signed = []
            for intent, limit in zip(intents, limits, strict=True):
                signed.append(self._sign(intent, limit, self._take_nonce(intent.key.address)))
            answers = self._send_raw(signed)
            if not any(isinstance(answer, ChainError) for answer in answers):
                return signed
            # A nonce was used elsewhere, or a fee was too low: what was refused is signed anew, in order, with what
            # the node now says. What was taken stays as it is.
            self._fees = None
            for i, answer in enumerate(answers):
                if isinstance(answer, ChainError):
                    self._nonces.pop(accounts[i], None)
                    signed[i] = self._sign_again(intents[i], limits[i], answer)
            for account in accounts:
                self._nonces.pop(account, None)
            return signed

    def _sign_again(self, intent: Intent, limit: int, answer: ChainError) -> SignedTransaction:
        if isinstance(answer, NodeRefused) and not _is_passing(answer):
            raise _refusal(intent, answer)
        again = self._sign(intent, limit, self._take_nonce(intent.key.address))
        (second,) = self._send_raw([again])
        if isinstance(second, NodeRefused):
            self._nonces.pop(intent.key.address, None)
            raise _refusal(intent, second)
        return again

    def _sign(self, intent: Intent, limit: int, nonce: int) -> SignedTransaction:
        max_fee, tip = self._fee()
        return sign_transaction(
            intent.key,
            Transaction(self._chain_id, nonce, intent.to, intent.value, intent.data, limit, max_fee, tip),
        )

    def _send_raw(self, signed: Sequence[SignedTransaction]) -> list[Any]:
        requests: list[Request] = [("eth_sendRawTransaction", ("0x" + each.raw.hex(),)) for each in signed]
        for left in reversed(range(_SENDING_TRIES)):
            try:
                answers = self._rpc.batch(requests)
                break
            except RpcUnreachable:
                # Nobody knows whether the bytes arrived. The same bytes again do no harm.
                if left == 0:
                    with self._lock:
                        self._nonces.clear()
                    raise
                self._sleep(self._poll)
        return [self._known(each, answer) for each, answer in zip(signed, answers, strict=True)]

    def _known(self, signed: SignedTransaction, answer: Any) -> Any:
        """A refusal of bytes that the node already has is no refusal."""
        if not isinstance(answer, NodeRefused) or not _is_passing(answer):
            return answer
        (found,) = self._rpc.batch([("eth_getTransactionByHash", (signed.hash,))])
        return signed.hash if isinstance(found, dict) else answer

    def _receipts_of(self, sent: Sequence[SignedTransaction]) -> list[RawReceipt]:
        return self._receipts([each.hash for each in sent], {each.hash: each for each in sent})

    def _receipts(self, hashes: Sequence[str], sent: Mapping[str, SignedTransaction]) -> list[RawReceipt]:
        found: dict[str, RawReceipt] = {}
        end = self._clock() + self._timeout
        again = self._clock() + self._timeout / _SENDINGS
        wait = self._poll / 32  # the embedded chain needs a millisecond, others seconds
        while True:
            missing = [each for each in hashes if each not in found]
            if not missing:
                return [found[each] for each in hashes]
            asked = missing[:MAX_BATCH]  # mined about in this order; asking for all each time costs more
            requests: list[Request] = [("eth_getTransactionReceipt", (each,)) for each in asked]
            # Until a receipt is there some nodes answer null, others with an error.
            answers = zip(asked, self._rpc.batch(requests), strict=True)
            new = {each: answer for each, answer in answers if isinstance(answer, dict)}
            found |= new
            if new:
                wait = self._poll / 32
                again = self._clock() + self._timeout / _SENDINGS
            if len(new) == len(asked):
                continue
            if self._clock() > end:
                with self._lock:
                    self._nonces.clear()
                raise ChainError(
                    f"no receipt of transaction {missing[0]} within {self._timeout:g} seconds",
                    "the chain may be slow; the transaction can still be mined",
                )
            self._sleep(wait)
            if self._clock() > again:
                # Nodes lose what lies in their pool. The same bytes again do no harm, and a refusal says nothing new.
                self._send_raw([sent[each] for each in asked if each in sent])
                again = self._clock() + self._timeout / _SENDINGS
            if wait >= _LONGEST_POLL_SECONDS and self._mine is not None:
                self._mine(1)
            wait = min(wait * 2, _LONGEST_POLL_SECONDS)

    def _fee(self) -> tuple[int, int | None]:
        """Most per gas, and the tip (None on a chain without a base fee), wei."""
        kept = self._fees
        if kept is not None and self._clock() < kept[0] + _FEES_LAST_SECONDS:
            return kept[1], kept[2]
        block, suggested = self._rpc.batch(
            [("eth_getBlockByNumber", ("latest", False)), ("eth_maxPriorityFeePerGas", ())]
        )
        base = block.get("baseFeePerGas") if isinstance(block, dict) else None
        if base is None:
            self._fees = (self._clock(), quantity(self._rpc.request("eth_gasPrice")), None)
        else:
            tip = MAX_TIP if isinstance(suggested, NodeRefused) else min(MAX_TIP, quantity(suggested))
            self._fees = (self._clock(), 2 * quantity(base) + tip, tip)
        return self._fees[1], self._fees[2]

    def _nonce(self, account: Address) -> int:
        if account not in self._nonces:
            self._nonces[account] = quantity(self._rpc.request("eth_getTransactionCount", account, "pending"))
        return self._nonces[account]

    def _take_nonce(self, account: Address) -> int:
        nonce = self._nonce(account)
        self._nonces[account] = nonce + 1
        return nonce

    @contextmanager
    def _holding(self, accounts: Sequence[Address]) -> Iterator[None]:
        with self._lock:
            locks = [self._locks.setdefault(account, threading.Lock()) for account in sorted(set(accounts))]
        with ExitStack() as stack:
            for lock in locks:  # always in the order of addresses, so that no two threads wait for each other
                stack.enter_context(lock)
            yield

    def _why_refused(self, intent: Intent, answer: NodeRefused) -> ChainError:
        if revert_data(answer) is None and "revert" in answer.reason.lower():
            # Some nodes say at an estimate only that it failed, and at a call also why.
            try:
                self._rpc.request("eth_call", _fields(intent), "latest")
            except NodeRefused as error:
                answer = error
        return _refusal(intent, answer)

    def _why_failed(self, intent: Intent, limit: int, receipt: RawReceipt) -> ChainError:
        """Why a mined transaction failed: the same call again, at the block before it where the node has that."""
        block = quantity(receipt.get("blockNumber"))
        for at in (hex(block - 1), "latest"):
            try:
                self._rpc.request("eth_call", _fields(intent) | {"gas": hex(limit)}, at)
            except NodeRefused as error:
                if revert_data(error) is not None:
                    return _refusal(intent, error)
        return Reverted(intent.action, f"status {receipt.get('status')}", (str(receipt.get("transactionHash")),))


def _refusal(intent: Intent, answer: NodeRefused) -> ChainError:
    return refused(intent.action, intent.contract, answer)


def _fields(intent: Intent) -> dict[str, str]:
    fields = {"from": str(intent.key.address), "data": "0x" + intent.data.hex(), "value": hex(intent.value)}
    return fields | {"to": str(intent.to)} if intent.to is not None else fields


def _is_passing(answer: NodeRefused) -> bool:
    """Whether another nonce or fee, or nothing at all, cures it."""
    reason = answer.reason.lower()
    return any(word in reason for word in ("nonce", "already", "known", "imported", "underpriced", "fee"))
