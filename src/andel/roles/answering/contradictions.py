"""Answers of the market that the chain's own code contradicts.

Takes the market and where versions' code lies. Gives what the code answers to a request's question, the servers that
revealed something else, and the receipts of having shown it. Judges nothing but what the contract judges by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from andel.encoding import WORD_BYTES
from andel.errors import ChainError, Reverted
from andel.hashing import keccak
from andel.keys import AccountKey
from andel.ledger.answers import bytes_of
from andel.ledger.market import InferenceMarketContract, MarketRequest, SeatState
from andel.ledger.onchain_models import OnchainModelsContract
from andel.ledger.rpc import NodeRefused
from andel.units import Address

_PAGE = 64

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A server of a request that revealed another answer than the chain's; `question` is what shows it."""

    request: int
    model: Address
    server: Address
    question: bytes


def chains_answer(models: OnchainModelsContract, request: MarketRequest, question: bytes) -> bytes | None:
    """What the version's code gives, in words; None where the chain has no code of it, or the code no answer.

    Raises RpcUnreachable.
    """
    found = models.publication_of(request.model, request.version)
    if found is None:
        return None
    (answer,) = models.chain.ask(
        [("eth_call", ({"to": found.implementation, "data": "0x" + question.hex()}, "latest"))]
    )
    if isinstance(answer, NodeRefused):
        return None
    words = bytes_of(answer)
    return words if words and len(words) % WORD_BYTES == 0 else None


def contradictions(
    market: InferenceMarketContract,
    models: OnchainModelsContract,
    first: int,
    last: int,
    model: Address | None = None,
) -> Iterator[Contradiction]:
    """Those that can be slashed now among the requests `first` to `last`, of one model or all. Raises ChainError."""
    now = market.chain.block_time()
    for start in range(max(first, 1), last + 1, _PAGE):
        page = market.requests(range(start, min(start + _PAGE, last + 1)))
        judged = [
            each
            for each in page
            if each.provable and each.revealed and now <= each.slashable_until and model in (None, each.model)
        ]
        for request, seats in zip(judged, market.routed_to([each.id for each in judged]), strict=True):
            shown = [seat.server for seat in seats if seat.state == SeatState.REVEALED]
            yield from _of_request(market, models, request, shown)


def _of_request(
    market: InferenceMarketContract, models: OnchainModelsContract, request: MarketRequest, shown: Sequence[Address]
) -> Iterator[Contradiction]:
    try:
        question = market.question_of(request)
    except ChainError as error:
        log.warning("request %d cannot be judged: %s", request.id, error)
        return
    truth = chains_answer(models, request, question)
    if truth is None:
        return
    for server in shown:
        if market.seal_of(request.id, server) != keccak(truth):
            yield Contradiction(request.id, request.model, server, question)


def slash(market: InferenceMarketContract, key: AccountKey, found: Contradiction) -> int | None:
    """Shows it on chain; the reward in wei, or None where the contract refuses, as another may have been first."""
    try:
        reward, _ = market.slash(key, found.request, found.server, found.question)
    except Reverted as refusal:
        log.info("%s", refusal)
        return None
    return reward
