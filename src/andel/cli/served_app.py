"""What `andel serve` runs in each of its processes: the app of one model, with its door, its payments, its
gateway and its page.

Takes a `ServePlan`, plain values that go to a worker through a pipe. Gives a Starlette app, and a watch of the chain in
a thread. Never reads the command line.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from andel.cli.options import open_model, open_store
from andel.content import ContentStore
from andel.errors import SettingsError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.roles.gateway import admission_of, service_of
from andel.roles.paid_serving import gateway_of, paid_calls_of
from andel.roles.showing.network import Gateway
from andel.roles.shown_page import PageSettings, shown_page
from andel.serving.admission import Admission
from andel.serving.api import App, Pays, build_app, check_of
from andel.serving.api_keys import ApiKeys
from andel.serving.door import Door
from andel.serving.http_edge import Endpoint, call_at_end
from andel.serving.limits import Counts, Rate
from andel.serving.page.routes import Page
from andel.serving.request_log import Seen, log_request, watch_requests
from andel.serving.service import Served, Service
from andel.serving.sign_in import SignIn
from andel.units import Address

UNBOUNDED = 1_000_000
"""More requests than a server answers in the time."""


@dataclass(frozen=True, slots=True)
class PaidPlan:
    """Calls that are paid for one by one: the key that brings payments to the chain, and where they are noted."""

    secret: bytes = field(repr=False)
    book: Path


@dataclass(frozen=True, slots=True)
class PagePlan:
    """The page at /: the node that wallets are told of (empty: none), and a folder for what audits have proven."""

    rpc: str
    folder: Path


@dataclass(frozen=True, slots=True)
class ServePlan:
    """What each worker makes its app from; it goes to a worker through a pipe, never by its command line."""

    rpc: str
    model: str
    store: str
    secret: bytes = field(repr=False)
    keys: Path | None
    keys_only: bool
    origin: str
    counts: Path
    rate: Rate | None
    watch_seconds: float
    counts_requests: bool
    logs_requests: bool
    paid: PaidPlan | None
    pulled_by: tuple[Address, ...]
    """`OffchainModel`s that this server is a gateway for."""
    peers: tuple[str, ...]
    page: PagePlan | None = None


def make_served_app(plan: ServePlan) -> App:
    """The app of one worker, and its watch of the chain. Raises what opening model, store and files raises."""
    key, opened = AccountKey(plan.secret), open_model(plan.rpc, plan.model)
    listeners: list[Callable[[Seen], None]] = [log_request] if plan.logs_requests else []
    standing: list[Callable[[Served], None]] = []
    if plan.counts_requests:
        from andel.serving.metrics import ServingMetrics  # its client reads the environment when it is imported

        metrics = ServingMetrics()
        listeners.append(metrics.seen)
        standing.append(metrics.served)
    store = open_store(plan.store)
    service = service_of(key, opened, store, *standing)
    for told in standing:
        told(service.served)
    door = door_of(plan, key, opened)
    pays, more = _payments(plan, key, opened, service, door.terms)
    page = _page(plan, key, opened, store, service, door)
    more += _gateway(plan, opened, service, door.terms)
    app = build_app(service, door, pays=pays, more=more + ([] if page is None else list(page.routes)))
    if page is not None:
        call_at_end(app, page.end)
    service.watch(plan.watch_seconds)
    return watch_requests(app, listeners) if listeners else app


def door_of(plan: ServePlan, key: AccountKey, opened: ModelContracts) -> Door:
    """Who is let in. Raises SettingsError, StoreError, ChainError."""
    terms = admission_of(key, opened)
    manager = opened.round_manager
    counted = Counts(plan.counts, time.time) if terms is not None or plan.rate or plan.keys or plan.origin else None
    return Door(
        terms=terms,
        keys=None if plan.keys is None else ApiKeys(plan.keys, time.monotonic),
        sign_in=SignIn(key, manager.domain, plan.origin, _now, counted.use_once) if plan.origin and counted else None,
        counts=counted,
        rate=plan.rate or Rate(0, UNBOUNDED, UNBOUNDED),
        keys_only=plan.keys_only,
    )


Route = tuple[str, str, Endpoint]


def _payments(
    plan: ServePlan, key: AccountKey, opened: ModelContracts, service: Service, terms: Admission | None
) -> tuple[Pays | None, list[Route]]:
    if plan.paid is None:
        return None, []
    if terms is None:
        raise SettingsError("nobody governs this model, so no call of it has a price", "leave --x402-key out")
    if opened.fee_splitters is None:
        raise SettingsError(
            "nothing says where this server is paid", "name a lock or deployment file with FeeSplitters by --model"
        )
    manager = opened.round_manager
    paid = paid_calls_of(
        manager.chain,
        terms,
        opened.fee_splitters.splitter_of(manager.address, key.address),
        AccountKey(plan.paid.secret),
        plan.paid.book,
        time.time,
        check_of(service),
    )
    return paid, list(paid.endpoints())


def _gateway(plan: ServePlan, opened: ModelContracts, service: Service, terms: Admission | None) -> list[Route]:
    if not plan.pulled_by:
        return []
    chain = opened.round_manager.chain
    return list(gateway_of(lambda: service.predictor, chain, plan.pulled_by, plan.peers, terms).endpoints())


def _page(
    plan: ServePlan, key: AccountKey, opened: ModelContracts, store: ContentStore, service: Service, door: Door
) -> Page | None:
    if plan.page is None:
        return None
    gateway = Gateway(key.address, door.sign_in is not None, plan.paid is not None, rpc=plan.page.rpc or None)
    counts = Counts(plan.counts, time.time)
    return shown_page(opened, store, service, PageSettings(plan.rpc, counts, plan.page.folder, gateway))


def _now() -> int:
    return int(time.time())
