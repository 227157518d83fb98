"""`andel serve`: answers questions over HTTP with signed predictions of the model's published version."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from andel.cli.logs import LogJsonOption, log_as_json
from andel.cli.options import KeyFileOption, ModelOption, RpcOption, StoreOption, open_model, open_store, read_key
from andel.errors import SettingsError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.policy import Access
from andel.roles.gateway import admission_of, service_of
from andel.serving.api import App, build_app
from andel.serving.api_keys import ApiKeys
from andel.serving.door import Door
from andel.serving.http_edge import serve
from andel.serving.limits import Counts, Rate
from andel.serving.request_log import Seen, log_request, watch_requests
from andel.serving.service import WATCH_SECONDS, Served
from andel.serving.sign_in import SignIn

_WORKERS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


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
    logs_json: bool


def serve_model(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to listen on.")] = 8480,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    keys: Annotated[Path | None, typer.Option(help="File of keys that let in (`andel keys`).")] = None,
    keys_only: Annotated[bool, typer.Option("--keys-only", help="Let in nobody without one of --keys.")] = False,
    origin: Annotated[str, typer.Option(help="As people reach the server, https://…: lets accounts sign in.")] = "",
    per_day: Annotated[int, typer.Option(min=0, help="Questions a day of one caller, unless terms say else.")] = 0,
    burst: Annotated[int, typer.Option(min=0, help="Requests of one caller at once; 0: not bounded.")] = 0,
    per_minute: Annotated[int, typer.Option(min=1, help="How many of them come back in a minute.")] = 600,
    counts: Annotated[Path | None, typer.Option(help="File that keeps counts over a restart.")] = None,
    watch_seconds: Annotated[float, typer.Option(help="From one look for a newer version to another.")] = WATCH_SECONDS,
    metrics_port: Annotated[int, typer.Option(max=65_535, help="Serve Prometheus' figures on this loopback port.")] = 0,
    log_requests: Annotated[bool, typer.Option("--log-requests", help="Log a line for each request.")] = False,
    log_json: LogJsonOption = False,
) -> None:
    """Serve the published version at POST /predict, signed with an operator's key."""
    if keys_only and keys is None:
        raise SettingsError("--keys-only without --keys lets nobody in", "name a file of keys")
    key = read_key(key_file)
    rate = Rate(per_day, burst or _UNBOUNDED, per_minute if burst else _UNBOUNDED) if per_day or burst else None
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="andel-serve-")))
        plan = ServePlan(
            rpc=rpc,
            model=model,
            store=store,
            secret=key.secret_bytes(),
            keys=keys,
            keys_only=keys_only,
            origin=origin,
            counts=counts or folder / "counts.db",
            rate=rate,
            watch_seconds=watch_seconds,
            counts_requests=bool(metrics_port),
            logs_requests=log_requests,
            logs_json=log_json,
        )
        _check(key, plan)
        log_as_json(log_json)
        if metrics_port:
            _serve_metrics(stack, metrics_port, folder / "metrics", workers)
        serve(partial(make_served_app, plan), host, port, "info", workers=workers)


def make_served_app(plan: ServePlan) -> App:
    """The app of one worker, and its watch of the chain. Raises what opening model, store and files raises."""
    log_as_json(plan.logs_json)
    key, opened = AccountKey(plan.secret), open_model(plan.rpc, plan.model)
    listeners: list[Callable[[Seen], None]] = [log_request] if plan.logs_requests else []
    standing: list[Callable[[Served], None]] = []
    if plan.counts_requests:
        from andel.serving.metrics import ServingMetrics  # its client reads the environment when it is imported

        metrics = ServingMetrics()
        listeners.append(metrics.seen)
        standing.append(metrics.served)
    service = service_of(key, opened, open_store(plan.store), *standing)
    for told in standing:
        told(service.served)
    service.watch(plan.watch_seconds)
    app = build_app(service, _door(plan, key, opened))
    return watch_requests(app, listeners) if listeners else app


def _door(plan: ServePlan, key: AccountKey, opened: ModelContracts) -> Door:
    terms = admission_of(key, opened)
    manager = opened.round_manager
    counted = Counts(plan.counts, time.time) if terms is not None or plan.rate or plan.keys or plan.origin else None
    return Door(
        terms=terms,
        keys=None if plan.keys is None else ApiKeys(plan.keys, time.monotonic),
        sign_in=SignIn(key, manager.domain, plan.origin, _now, counted.use_once) if plan.origin and counted else None,
        counts=counted,
        rate=plan.rate or Rate(0, _UNBOUNDED, _UNBOUNDED),
        keys_only=plan.keys_only,
    )


def _check(key: AccountKey, plan: ServePlan) -> None:
    """Says here what would make every worker fail. Raises what `make_served_app` raises."""
    opened = open_model(plan.rpc, plan.model)
    service_of(key, opened, open_store(plan.store))
    admission = _door(plan, key, opened).terms
    if admission is not None and admission.passes is None and admission.terms().access == Access.PAID:
        typer.echo("nothing says where passes to this model are sold: name its lock file, or nobody gets in", err=True)


def _serve_metrics(stack: ExitStack, port: int, folder: Path, workers: int) -> None:
    """Figures of all workers together, from files that outlive a worker."""
    folder.mkdir()
    os.environ[_WORKERS_FOLDER] = str(folder)
    from andel.serving.metrics import registry_of_workers, served_metrics

    told = stack.enter_context(served_metrics(registry_of_workers(str(folder)), port))
    typer.echo(f"figures of {workers} workers at http://127.0.0.1:{told}/metrics", err=True)


def _now() -> int:
    return int(time.time())


_UNBOUNDED = 1_000_000
"""More requests than a server answers in the time."""
