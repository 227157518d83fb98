"""A contract's events, read onwards from where the last look stopped.

Takes a contract, names of events and a first block. Gives the events since then, oldest first, the newest ones where
they are too many. The last blocks are read again each time, so that what a reorganisation took away goes. Never reads
further back than a bounded number of blocks, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Final

from andel.ledger.bound import Bound
from andel.ledger.receipt import Event

LOOK_BACK_BLOCKS: Final = 100_000
"""How far back events are looked for at first: 50 requests of a node that gives 2,000 blocks each."""

_AGAIN_BLOCKS: Final = 16
_MOST: Final = 20_000


class Followed:
    """Events of one contract, narrowed to indexed values. Safe for threads."""

    def __init__(self, contract: Bound, events: Sequence[str], first: int = 0, **indexed: object) -> None:
        """`first` is a block before which there can be none. Asks nothing."""
        self._contract, self._names, self._indexed = contract, tuple(events), indexed
        self._first, self._seen, self._lock = first, -1, Lock()
        self._found: list[Event] = []
        self.whole = True
        """Whether nothing was left out: neither blocks too far back, nor events that were too many."""

    def read(self, newest: int) -> Sequence[Event]:
        """All that is known up to block `newest`. Raises ChainError."""
        with self._lock:
            if self._seen < 0:
                start = max(self._first, newest - LOOK_BACK_BLOCKS)
                self.whole = start == self._first
            else:
                start = max(self._first, min(self._seen, newest) + 1 - _AGAIN_BLOCKS)
            if newest != self._seen:
                kept = [event for event in self._found if event.block < start]
                self._found = kept + self._contract.logs(self._names, start, newest, **self._indexed)
                self._seen = newest
                if len(self._found) > _MOST:
                    self.whole, self._found = False, self._found[-_MOST:]
            return tuple(self._found)
