"""The index's page over HTTP: its files, and four resources whose parameters are read strictly.

Takes the facts, and where requests are counted. Gives the app, under the headers and bounds of every page of Andel:
nothing of a third party, few threads, a rate for each network. Never makes a fact itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from andel.errors import EvidenceError, InputError, SettingsError
from andel.hashing import sha256
from andel.serving.http_edge import BodyBudget, Endpoint, RefusedRequest, headers_of_facts, make_app
from andel.serving.limits import Counts
from andel.serving.page.api import Entry
from andel.serving.page.files import has_it, read_page, routes_of_files
from andel.serving.page.kept import Places
from andel.serving.page.routes import RATE
from examples.air_quality.asked import hour_of_text, place_of_text
from examples.air_quality.index import standard_of
from examples.air_quality.page_facts import AirFacts

BUILT: Final = Path(__file__).parent / "built"
"""Where Vite writes, from page/air."""

_THREADS: Final = 4
_WAITING_MAX: Final = 64
_PAGES: Final = "there are /, /air/about, /air/map, /air/at and /air/cover"

Read = Callable[[Request], Callable[[], object]]


def air_app(facts: AirFacts, counts: Counts, built: Path = BUILT) -> Starlette:
    """The app; the files are read now."""

    def spend(name: str, requests: int) -> object:
        return counts.spend(name, 0, RATE, requests)

    entry = Entry(spend, Places(_THREADS, _WAITING_MAX), BodyBudget(0))

    def told(read: Read) -> Endpoint:
        return partial(_told, entry, read)

    routes = [
        ("GET", "/air/about", told(partial(_about, facts))),
        ("GET", "/air/map", told(partial(_map, facts))),
        ("GET", "/air/at", told(partial(_at, facts))),
        ("GET", "/air/cover", told(partial(_cover, facts))),
    ]
    return make_app([*routes_of_files(read_page(built)), *routes], _PAGES)


async def _told(entry: Entry, read: Read, request: Request) -> Response:
    make = read(request)
    await entry.count(request)
    with _troubles_told():
        body = await entry.places.run(lambda: orjson.dumps(make()))
    etag = f'"{sha256(body).hex()[:32]}"'
    headers = headers_of_facts(etag)
    if has_it(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


@contextmanager
def _troubles_told() -> Iterator[None]:
    """What gateways may fail with, as answers; neither is a defect of this server, and neither names an address."""
    try:
        yield
    except SettingsError as error:
        hint = "the gateways' run may have ended; try again later"
        raise RefusedRequest(503, "the models cannot be asked", hint) from error
    except EvidenceError as error:
        raise RefusedRequest(502, "an answer was not signed by whom the run names", "it is not shown") from error


def _about(facts: AirFacts, request: Request) -> Callable[[], object]:
    _query(request, ())
    return facts.about


def _map(facts: AirFacts, request: Request) -> Callable[[], object]:
    asked = _query(request, ("standard", "time"))
    return partial(facts.map, _hour(facts, asked), _standard(facts, asked))


def _at(facts: AirFacts, request: Request) -> Callable[[], object]:
    asked = _query(request, ("at", "standard", "time"))
    if "at" not in asked:
        raise InputError("no place is named", "at=39.95,116.40")
    return partial(facts.at, place_of_text(asked["at"]), _hour(facts, asked), _standard(facts, asked))


def _cover(facts: AirFacts, request: Request) -> Callable[[], object]:
    _query(request, ())
    return facts.cover


def _hour(facts: AirFacts, asked: dict[str, str]) -> int:
    return hour_of_text(asked["time"]) if "time" in asked else facts.hour


def _standard(facts: AirFacts, asked: dict[str, str]) -> str:
    return standard_of(asked.get("standard", facts.standard)).name


def _query(request: Request, allowed: Collection[str]) -> dict[str, str]:
    items = request.query_params.multi_items()
    asked = dict(items)
    if asked.keys() - set(allowed):
        raise InputError("there is no such parameter", f"there are {', '.join(allowed) or 'none'}")
    if len(items) != len(asked):
        raise InputError("a parameter is given twice")
    return asked
