"""What a node was asked and what it answered, in a form that can be kept, asked again and compared.

Takes the answers that a `Chain` gets while it is listened to. Gives the questions, each once, with the SHA-256 of its
answer. Of an answer only what `andel` reads counts, so that two nodes of different make can say the same: of a block
its hash and time, of a log whose it is and what it says, of a refusal the contract's own bytes. What follows the newest
block (its number) is no part of it. Never judges an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from andel.errors import ChainError
from andel.hashing import sha256
from andel.ledger.connection import Chain
from andel.ledger.rpc import NodeRefused, Request

_MOVING: Final = ("eth_blockNumber", "eth_chainId")
_BLOCK: Final = ("number", "hash", "timestamp", "transactions")
_LOG: Final = ("address", "topics", "data", "blockNumber", "blockHash", "transactionHash")
_TRANSACTION: Final = ("to", "input")
_READ: Final = {
    "eth_getBlockByNumber": _BLOCK,
    "eth_getLogs": _LOG,
    "eth_getTransactionByHash": _TRANSACTION,
}


@dataclass(slots=True)
class Transcript:
    """Questions, as canonical JSON of [method, parameters], to the SHA-256 of the last answer, in their order."""

    answers: dict[bytes, bytes] = field(default_factory=dict)

    def hear(self, method: str, params: Sequence[object], answer: object) -> None:
        """Keeps a question and its answer."""
        if method not in _MOVING:
            self.answers[orjson.dumps([method, list(params)])] = answer_hash(method, answer)

    @property
    def questions(self) -> tuple[bytes, ...]:
        """All that was asked."""
        return tuple(self.answers)

    @property
    def hash(self) -> bytes:
        """SHA-256 over all questions and answers."""
        return sha256(*(sha256(question) + answer for question, answer in self.answers.items()))

    def __len__(self) -> int:
        return len(self.answers)


@contextmanager
def listening(chain: Chain) -> Iterator[Transcript]:
    """What `chain` is asked inside the block; not for chains that other threads use meanwhile.

    Who listened before goes on hearing.
    """
    transcript = Transcript()

    def hear(method: str, params: Sequence[object], answer: object) -> None:
        transcript.hear(method, params, answer)
        if former is not None:
            former(method, params, answer)

    former = chain.tell(hear)
    try:
        yield transcript
    finally:
        chain.tell(former)


def ask_again(chain: Chain, questions: Sequence[bytes]) -> Transcript:
    """The same questions, asked of `chain` now. Raises ChainError when one is no question, RpcUnreachable."""
    requests = [_request(question) for question in questions]
    transcript = Transcript()
    for (method, params), answer in zip(requests, chain.ask(requests), strict=True):
        transcript.hear(method, params, answer)
    return transcript


def answer_hash(method: str, answer: object) -> bytes:
    """SHA-256 of what is read of an answer."""
    if isinstance(answer, NodeRefused):
        return sha256(b"refused", orjson.dumps(answer.data if isinstance(answer.data, str) else None))
    read = _READ.get(method)
    if read is not None and isinstance(answer, list):
        answer = [_fields(item, read) for item in answer]
    elif read is not None:
        answer = _fields(answer, read)
    # hex has two cases, and nodes differ in which they use for addresses
    return sha256(b"answered", orjson.dumps(answer, option=orjson.OPT_SORT_KEYS).lower())


def described(question: bytes) -> str:
    """A question in a few words, for people."""
    method, params = _request(question)
    first = params[0] if params else ""
    if isinstance(first, dict):
        names = ", ".join(
            f"{key} {str(first[key])[:74]}" for key in ("to", "address", "data", "fromBlock") if key in first
        )
        return f"{method} {names}"
    return f"{method} {str(first)[:80]}"


def _request(question: bytes) -> Request:
    try:
        method, params = orjson.loads(question)
    except (ValueError, TypeError) as error:
        raise ChainError("what was asked before cannot be read") from error
    if not isinstance(method, str) or not isinstance(params, list):
        raise ChainError("what was asked before cannot be read")
    return method, params


def _fields(item: Any, names: Sequence[str]) -> Any:
    return {name: item.get(name) for name in names} if isinstance(item, dict) else item
