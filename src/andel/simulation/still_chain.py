"""A connection to somebody else's chain that gets on also where blocks come only with transactions.

Seeds wait for blocks that come after them. A public chain makes them by itself; a development node that mines on
demand would stand still for ever. There, and only there, the funder sends itself nothing, which any chain takes.
Never makes a call that only one kind of node knows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from andel.keys import AccountKey
from andel.ledger.connection import Chain

PATIENCE_SECONDS: Final = 6.0
"""How long a chain may make no block before it is helped; a chain with slower blocks loses the gas of a transfer."""

_LOOK_SECONDS: Final = 0.2
_AT_ONCE_SECONDS: Final = 1.0


def connect_moving(url: str, funder: AccountKey, sleep: Callable[[float], None], clock: Callable[[], float]) -> Chain:
    """The chain at `url`; waiting for its blocks makes them where they do not come by themselves.

    Raises RpcUnreachable.
    """
    mines_on_demand = False

    def make(_: int) -> None:
        nonlocal mines_on_demand
        before, until = chain.block_number(), clock() + PATIENCE_SECONDS
        while not mines_on_demand and clock() < until:
            sleep(_LOOK_SECONDS)
            if chain.block_number() > before:
                return
        sent = clock()
        chain.transfer(funder, funder.address, 0)
        mines_on_demand = clock() - sent < _AT_ONCE_SECONDS

    chain = Chain.connect(url, sleep=sleep, clock=clock, mine=make)
    return chain
