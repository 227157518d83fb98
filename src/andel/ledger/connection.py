"""The door to a chain: reading contracts, sending to them, deploying them, and the chain's own clock.

Takes the address of a node, and keys only for the length of a call. Gives plain values and `Receipt`. Everything a
node can do late or wrong is met here and in `sending`: answers are bounded, logs are asked for in pages of 2,000
blocks and never beyond the tip, no read rests on who asks. Never computes values or shares; never reads this
machine's clock for anything that the chain decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from andel.errors import ChainError, InputError
from andel.keys import parse_address
from andel.ledger.abi import decode_result, encode_call, encode_creation, event_topics
from andel.ledger.answers import bytes_of, check_asked_for, events_of, quantity, receipt_of
from andel.ledger.interface import Contract, interface_of
from andel.ledger.receipt import Event, Receipt
from andel.ledger.refusals import refused
from andel.ledger.rpc import Listener, NodeRefused, Request, Rpc
from andel.ledger.sending import Intent, Prepared, Sender
from andel.transactions import Payer, created_address
from andel.units import Address, Digest

LOG_PAGE_BLOCKS: Final = 2_000
"""Blocks in one request for logs; IoTeX takes no more."""

_LOG_PAGES_AT_ONCE: Final = 16  # an answer of many full pages would be over its bound
_SLOWEST_BLOCK_SECONDS: Final = 15.0
_RECEIPT_LOOKS: Final = 10


@dataclass(frozen=True, slots=True)
class Block:
    """A block's number, its hash, its time in seconds, and the hashes of its transactions."""

    number: int
    hash: Digest
    time: int
    transactions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction of many: `key` calls `function` of `contract`; `gas` None asks the node."""

    key: Payer
    contract: Contract
    function: str
    arguments: tuple[object, ...]
    value: int = 0
    gas: int | None = None


class Chain:
    """One chain, through one node. Safe to share between threads."""

    def __init__(
        self,
        rpc: Rpc,
        chain_id: int,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        timeout_seconds: float = 60.0,
        poll_seconds: float = 0.02,
        mine: Callable[[int], None] | None = None,
    ) -> None:
        """Asks nothing; `connect` is the usual way."""
        self.chain_id = chain_id
        self._rpc = rpc
        self._sleep = sleep
        self._clock = clock
        self._timeout = timeout_seconds
        self._poll = poll_seconds
        self._mine = mine
        self._sender = Sender(
            rpc,
            chain_id,
            sleep=sleep,
            clock=clock,
            timeout_seconds=timeout_seconds,
            poll_seconds=poll_seconds,
            mine=mine,
        )

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        timeout_seconds: float = 60.0,
        poll_seconds: float = 0.02,
        mine: Callable[[int], None] | None = None,
    ) -> Self:
        """The chain a node serves. `mine` makes blocks where time does not (the embedded chain).

        `timeout_seconds` bounds the wait for a receipt. Raises RpcUnreachable.
        """
        rpc = Rpc(url, timeout_seconds=min(timeout_seconds, 15.0), sleep=sleep)
        chain_id = quantity(rpc.request("eth_chainId"))
        return cls(
            rpc,
            chain_id,
            sleep=sleep,
            clock=clock,
            timeout_seconds=timeout_seconds,
            poll_seconds=poll_seconds,
            mine=mine,
        )

    @property
    def url(self) -> str:
        """The node's address, without what stands before an @."""
        return self._rpc.url

    def close(self) -> None:
        """Closes the connections."""
        self._rpc.close()

    def block_number(self) -> int:
        """The newest block's number."""
        return quantity(self._rpc.request("eth_blockNumber"))

    def block_time(self, block: int | None = None) -> int:
        """The chain's clock: time of the newest block, or of `block`, in seconds. Raises ChainError if unknown."""
        return quantity(self._block(block).get("timestamp"))

    def block_hash(self, block: int) -> Digest:
        """A block's hash, as the `blockhash` of later blocks. Raises ChainError if unknown."""
        return Digest(bytes_of(self._block(block).get("hash")))

    def balance(self, address: Address) -> int:
        """An account's coins, wei."""
        return quantity(self._rpc.request("eth_getBalance", address, "latest"))

    def gas_price(self) -> int:
        """What the node takes a unit of gas for now, wei."""
        return quantity(self._rpc.request("eth_gasPrice"))

    def gas_spent_on(self, contract: Contract, from_block: int, to_block: int) -> int:
        """Gas of all transactions sent to a contract in these blocks, both included."""
        requests: list[Request] = [("eth_getBlockReceipts", (hex(block),)) for block in range(from_block, to_block + 1)]
        answers, spent = self._rpc.batch(requests), 0
        for _ in range(_RECEIPT_LOOKS):
            missing = [i for i, answer in enumerate(answers) if not isinstance(answer, list)]
            if not missing:
                break
            self._sleep(max(self._poll, 0.2))  # a node may know a block before its receipts
            for i, answer in zip(missing, self._rpc.batch([requests[i] for i in missing]), strict=True):
                answers[i] = answer
        for answer in answers:
            if not isinstance(answer, list):
                raise ChainError(f"the node gave no receipts of blocks {from_block} to {to_block}")
            for receipt in answer:
                if receipt.get("to") and parse_address(receipt["to"]) == contract.address:
                    spent += quantity(receipt.get("gasUsed"))
        return spent

    def code(self, address: Address) -> bytes:
        """The code at an address; empty where there is no contract."""
        return bytes_of(self._rpc.request("eth_getCode", address, "latest"))

    def next_nonce(self, address: Address) -> int:
        """The nonce of the account's next transaction."""
        return self._sender.next_nonce(address)

    def created_address(self, address: Address, nonce: int) -> Address:
        """The address of the contract that the account's transaction with this nonce creates."""
        return created_address(address, nonce)

    def call(self, contract: Contract, function: str, *arguments: object) -> Any:
        """What a view returns: one value, or a tuple of several. Raises Reverted, ChainError, RpcUnreachable."""
        return self.call_many(contract, function, [arguments])[0]

    def call_many(self, contract: Contract, function: str, arguments: Sequence[Sequence[object]]) -> list[Any]:
        """`call` for many arguments, in batches, in their order."""
        return self.call_all(contract, [(function, values) for values in arguments])

    def call_all(self, contract: Contract, calls: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        """As `call_each`. Raises Reverted or ChainError where one is refused."""
        results = self.call_each(contract, calls)
        for result in results:
            if isinstance(result, ChainError):
                raise result
        return results

    def call_each(self, contract: Contract, calls: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        """What each view returns, in their order, in batches; a refused one as its Reverted or ChainError.

        A batch is no single moment: a block may come between two of its answers. Raises RpcUnreachable.
        """
        requests: list[Request] = []
        for function, values in calls:
            data = encode_call(contract, function, values)
            requests.append(("eth_call", ({"to": contract.address, "data": "0x" + data.hex()}, "latest")))
        return [
            refused(f"{contract.name}.{function}", contract.name, answer)
            if isinstance(answer, NodeRefused)
            else decode_result(contract, function, bytes_of(answer))
            for (function, _), answer in zip(calls, self._rpc.batch(requests), strict=True)
        ]

    def send(
        self,
        key: Payer,
        contract: Contract,
        function: str,
        *arguments: object,
        value: int = 0,
        gas: int | None = None,
    ) -> Receipt:
        """Calls `function` in a transaction of `key` and waits for it.

        Raises Reverted (mostly before any gas is spent), ChainError, RpcUnreachable, InputError.
        """
        return self.send_many([Call(key, contract, function, arguments, value, gas)])[0]

    def send_many(self, calls: Sequence[Call]) -> list[Receipt]:
        """Many transactions at once, receipts in their order. They must not rest on one another's effects.

        All are tried before one is sent. Raises as `send`, for the first that is refused or fails; the others may
        have passed nevertheless.
        """
        return [receipt_of(raw) for raw in self._sender.send([_intent(call) for call in calls])]

    def transfer(self, key: Payer, to: Address, value: int) -> Receipt:
        """Sends `value` wei. Raises ChainError, RpcUnreachable."""
        (raw,) = self._sender.send([Intent(key, to, b"", value, None, f"transfer to {to}", None)])
        return receipt_of(raw)

    def deploy(self, key: Payer, name: str, *arguments: object, value: int = 0) -> tuple[Contract, Receipt]:
        """Creates a contract of ours with its constructor's values, and wei where it takes some. Raises as `send`."""
        return self.create(key, name, encode_creation(interface_of(name), arguments), value)

    def create(self, key: Payer, name: str, data: bytes, value: int = 0) -> tuple[Contract, Receipt]:
        """Creates a contract of ours by creation code already made, as a clone's is. Raises as `send`."""
        (raw,) = self._sender.send([Intent(key, None, data, value, None, f"deployment of {name}", name)])
        receipt = receipt_of(raw)
        if receipt.contract_address is None or not self.code(receipt.contract_address):
            raise ChainError(f"transaction {receipt.hash} created no {name}")
        return Contract(name, receipt.contract_address), receipt

    def prepare(self, intent: Intent, nonce: int) -> Prepared:
        """`intent` signed and not sent: for who notes its hash first. Raises as `send`."""
        return self._sender.prepare(intent, nonce)

    def deliver(self, prepared: Prepared) -> Receipt:
        """Sends what was prepared. Raises as `send`; delivering it again does no harm."""
        return receipt_of(self._sender.deliver(prepared))

    def submit(self, prepared: Prepared) -> None:
        """Sends what was prepared and waits for nothing: `find` does. Raises as `send`."""
        self._sender.submit(prepared)

    def estimate(self, intent: Intent) -> int:
        """Gas that the node says `intent` takes now. Raises Reverted, ChainError, RpcUnreachable."""
        return self._sender.estimate(intent)

    def find(self, transaction: str) -> tuple[bool, Receipt] | None:
        """Whether a transaction passed, and its receipt, waited for if it is on its way; None if no node knows it."""
        raw = self._sender.receipt(transaction)
        return None if raw is None else (quantity(raw.get("status")) == 1, receipt_of(raw))

    def wait_for_block(self, number: int, idle: Callable[[], bool] = lambda: False) -> None:
        """Returns when block `number` is there; makes the blocks where this chain can. Raises ChainError if late.

        Elsewhere `idle` is called at each look; it may make a block (see `standstill`) and says whether it did.
        """
        missing = number - self.block_number()
        end = self._clock() + self._timeout + max(missing, 0) * _SLOWEST_BLOCK_SECONDS
        while missing > 0:
            if self._mine is not None or not idle():
                self._pass(missing)
            missing = number - self.block_number()
            if missing > 0 and self._clock() > end:
                raise ChainError(f"block {number} is not there in time; the chain stands at {number - missing}")

    def wait_for_time(self, timestamp: int) -> None:
        """Returns when the newest block's time is `timestamp` or later (makes blocks where this chain can).

        Raises ChainError when the chain falls behind by more than the timeout.
        """
        now = self.block_time()
        end = self._clock() + self._timeout + max(timestamp - now, 0)
        while now < timestamp:
            self._pass(1)
            now = self.block_time()
            if now < timestamp and self._clock() > end:
                raise ChainError(f"the chain's clock stands at {now}, and should have come to {timestamp}")

    def _pass(self, blocks: int) -> None:
        if self._mine is not None:
            self._mine(blocks)
        else:
            self._sleep(max(self._poll, 0.2))

    def logs(
        self,
        contract: Contract,
        event: str | Sequence[str],
        from_block: int,
        to_block: int | None = None,
        **indexed: object,
    ) -> list[Event]:
        """The contract's events of that name, or those names, in the chain's order, both blocks included (None: to the
        newest).

        `indexed` narrows by indexed values. Raises InputError for unknown names, ChainError (also for logs that were
        not asked for), RpcUnreachable.
        """
        topics = event_topics(contract, [event] if isinstance(event, str) else event, indexed)
        tip = self.block_number()
        last = tip if to_block is None else min(to_block, tip)
        pages: list[Request] = [
            (
                "eth_getLogs",
                (
                    {
                        "address": contract.address,
                        "topics": topics,
                        "fromBlock": hex(start),
                        "toBlock": hex(min(start + LOG_PAGE_BLOCKS - 1, last)),
                    },
                ),
            )
            for start in range(from_block, last + 1, LOG_PAGE_BLOCKS)
        ]
        found: list[Event] = []
        for start in range(0, len(pages), _LOG_PAGES_AT_ONCE):
            for answer in self._rpc.batch(pages[start : start + _LOG_PAGES_AT_ONCE]):
                if isinstance(answer, NodeRefused):
                    raise answer
                found += events_of(answer)
                check_asked_for(answer, contract.address, topics)
        return found

    def blocks(self, numbers: Sequence[int]) -> list[Block]:
        """Hash and time of each block, in their order; asked in batches. Raises ChainError for an unknown one."""
        answers = self._rpc.batch([("eth_getBlockByNumber", (hex(number), False)) for number in numbers])
        return [_read_block(_asked_block(answer, number)) for number, answer in zip(numbers, answers, strict=True)]

    def newest_block(self) -> Block:
        """The newest block."""
        return _read_block(self._block(None))

    def sent_to(self, transactions: Sequence[str]) -> list[tuple[Address | None, bytes]]:
        """Whom each transaction called, and its calldata, in their order; asked in batches."""
        answers = self._rpc.batch([("eth_getTransactionByHash", (each,)) for each in transactions])
        found: list[tuple[Address | None, bytes]] = []
        for name, answer in zip(transactions, answers, strict=True):
            if not isinstance(answer, dict):
                raise ChainError(f"the node does not know transaction {name[:80]}")
            to = answer.get("to")
            found.append((parse_address(str(to)) if to else None, bytes_of(answer.get("input"))))
        return found

    def ask(self, requests: Sequence[Request]) -> list[Any]:
        """Raw answers to raw questions, a refusal as its `NodeRefused`: for whoever compares nodes."""
        return self._rpc.batch(requests)

    def tell(self, listener: Listener | None) -> Listener | None:
        """Tells `listener` of every answer of the node from now on; gives the one that was told before."""
        return self._rpc.tell(listener)

    def _block(self, block: int | None) -> dict[str, Any]:
        if block is not None and block < 0:
            raise InputError(f"no block has the number {block}")
        at = "latest" if block is None else hex(block)
        return _asked_block(self._rpc.request("eth_getBlockByNumber", at, False), block)


def _asked_block(answer: Any, number: int | None) -> dict[str, Any]:
    if not isinstance(answer, dict):
        raise ChainError(f"the node does not know block {number}")
    if number is not None and quantity(answer.get("number")) != number:
        raise ChainError(f"the node gave another block where block {number} was asked for")
    return answer


def _read_block(block: dict[str, Any]) -> Block:
    number, time = quantity(block.get("number")), quantity(block.get("timestamp"))
    return Block(
        number, Digest(bytes_of(block.get("hash"))), time, frozenset(map(str, block.get("transactions") or ()))
    )


def _intent(call: Call) -> Intent:
    action = f"{call.contract.name}.{call.function}"
    data = encode_call(call.contract, call.function, call.arguments)
    return Intent(call.key, call.contract.address, data, call.value, call.gas, action, call.contract.name)
