"""What was made is kept for a while, and made once for all who ask for it together.

Takes a clock, and what makes a value. Gives the value. Bounded in number and in seconds, so that dragging over a map
asks the gateways once, and nobody is shown for long what has become old. Safe to share between threads.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

_T = TypeVar("_T")


@dataclass(slots=True)
class _Place(Generic[_T]):
    """One value: held while it is made; empty until then, and again where making it failed."""

    held: threading.Lock = field(default_factory=threading.Lock)
    values: list[tuple[float, _T]] = field(default_factory=list)


class KeptValues(Generic[_T]):
    """Values by name, the most recently asked for `most` of them."""

    def __init__(self, seconds: float, most: int, clock: Callable[[], float]) -> None:
        """`clock` gives seconds that only rise."""
        self._seconds, self._most, self._clock = seconds, most, clock
        self._places: OrderedDict[Hashable, _Place[_T]] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, name: Hashable, make: Callable[[], _T]) -> _T:
        """The value of that name, or what `make` gives now. Raises what `make` raises; then nothing is kept."""
        with self._guard:
            place = self._places.setdefault(name, _Place())
            self._places.move_to_end(name)
            while len(self._places) > self._most:
                self._places.popitem(last=False)
        with place.held:
            if place.values and self._clock() - place.values[0][0] < self._seconds:
                return place.values[0][1]
            place.values.clear()
            value = make()
            place.values.append((self._clock(), value))
            return value
