"""HTTP/1.1 of what listens: a kept parser (llhttp) under uvicorn, with bounds on what a client may leave open.

Takes bytes of anybody; gives requests to an app, and cuts off who takes too long or sends a head too long. uvicorn
bounds the pause between two requests, and nothing bounds a head that comes a byte at a time or never ends, nor how long
a client takes to read an answer that no buffer holds. Who is let in lets in those who wait
behind. Never reads what a request says.
"""

from __future__ import annotations

import asyncio
import socket
from typing import ClassVar, Final, Self

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_SECONDS: Final = 10.0
"""From a connection, or the end of an answer, to the next whole request head."""
SEND_SECONDS: Final = 30.0
"""How long a client may leave what is sent to it lying before it takes some 48 KiB more."""
HEAD_BYTES: Final = 64 * 1024
"""Of a request's line and fields."""

TAKEN_AT_ONCE: Final = 32
"""Connections let in at one turn of the loop, after the one that libuv lets in."""

_VERSIONS: Final = frozenset({"1.0", "1.1"})


class BoundedProtocol(HttpToolsProtocol):
    """For clients that send a request's head within `head_seconds` and take what they asked for."""

    head_seconds = HEAD_SECONDS
    send_seconds = SEND_SECONDS
    listener: socket.socket | None = None
    """Where the connections come from."""
    _taking: ClassVar[set[asyncio.Task[None]]] = set()
    _is_first = True
    _deadline: asyncio.TimerHandle | None = None
    _send_deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.head_seconds, transport.abort)
        if self._is_first and self.listener is not None:
            self._let_in_others(self.listener)

    def _let_in_others(self, listener: socket.socket) -> None:
        """libuv lets in one connection a turn, and a turn is long while all that are in are being answered.

        Of 128 that came at once the last waited for 128 turns: half a second, and three on a busy machine.
        """
        for _ in range(TAKEN_AT_ONCE):
            try:
                connection, _address = listener.accept()
            except OSError:
                return  # nobody waits; whatever else it is, libuv meets it too and deals with it
            task = self.loop.create_task(self._let_in(connection))
            self._taking.add(task)
            task.add_done_callback(self._taking.discard)

    async def _let_in(self, connection: socket.socket) -> None:
        try:
            await self.loop.connect_accepted_socket(self._another, connection)
        except BaseException as error:
            connection.close()
            if not isinstance(error, OSError):  # who has gone again is nobody's defect
                raise

    def _another(self) -> Self:
        made = type(self)(self.config, self.server_state, self.app_state, self.loop)
        made._is_first = False
        return made

    def on_headers_complete(self) -> None:
        if self.parser.get_http_version() not in _VERSIONS:
            raise ValueError("another version of HTTP")  # which the parser tells as what is no HTTP
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if _is_answering(self.cycle):
            self._head_bytes = 0
            self._forget_deadline()
            return
        # the rest of a refused body is read for a while, or who sends it would never see the answer
        self._head_bytes = 0 if self._is_taking_body() else self._head_bytes + len(data)
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("Request head too long.")
        elif self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _is_taking_body(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and cycle.more_body

    def pause_writing(self) -> None:
        super().pause_writing()
        self._send_deadline = self.loop.call_later(self.send_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        self._forget_send_deadline()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        self._forget_send_deadline()
        super().connection_lost(exc)

    def _forget_send_deadline(self) -> None:
        if self._send_deadline is not None:
            self._send_deadline.cancel()
            self._send_deadline = None

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _is_answering(cycle: RequestResponseCycle | None) -> bool:
    return cycle is not None and not cycle.response_complete
