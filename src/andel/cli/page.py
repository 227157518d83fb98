"""`andel page`: the page of a model, of one that was only launched too; it answers nothing, so it needs no key."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from andel.cli.options import ModelOption, RpcOption, StoreOption, open_model, open_store
from andel.cli.serve import check_told
from andel.roles.showing.network import Gateway
from andel.roles.shown_page import PageSettings, shown_page
from andel.serving.http_edge import call_at_end, make_app, serve
from andel.serving.limits import Counts


def serve_page(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8480,
    page_rpc: Annotated[
        str, typer.Option(help="The chain's JSON-RPC as the page tells it to wallets; no key in it.")
    ] = "",
) -> None:
    """Serve a model's page alone: who owns it and why, its offering, its votes; it signs nothing and needs no key."""
    check_told(page_rpc)
    opened, content = open_model(rpc, model), open_store(store)
    with tempfile.TemporaryDirectory(prefix="andel-page-") as folder:
        counts = Counts(Path(folder) / "counts.db", time.time)
        settings = PageSettings(rpc, counts, Path(folder), Gateway(rpc=page_rpc or None))
        page = shown_page(opened, content, None, settings)
        app = make_app(page.routes, "the page is GET /; this server answers no questions: `andel serve` does")
        call_at_end(app, page.end)
        serve(app, host, port, "info")
