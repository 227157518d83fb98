"""Which requests of the market a server has to do with, and what each is waiting for.

Takes the market, the server's account and the models it answers for. Gives the requests that are not over, read from
the chain each time, in pages. What it remembers is only where it stopped reading: it reads the last hour again now and
then, so that nothing is lost in a reorganisation of blocks, and a new process reads a week. Never sends.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from andel.ledger.market import InferenceMarketContract, MarketRequest, RequestStatus, Seat, SeatState
from andel.units import NOBODY, Address

LOOK_BACK_SECONDS: Final = 7 * 86_400
"""How old a request may be that a new process still looks at: longer than any can be sealed and revealed."""

AGAIN_SECONDS: Final = 3_600
"""How far back, in the chain's seconds, is read again, and how often, in this machine's."""

PAGE: Final = 64
"""Requests read in one look, and as many more that are not over: what is left is for the next look."""

DRAW_BLOCKS: Final = 256
"""Blocks whose hash a contract can still read."""

ROUTE_SECONDS: Final = 3_600
"""How long after a request its servers can be drawn, by the contract."""

_OVER: Final = frozenset({RequestStatus.NONE, RequestStatus.REFUNDED, RequestStatus.CONTRADICTED})


@dataclass(frozen=True, slots=True)
class Place:
    """A request, its servers, and which of them is this one (None: not routed, or to others).

    `most_gas` is that of a receiver's call that this server pays for.
    """

    request: MarketRequest
    seats: tuple[Seat, ...]
    number: int | None
    most_gas: int

    @property
    def seat(self) -> Seat | None:
        """This server's own."""
        return None if self.number is None else self.seats[self.number]

    @property
    def is_over(self) -> bool:
        """Whether this server has nothing to do with it any more."""
        status = self.request.status
        if status == RequestStatus.OPEN:
            return False
        return status in _OVER or self.number is None or (status == RequestStatus.FINISHED and not self.awaits_delivery)

    def is_lost(self, now: int) -> bool:
        """Whether nobody can draw or answer it any more: it can only be refunded."""
        status = self.request.status
        if status == RequestStatus.OPEN:
            return now > self.request.requested_at + ROUTE_SECONDS
        return status == RequestStatus.ROUTED and now > self.request.reveal_by

    @property
    def awaits_delivery(self) -> bool:
        """Whether somebody is to be called with the answer, for no more gas than this server pays, and was not."""
        request = self.request
        return request.receiver != NOBODY and not request.delivered and request.receiver_gas <= self.most_gas

    @property
    def all_revealed(self) -> bool:
        """Whether everybody who sealed has revealed."""
        return all(seat.state != SeatState.SEALED for seat in self.seats)


class OpenRequests:
    """The requests of some models that one server may have to do something about."""

    def __init__(
        self,
        market: InferenceMarketContract,
        account: Address,
        models: Collection[Address],
        most_gas: int,
        clock: Callable[[], float],
    ) -> None:
        """Asks nothing. `most_gas` is that of a receiver's call that the server pays for."""
        self._market = market
        self._account = account
        self._models = models
        self._most_gas = most_gas
        self._clock = clock
        self._next = 0  # 0: where to begin is not known yet
        self._again_at = 0.0
        self._open: dict[int, None] = {}  # in the order in which they are looked at
        self.is_behind = False
        """Whether requests were made that were never looked at."""

    def look(self, now: int) -> list[Place]:
        """At most 2 pages of requests that are not over. `now` is the chain's time. Raises ChainError."""
        count = self._market.requests_count()
        if self._next == 0:
            self._begin(count, now - LOOK_BACK_SECONDS)
        elif count + 1 < self._next or self._clock() >= self._again_at:
            self._begin(count, now - AGAIN_SECONDS)
        last = min(count, self._next + PAGE - 1)
        new = [number for number in range(self._next, last + 1) if number not in self._open]
        kept = [number for number in self._open if number <= count][:PAGE]
        places = self._read(new + kept)
        for number in kept:
            del self._open[number]
        self._open = {number: None for number in self._open if number <= count}  # what a reorganisation took is gone
        waiting = [place for place in places if not place.is_over and not place.is_lost(now)]
        self._open |= {place.request.id: None for place in waiting}
        self._next = last + 1
        self.is_behind = last < count
        return waiting

    def _read(self, ids: list[int]) -> list[Place]:
        ours = [each for each in self._market.requests(ids) if each.model in self._models]
        routed = self._market.routed_to([each.id for each in ours])
        found = []
        for request, seats in zip(ours, routed, strict=True):
            number = next((i for i, seat in enumerate(seats) if seat.server == self._account), None)
            found.append(Place(request, seats, number, self._most_gas))
        return found

    def _begin(self, count: int, since: int) -> None:
        """The first request that is not older than `since`; times rise with ids."""
        low, high = 1, count + 1
        while low < high:
            middle = (low + high) // 2
            if self._market.request_of(middle).requested_at < since:
                low = middle + 1
            else:
                high = middle
        self._next = low if self._next == 0 else min(low, self._next)
        self._again_at = self._clock() + AGAIN_SECONDS
