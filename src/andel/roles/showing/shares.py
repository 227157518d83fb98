"""Who earned what: contributors by their shares, falling.

Takes a memory and a page. Gives what each account on it has earned in all final rounds, claimed from the pool, and
brought to the last final round. Of the chain and of lists of batches only the page's are asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from threading import Lock

from andel.content import ContentStore
from andel.data.batch import BatchHeader, parse_batches
from andel.errors import AndelError, ContentError, InputError
from andel.ledger.round_state import RoundState, Status
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts, page_of, places
from andel.units import Address

PARTS = 1_000_000
"""Parts that a share is told in."""

_AT_ONCE = 64


class Participation:
    """In how many final rounds each account committed data, counted in the background from round 1 on."""

    def __init__(self, memory: Memory) -> None:
        """Counts nothing yet."""
        self._memory, self._lock, self._busy = memory, Lock(), False
        self._counted, self._of = 0, Counter[Address]()
        self._unknown = False

    def of(self, accounts: Sequence[Address]) -> list[int | None]:
        """How many for each; None until all are counted, and where the store lacks a round's list."""
        newest = self._memory.newest_final()
        last = newest.round if newest else 0
        if self._counted < last:
            self._begin(last)
        known = not self._unknown and self._counted >= last
        return [self._of[account] if known else None for account in accounts]

    def _begin(self, last: int) -> None:
        with self._lock:
            if self._busy:
                return
            self._busy = True
        self._memory.start(lambda: self._count(last))

    def _count(self, last: int) -> None:
        try:
            while self._counted < last:
                numbers = range(self._counted + 1, min(self._counted + _AT_ONCE, last) + 1)
                for state in self._memory.rounds(numbers):
                    self._take(state)
        except AndelError:
            pass  # the node or the store does not answer: the next question goes on from here
        finally:
            self._busy = False

    def _take(self, state: RoundState) -> None:
        if state.status == Status.FINALISED:
            named = self._memory.commitments_of(state)
            if named is None:
                self._unknown = True
            else:
                self._of.update(named.keys())
        self._counted = state.round


def shares_page(memory: Memory, participation: Participation, first: int, count: int) -> Facts:
    """A page of accounts by what they earned, falling. Amounts are base units; shares parts of a million, rounded down.

    Raises ChainError, ContentUnreachable.
    """
    earned, newest = memory.earned(), memory.newest_final()
    head = {"symbol": memory.symbol, "decimals": 18, "round": newest.round if newest else None}
    if earned is None:
        return page_of([], None, first) | head | {"note": "the store does not hold the running state"}
    accounts = [earned.accounts[place] for place in places(first, count, len(earned.accounts))]
    claimed = memory.head.get(("claimed", tuple(accounts)), lambda: memory.model.pool.claimed_of(accounts))
    total = earned.history.earned_total
    items = [
        {
            "account": account,
            "earned": str(earned.history.earned[account]),
            "share_ppm": earned.history.earned[account] * PARTS // total if total else 0,
            "claimed": str(taken),
            "devices": devices_in(headers_of(memory, newest, account)),
            "rounds": rounds,
        }
        for account, taken, rounds in zip(accounts, claimed, participation.of(accounts), strict=True)
    ]
    return page_of(items, len(earned.accounts), first) | head | {"total_earned": str(total), "note": None}


def headers_of(memory: Memory, state: RoundState | None, account: Address) -> Sequence[BatchHeader] | None:
    """The batches that an account brought to a round; None where it brought none, or the store lacks the list."""
    named = None if state is None else memory.commitments_of(state)
    if not named or account not in named:
        return None
    return _headers(memory.store, named[account])


def devices_in(headers: Sequence[BatchHeader] | None) -> int | None:
    """How many devices batches are of."""
    return None if headers is None else len({header.device for header in headers})


def _headers(store: ContentStore, cid: str) -> Sequence[BatchHeader] | None:
    try:
        return parse_batches(store.get(cid))[1]
    except (ContentError, InputError):
        return None
