"""Server-sent events as an answer: what is written on the wire, and that its end is told however it comes.

Takes events as names and plain values; gives their text and a response. Never waits for a reader longer than the edge
lets any answer lie (`http_protocol.SEND_SECONDS`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

import orjson
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from andel.serving.http_edge import headers_of_streams

HEARTBEAT: Final = b":\n\n"
"""A comment, which tells both ends that the other is there."""


def event_bytes(name: str, value: object, identity: str = "") -> bytes:
    """One event; with `identity`, which a client that comes back names as the last it had."""
    head = f"id: {identity}\n" if identity else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(value) + b"\n\n"


class EventResponse(StreamingResponse):
    """The answer that `chunks` are; `ended` is called once it is over, also when its reader has left."""

    def __init__(self, chunks: AsyncIterator[bytes], ended: Callable[[], None]) -> None:
        super().__init__(chunks, media_type="text/event-stream", headers=headers_of_streams())
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with suppress(ClientDisconnect):
                await super().__call__(scope, receive, send)
        finally:
            self._ended()
