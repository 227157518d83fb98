"""The operator's sidecar: whatever the market routes to its account it answers, once, and brings to its end.

Takes a key, the market, and for each model what its versions answer. Sends: `route` for requests whose draw is due,
`seal`, `reveal`, `deliver`, `finish`, `slash` of answers that the chain contradicts, and `withdraw`. It keeps nothing:
each look reads the chain anew and does what is missing there, and the salt follows from key and request. So a process
that was killed, or a second one with the same key, sends the same bytes again, which the contract refuses, or nothing;
there are never two answers. A request that it cannot answer is logged with the reason and left. Never moves a bond.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from andel.errors import AndelError, EvidenceError, Reverted, RpcUnreachable
from andel.hashing import keccak
from andel.keys import AccountKey
from andel.ledger.connection import Call
from andel.ledger.market import InferenceMarketContract, MarketRequest, RequestStatus, SeatState
from andel.ledger.onchain_models import OnchainModelsContract
from andel.roles.answering.answers import Answers
from andel.roles.answering.backoff import Backoff
from andel.roles.answering.contradictions import chains_answer
from andel.roles.answering.requests import DRAW_BLOCKS, OpenRequests, Place
from andel.units import Address

_SALT: Final = b"andel.market.salt.1"
_ANSWERS_KEPT: Final = 256
_SEND_AT_ONCE: Final = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a server behaves.

    `confirmations`: blocks on top of what it acts on. `stagger_seconds`: how long each seat leaves what anybody may
    send to the one before it. `delivery_gas`: the most gas of a receiver that it pays for. `withdraw_from`: from how
    many units on it fetches its credit (None: never), looking every `withdraw_seconds`.
    """

    confirmations: int = 2
    stagger_seconds: float = 6.0
    delivery_gas: int = 300_000
    withdraw_from: int | None = None
    withdraw_seconds: float = 600.0
    slashes: bool = True


@dataclass(frozen=True, slots=True)
class _Now:
    tip: int
    time: int
    buried: int
    """The time of the newest block that is buried deep enough."""


class Sidecar:
    """One account that answers for some models. `step` does what the chain's state asks for now, and nothing twice."""

    def __init__(
        self,
        key: AccountKey,
        market: InferenceMarketContract,
        answers: Mapping[Address, Answers],
        models: OnchainModelsContract | None,
        clock: Callable[[], float],
        habits: Habits | None = None,
    ) -> None:
        """`answers` are by model; with `models` nothing is sealed that the chain's own code contradicts."""
        self._key = key
        self._market = market
        self._models = models
        self._answers = answers
        self._clock = clock
        self._habits = habits or Habits()
        self._requests = OpenRequests(market, key.address, answers.keys(), self._habits.delivery_gas, clock)
        self._backoff = Backoff(clock)
        self._known: dict[
            tuple[int, bytes, bytes], tuple[bytes, bytes]
        ] = {}  # questions and answers, only to save work
        self._due: dict[tuple[int, str], float] = {}
        self._withdraw_at = 0.0
        self.awaits_time = False

    def step(self) -> bool:
        """One look at the market; whether anything was sent. Raises ChainError."""
        now = self._now()
        places = self._requests.look(now.time)
        self.awaits_time = any(place.request.status != RequestStatus.FINISHED for place in places)
        self._forget({place.request.id for place in places})
        calls: list[tuple[Place, Call]] = []
        for place in sorted(places, key=_urgency):
            if len(calls) == _SEND_AT_ONCE:
                break
            call = self._due_call(place, now)
            if call is not None:
                calls.append((place, call))
        done = self._send(calls)
        return self._withdraw() or done or self._requests.is_behind

    def salt_for(self, request: MarketRequest) -> bytes:
        """Secret until the reveal, the same in every process with this key, another for each question.

        What was asked is in it: after a reorganisation another request may have the same number.
        """
        chain = self._market.chain.chain_id
        what = (request.model, request.version.hex(), request.question_hash.hex())
        return self._key.secret_for(_SALT, f"{chain}/{self._market.address}/{request.id}/" + "/".join(what))

    def _now(self) -> _Now:
        chain = self._market.chain
        tip = chain.block_number()
        time = chain.block_time(tip)
        deep = max(tip - self._habits.confirmations, 0)
        return _Now(tip, time, chain.block_time(deep) if deep != tip else time)

    def _due_call(self, place: Place, now: _Now) -> Call | None:
        """What this server has to send for a request now; None where there is nothing, or it has to wait."""
        request = place.request
        if self._backoff.rests(request.id):
            return None
        try:
            return self._next_call(place, now)
        except RpcUnreachable:
            raise  # says nothing about the request: the next look tries again
        except AndelError as error:
            self._backoff.failed(request.id, f"request {request.id} is left", error.message)
        return None

    def _next_call(self, place: Place, now: _Now) -> Call | None:
        request, seat = place.request, place.seat
        if request.status == RequestStatus.OPEN:
            oldest = now.tip - DRAW_BLOCKS
            drawn = oldest < request.seed_block < now.tip - self._habits.confirmations + 1
            return self._anybodys(place, "route", request.id) if drawn else None
        if seat is None:
            return None
        if seat.state == SeatState.ROUTED and request.status == RequestStatus.ROUTED:
            return self._seal(request) if request.routed_at <= now.buried and now.time <= request.seal_by else None
        if seat.state == SeatState.SEALED and now.time <= request.reveal_by:
            return self._reveal(place, now)
        return self._end(place, now)

    def _seal(self, request: MarketRequest) -> Call:
        _, answer = self._answer(request)
        sealed = self._market.seal_hash(request.id, self._key.address, answer, self.salt_for(request))
        return self._market.prepare(self._key, "seal", request.id, sealed)

    def _reveal(self, place: Place, now: _Now) -> Call | None:
        request = place.request
        is_sealing = request.sealed < len(place.seats) and now.time <= request.seal_by
        if is_sealing or self._is_young(place, now):
            return None
        _, answer = self._answer(request)
        salt, own = self.salt_for(request), self._key.address
        if self._market.seal_hash(request.id, own, answer, salt) != self._market.seal_of(request.id, own):
            # another question had this number when the seal was sent, or another program uses the key
            raise EvidenceError("its seal", "it is not what this process would have sealed, and is not revealed")
        return self._market.prepare(self._key, "reveal", request.id, answer, salt)

    def _end(self, place: Place, now: _Now) -> Call | None:
        """What anybody may send once an answer is final: prove a wrong one, bring it, credit it."""
        request = place.request
        if request.status not in (RequestStatus.FINAL, RequestStatus.FINISHED):
            return None
        if request.status == RequestStatus.FINAL and self._habits.slashes and request.provable:
            question, truth = self._answer(request)
            wrong = self._contradicted(place, truth)
            if wrong is not None:
                return self._market.prepare(self._key, "slash", request.id, wrong, question)
        if place.awaits_delivery:
            return self._anybodys(place, "deliver", request.id)
        if request.status == RequestStatus.FINAL and (place.all_revealed or now.time > request.reveal_by):
            return self._anybodys(place, "finish", request.id)
        return None

    def _contradicted(self, place: Place, truth: bytes) -> Address | None:
        hashed = keccak(truth)
        for seat in place.seats:
            if seat.state == SeatState.REVEALED and self._market.seal_of(place.request.id, seat.server) != hashed:
                return seat.server
        return None

    def _anybodys(self, place: Place, function: str, *arguments: object) -> Call | None:
        """What any server of the request may send: each leaves it to those before it for a while."""
        first = self._due.setdefault((place.request.id, function), self._clock())
        turn = place.number or 0
        if self._clock() < first + turn * self._habits.stagger_seconds:
            return None
        return self._market.prepare(self._key, function, *arguments)

    def _is_young(self, place: Place, now: _Now) -> bool:
        """Whether the last seal may still be undone, and another then be made of what is revealed now."""
        if self._habits.confirmations == 0 or place.request.seal_by <= now.buried:
            return False
        first = self._due.setdefault((place.request.id, "reveal"), now.tip)
        return now.tip < first + self._habits.confirmations

    def _answer(self, request: MarketRequest) -> tuple[bytes, bytes]:
        """Question and answer. Raises AndelError where there is none."""
        place = request.id, request.version, request.question_hash
        if place not in self._known:
            question = self._market.question_of(request)
            answer = self._answers[request.model](request.version, question)
            self._check(request, question, answer)
            self._known[place] = question, answer
            while len(self._known) > _ANSWERS_KEPT:
                del self._known[next(iter(self._known))]
        return self._known[place]

    def _check(self, request: MarketRequest, question: bytes, answer: bytes) -> None:
        """The chain's own answer decides where it has one: whoever contradicts it loses a bond."""
        if self._models is None or not request.provable:
            return
        if chains_answer(self._models, request, question) not in (answer, None):
            raise EvidenceError("its answer", "the chain gives another than the model file here: nothing is sealed")

    def _send(self, calls: Sequence[tuple[Place, Call]]) -> bool:
        """Sends all at once; where one is refused, one after another. Whether anything went through."""
        if not calls:
            return False
        if len(calls) > 1:
            try:
                self._market.chain.send_many([call for _, call in calls])
            except Reverted as refusal:
                log.info("%s", refusal)
            else:
                self._tell(calls)
                return True
        done = False
        for each in calls:
            done = self._send_one(*each) or done
        return done

    def _send_one(self, place: Place, call: Call) -> bool:
        try:
            self._market.chain.send_many([call])
        except Reverted as refusal:
            # another was first, or the time is over; whatever it is, the next looks show it
            level = logging.WARNING if call.function in ("seal", "reveal") else logging.INFO
            self._backoff.failed(place.request.id, f"request {place.request.id}", refusal.message, level)
            return False
        self._tell([(place, call)])
        return True

    def _tell(self, calls: Sequence[tuple[Place, Call]]) -> None:
        for place, call in calls:
            self._backoff.forget(place.request.id)
            log.info("request %d: %s", place.request.id, call.function)

    def _withdraw(self) -> bool:
        """Fetches what was earned, now and then."""
        least = self._habits.withdraw_from
        if least is None or self._clock() < self._withdraw_at:
            return False
        self._withdraw_at = self._clock() + self._habits.withdraw_seconds
        done = False
        terms = [self._market.terms_of(model) for model in self._answers]
        for token in dict.fromkeys(each.terms.token for each in terms if each is not None):
            if self._market.credit_of(token, self._key.address) >= max(least, 1):
                done = self._withdraw_one(token) or done
        return done

    def _withdraw_one(self, token: Address) -> bool:
        try:
            amount, _ = self._market.withdraw(self._key, token, self._key.address)
        except Reverted as refusal:
            log.error("the credit is not paid out: %s", refusal)
            return False
        log.info("withdrew %d units of %s", amount, token)
        return True

    def _forget(self, open_: set[int]) -> None:
        """What is over needs no memory."""
        if len(self._due) > _ANSWERS_KEPT:
            self._due = {name: since for name, since in self._due.items() if name[0] in open_}


def _urgency(place: Place) -> tuple[int, int]:
    """Who has the nearest deadline comes first; what has none comes last."""
    request, seat = place.request, place.seat
    if seat is not None and seat.state == SeatState.ROUTED:
        return request.seal_by, request.id
    if seat is not None and seat.state == SeatState.SEALED:
        return request.reveal_by, request.id
    return 1 << 62, request.id
