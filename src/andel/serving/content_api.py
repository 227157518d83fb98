"""The content service: objects out by their names to everybody, objects in from those who may, each bounded.

Takes a store, the model's signing domain, and a function that says who may keep how much. Gives a Starlette app (GET
and PUT /content/{cid}, GET /content, GET /health), which `http_edge` bounds and runs. What is given out was verified
against its name; what comes in is refused before its body is read wherever that can be seen beforehand. Never deletes,
never lists an object that is younger than a round lasts, and never logs what was sent. Paths, fields and status codes:
docs/content.md.
"""

from __future__ import annotations

import bisect
import logging
from asyncio import Lock, Semaphore
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from andel.content import MAX_CONTENT_BYTES, ContentStore, cid_of_digest, digest_of_cid
from andel.content_put import MAX_AHEAD_SECONDS, read_authorization
from andel.errors import ChainError, ContentCorrupt, ContentError, ContentMissing, ContentUnreachable, InputError
from andel.hashing import sha256
from andel.serving.http_edge import (
    BODY_SECONDS,
    BodyBudget,
    RefusedRequest,
    check_content_type,
    headers_of_objects,
    json_response,
    make_app,
    read_body,
)
from andel.typed_data import Domain
from andel.units import Address

PAGE_NAMES: Final = 1_000
"""Names in one answer of GET /content."""

_DAY: Final = 86_400
_PIECE: Final = 64 * 1024
_BYTES_A_SECOND_MIN: Final = 64 * 1024
_LISTED_SECONDS: Final = 30.0
_READERS: Final = 4  # objects that are being verified at once
_WRITERS: Final = 4  # bodies that are being written at once
_ASKERS_MAX: Final = 32  # requests that wait for the chain's word; who comes then is sent away
_ACCOUNTS_MAX: Final = 100_000
_NOTHING: Final = cid_of_digest(bytes(32))
_PAGES: Final = "there are GET and PUT /content/{cid}, GET /content and GET /health"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one account may keep in a day (UTC)."""

    bytes_a_day: int
    objects_a_day: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the service: bytes of bodies held at once, the age from which objects are listed, one object's size."""

    held_bytes: int = 256 * 1024 * 1024
    listed_after_seconds: float = _DAY
    object_bytes: int = MAX_CONTENT_BYTES
    body_seconds: float = BODY_SECONDS


MayWrite = Callable[[Address, Address | None], Allowance | None]
"""What an account may keep that speaks for a device, if for any; None: nothing. Raises ChainError."""


def build_content_app(
    store: ContentStore,
    domain: Domain,
    may_write: MayWrite,
    *,
    now: Callable[[], float],
    limits: Limits | None = None,
) -> Starlette:
    """The app over `store`, for objects of the model whose domain it is; `now` is the wall clock, in seconds (unix)."""
    service = _Service(store, domain, may_write, now, limits or Limits())
    endpoints = [
        ("GET", "/content/{cid}", service.give),
        ("PUT", "/content/{cid}", service.take),
        ("GET", "/content", service.show_names),
        ("GET", "/health", service.health),
    ]
    return make_app(endpoints, _PAGES)


class _Service:
    def __init__(
        self, store: ContentStore, domain: Domain, may_write: MayWrite, now: Callable[[], float], limits: Limits
    ) -> None:
        self._store = store
        self._domain = domain
        self._may_write = may_write
        self._now = now
        self._limits = limits
        self._budget = BodyBudget(limits.held_bytes)
        self._quotas = Quotas(now)
        self._readers, self._writers, self._asking = Semaphore(_READERS), Semaphore(_WRITERS), 0
        self._asker, self._lister = Semaphore(1), Lock()
        self._listed: tuple[float, list[str]] = (float("-inf"), [])

    async def give(self, request: Request) -> Response:
        """GET and HEAD of one object."""
        cid = request.path_params["cid"]
        digest_of_cid(cid)
        size, file = await self._opened(cid)
        head = headers_of_objects() | {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size),
            "ETag": f'"{cid}"',
        }
        return _FileResponse(file, head)

    async def take(self, request: Request) -> Response:
        """PUT of one object."""
        cid = request.path_params["cid"]
        digest_of_cid(cid)
        check_content_type(request, "application/octet-stream", "as bytes")
        size = self._size(request)
        account, allowance = await self._admitted(request, cid, size)
        try:
            _, file = await self._opened(cid)
            await run_in_threadpool(file.close)
            return json_response({"cid": cid, "size": size, "kept": False})
        except RefusedRequest as refused:
            if refused.response.status_code not in (404, 410):  # a damaged copy is written anew
                raise
        self._quotas.check(account, allowance, size)
        with self._budget.lease() as hold:

            def count(arrived: int) -> None:
                hold(arrived)
                self._quotas.add_bytes(account, arrived)

            seconds = self._limits.body_seconds + size / _BYTES_A_SECOND_MIN
            body = await read_body(request, seconds, size, "it is longer than was signed", count)
            if cid_of_digest(sha256(body)) != cid:
                raise InputError(f"these bytes are not those of {cid}", "an object's name is its own hash")
            self._quotas.add_object(account)
            async with self._writers:
                await run_in_threadpool(self._keep, body)
        return json_response({"cid": cid, "size": size, "kept": True}, 201)

    async def show_names(self, request: Request) -> Response:
        """GET of names, in pages; of objects that are older than a round lasts."""
        after = request.query_params.get("after", "")
        if set(request.query_params) - {"after"} or (after and not digest_of_cid(after)):
            raise InputError("the one parameter is after, a name that was listed")
        async with self._lister:
            moment, names = self._listed
            if not moment <= self._now() < moment + _LISTED_SECONDS:
                names = await run_in_threadpool(self._names)
                self._listed = (self._now(), names)
        start = bisect.bisect_right(names, after)
        page = names[start : start + PAGE_NAMES]
        return json_response({"cids": page, "more": start + len(page) < len(names)})

    async def health(self, _: Request) -> Response:
        """Whether the store answers, for which model it is kept, and how large an object may be."""
        try:
            await run_in_threadpool(self._store.has, _NOTHING)
        except ContentUnreachable as error:
            raise RefusedRequest(503, "the store behind this service does not answer", "try again later") from error
        about = {"chain_id": self._domain.chain_id, "model": self._domain.contract}
        return json_response({"status": "ok", "object_bytes_max": self._limits.object_bytes, **about})

    async def _opened(self, cid: str) -> tuple[int, BinaryIO]:
        try:
            async with self._readers:
                return await run_in_threadpool(self._store.open, cid)
        except ContentMissing as error:
            raise RefusedRequest(404, f"object {cid} is not here") from error
        except ContentCorrupt as error:
            log.error("object_damaged cid=%s", cid)
            raise RefusedRequest(410, f"the copy of {cid} here is damaged", "look for another copy") from error
        except ContentUnreachable as error:
            raise RefusedRequest(503, "the store behind this service does not answer", "try again later") from error

    def _size(self, request: Request) -> int:
        announced = request.headers.get("content-length", "")
        if not announced.isdecimal() or len(announced) > 18:
            raise RefusedRequest(411, "the body's length is not announced", "send Content-Length", close=True)
        if int(announced) > self._limits.object_bytes:
            hint = f"an object has at most {self._limits.object_bytes} bytes"
            raise RefusedRequest(413, f"the body is over {self._limits.object_bytes} bytes", hint, close=True)
        return int(announced)

    async def _admitted(self, request: Request, cid: str, size: int) -> tuple[Address, Allowance]:
        """Who sends, and what it may keep. Raises RefusedRequest: 401, 403, 503."""
        try:
            found = read_authorization(request.headers.get("authorization", ""), self._domain, cid, size)
        except InputError as error:
            raise RefusedRequest(401, error.message, error.hint, close=True) from error
        now = self._now()
        if not now <= found.deadline <= now + MAX_AHEAD_SECONDS:
            hint = f"sign a deadline at most {MAX_AHEAD_SECONDS} s ahead; it is {int(now)} here"
            raise RefusedRequest(401, "the signature counts no longer, or for too long", hint, close=True)
        if self._asking >= _ASKERS_MAX:
            raise _busy("too many wait for the chain's word")
        self._asking += 1
        try:
            async with self._asker:
                allowance = await run_in_threadpool(self._may_write, found.signer, found.device)
        except ChainError as error:
            log.warning("chain_unreachable kind=%s", type(error).__name__)
            raise _busy("the chain cannot be asked who may write") from error
        finally:
            self._asking -= 1
        if allowance is None:
            hint = "operators may, and owners of a device that the alliance admits and the request names"
            raise RefusedRequest(403, f"{found.signer} may keep nothing here", hint, close=True)
        return found.signer, allowance

    def _keep(self, body: bytes) -> None:
        try:
            self._store.put(body)
        except ContentUnreachable as error:
            raise _busy("the store behind this service does not answer") from error
        except ContentError as error:
            log.error("object_not_kept reason=%s", error.message)
            raise RefusedRequest(507, "the object cannot be kept", "try again later, or elsewhere") from error

    def _names(self) -> list[str]:
        try:
            found = self._store.cids(self._now() - self._limits.listed_after_seconds)
            return [name for name in found if _is_cid(name)]
        except ContentUnreachable as error:
            raise _busy("the store behind this service does not answer") from error


class Quotas:
    """What each account has kept today (UTC). In memory: a service that starts again begins a new count."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._day = 0
        self._spent: dict[Address, tuple[int, int]] = {}

    def check(self, account: Address, allowance: Allowance, size: int) -> None:
        """Raises RefusedRequest (429, until when) unless `size` bytes more are within the account's allowance."""
        spent, objects = self._of(account)
        if spent + size > allowance.bytes_a_day or objects >= allowance.objects_a_day:
            kept = f"{account} has sent {objects} objects, {spent} bytes today"
            refused = RefusedRequest(429, f"{kept}: no more is taken", "come back after midnight UTC", close=True)
            refused.response.headers["Retry-After"] = str(max(1, int(_DAY - self._now() % _DAY)))
            raise refused
        if account not in self._spent and len(self._spent) >= _ACCOUNTS_MAX:
            raise _busy("too many accounts keep objects here today")

    def add_bytes(self, account: Address, count: int) -> None:
        """Counts bytes that arrived, whatever becomes of them."""
        spent, objects = self._of(account)
        self._spent[account] = (spent + count, objects)

    def add_object(self, account: Address) -> None:
        """Counts one object."""
        spent, objects = self._of(account)
        self._spent[account] = (spent, objects + 1)

    def _of(self, account: Address) -> tuple[int, int]:
        if (day := int(self._now()) // _DAY) != self._day:
            self._day, self._spent = day, {}
        return self._spent.get(account, (0, 0))


class _FileResponse(Response):
    """An object in pieces; the file is closed whatever happens to the client."""

    def __init__(self, file: BinaryIO, headers: dict[str, str]) -> None:
        super().__init__(status_code=200, headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while scope["method"] != "HEAD" and (piece := await run_in_threadpool(self._file.read, _PIECE)):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            await run_in_threadpool(self._file.close)


def _busy(error: str) -> RefusedRequest:
    refused = RefusedRequest(503, error, "try again later", close=True)
    refused.response.headers["Retry-After"] = "1"
    return refused


def _is_cid(name: str) -> bool:
    try:
        return bool(digest_of_cid(name))
    except InputError:
        return False
