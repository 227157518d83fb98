"""`andel serve`: answers questions over HTTP with signed predictions of the model's published version."""

from __future__ import annotations

from typing import Annotated

import typer

from andel.cli.options import KeyFileOption, ModelOption, RpcOption, StoreOption, open_model, open_store, read_key
from andel.ledger.policy import Access
from andel.roles.gateway import admission_of, predictor_of, served_file
from andel.serving.api import build_app
from andel.serving.http_edge import serve


def serve_model(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8480,
) -> None:
    """Serve the published version at POST /predict, signed with an operator's key."""
    key = read_key(key_file)
    opened = open_model(rpc, model)
    file, parsed = served_file(opened, open_store(store))
    admission = admission_of(key, opened)
    if admission is not None and admission.passes is None and admission.terms().access == Access.PAID:
        typer.echo("nothing says where passes to this model are sold: name its lock file, or nobody gets in", err=True)
    serve(build_app(predictor_of(key, opened, file, parsed), admission), host, port, "info")
