"""The page of a gateway, put together: its facts, its way to the chain, its events and its audits over one model.

Takes what `andel serve` and the demo both have: the model, the store, the service, how its node is reached. Gives the
routes. Reads and audits go over connections of their own: an audit listens to its node, and hears nobody else.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from andel.content import ContentStore
from andel.ledger.connection import Chain
from andel.ledger.deployment import Deployment, ModelContracts
from andel.ledger.rpc import Rpc
from andel.roles.showing.network import Gateway
from andel.roles.showing.source import Showing
from andel.roles.watched_audit import watched_audit
from andel.serving.limits import Counts
from andel.serving.page.routes import RATE, Page, PageParts, page_of
from andel.serving.service import Service

_NODE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PageSettings:
    """How a page is run: the node's address, where requests are counted, a folder for what audits have proven.

    `gateway` is what the page says of its server; whether it makes audits is added here.
    """

    rpc: str = field(repr=False)
    counts: Counts
    folder: Path
    gateway: Gateway


def shown_page(model: ModelContracts, store: ContentStore, service: Service | None, settings: PageSettings) -> Page:
    """The page of `model`, whose server answers by `service`, or answers nothing.

    Asks nothing yet. Raises RpcUnreachable for an address that is none.
    """
    deployment = Deployment.of_model(model)

    def opened() -> ModelContracts:
        return deployment.model(Chain.connect(settings.rpc))

    def spend(name: str, requests: int) -> object:
        return settings.counts.spend(name, 0, RATE, requests)

    def health() -> object:
        served = {"version": None, "swaps": 0} if service is None else service.served.to_json()
        return {"status": "ok", "waiting_version": None, "trouble": None} | served

    return page_of(
        PageParts(
            source=Showing(model, store, replace(settings.gateway, audits=True)),
            rpc=Rpc(settings.rpc, timeout_seconds=_NODE_SECONDS),
            spend=spend,
            health=health,
            clock=time.monotonic,
            audit=watched_audit(opened, store, settings.folder / "page-audits.jsonl"),
        )
    )
