"""Getting on where blocks come only with transactions: who waits for one makes it.

Takes a chain, a key and a clock; sends, from the key's account, nothing to itself. A public chain makes its blocks by
itself and never sees such a transfer. A developer's node that mines on demand would stand still for ever while
everybody waits. Never makes a call that only one kind of node knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from andel.keys import AccountKey
from andel.ledger.connection import Chain

PATIENCE_SECONDS: Final = 15.0
"""How long a chain may make no block before it is helped; a chain with slower blocks loses the gas of a transfer."""

_AT_ONCE_SECONDS: Final = 1.0  # a receipt that comes sooner than any live chain makes a block


class Standstill:
    """Watches one chain for whoever waits for its blocks or its time."""

    def __init__(self, chain: Chain, key: AccountKey, clock: Callable[[], float]) -> None:
        self._chain = chain
        self._key = key
        self._clock = clock
        self._tip = -1
        self._since = clock()
        self._on_demand = False

    def look(self) -> bool:
        """Makes a block by an empty transfer when none has come for `PATIENCE_SECONDS`; whether it did.

        At once where the former transfer made its block at once. Call it again and again while waiting: a look
        after a long pause is the first look. Raises ChainError, RpcUnreachable.
        """
        tip, now = self._chain.block_number(), self._clock()
        if tip != self._tip:
            self._tip, self._since = tip, now
        if not self._on_demand and now - self._since < PATIENCE_SECONDS:
            return False
        self._chain.transfer(self._key, self._key.address, 0)
        self._on_demand = self._clock() - now < _AT_ONCE_SECONDS
        self._tip, self._since = self._chain.block_number(), self._clock()
        return True

    def forget(self) -> None:
        """Starts the patience anew; for who comes to wait after doing something else."""
        self._tip = -1
