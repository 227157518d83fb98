"""What a server tells about the requests that it answered: for its figures and, where its operator wants one, a log.

Takes an app and listeners; gives an identity to each request (made here, never a client's), and for each a `Seen`: its
page, status, time and the kind of its caller. Never tells a path that no page has, an address, a header or a body.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CALLER: Final = "andel.caller"
"""Where a request's scope names the kind of its caller."""

CUT_OFF: Final = 499
"""The status of a request whose client went away before it was answered."""

_OTHER: Final = "other"
_ASSETS: Final = "/assets/"

log = logging.getLogger("andel.requests")


@dataclass(frozen=True, slots=True)
class Seen:
    """A request that was answered: `route` as the API's document names it, `ms` milliseconds, the kind of caller."""

    id: str
    route: str
    status: int
    ms: float
    caller: str


def watch_requests(app: Starlette, listeners: Sequence[Callable[[Seen], None]]) -> Starlette:
    """`app`, telling `listeners` of each request when its answer is sent; they must not wait for anything."""
    paths = {getattr(route, "path", "") for route in app.routes}
    app.add_middleware(_Watch, name_of=_names(paths), listeners=tuple(listeners))
    return app


def log_request(seen: Seen) -> None:
    """A line for a request, with its fields for logs in JSON."""
    fields = asdict(seen)
    log.info("request %s", " ".join(f"{key}={value}" for key, value in fields.items()), extra={"fields": fields})


class _Watch:
    def __init__(
        self, app: ASGIApp, name_of: Callable[[str], str], listeners: tuple[Callable[[Seen], None], ...]
    ) -> None:
        self._app, self._name_of, self._listeners = app, name_of, listeners

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identity, status, begun = secrets.token_hex(8), CUT_OFF, time.perf_counter()

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", identity.encode())]
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            took = round((time.perf_counter() - begun) * 1_000, 2)
            seen = Seen(identity, self._name_of(scope["path"]), status, took, scope.get(CALLER, ""))
            for listener in self._listeners:
                listener(seen)


def _names(paths: Iterable[str]) -> Callable[[str], str]:
    """What names the page of a path; strangers must not make names, so every other path has one name together."""
    # an asset's name changes with its content, and no label may
    plain = {path: _ASSETS if path.startswith(_ASSETS) else path for path in paths if "{" not in path}
    patterns = [(re.compile(re.sub(r"{\w+}", "[^/]{1,200}", path)), path) for path in paths if "{" in path]

    def name_of(path: str) -> str:
        if path in plain:
            return plain[path]
        return next((name for pattern, name in patterns if pattern.fullmatch(path)), _OTHER)

    return name_of
