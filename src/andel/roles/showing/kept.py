"""What was read and is kept: bounded, by a name that never means something else, or for one block.

Takes what makes a value. Gives the value, made once. Safe for threads: a value may be made twice where two ask at once,
unless `alone`. Never keeps a failure.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from threading import Lock, RLock
from typing import Any, Generic, TypeVar, cast

from andel.ledger.connection import Block, Chain

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
HEAD_SECONDS = 1.0
"""How long the newest block is told without asking again."""

FRESH_SECONDS = 15.0
"""How long something of the newest block is kept at most: the store changes without a block."""


class Kept(Generic[K, V]):
    """The values used last, at most `most` of them."""

    def __init__(self, most: int, *, alone: bool = False) -> None:
        """With `alone` one value is made at a time: for work that is worth waiting for."""
        self._most, self._values, self._lock = most, OrderedDict[K, V](), Lock()
        self._work = RLock() if alone else nullcontext()

    def get(self, name: K, make: Callable[[], V]) -> V:
        """The value of that name. Raises what `make` raises."""
        found, value = self.find(name)
        if found:
            return cast(V, value)
        with self._work:
            found, value = self.find(name)
            if found:
                return cast(V, value)
            made = make()
        self.keep(name, made)
        return made

    def find(self, name: K) -> tuple[bool, V | None]:
        """Whether it is kept, and the value."""
        with self._lock:
            if name not in self._values:
                return False, None
            self._values.move_to_end(name)
            return True, self._values[name]

    def keep(self, name: K, value: V) -> None:
        """Keeps a value, in place of the one used longest ago where there are too many."""
        with self._lock:
            self._values[name] = value
            self._values.move_to_end(name)
            while len(self._values) > self._most:
                self._values.popitem(last=False)


class Head:
    """The newest block, and what is kept as long as it is the newest. `clock` counts seconds, from anywhere."""

    def __init__(self, chain: Chain, clock: Callable[[], float]) -> None:
        """Asks nothing."""
        self._chain, self._clock, self._lock = chain, clock, Lock()
        self._asked = float("-inf")
        self._block: Block | None = None
        self._values = Kept[tuple[bytes, int, Hashable], Any](4_096)

    def block(self) -> Block:
        """The newest block, asked of the node at most once a second. Raises ChainError."""
        with self._lock:
            if self._block is None or self._clock() - self._asked >= HEAD_SECONDS:
                asked = self._clock()
                self._block, self._asked = self._chain.newest_block(), asked
            return self._block

    def get(self, name: Hashable, make: Callable[[], V]) -> V:
        """What `make` gave at this block, lately. Raises what it raises."""
        block, moment = self.block(), int(self._clock() // FRESH_SECONDS)
        return cast(V, self._values.get((bytes(block.hash), moment, name), make))
