"""The HTTP edge: questions as JSON in, signed predictions as JSON out.

Takes a `Predictor`; gives a Starlette app (POST /predict, GET /model, GET /health) and ways to run it. Everything
that a client sends is bounded before it is understood: bytes, seconds, connections; then read strictly: unknown or
repeated fields are refused. Never logs what was asked, never shows a client what failed inside, never trusts a
proxy's headers. Paths, fields and status codes: docs/rooms/serving.md.
"""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import re
import socket
import threading
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from types import TracebackType
from typing import Any, Final, NoReturn

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from andel.errors import ChainError, InputError, PortInUse, SettingsError
from andel.serving.prediction import Prediction
from andel.serving.predictor import Predictor

MAX_BODY_BYTES: Final = 16 * 1024
MAX_CONNECTIONS: Final = 256
HEAD_SECONDS: Final = 10.0
"""From a connection, or the end of an answer, to the next whole request head."""
BODY_SECONDS: Final = 10.0
"""From a request's head to its whole body."""

_STOP_SECONDS = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUESTION = re.compile(r"0x[0-9a-fA-F]{64}")
_PAGES = "there are POST /predict, GET /model and GET /health"
_BY_VALUES = frozenset({"values", "time"})
_BY_QUESTION = frozenset({"question"})
_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


MAX_BRACKETS = 64
"""Brackets in a request's body; a question has two."""


class _Refused(Exception):
    """A request that is answered with an error status; carries what the client is told."""

    def __init__(self, status: int, error: str, hint: str = "", *, close: bool = False) -> None:
        super().__init__(error)
        self.response = _error_response(status, error, hint)
        if close:
            self.response.headers["Connection"] = "close"


def build_app(predictor: Predictor, *, body_seconds: float = BODY_SECONDS) -> Starlette:
    """The app that answers with `predictor`; `body_seconds` is how long a client may take to send a body."""
    description = predictor.describe()

    async def predict(request: Request) -> Response:
        _check_content_type(request)
        ask = _parse_request(await _read_body(request, body_seconds), predictor)
        # the clock may ask a node, which takes as long as it takes
        return _json_response((await run_in_threadpool(ask)).to_json())

    async def model(_: Request) -> Response:
        return _json_response(description)

    async def health(_: Request) -> Response:
        return _json_response({"status": "ok"})

    app = Starlette(
        routes=[
            Route("/predict", _guarded(predict), methods=["POST"]),
            Route("/model", _guarded(model), methods=["GET"]),
            Route("/health", _guarded(health), methods=["GET"]),
        ],
        exception_handlers={HTTPException: _no_such_page},
    )
    app.router.redirect_slashes = False
    return app


def serve(app: Starlette, host: str, port: int, log_level: str = "warning") -> None:
    """Serves `app` until SIGINT, and returns; SIGTERM ends the process after what is being answered.

    Raises PortInUse or SettingsError, before anything starts, when it cannot listen there.
    """
    listener = _listen(host, port)
    with suppress(KeyboardInterrupt):  # the server has stopped by itself, and passes the signal on
        _run(uvicorn.Server(_config(app, log_level)), listener)


def serve_in_thread(
    app: Starlette, host: str = "127.0.0.1", port: int = 0, *, head_seconds: float = HEAD_SECONDS
) -> RunningServer:
    """Serves `app` from a thread; port 0 is any free one. When this returns, requests are accepted.

    `head_seconds` is how long a client may take to send a request's head. Raises as `serve` does.
    """
    listener = _listen(host, port)
    server = uvicorn.Server(_config(app, "warning", head_seconds))
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


def _parse_request(body: bytes, predictor: Predictor) -> Callable[[], Prediction]:
    """The call that answers `body`. Raises InputError when the body is no question."""
    record = _parse_object(body)
    given = record.keys() - {"issued_at"}
    issued_at = _read_time(record["issued_at"], "issued_at") if "issued_at" in record else None
    if given == _BY_QUESTION:
        question = record["question"]
        if not isinstance(question, str) or not _QUESTION.fullmatch(question):
            raise InputError("question is not 0x and 64 hex digits")
        return partial(predictor.ask_question, bytes.fromhex(question[2:]), issued_at)
    if given == _BY_VALUES:
        values = record["values"]
        if not isinstance(values, dict):
            raise InputError("values is not an object", 'give {"channel": number, ...}')
        return partial(predictor.ask_values, values, _read_time(record["time"], "time"), issued_at)
    names = ", ".join(ascii(name[:40]) for name in sorted(record)[:8]) or "none"
    raise InputError(
        f"a question has other fields than these: {names}",
        'give {"values": {...}, "time": ...} or {"question": "0x..."}; "issued_at" may be added',
    )


def _parse_object(body: bytes) -> dict[str, Any]:
    # before it is parsed: other libraries lift the interpreter's recursion limit, which the parser relies on
    if body.count(b"[") + body.count(b"{") > MAX_BRACKETS:
        raise InputError(
            "the body is not JSON that a question needs: it is nested too deep", "send one flat JSON object"
        )
    try:
        # The standard parser: orjson keeps the last of repeated fields, and rounds decimals to floats.
        record = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unrepeated, parse_float=Decimal, parse_constant=_no_number
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InputError("the body is not JSON, or repeats a field", "send one JSON object in UTF-8") from error
    if not isinstance(record, dict):
        raise InputError("the body is not a JSON object", 'give {"values": {...}, "time": ...}')
    return record


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a field is repeated")
    return record


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _read_time(value: object, field: str) -> int:
    """Unix seconds of an integer or an ISO 8601 text with its offset; fractions of a second are dropped."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= 40:
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not None:
                return (moment - _EPOCH) // timedelta(seconds=1)
        except (ValueError, OverflowError):
            pass  # told below, like every other form that is no time
    raise InputError(
        f"{field} is neither unix seconds nor ISO 8601 with an offset from UTC", "as in 2026-01-31T12:00:00Z"
    )


def _check_content_type(request: Request) -> None:
    kind, _, parameter = request.headers.get("content-type", "").lower().replace(" ", "").partition(";")
    encoding = request.headers.get("content-encoding", "identity").lower()
    if kind != "application/json" or parameter.strip('"') not in ("", "charset=utf-8", 'charset="utf-8'):
        raise _Refused(415, "the body is not announced as JSON", "send Content-Type: application/json")
    if encoding != "identity":
        raise _Refused(415, "the body is compressed", "send it plain")


async def _read_body(request: Request, seconds: float) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 9 or int(announced) > MAX_BODY_BYTES):
        raise _too_large()
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise _too_large()
    except TimeoutError as error:
        raise _Refused(408, f"the body took over {seconds:g} s", "send it at once", close=True) from error
    return bytes(body)


def _too_large() -> _Refused:
    return _Refused(413, f"the body is over {MAX_BODY_BYTES} bytes", "ask one question in a request")


def _guarded(endpoint: Endpoint) -> Endpoint:
    """`endpoint`, with every error made an answer that tells the client what it can change, and no more."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _Refused as refused:
            return refused.response
        except InputError as error:
            return _error_response(400, error.message, error.hint)
        except ClientDisconnect:
            return _error_response(400, "the body was cut short")
        except ChainError as error:
            # the message may hold the node's address, and that a key
            _log.warning("chain_unreachable kind=%s", type(error).__name__)
            return _error_response(503, "the chain's time cannot be read", "try again later")
        except Exception as error:
            # without the message, which may hold what was asked
            frames = traceback.extract_tb(error.__traceback__)
            places = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
            _log.error("request_failed kind=%s at=%s", type(error).__name__, places)
            return _error_response(500, "the question could not be answered", "this is a defect of the server")

    return answer


async def _no_such_page(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    message = {404: "there is no such page", 405: "this page has another method"}.get(status, "refused")
    response = _error_response(status, message, _PAGES)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


def _error_response(status: int, error: str, hint: str = "") -> Response:
    return _json_response({"error": error, "hint": hint}, status)


def _json_response(value: object, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, dict(_HEADERS), "application/json")


class _BoundedHeadProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, for clients that send a request's head within `head_seconds`.

    uvicorn bounds the pause between two requests, and nothing bounds a head that comes a byte at a time.
    """

    head_seconds = HEAD_SECONDS
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.head_seconds, transport.abort)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if _is_answering(self.cycle):
            self._forget_deadline()
        elif self._deadline is None:
            # also when the rest of a refused body keeps coming
            self._deadline = self.loop.call_later(self.head_seconds, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        super().connection_lost(exc)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _is_answering(cycle: RequestResponseCycle | None) -> bool:
    return cycle is not None and not cycle.response_complete


def _config(app: Starlette, log_level: str, head_seconds: float = HEAD_SECONDS) -> uvicorn.Config:
    protocol = type("BoundedHeadProtocol", (_BoundedHeadProtocol,), {"head_seconds": head_seconds})
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
