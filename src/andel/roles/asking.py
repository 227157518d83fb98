"""Whoever asks a model in the market: pays, waits, and looks at what the quorum is worth; and who serves or cleans up.

Takes keys and the market. Gives requests, final answers with who revealed them, refunds and credits. What the contract
refuses is told in one sentence. Never computes an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from andel.encoding import WORD_BYTES
from andel.errors import ChainError, EvidenceError, InputError
from andel.hashing import keccak
from andel.keys import AccountKey
from andel.ledger.market import (
    MAX_QUESTION_WORDS,
    InferenceMarketContract,
    MarketAsk,
    MarketRequest,
    PresentTerms,
    RequestStatus,
    SeatState,
)
from andel.ledger.onchain_models import OnchainModelsContract
from andel.ledger.payment import allow
from andel.ledger.receipt import Receipt
from andel.roles.answering.contradictions import chains_answer
from andel.roles.answering.requests import DRAW_BLOCKS
from andel.roles.owner import Sentence, clock_text, told
from andel.roles.sent import sent
from andel.units import Address, Digest

CURRENT: Final = Digest(bytes(WORD_BYTES))
"""Stands for the version that the model answers by now."""

_ANSWERED: Final = frozenset({RequestStatus.FINAL, RequestStatus.FINISHED})
_FAILED: Final = frozenset({RequestStatus.CONTRADICTED, RequestStatus.REFUNDED})


@dataclass(frozen=True, slots=True)
class Answered:
    """A final answer in words, who revealed it, how many had to, and whether the chain's own code gives it.

    `proven` is None where the chain has no code of that version.
    """

    request: MarketRequest
    answer: bytes
    servers: tuple[Address, ...]
    quorum: int
    proven: bool | None


def present_terms(market: InferenceMarketContract, model: Address) -> PresentTerms:
    """The model's terms now. Raises InputError where nobody can ask it."""
    found = market.terms_of(model)
    if found is None or found.terms.servers == 0:
        raise InputError(f"{model} is not asked in this market", "its holders set terms by a vote: setTerms")
    return found


def ask(
    market: InferenceMarketContract,
    key: AccountKey,
    model: Address,
    question: bytes,
    *,
    version: Digest = CURRENT,
    most: int | None = None,
    receiver: tuple[Address, int] | None = None,
) -> tuple[int, Receipt]:
    """Asks, paying what it costs, at most `most` units; `receiver` is a contract to be called, and its gas.

    Raises InputError for a question that is no whole words or costs more; ChainError, in words.
    """
    if not 0 < len(question) <= MAX_QUESTION_WORDS * WORD_BYTES or len(question) % WORD_BYTES:
        raise InputError(
            f"a question of {len(question)} bytes", f"1 to {MAX_QUESTION_WORDS} words of {WORD_BYTES} bytes"
        )
    present_terms(market, model)
    token, cost = told(lambda: market.cost_of(model), MARKET_SENTENCES)
    if most is not None and cost > most:
        raise InputError(f"it costs up to {cost} units, more than {most}", "allow more, or wait for other terms")
    allow(market.chain, token, key, market.address, cost)
    asked = MarketAsk(model, version, question, token, cost)
    if receiver is not None:
        asked = MarketAsk(model, version, question, token, cost, *receiver)
    return told(lambda: market.request(key, asked), MARKET_SENTENCES)


def wait_for_answer(
    market: InferenceMarketContract,
    key: AccountKey,
    request: int,
    models: OnchainModelsContract | None,
    wait: Callable[[], None],
) -> Answered:
    """The final answer; the asker's key names the servers if nobody does. `wait` is called between looks.

    Raises ChainError where the request failed (it can be refunded then); EvidenceError where the quorum is none.
    """
    while True:
        found = market.request_of(request)
        if found.status in _ANSWERED:
            return check_answer(market, found, models)
        if found.status in _FAILED or found.status == RequestStatus.NONE:
            raise ChainError(f"request {request} is {found.status.name.lower()}", "see `andel market refund`")
        now, tip = market.chain.block_time(), market.chain.block_number()
        if found.status == RequestStatus.OPEN and tip > found.seed_block + DRAW_BLOCKS:
            raise ChainError(f"nobody named the servers of request {request} in time", "andel market refund")
        if found.status == RequestStatus.ROUTED and now > found.reveal_by:
            raise ChainError(f"request {request} found no quorum until {clock_text(found.reveal_by)}", _REFUND)
        if found.status == RequestStatus.OPEN and tip >= found.seed_block:
            sent(market.route, key, request)
        wait()


def check_answer(
    market: InferenceMarketContract, request: MarketRequest, models: OnchainModelsContract | None
) -> Answered:
    """The final answer with those who revealed it, counted here. Raises EvidenceError where they are too few."""
    answer = market.answer_of(request.id)
    (seats,) = market.routed_to([request.id])
    hashed = keccak(answer)
    shown = [seat.server for seat in seats if seat.state == SeatState.REVEALED]
    agreed = tuple(server for server in shown if market.seal_of(request.id, server) == hashed)
    quorum = market.terms_by_number(request.model, request.terms).quorum
    if not answer or len(agreed) < quorum:
        raise EvidenceError(f"request {request.id}", f"{len(agreed)} servers revealed its answer, {quorum} have to")
    truth = None
    if models is not None and request.provable:
        truth = chains_answer(models, request, market.question_of(request))
    return Answered(request, answer, agreed, quorum, None if truth is None else truth == answer)


def refund(market: InferenceMarketContract, key: AccountKey, request: int) -> Receipt:
    """Credits the requester with all it paid. Raises ChainError, in words."""
    return told(lambda: market.refund(key, request), MARKET_SENTENCES)


_REFUND: Final = "andel market refund"

MARKET_SENTENCES: Final[Mapping[str, Sentence]] = {
    "InferenceMarket_Closed": (lambda model: f"{model} is not asked in this market", ""),
    "InferenceMarket_TooDear": (lambda cost, most: f"it costs up to {cost} units now, more than {most}", "ask again"),
    "InferenceMarket_WrongCoin": (lambda got, wanted: f"it costs {wanted} wei now, not {got}", "ask again"),
    "InferenceMarket_TooFewServers": (
        lambda model, found, needed: f"{found} servers answer for {model} under its terms, {needed} are needed",
        "see `andel market servers`",
    ),
    "InferenceMarket_BadVersion": (
        lambda model, version: f"{model} has no final version {version.hex()}",
        "leave --version out for the current one",
    ),
    "InferenceMarket_OtherTerms": (
        lambda model, given, present: f"the terms of {model} are number {present} by now, not {given}",
        "read them again: `andel market terms`",
    ),
    "InferenceMarket_BadPrice": (lambda price, most: f"a server asks from 1 to {most} units, not {price}", ""),
    "InferenceMarket_BadBond": (lambda bond, least: f"the bond is at least {least} wei, not {bond}", ""),
    "InferenceMarket_BadEndpoint": (lambda length: f"an endpoint of {length} bytes", "1 to 256 bytes of text"),
    "InferenceMarket_AlreadyServer": (lambda model, account: f"{account} serves {model} already", ""),
    "InferenceMarket_NotServer": (lambda model, account: f"{account} does not serve {model}", ""),
    "InferenceMarket_HasLeft": (lambda model, account: f"{account} left {model} already", ""),
    "InferenceMarket_Full": (lambda model: f"{model} has as many servers as it can have", "wait until one is gone"),
    "InferenceMarket_BondHeld": (
        lambda model, account, at: (
            f"the bond of {account} stays until {clock_text(at)}"
            if at
            else f"{account} serves {model}: it has not left"
        ),
        "answers of before can still be shown to be wrong",
    ),
    "InferenceMarket_NotOver": (
        lambda request, until: (
            f"servers can still answer request {request}" + (f", until {clock_text(until)}" if until else "")
        ),
        "wait",
    ),
    "InferenceMarket_WrongStatus": (
        lambda request, status: f"request {request} is {RequestStatus(int(status)).name.lower()}",
        "",
    ),
    "InferenceMarket_PaymentFailed": (
        lambda token, account, amount: f"{account} does not take its {amount} units of {token}",
        "the credit stands",
    ),
}
"""What each refusal of the market means."""
