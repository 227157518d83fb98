"""The whole page as routes: its files, its facts, its events, its way to the chain, its audits.

Takes what each of them rests on; gives routes for `api.build_app`, and what must be told when the server ends. Never
decides what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from andel.ledger.rpc import Rpc
from andel.serving.http_edge import BODY_SECONDS, BodyBudget, Endpoint
from andel.serving.limits import Rate
from andel.serving.page.api import Entry, Spend, routes_of_facts
from andel.serving.page.audits import AuditOf, Audits
from andel.serving.page.chain_relay import ChainRelay
from andel.serving.page.events import Events
from andel.serving.page.files import PageFile, read_page, routes_of_files
from andel.serving.page.kept import Places
from andel.serving.page.source import PageSource

RATE: Final = Rate(0, 600, 3_000)
"""How often one address may ask for what the page shows: requests at once, and how many come back in a minute."""

_BODIES_BYTES: Final = 4 * 1024 * 1024

Route = tuple[str, str, Endpoint]


@dataclass(frozen=True, slots=True)
class PageParts:
    """What a page rests on. `audit` None: this gateway makes no audits for its readers.

    `spend` counts requests of an address, `health` says how the gateway stands, `clock` gives seconds that only rise.
    """

    source: PageSource
    rpc: Rpc
    spend: Spend
    health: Callable[[], object]
    clock: Callable[[], float]
    audit: AuditOf | None = None
    files: Sequence[PageFile] | None = None
    body_seconds: float = BODY_SECONDS


@dataclass(frozen=True, slots=True)
class Page:
    """The routes of one page; `end` is to be called when its server begins to end."""

    routes: tuple[Route, ...]
    end: Callable[[], None]


def page_of(parts: PageParts) -> Page:
    """The page of one app; the files are read now."""
    entry = Entry(parts.spend, Places(), BodyBudget(_BODIES_BYTES), parts.body_seconds)
    events = Events(parts.source, entry)
    routes = [
        *routes_of_files(read_page() if parts.files is None else parts.files),
        *routes_of_facts(parts.source, entry, parts.health, parts.clock),
        ("GET", "/page/events", events.endpoint),
        ("POST", "/page/chain", ChainRelay(parts.rpc, entry).endpoint),
    ]
    ends = [events.end]
    if parts.audit is not None:
        audits = Audits(parts.audit, entry)
        routes.append(("POST", "/page/api/audit", audits.endpoint))
        ends.append(audits.end)

    def end() -> None:
        for each in ends:
            each()

    return Page(tuple(routes), end)
