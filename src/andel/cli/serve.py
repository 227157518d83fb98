"""`andel serve`: answers questions over HTTP with signed predictions of the model's published version."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from andel.cli.logs import LogJsonOption, log_as_json
from andel.cli.options import KeyFileOption, ModelOption, RpcOption, StoreOption, open_model, open_store, read_key
from andel.cli.served_app import UNBOUNDED, PagePlan, PaidPlan, ServePlan, door_of, make_served_app
from andel.errors import SettingsError
from andel.keys import AccountKey, parse_address
from andel.ledger.policy import Access
from andel.ledger.rpc import Rpc
from andel.ledger.standstill import Standstill
from andel.roles.answering.running import Answering, sidecar_of
from andel.roles.gateway import service_of
from andel.serving.api import App
from andel.serving.http_edge import serve
from andel.serving.limits import Rate
from andel.serving.service import WATCH_SECONDS

_WORKERS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


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
    x402_key: Annotated[
        Path | None, typer.Option(help="Key that brings payments by the call to the chain; it sends nothing else.")
    ] = None,
    payments: Annotated[
        Path | None, typer.Option(help="File that notes those payments; keep it as long as the key.")
    ] = None,
    market: Annotated[bool, typer.Option("--market", help="Also answer what the market routes to --key-file.")] = False,
    pulled_by: Annotated[
        list[str] | None, typer.Option(help="An OffchainModel this is a gateway for; may be given again.")
    ] = None,
    peer: Annotated[
        list[str] | None, typer.Option(help="URL of a server whose signature a gateway asks for; may be given again.")
    ] = None,
    no_page: Annotated[bool, typer.Option("--no-page", help="Serve the API alone, without the page at /.")] = False,
    page_rpc: Annotated[
        str, typer.Option(help="The chain's JSON-RPC as the page tells it to wallets; no key in it.")
    ] = "",
    watch_seconds: Annotated[float, typer.Option(help="From one look for a newer version to another.")] = WATCH_SECONDS,
    metrics_port: Annotated[int, typer.Option(max=65_535, help="Serve Prometheus' figures on this loopback port.")] = 0,
    log_requests: Annotated[bool, typer.Option("--log-requests", help="Log a line for each request.")] = False,
    log_json: LogJsonOption = False,
) -> None:
    """Serve the published version at POST /predict, signed with an operator's key."""
    _check_alone("--keys-only", keys_only, "--keys", keys is not None, "lets nobody in: name a file of keys")
    _check_alone("--peer", bool(peer), "--pulled-by", bool(pulled_by), "is asked by nobody: name the OffchainModel")
    check_told(page_rpc, no_page)
    key = read_key(key_file)
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
            rate=_rate(per_day, burst, per_minute),
            watch_seconds=watch_seconds,
            counts_requests=bool(metrics_port),
            logs_requests=log_requests,
            paid=_paid(key, x402_key, payments),
            pulled_by=tuple(parse_address(each) for each in pulled_by or ()),
            peers=tuple(peer or ()),
            page=None if no_page else PagePlan(page_rpc, folder),
        )
        _check(key, plan)
        log_as_json(log_json)
        if metrics_port:
            _serve_metrics(stack, metrics_port, folder / "metrics", workers)
        if market:
            _answer_market(stack, key, plan)
        serve(partial(_worker, plan, log_json), host, port, "info", workers=workers)


def _worker(plan: ServePlan, logs_json: bool) -> App:
    log_as_json(logs_json)
    return make_served_app(plan)


def _rate(per_day: int, burst: int, per_minute: int) -> Rate | None:
    if not per_day and not burst:
        return None
    return Rate(per_day, burst or UNBOUNDED, per_minute if burst else UNBOUNDED)


def _check_alone(option: str, given: bool, other: str, other_given: bool, why: str) -> None:
    """Raises SettingsError for an option without the other that it needs."""
    if given and not other_given:
        raise SettingsError(f"{option} without {other} {why}", "give both, or neither")


def check_told(url: str, no_page: bool = False) -> None:
    """What everybody is told must be an address, and hold nothing before an @. Raises SettingsError, RpcUnreachable."""
    if url and no_page:
        raise SettingsError("--page-rpc without the page is told to nobody", "leave one of them out")
    if url and Rpc(url).url.rstrip("/") != url.rstrip("/"):
        raise SettingsError("--page-rpc is told to everybody, and says more than an address", "leave name and key out")


def _paid(key: AccountKey, x402_key: Path | None, payments: Path | None) -> PaidPlan | None:
    if (x402_key is None) != (payments is None):
        raise SettingsError("--x402-key and --payments belong together", "give both, or neither")
    if x402_key is None or payments is None:
        return None
    carrier = read_key(x402_key)
    if carrier.address == key.address:
        raise SettingsError("--x402-key is the key that signs answers", "take an account that sends nothing else")
    return PaidPlan(carrier.secret_bytes(), payments)


def _check(key: AccountKey, plan: ServePlan) -> None:
    """Says here what would make every worker fail. Raises what `make_served_app` raises."""
    opened = open_model(plan.rpc, plan.model)
    service_of(key, opened, open_store(plan.store))
    terms = door_of(plan, key, opened).terms
    if terms is not None and terms.passes is None and plan.paid is None and terms.terms().access == Access.PAID:
        typer.echo("nothing says where passes to this model are sold: name its lock file, or nobody gets in", err=True)


def _answer_market(stack: ExitStack, key: AccountKey, plan: ServePlan) -> None:
    """The sidecar, once for all workers: they answer over HTTP, this process answers the market."""
    opened = open_model(plan.rpc, plan.model)
    standstill = Standstill(opened.round_manager.chain, key, time.monotonic)
    stack.enter_context(Answering(sidecar_of(key, opened, open_store(plan.store)), standstill))


def _serve_metrics(stack: ExitStack, port: int, folder: Path, workers: int) -> None:
    """Figures of all workers together, from files that outlive a worker."""
    folder.mkdir()
    os.environ[_WORKERS_FOLDER] = str(folder)
    from andel.serving.metrics import registry_of_workers, served_metrics

    told = stack.enter_context(served_metrics(registry_of_workers(str(folder)), port))
    typer.echo(f"figures of {workers} workers at http://127.0.0.1:{told}/metrics", err=True)
