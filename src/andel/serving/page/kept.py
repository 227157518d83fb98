"""Answers of the page in the making: few at once, each made once for all who ask together, kept for its block.

Takes what makes an answer and the newest block; gives bytes and their ETag. What reads a chain blocks, so it runs in
threads, of which the page takes only some: who asks the model must find one free. Never keeps an answer longer than
`KEEP_SECONDS`, nor more than `KEEP_BYTES`.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import orjson
from starlette.concurrency import run_in_threadpool

from andel.hashing import sha256
from andel.serving.http_edge import RefusedRequest

KEEP_SECONDS: Final = 5.0
"""A block may stand long; what a store holds changes meanwhile."""

KEEP_BYTES: Final = 16 * 1024 * 1024
PLACES: Final = 12
"""Threads that the page takes at once."""

WAITING_MAX: Final = 128

_PACKED_FROM_BYTES: Final = 1024
_PACKING: Final = 5  # a fifth of the time of 9, and nearly as short

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Made:
    """One answer: its bytes, plain and packed where that pays, the ETag that follows from them, the block they hold
    for, and when they were made.
    """

    body: bytes
    packed: bytes | None
    etag: str
    block: int
    at: float

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.body) + len(self.packed or b"")


class Places:
    """The page's threads. Belongs to one event loop."""

    def __init__(self, places: int = PLACES, waiting_max: int = WAITING_MAX) -> None:
        self._free = asyncio.Semaphore(places)
        self._waiting, self._waiting_max = 0, waiting_max

    async def run(self, work: Callable[[], _T]) -> _T:
        """`work`'s result, from a thread. Raises RefusedRequest (503) when too many wait already."""
        if self._waiting >= self._waiting_max:
            busy = RefusedRequest(503, "too much is asked for at once", "try again later")
            busy.response.headers["Retry-After"] = "1"
            raise busy
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            return await run_in_threadpool(work)
        finally:
            self._free.release()


class Kept:
    """Answers by their names. Belongs to one event loop, except for `_newest` and `_make`, which run in threads."""

    def __init__(self, head: Callable[[], tuple[int, int]], clock: Callable[[], float], places: Places) -> None:
        """`head` gives the newest block and its time, `clock` seconds."""
        self._head, self._clock, self._places = head, clock, places
        self._kept: OrderedDict[str, Made] = OrderedDict()
        self._bytes = 0
        self._making: dict[str, asyncio.Task[Made]] = {}

    async def get(self, name: str, make: Callable[[], object]) -> Made:
        """The answer named `name`: the one kept for this block, or what `make` gives now. Raises what both raise."""
        task = self._making.get(name)
        if task is None:
            task = asyncio.ensure_future(self._find(name, make))
            self._making[name] = task
            task.add_done_callback(lambda done: self._done(name, done))
        return await asyncio.shield(task)  # who leaves must not end it for the others

    async def _find(self, name: str, make: Callable[[], object]) -> Made:
        kept = self._kept.get(name)
        made = await self._places.run(lambda: self._made(kept, make))
        if made is not kept:
            self._keep(name, made)
        return made

    def _made(self, kept: Made | None, make: Callable[[], object]) -> Made:
        block, now = self._head()[0], self._clock()
        if kept is not None and kept.block == block and now - kept.at < KEEP_SECONDS:
            return kept
        body = orjson.dumps(make())
        packed = gzip.compress(body, _PACKING, mtime=0) if len(body) >= _PACKED_FROM_BYTES else None
        return Made(body, packed, sha256(body).hex()[:32], block, now)

    def _keep(self, name: str, made: Made) -> None:
        former = self._kept.pop(name, None)
        self._bytes += made.size - (0 if former is None else former.size)
        self._kept[name] = made
        while self._bytes > KEEP_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size

    def _done(self, name: str, task: asyncio.Task[Made]) -> None:
        del self._making[name]
        if not task.cancelled():
            task.exception()  # who asked may have left; then nobody else would take note of it
