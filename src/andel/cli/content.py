"""`andel content …`: serves a content store over HTTP, copies one into another, checks what one holds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from andel.cli.options import ModelOption, RpcOption, StoreOption, open_model, open_store, read_key, writer_of
from andel.content import ContentStore
from andel.content_put import Writer
from andel.content_remote import open_content
from andel.errors import SettingsError
from andel.ledger.deployment import ModelContracts
from andel.roles.content_keeping import Kept, check_objects, copy_objects, listed_objects, model_objects
from andel.roles.content_writers import ContentWriters
from andel.serving.content_api import Allowance, Limits, build_content_app
from andel.serving.http_edge import serve

app = typer.Typer(name="content", help="The content store over HTTP; copies and checks of it.", no_args_is_help=True)

_MIB = 1024 * 1024
_SHOWN = 20

RpcAsked = Annotated[str, typer.Option("--rpc", help="With --model: address of a chain's JSON-RPC.")]
ModelAsked = Annotated[
    str, typer.Option("--model", help="Also what this model's rounds refer to (address or deployment file).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("serve")
def serve_content(
    rpc: RpcOption,
    model: ModelOption,
    store: Annotated[str, typer.Option("--store", help="Where objects are kept: a directory, or s3://bucket/folder.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8490,
    operator_mib: Annotated[int, typer.Option(min=1, help="MiB a day (UTC) that each operator may keep.")] = 65_536,
    contributor_mib: Annotated[int, typer.Option(min=1, help="MiB a day that each contributor may keep.")] = 1_024,
    operator_objects: Annotated[int, typer.Option(min=1, help="Objects a day for each operator.")] = 1_000_000,
    contributor_objects: Annotated[int, typer.Option(min=1, help="Objects a day for each contributor.")] = 10_000,
    list_after_hours: Annotated[
        float, typer.Option(min=0.0, help="Age from which objects are listed; longer than a round lasts.")
    ] = 24.0,
) -> None:
    """Serve a content store: objects to everybody by name, kept for the model's operators and contributors."""
    if store.startswith(("http://", "https://")):
        raise SettingsError("a service does not stand on another service", "name a directory, or s3://bucket/folder")
    opened = open_model(rpc, model)
    kept = open_content(store, durable=True)
    writers = ContentWriters(
        opened,
        Allowance(operator_mib * _MIB, operator_objects),
        Allowance(contributor_mib * _MIB, contributor_objects),
        time.monotonic,
    )
    limits = Limits(listed_after_seconds=list_after_hours * 3_600)
    domain = opened.round_manager.domain
    typer.echo(f"serving {kept.url} for {domain.contract} at http://{host}:{port}", err=True)
    serve(build_content_app(kept, domain, writers.allowance, now=time.time, limits=limits), host, port, "info")


@app.command("copy")
def copy_content(
    source: Annotated[str, typer.Argument(help="Store to copy from.")],
    target: Annotated[str, typer.Argument(help="Store to copy into; a directory is made.")],
    rpc: RpcAsked = "",
    model: ModelAsked = "",
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="Key that signs what a service is to keep; with --model.")
    ] = None,
    device: Annotated[str, typer.Option(help="A contributor's device, where the key is no operator's.")] = "",
    verify: Annotated[bool, typer.Option("--verify", help="Read what is there; replace what is damaged.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Copy what one store lists into another: backup, restore, a move. Broken off, it goes on when begun again.

    A service lists only objects that are older than a round lasts; with --model newer ones are found through the chain.
    """
    contracts = _model(rpc, model)
    writer: Writer | None = None
    if key_file is not None:
        if contracts is None:
            raise SettingsError("--key-file signs for a model", "add --model and --rpc")
        writer = writer_of(read_key(key_file), contracts, device)
    origin, goal = open_store(source), open_content(target, writer, durable=True)
    with _progress(as_json) as say:
        _print(copy_objects(origin, goal, _names(origin, contracts), verify=verify, say=say), as_json)


@app.command("check")
def check_content(
    store: StoreOption,
    rpc: RpcAsked = "",
    model: ModelAsked = "",
    as_json: JsonOption = False,
) -> None:
    """Read every object against its name; with --model tell which evidence of its rounds is missing. Exit 1 if any."""
    contracts, opened = _model(rpc, model), open_store(store)
    with _progress(as_json) as say:
        _print(check_objects(opened, _names(opened, contracts), say), as_json)


def _names(store: ContentStore, model: ModelContracts | None) -> Iterator[tuple[str, str]]:
    """The model's first: a place in a round says more than that the store lists it."""
    return chain(model_objects(model, store) if model else (), listed_objects(store))


def _model(rpc: str, model: str) -> ModelContracts | None:
    if bool(rpc) != bool(model):
        raise SettingsError("--rpc and --model go together", "name both, or neither")
    return open_model(rpc, model) if model else None


@contextmanager
def _progress(as_json: bool) -> Iterator[Callable[[Kept], None]]:
    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield lambda _: None
        return
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=console, transient=True) as progress:
        task = progress.add_task("reading")
        yield lambda kept: progress.update(task, description=_counts(kept))


def _counts(kept: Kept) -> str:
    copied = f"{kept.copied} copied ({kept.copied_bytes} bytes), " if kept.copied else ""
    return f"{copied}{kept.there} there, {len(kept.missing)} missing, {len(kept.damaged)} damaged"


def _print(kept: Kept, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(kept.to_json()))
    else:
        for word, found in (("missing", kept.missing), ("damaged", kept.damaged), ("kept back", kept.kept_back)):
            for place, cid in found[:_SHOWN]:
                typer.echo(f"{word}: {place}: {cid}")
            if len(found) > _SHOWN:
                typer.echo(f"{word}: {len(found) - _SHOWN} more; --json names all")
        typer.echo(_counts(kept))
    if not kept.ok:
        raise typer.Exit(1)
