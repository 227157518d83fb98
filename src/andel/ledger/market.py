"""The market of answers, as the shared `InferenceMarket` holds it.

Takes a `Chain` and an address. Gives terms, servers and requests as plain values, and sends what askers, servers and
anybody else send. Amounts are units of the terms' token (`COIN` for the chain's coin), bonds wei, times seconds. The
interface `IInferenceMarket.sol` is the manual. Never computes an answer and never decides when to send.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import IntEnum
from typing import Any, Final

from andel.errors import ChainError
from andel.hashing import keccak
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.connection import Chain
from andel.ledger.payment import COIN
from andel.ledger.receipt import Receipt
from andel.typed_data import abi_word
from andel.units import NOBODY, Address, Digest

MAX_QUESTION_WORDS: Final = 64
PAGE: Final = 100
"""Entries asked for at once."""
_MAX_PAGES: Final = 100
_STATUS: Final = 9  # its place in the contract's struct


class Routing(IntEnum):
    """How a request finds its servers: by the hash of a later block, the cheapest, one after another."""

    RANDOM = 0
    PRICE = 1
    ROUND_ROBIN = 2


class RequestStatus(IntEnum):
    """Where a request stands, as `MarketTypes.sol` numbers it."""

    NONE = 0
    OPEN = 1
    ROUTED = 2
    FINAL = 3
    FINISHED = 4
    CONTRADICTED = 5
    REFUNDED = 6


class SeatState(IntEnum):
    """Where one server of a request stands."""

    NONE = 0
    ROUTED = 1
    SEALED = 2
    REVEALED = 3
    SLASHED = 4


@dataclass(frozen=True, slots=True)
class MarketTerms:
    """What a model's ruler has decided, the fields of the contract's struct in its order; no `servers`: closed."""

    token: Address
    price: int
    servers: int
    quorum: int
    routing: Routing
    seal_seconds: int
    reveal_seconds: int
    bond: int


@dataclass(frozen=True, slots=True)
class PresentTerms:
    """A model's terms now, and their number, from 1; `vault` gets the holders' part."""

    number: int
    terms: MarketTerms
    vault: Address


@dataclass(frozen=True, slots=True)
class MarketServer:
    """One that answers for a model; `terms` numbers those it agreed to, `withdrawable_at` is 0 while it serves."""

    account: Address
    endpoint: str
    price: int
    bond: int
    terms: int
    since: int
    left: int
    withdrawable_at: int


@dataclass(frozen=True, slots=True)
class Seat:
    """One server of a request, and what it is to be paid for."""

    server: Address
    price: int
    state: SeatState


@dataclass(frozen=True, slots=True)
class MarketAsk:
    """What is asked, the fields of the contract's struct in its order; `version` of zeros is the current one."""

    model: Address
    version: Digest
    question: bytes
    token: Address
    most_paid: int
    receiver: Address = NOBODY
    receiver_gas: int = 0
    refund_to: Address = NOBODY


@dataclass(frozen=True, slots=True)
class MarketRequest:
    """A request; times that are not known yet are 0. The question itself is in the log of `block`."""

    id: int
    model: Address
    requester: Address
    refund_to: Address
    receiver: Address
    receiver_gas: int
    version: Digest
    question_hash: Digest
    terms: int
    operators_part: int
    status: RequestStatus
    provable: bool
    delivered: bool
    sealed: int
    revealed: int
    block: int
    seed_block: int
    requested_at: int
    routed_at: int
    seal_by: int
    reveal_by: int
    slashable_until: int
    cost: int


class InferenceMarketContract(Bound):
    """Shared by all models of a chain; models are named by their `RoundManager`'s address."""

    NAME = "InferenceMarket"

    def set_terms(self, key: AccountKey, model: Address, terms: MarketTerms) -> Receipt:
        """Sets a model's terms; `key` rules the model."""
        return self.chain.send(key, self.contract, "setTerms", model, astuple(terms))

    def join(self, key: AccountKey, model: Address, terms: int, endpoint: str, price: int, bond: int) -> Receipt:
        """Serves a model under the terms of this number, with `bond` wei."""
        return self.chain.send(key, self.contract, "join", model, terms, endpoint, price, value=bond)

    def update(self, key: AccountKey, model: Address, terms: int, endpoint: str, price: int, bond: int = 0) -> Receipt:
        """Another endpoint, price or terms; `bond` wei are added."""
        return self.chain.send(key, self.contract, "update", model, terms, endpoint, price, value=bond)

    def leave(self, key: AccountKey, model: Address) -> Receipt:
        """Serves no new requests."""
        return self.chain.send(key, self.contract, "leave", model)

    def withdraw_bond(self, key: AccountKey, model: Address, server: Address) -> Receipt:
        """Credits a server that left with its bond. Anybody."""
        return self.chain.send(key, self.contract, "withdrawBond", model, server)

    def request(self, key: AccountKey, ask: MarketAsk) -> tuple[int, Receipt]:
        """Asks, and says the request's id; of the coin `most_paid` is sent along, so it must be the cost."""
        value = ask.most_paid if ask.token == COIN else 0
        receipt = self.chain.send(key, self.contract, "request", astuple(ask), value=value)
        return int(receipt.event("Requested").arguments["id"]), receipt

    def route(self, key: AccountKey, request: int) -> Receipt:
        """Names the servers of a request by lot. Anybody."""
        return self.chain.send(key, self.contract, "route", request)

    def seal(self, key: AccountKey, request: int, sealed: bytes) -> Receipt:
        """Binds `key`'s account to an answer (`seal_hash`)."""
        return self.chain.send(key, self.contract, "seal", request, sealed)

    def reveal(self, key: AccountKey, request: int, answer: bytes, salt: bytes) -> Receipt:
        """Shows what `key`'s account has sealed."""
        return self.chain.send(key, self.contract, "reveal", request, answer, salt)

    def finish(self, key: AccountKey, request: int) -> Receipt:
        """Credits everybody who has earned something. Anybody."""
        return self.chain.send(key, self.contract, "finish", request)

    def deliver(self, key: AccountKey, request: int) -> tuple[bool, Receipt]:
        """Calls the receiver, and says whether its call succeeded. Anybody."""
        receipt = self.chain.send(key, self.contract, "deliver", request)
        return bool(receipt.event("Delivered").arguments["success"]), receipt

    def refund(self, key: AccountKey, request: int) -> Receipt:
        """Credits the requester with all. Anybody."""
        return self.chain.send(key, self.contract, "refund", request)

    def slash(self, key: AccountKey, request: int, server: Address, question: bytes) -> tuple[int, Receipt]:
        """Proves a revealed answer wrong, and says the reward, wei."""
        receipt = self.chain.send(key, self.contract, "slash", request, server, question)
        return int(receipt.event("Slashed").arguments["reward"]), receipt

    def withdraw(self, key: AccountKey, token: Address, account: Address) -> tuple[int, Receipt]:
        """Pays an account its credit, and says how much; 0 if there is none. Anybody."""
        receipt = self.chain.send(key, self.contract, "withdraw", token, account)
        paid = [event for event in receipt.events if event.name == "Withdrawn"]
        return (int(paid[0].arguments["amount"]) if paid else 0), receipt

    def credit_of(self, token: Address, account: Address) -> int:
        """What an account is owed."""
        return int(self.chain.call(self.contract, "creditOf", token, account))

    def models(self) -> list[Address]:
        """Every model that ever had terms, at most 10,000."""
        count = min(int(self.chain.call(self.contract, "modelsCount")), PAGE * _MAX_PAGES)
        pages = self.chain.call_many(self.contract, "models", [(first, PAGE) for first in range(0, count, PAGE)])
        return [Address(model) for page in pages for model in page]

    def terms_of(self, model: Address) -> PresentTerms | None:
        """The present terms; None where there never were any."""
        number, terms, vault = self.chain.call(self.contract, "termsOf", model)
        return PresentTerms(number, _terms(terms), Address(vault)) if number else None

    def terms_by_number(self, model: Address, number: int) -> MarketTerms:
        """Terms of the past, or the present ones."""
        return _terms(self.chain.call(self.contract, "termsByNumber", model, number)[0])

    def cost_of(self, model: Address) -> tuple[Address, int]:
        """The token and the most that a request takes now. Raises Reverted where the market is closed."""
        token, cost = self.chain.call(self.contract, "costOf", model)
        return Address(token), int(cost)

    def servers(self, model: Address) -> list[MarketServer]:
        """Everybody on the model's list, with those that are leaving."""
        count = min(int(self.chain.call(self.contract, "serversCount", model)), PAGE * _MAX_PAGES)
        asked = [(model, first, PAGE) for first in range(0, count, PAGE)]
        pages = self.chain.call_many(self.contract, "servers", asked)
        return [MarketServer(*each) for page in pages for each in page]

    def server_of(self, model: Address, account: Address) -> MarketServer | None:
        """One server; None if it is not on the list."""
        found = MarketServer(*self.chain.call(self.contract, "serverOf", model, account))
        return None if found.account == NOBODY else found

    def requests_count(self) -> int:
        """How many requests were made: the newest one's id."""
        return int(self.chain.call(self.contract, "requestsCount"))

    def requests_of(self, server: Address, first: int, count: int) -> list[int]:
        """Which of the ids `first` to `first + count - 1` are routed to a server."""
        return list(self.chain.call(self.contract, "requestsOf", server, first, count))

    def requests(self, ids: Sequence[int]) -> list[MarketRequest]:
        """Requests in the order of their ids; an unknown one has the status NONE."""
        found = self.chain.call_many(self.contract, "requestOf", [(each,) for each in ids])
        return [_request(number, values) for number, values in zip(ids, found, strict=True)]

    def request_of(self, request: int) -> MarketRequest:
        """One request."""
        return self.requests([request])[0]

    def routed_to(self, ids: Sequence[int]) -> list[tuple[Seat, ...]]:
        """The servers of each request; none before its draw."""
        found = self.chain.call_many(self.contract, "routedTo", [(each,) for each in ids])
        return [tuple(Seat(server, price, SeatState(state)) for server, price, state in seats) for seats in found]

    def seal_of(self, request: int, server: Address) -> bytes:
        """What a server has sealed; once it has revealed, keccak256 of its answer. Raises Reverted for others."""
        return bytes(self.chain.call(self.contract, "sealOf", request, server))

    def answer_of(self, request: int) -> bytes:
        """The final answer, in words; empty while there is none."""
        return bytes(self.chain.call(self.contract, "answerOf", request))

    def question_of(self, request: MarketRequest) -> bytes:
        """What was asked, from the log of the block that it was asked in. Raises ChainError if it is not that."""
        for event in self.logs("Requested", request.block, request.block, id=request.id):
            question = bytes(event.arguments["input"])
            if keccak(question) == request.question_hash:
                return question
        raise ChainError(f"the node gave no question of request {request.id} in block {request.block}")

    def seal_hash(self, request: int, server: Address, answer: bytes, salt: bytes) -> bytes:
        """What `server` seals for an answer; as the contract's `sealHash`."""
        fields: list[tuple[str, object]] = [
            ("uint256", self.chain.chain_id),
            ("address", self.address),
            ("uint256", request),
            ("address", server),
            ("bytes32", keccak(answer)),
            ("bytes32", salt),
        ]
        return keccak(b"".join(abi_word("seal", kind, value) for kind, value in fields))


def deploy_market(chain: Chain, key: AccountKey, models: Address, splitters: Address) -> InferenceMarketContract:
    """One for all models, new on the chain, over `OnchainModels` and `FeeSplitters`. Raises ChainError."""
    contract, _ = chain.deploy(key, InferenceMarketContract.NAME, models, splitters)
    return InferenceMarketContract(chain, contract.address)


def _terms(values: Sequence[Any]) -> MarketTerms:
    token, price, servers, quorum, routing, *rest = values
    return MarketTerms(token, price, servers, quorum, Routing(routing), *rest)


def _request(number: int, values: Sequence[Any]) -> MarketRequest:
    fields = list(values)
    fields[_STATUS] = RequestStatus(fields[_STATUS])
    return MarketRequest(number, *fields)
