"""The page's facts over HTTP: one route for each resource, its parameters read strictly, its answers by ETag.

Takes a `PageSource`; gives routes. A client's numbers are bounded before anything is asked of a chain, unknown or
repeated parameters are refused, and how often one address may ask is counted. Never makes a fact itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from andel.encoding import canonical_json
from andel.errors import ContentError, ContentUnreachable, EvidenceError, InputError
from andel.keys import parse_address
from andel.serving.door import network_of
from andel.serving.http_edge import (
    BODY_SECONDS,
    BodyBudget,
    Endpoint,
    RefusedRequest,
    check_content_type,
    headers_of_facts,
    json_response,
    read_body,
)
from andel.serving.page.files import has_it, takes_gzip
from andel.serving.page.kept import Kept, Places
from andel.serving.page.source import PAGE_MOST, POINTS_MOST, PageSource
from andel.serving.strict_json import names_of, read_object
from andel.units import Address

MAX_BODY_BYTES: Final = 64 * 1024
"""Of what the page posts."""

MAX_PROPOSAL_BYTES: Final = 256 * 1024
"""Of a proposal that is being written."""

PAGE_COUNT: Final = 50
"""Items in one answer when nobody says."""

_PROPOSAL_BRACKETS: Final = 500
_FIRST_MAX: Final = 10**9
_MAX_DATA_BYTES: Final = 24 * 1024
_UINT256: Final = 2**256
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")

Spend = Callable[[str, int], object]
"""Counts so many requests of an address. Raises RefusedRequest (429)."""

Facts = Callable[[Request], Callable[[], object]]
"""What a request asks for, its parameters read. Raises InputError."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What every way into the page shares: who asks how often, bodies held at once, and the page's threads."""

    spend: Spend
    places: Places
    bodies: BodyBudget
    body_seconds: float = BODY_SECONDS

    async def count(self, request: Request, requests: int = 1) -> None:
        """Counts a request. Raises RefusedRequest (429)."""
        await run_in_threadpool(self.spend, f"page at {network_of_request(request)}", requests)

    async def read(self, request: Request, hint: str, bytes_max: int = MAX_BODY_BYTES) -> bytes:
        """A body in JSON, not parsed. Raises RefusedRequest."""
        check_content_type(request, "application/json", "as JSON")
        with self.bodies.lease() as hold:
            return await read_body(request, self.body_seconds, bytes_max, hint, hold)


def network_of_request(request: Request) -> str:
    """What the address that asks is counted as."""
    return network_of(request.client.host if request.client else "")


def routes_of_facts(
    source: PageSource, entry: Entry, health: Callable[[], object], clock: Callable[[], float]
) -> list[tuple[str, str, Endpoint]]:
    """The routes below /page/api. `health` says how the gateway stands, `clock` gives seconds."""
    kept = Kept(source.head, clock, entry.places)
    facts = _Facts(source, health)

    def told(read: Facts) -> Endpoint:
        return partial(_told, entry, kept, read)

    def posted(read: Callable[[dict[str, Any]], Callable[[], object]]) -> Endpoint:
        return partial(_posted, entry, read)

    return [
        ("GET", "/page/api/network", told(facts.network)),
        ("GET", "/page/api/models", told(facts.models)),
        ("GET", "/page/api/model", told(facts.model)),
        ("GET", "/page/api/rounds", told(facts.rounds)),
        ("GET", "/page/api/rounds/series", told(facts.series)),
        ("GET", "/page/api/shares", told(facts.shares)),
        ("GET", "/page/api/shares/{account}", told(facts.explain)),
        ("GET", "/page/api/devices", told(facts.devices)),
        ("GET", "/page/api/account/{account}", told(facts.account)),
        ("GET", "/page/api/offering", told(facts.offering)),
        ("GET", "/page/api/proposals", told(facts.proposals)),
        ("GET", "/page/api/proposals/{proposal}", told(facts.proposal)),
        ("GET", "/page/api/operator", told(facts.operator)),
        ("POST", "/page/api/refusal", posted(facts.refusal)),
        ("POST", "/page/api/words", posted(facts.words)),
        ("POST", "/page/api/proposal", partial(_proposed, entry, source)),
    ]


async def _told(entry: Entry, kept: Kept, read: Facts, request: Request) -> Response:
    make = read(request)
    await entry.count(request)
    with _troubles_told():
        made = await kept.get(f"{request.url.path}?{request.url.query}", make)
    packed = made.packed if takes_gzip(request.headers.get("accept-encoding", "")) else None
    etag = f'"{made.etag}"' if packed is None else f'"{made.etag}-gz"'
    headers = headers_of_facts(etag) | {"Vary": "Accept-Encoding"}
    if has_it(request, etag):
        return Response(status_code=304, headers=headers)
    if packed is None:
        return Response(made.body, headers=headers, media_type="application/json")
    return Response(packed, headers=headers | {"Content-Encoding": "gzip"}, media_type="application/json")


async def _posted(entry: Entry, read: Callable[[dict[str, Any]], Callable[[], object]], request: Request) -> Response:
    make = read(read_object(await entry.read(request, "send what the document says"), 8, "send one object"))
    await entry.count(request)
    with _troubles_told():
        return json_response(await entry.places.run(make))


async def _proposed(entry: Entry, source: PageSource, request: Request) -> Response:
    hint = 'send {"file": …}, a proposal of andel-proposal/1'
    body = await entry.read(request, hint, MAX_PROPOSAL_BYTES)
    record = read_object(body, _PROPOSAL_BRACKETS, hint)
    _fields(record, ("file",), ())
    file = canonical_json(record["file"])
    await entry.count(request)
    with _troubles_told():
        return json_response(await entry.places.run(lambda: source.proposal_of(file)))


@contextmanager
def _troubles_told() -> Iterator[None]:
    """What a store and evidence may fail with, as answers; neither is a defect of the server."""
    try:
        yield
    except ContentUnreachable as error:
        raise RefusedRequest(503, "the content store does not answer", "try again later") from error
    except (EvidenceError, ContentError) as error:
        hint = "`andel audit` names the first place that does not hold"
        raise RefusedRequest(409, "the evidence for this is not whole", hint) from error


@dataclass(frozen=True, slots=True)
class _Facts:
    """What each route reads from a request, and which method answers it."""

    source: PageSource
    health: Callable[[], object]

    def network(self, request: Request) -> Callable[[], object]:
        _query(request, ())
        return self.source.network

    def models(self, request: Request) -> Callable[[], object]:
        return partial(self.source.models, *_paged(_query(request, ("first", "count"))))

    def model(self, request: Request) -> Callable[[], object]:
        _query(request, ())
        return self.source.model

    def rounds(self, request: Request) -> Callable[[], object]:
        asked = _query(request, ("before", "count"))
        before = _number(asked, "before", 1, _FIRST_MAX) if "before" in asked else None
        return partial(self.source.rounds, before, _count(asked))

    def series(self, request: Request) -> Callable[[], object]:
        asked = _query(request, ("points",))
        return partial(self.source.series, _number(asked, "points", 2, POINTS_MOST, 600))

    def shares(self, request: Request) -> Callable[[], object]:
        return partial(self.source.shares, *_paged(_query(request, ("first", "count"))))

    def explain(self, request: Request) -> Callable[[], object]:
        asked, account = _query(request, ("round",)), parse_address(request.path_params["account"])
        number = _number(asked, "round", 1, _FIRST_MAX) if "round" in asked else None
        return partial(self.source.explain, account, number)

    def devices(self, request: Request) -> Callable[[], object]:
        return partial(self.source.devices, *_paged(_query(request, ("first", "count"))))

    def account(self, request: Request) -> Callable[[], object]:
        _query(request, ())
        return partial(self.source.account, parse_address(request.path_params["account"]))

    def offering(self, request: Request) -> Callable[[], object]:
        return partial(self.source.offering, _account(_query(request, ("account",))))

    def proposals(self, request: Request) -> Callable[[], object]:
        asked = _query(request, ("first", "count", "account"))
        return partial(self.source.proposals, *_paged(asked), _account(asked))

    def proposal(self, request: Request) -> Callable[[], object]:
        asked = _query(request, ("account",))
        number = _number(request.path_params, "proposal", 0, _UINT256 - 1)
        return partial(self.source.proposal, number, _account(asked))

    def operator(self, request: Request) -> Callable[[], object]:
        _query(request, ())
        return lambda: {**self.source.operator(), "health": self.health()}

    def refusal(self, body: dict[str, Any]) -> Callable[[], object]:
        _fields(body, ("data",), ("contract",))
        contract = body.get("contract")
        if contract is not None and not (isinstance(contract, str) and _WORD.fullmatch(contract)):
            raise InputError("contract is no contract's name")
        return partial(self.source.refusal, contract, _data(body))

    def words(self, body: dict[str, Any]) -> Callable[[], object]:
        _fields(body, ("to", "data"), ("value",))
        to = body["to"]
        if not isinstance(to, str):
            raise InputError("to is no address")
        value = _number({"value": body.get("value", "0")}, "value", 0, _UINT256 - 1)
        return partial(self.source.words, parse_address(to), _data(body), value)


def _query(request: Request, allowed: Collection[str]) -> dict[str, str]:
    items = request.query_params.multi_items()
    asked = dict(items)
    if unknown := asked.keys() - set(allowed):
        raise InputError(f"no such parameters: {names_of(unknown)}", f"there are {names_of(allowed)}")
    if len(items) != len(asked):
        raise InputError("a parameter is given twice")
    return asked


def _paged(asked: dict[str, str]) -> tuple[int, int]:
    return _number(asked, "first", 0, _FIRST_MAX, 0), _count(asked)


def _count(asked: dict[str, str]) -> int:
    return _number(asked, "count", 1, PAGE_MOST, PAGE_COUNT)


def _number(asked: dict[str, Any], name: str, low: int, high: int, otherwise: int | None = None) -> int:
    if name not in asked and otherwise is not None:
        return otherwise
    text = asked[name]
    if isinstance(text, str) and 1 <= len(text) <= 78 and text.isascii() and text.isdecimal():
        number = int(text)
        if low <= number <= high:
            return number
    raise InputError(f"{name} is no whole number of {low} to {high if high < _FIRST_MAX else 'what a chain counts'}")


def _account(asked: dict[str, str]) -> Address | None:
    return parse_address(asked["account"]) if "account" in asked else None


def _fields(body: dict[str, Any], needed: Collection[str], allowed: Collection[str]) -> None:
    if not set(needed) <= body.keys() <= {*needed, *allowed}:
        raise InputError(f"the body is not an object of {names_of({*needed, *allowed})}")


def _data(body: dict[str, Any]) -> bytes:
    text = body["data"]
    if not isinstance(text, str) or len(text) > 2 + 2 * _MAX_DATA_BYTES or not _HEX.fullmatch(text):
        raise InputError(f"data is not 0x and at most {_MAX_DATA_BYTES} bytes in hex digits")
    return bytes.fromhex(text[2:])
