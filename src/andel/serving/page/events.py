"""What happens on the chain, told to every open page as it happens (server-sent events).

Takes a `PageSource`; gives the endpoint of GET /page/events. One thread a process asks the chain, from the first reader
to the last, and what it finds is written once for all of them. A reader that does not keep up is cut off, and comes
back with the last id that it had: ids are blocks, so what it missed is asked for again. Never waits for a reader.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from andel.errors import AndelError
from andel.serving.http_edge import RefusedRequest, headers_of_streams
from andel.serving.page.api import Entry, network_of_request
from andel.serving.page.source import PageSource, Told
from andel.serving.page.stream import HEARTBEAT, EventResponse, event_bytes

STREAMS_MAX: Final = 64
"""Open streams of one process."""

STREAMS_OF_NETWORK_MAX: Final = 32
"""Of these, of one network: nobody alone takes them from all others. A proxy is one network."""

QUEUE_MAX: Final = 32
"""Looks at the chain that a reader may be behind."""

POLL_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0

_TROUBLE_SECONDS: Final = 5.0
_RETRY_SECONDS: Final = 5
_ID_DIGITS: Final = 18

_log = logging.getLogger(__name__)


class _Reader:
    """One stream: what is still to be sent to it. None ends it."""

    __slots__ = ("network", "queue")

    def __init__(self, network: str) -> None:
        self.network = network
        self.queue: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue(QUEUE_MAX + 1)


class Events:
    """The streams of one process. Belongs to one event loop; only `_poll` runs in a thread."""

    def __init__(
        self,
        source: PageSource,
        entry: Entry,
        *,
        poll_seconds: float = POLL_SECONDS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        streams_max: int = STREAMS_MAX,
        network_max: int = STREAMS_OF_NETWORK_MAX,
    ) -> None:
        self._source, self._entry = source, entry
        self._poll_seconds, self._heartbeat_seconds = poll_seconds, heartbeat_seconds
        self._streams_max, self._network_max = streams_max, network_max
        self._instance = secrets.token_hex(8)
        self._readers: set[_Reader] = set()
        self._ended = False
        self._stop = threading.Event()
        self._stop.set()

    async def endpoint(self, request: Request) -> Response:
        """A stream from now on, or from after the block that Last-Event-ID names."""
        if request.method == "HEAD":
            return Response(headers=headers_of_streams(), media_type="text/event-stream")
        since = _last_id(request)
        await self._entry.count(request)
        network = network_of_request(request)
        if self._ended or len(self._readers) >= self._streams_max or self._of(network) >= self._network_max:
            raise _full()
        reader = _Reader(network)
        self._readers.add(reader)  # before anything is asked, so that nothing is missed in between
        try:
            block, time, missed = await self._entry.places.run(lambda: self._look(since))
        except BaseException:
            self._leave(reader)
            raise
        self._begin(block)
        hello = event_bytes("hello", {"instance": self._instance, "block": block, "time": time})
        first = b"retry: %d\n" % (_RETRY_SECONDS * 1_000) + hello + _batch(block, time, missed)
        return EventResponse(self._chunks(reader, block, first), lambda: self._leave(reader))

    def end(self) -> None:
        """Ends every stream, and takes no more: the server is about to end."""
        self._ended = True
        self._stop.set()
        for reader in list(self._readers):
            self._cut(reader)

    async def _chunks(self, reader: _Reader, block: int, first: bytes) -> AsyncIterator[bytes]:
        yield first
        behind = True
        while True:
            try:
                item = await asyncio.wait_for(reader.queue.get(), self._heartbeat_seconds)
            except TimeoutError:
                yield HEARTBEAT
                continue
            if item is None:
                return
            if behind and item[0] <= block:  # the first look has told it
                continue
            behind = False
            yield item[1]

    def _look(self, since: int | None) -> tuple[int, int, Sequence[Told]]:
        """The newest block, its time, and what happened after `since`."""
        block, time = self._source.head()
        if since is None or since >= block:
            return block, time, ()
        until, missed = self._source.changes(since)
        return until, time, missed

    def _of(self, network: str) -> int:
        return sum(reader.network == network for reader in self._readers)

    def _leave(self, reader: _Reader) -> None:
        self._readers.discard(reader)
        if not self._readers:
            self._stop.set()

    def _begin(self, block: int) -> None:
        """Starts the thread unless it runs."""
        if self._ended or not self._stop.is_set():
            return
        self._stop = threading.Event()
        arguments = (self._stop, block, asyncio.get_running_loop())
        threading.Thread(target=self._poll, args=arguments, name="andel-events", daemon=True).start()

    def _poll(self, stop: threading.Event, block: int, loop: asyncio.AbstractEventLoop) -> None:
        pause, shown = self._poll_seconds, block
        while not stop.wait(pause):
            try:
                until, told = self._source.changes(block)
                head, time = self._source.head()
                pause = self._poll_seconds
            except AndelError as error:
                # by its kind alone: a message may hold a node's address, and that a key
                _log.warning("chain_not_read kind=%s", type(error).__name__)
                pause = max(_TROUBLE_SECONDS, self._poll_seconds)
                continue
            except Exception as error:  # a defect must not end the thread without a word
                _log.error("events_failed kind=%s", type(error).__name__)
                pause = max(_TROUBLE_SECONDS, self._poll_seconds)
                continue
            if until == block and head == shown and not told:
                continue
            block, shown = until, head
            try:
                loop.call_soon_threadsafe(self._fan_out, until, _batch(until, time, told))
            except RuntimeError:  # the loop is closed: the server has ended
                return

    def _fan_out(self, block: int, batch: bytes) -> None:
        for reader in list(self._readers):
            if reader.queue.qsize() >= QUEUE_MAX:
                _log.info("reader_cut_off streams=%s", len(self._readers))
                self._cut(reader)
            else:
                reader.queue.put_nowait((block, batch))

    def _cut(self, reader: _Reader) -> None:
        """Ends one stream; what it has not been sent, it asks for when it comes back."""
        while not reader.queue.empty():
            reader.queue.get_nowait()
        reader.queue.put_nowait(None)


def _batch(block: int, time: int, told: Sequence[Told]) -> bytes:
    """What happened up to a block; only the last event has the id, so a cut in between loses nothing."""
    last = event_bytes("block", {"block": block, "time": time}, str(block))
    return b"".join([*(event_bytes(name, value) for name, value in told), last])


def _last_id(request: Request) -> int | None:
    text = request.headers.get("last-event-id", "")
    if not text.isascii() or not text.isdecimal() or len(text) > _ID_DIGITS:
        return None  # a page of another server, or none: it begins anew
    return int(text)


def _full() -> RefusedRequest:
    refused = RefusedRequest(503, "too many pages are open here", "ask for what is shown instead", close=True)
    refused.response.headers["Retry-After"] = str(_RETRY_SECONDS)
    return refused
