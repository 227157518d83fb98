"""The HTTP edge of whatever listens: bounds in bytes, seconds and connections, and errors as JSON for the client.

Takes endpoints; gives a Starlette app and ways to run it. Never logs what a client sent, never shows a client what
failed inside, never trusts a proxy's headers.
"""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import signal
import socket
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Final

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from andel.errors import ChainError, InputError, PortInUse, SettingsError
from andel.serving.http_protocol import HEAD_SECONDS, SEND_SECONDS, BoundedProtocol
from andel.serving.workers import run_workers

MAX_CONNECTIONS: Final = 256
BODY_SECONDS: Final = 10.0
"""From a request's head to its whole body."""

_STOP_SECONDS = 5
_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


class RefusedRequest(Exception):
    """A request that is answered with an error status; carries what the client is told."""

    def __init__(self, status: int, error: str, hint: str = "", *, close: bool = False) -> None:
        super().__init__(error)
        self.response = _error_response(status, error, hint)
        if close:
            self.response.headers["Connection"] = "close"


def make_app(endpoints: Sequence[tuple[str, str, Endpoint]], pages: str) -> Starlette:
    """The app of (method, path, endpoint), every endpoint guarded; `pages` is told to who asks for another."""

    async def no_such_page(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        message = {404: "there is no such page", 405: "this page has another method"}.get(status, "refused")
        response = _error_response(status, message, pages)
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    guarded = [(method, path, _guarded(endpoint)) for method, path, endpoint in endpoints]
    app = _DirectApp(
        routes=[Route(path, endpoint, methods=[method]) for method, path, endpoint in guarded],
        exception_handlers={HTTPException: no_such_page},
    )
    app.router.redirect_slashes = False
    app.direct = {(method, path): endpoint for method, path, endpoint in guarded if "{" not in path}
    return app


def call_at_end(app: Starlette, told: Callable[[], None]) -> None:
    """Has `told` called, on the server's loop, when a server of `app` begins to end: what answers without an end stops
    there, so that nothing is waited for.
    """
    app.state.at_end = [*getattr(app.state, "at_end", ()), told]


class _DirectApp(Starlette):
    """Starlette, which finds the pages without a parameter by one look instead of trying every route in turn."""

    direct: Mapping[tuple[str, str], Endpoint] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self.user_middleware:
            endpoint = self.direct.get((scope["method"], scope["path"]))
            if endpoint is not None:
                scope["app"], scope["path_params"] = self, {}
                response = await endpoint(Request(scope, receive))  # guarded: it answers whatever happens
                await response(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def serve(
    app: Starlette | Callable[[], Starlette], host: str, port: int, log_level: str = "warning", *, workers: int = 1
) -> None:
    """Serves `app` until SIGINT, and returns; SIGTERM ends the process after what is being answered.

    With `workers` over 1, `app` is a function, importable by name (or a partial of one), that makes the app in each of
    so many processes; they accept from one socket, and one that ends is started again. The bounds on connections hold
    for each. Raises PortInUse or SettingsError, before anything starts, when it cannot listen there.
    """
    if workers != 1 and isinstance(app, Starlette):
        raise SettingsError("several workers need a function that makes the app in each")
    listener = _listen(host, port)
    if workers == 1:
        _work(app, log_level, listener)
        return
    with listener:
        ended = run_workers(partial(_work, app, log_level), listener, workers, 2 * _STOP_SECONDS)
    if ended == signal.SIGTERM:
        signal.raise_signal(ended)


def _work(app: Starlette | Callable[[], Starlette], log_level: str, listener: socket.socket) -> None:
    """Serves from `listener` in this process, until a signal."""
    made = app if isinstance(app, Starlette) else app()
    gc.collect()
    gc.freeze()  # the program itself is no garbage; looking through it would hold every request up
    with suppress(KeyboardInterrupt):  # the server has stopped by itself, and passes the signal on
        _run(_Server(_config(made, log_level, listener)), listener)


def serve_in_thread(
    app: Starlette,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    head_seconds: float = HEAD_SECONDS,
    send_seconds: float = SEND_SECONDS,
) -> RunningServer:
    """Serves `app` from a thread; port 0 is any free one. When this returns, requests are accepted.

    `head_seconds` is how long a client may take to send a request's head, `send_seconds` how long it may leave an
    answer lying. Raises as `serve` does.
    """
    listener = _listen(host, port)
    server = _Server(_config(app, "warning", listener, head_seconds, send_seconds))
    thread = threading.Thread(target=_run, args=(server, listener), name="andel-api", daemon=True)
    shown = f"[{host}]" if ":" in host else host
    running = RunningServer(f"http://{shown}:{listener.getsockname()[1]}", server, thread)
    thread.start()
    return running


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server in a thread; as a context it stops at the end. `url` has no slash at its end."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        """Finishes what is being answered, within seconds, and frees the port. May be called again."""
        self.server.should_exit = True
        self.thread.join(timeout=2 * _STOP_SECONDS)

    def __enter__(self) -> RunningServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Server(uvicorn.Server):
    """uvicorn's, which tells its app that it ends: lifespan events would come after the last answer."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        app = self.config.app
        if isinstance(app, Starlette):
            for told in getattr(app.state, "at_end", ()):
                told()
        await super().shutdown(sockets)


def check_content_type(request: Request, kind: str, announced: str) -> None:
    """Raises RefusedRequest (415) unless the body is announced as `kind`, plain and, where it is text, in UTF-8."""
    given, _, parameter = request.headers.get("content-type", "").lower().replace(" ", "").partition(";")
    encoding = request.headers.get("content-encoding", "identity").lower()
    if given != kind or parameter.strip('"') not in ("", "charset=utf-8", 'charset="utf-8'):
        raise RefusedRequest(415, f"the body is not announced {announced}", f"send Content-Type: {kind}")
    if encoding != "identity":
        raise RefusedRequest(415, "the body is compressed", "send it plain")


async def read_body(
    request: Request, seconds: float, bytes_max: int, hint: str, hold: Callable[[int], None] = lambda _: None
) -> bytes:
    """The body, read within `seconds`. Raises RefusedRequest: 408, or 413 with `hint` when it is over `bytes_max`.

    `hold` is told of every further number of bytes before they are kept, and may raise RefusedRequest itself.
    """

    def too_large() -> RefusedRequest:
        return RefusedRequest(413, f"the body is over {bytes_max} bytes", hint)

    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 9 or int(announced) > bytes_max):
        raise too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                if len(body) + len(chunk) > bytes_max:
                    raise too_large()
                hold(len(chunk))
                body += chunk
    except TimeoutError as error:
        raise RefusedRequest(408, f"the body took over {seconds:g} s", "send it at once", close=True) from error
    return bytes(body)


class BodyBudget:
    """How many bytes of bodies are held at once, over all connections; who comes when it is spent is sent away."""

    def __init__(self, bytes_max: int) -> None:
        self._left = bytes_max

    @contextmanager
    def lease(self) -> Iterator[Callable[[int], None]]:
        """The `hold` of one request; what it held is free again when the context ends."""
        held = 0

        def hold(size: int) -> None:
            nonlocal held
            if size > self._left:
                busy = RefusedRequest(503, "too much is being taken in at once", "try again later", close=True)
                busy.response.headers["Retry-After"] = "1"
                raise busy
            self._left -= size
            held += size

        try:
            yield hold
        finally:
            self._left += held


def _guarded(endpoint: Endpoint) -> Endpoint:
    """`endpoint`, with every error made an answer that tells the client what it can change, and no more."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusedRequest as refused:
            return refused.response
        except InputError as error:
            return _error_response(400, error.message, error.hint)
        except ClientDisconnect:
            return _error_response(400, "the body was cut short")
        except ChainError as error:
            # the message may hold the node's address, and that a key
            _log.warning("chain_unreachable kind=%s", type(error).__name__)
            return _error_response(503, "the chain cannot be read", "try again later")
        except Exception as error:
            # without the message, which may hold what was asked
            frames = traceback.extract_tb(error.__traceback__)
            places = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
            _log.error("request_failed kind=%s at=%s", type(error).__name__, places)
            return _error_response(500, "the request could not be answered", "this is a defect of the server")

    return answer


def headers_of_objects() -> dict[str, str]:
    """The headers of an answer that is bytes of anybody's making: never run, never guessed at."""
    return {**_HEADERS, "Content-Disposition": "attachment"}


def headers_of_facts(etag: str) -> dict[str, str]:
    """The headers of an answer that may be kept, and is asked for again by its `etag` before each use."""
    return {**_HEADERS, "Cache-Control": "no-cache", "ETag": etag}


def headers_of_streams() -> dict[str, str]:
    """The headers of server-sent events: nobody keeps them, and no proxy gathers them."""
    return {**_HEADERS, "X-Accel-Buffering": "no"}


def _error_response(status: int, error: str, hint: str = "") -> Response:
    return json_response({"error": error, "hint": hint}, status)


def json_response(value: object, status: int = 200) -> Response:
    """An answer in JSON that nobody may keep."""
    return _JsonResponse(orjson.dumps(value), status)


class _JsonResponse(Response):
    """Starlette's, with the fields that every such answer has written once."""

    _fields = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        length = (b"content-length", b"%d" % len(self.body))
        self.raw_headers = [*self._fields, length, (b"content-type", b"application/json")]


def _config(
    app: Starlette,
    log_level: str,
    listener: socket.socket,
    head_seconds: float = HEAD_SECONDS,
    send_seconds: float = SEND_SECONDS,
) -> uvicorn.Config:
    bound = {"listener": listener, "head_seconds": head_seconds, "send_seconds": send_seconds}
    protocol = type("BoundProtocol", (BoundedProtocol,), bound)
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=log_level,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65_535:
        raise SettingsError(f"port {port} is not in 0..65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        # bound here and handed over, so that nobody can take the port in between
        return socket.create_server((host, port), family=family, backlog=MAX_CONNECTIONS)
    except (OSError, UnicodeError) as error:
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise PortInUse(port) from error
        reason = (error.strerror if isinstance(error, OSError) else None) or "no usable address"
        message = f"cannot listen on {host} port {port}: {reason}"
        raise SettingsError(message, "choose another --host or --port") from error


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    with listener:
        server.run(sockets=[listener])
