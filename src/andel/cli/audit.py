"""`andel audit`: replays everything from the chain and the content store, trusting nobody."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from andel.cli.options import RpcOption, StoreOption, open_model, open_store, read_key
from andel.errors import SettingsError
from andel.hashing import sha256
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts
from andel.roles.auditing.checkpoint import Checkpoint
from andel.roles.auditing.findings import KINDS, Rests
from andel.roles.auditor import Audit, AuditOptions, Source, audit
from andel.serving.prediction import Prediction

_MAX_PREDICTION_BYTES = 64 * 1024
_MAX_PROCESSES = 64
_TABLE_WIDTH = 120  # a table that is narrower than its words says less than a line that wraps
_COLUMNS = {
    Rests.RECOMPUTED: "recomputed",
    Rests.SIGNATURES: "on signatures",
    Rests.NODE: "on the node",
    Rests.DELETED: "deleted",
    Rests.WITHHELD: "withheld",
}


def audit_model(
    rpc: RpcOption,
    store: StoreOption,
    model: Annotated[str, typer.Argument(help="Its RoundManager's address, or a deployment file.")] = "",
    named: Annotated[str, typer.Option("--model", help="The same, as other commands take it.")] = "",
    number: Annotated[int | None, typer.Option("--round", min=1, help="Audit this round alone.")] = None,
    prediction: Annotated[
        Path | None, typer.Option(help="A signed answer (JSON of POST /predict) to start from.")
    ] = None,
    second_rpc: Annotated[str, typer.Option("--second-rpc", help="Another node whose answers are compared.")] = "",
    jobs: Annotated[int, typer.Option(min=0, max=_MAX_PROCESSES, help="Processes; 0 is one for each core.")] = 0,
    checkpoint: Annotated[
        Path | None, typer.Option(help="File of rounds proven before; by default one for each model, in the cache.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what was proven before.")] = False,
    validator_key: Annotated[
        Path | None,
        typer.Option("--validator-key", help="Key file of a validator: openings sealed to it are replayed as well."),
    ] = None,
    from_block: Annotated[
        int | None, typer.Option(min=0, help="First block searched for registrations and batch entries.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Replay a model from its answer back to the packets; exit 1 names the first place that does not hold."""
    if bool(model) == bool(named):
        raise SettingsError("name one model", "andel audit MODEL, or --model MODEL")
    if number is not None and prediction is not None:
        raise SettingsError("--round and --prediction do not go together", "a prediction rests on all rounds before")
    answer = _read_prediction(prediction)
    contracts, evidence = open_model(rpc, model or named), open_store(store)
    address, second = contracts.round_manager.address, _second(second_rpc, contracts)
    shown = Console(stderr=True, highlight=False)
    options = AuditOptions(
        only=number,
        processes=jobs or os.cpu_count() or 1,
        source=Source(rpc, address, store, second_rpc or None),
        checkpoint=None if number is not None else _checkpoint(checkpoint, contracts, fresh),
        second=second,
        from_block=from_block,
        reader=read_key(validator_key) if validator_key is not None else None,
        keep_reports=False,
        say=(lambda text: shown.print(text, markup=False)) if shown.is_terminal and not as_json else _silent,
    )
    found = audit(contracts, evidence, answer, options)
    if as_json:
        typer.echo(json.dumps(found.to_json() | {"nodes": 2 if second else 1}))
    else:
        _print(found, second is not None)
    if not found.ok:
        raise typer.Exit(1)


def _print(found: Audit, compared: bool) -> None:
    table = Table(box=None, pad_edge=False, header_style="")
    table.add_column("what", overflow="fold")
    for title in _COLUMNS.values():
        table.add_column(title, justify="right")
    for kind, counts in found.tally.rows():
        table.add_row(KINDS[kind], *(f"{counts[rests.value]:,}" if counts[rests.value] else "-" for rests in _COLUMNS))
    Console(highlight=False, width=max(Console().width, _TABLE_WIDTH)).print(table)
    k, n = found.quorum
    nodes = "two nodes, which gave the same answers" if compared and found.ok else "the node that was asked"
    typer.echo(f"signatures: {k} of {n} validators of the last round; what the chain holds rests on {nodes}")
    if found.resumed:
        typer.echo(f"{found.resumed} rounds were proven before from the same code, answers and objects")
    for item in found.missing:
        typer.echo(f"{item.rests.value}: {item}")
    for kept_back in found.withheld:
        typer.echo(f"withheld: {kept_back}")
    for line in found.frauds:
        typer.echo(f"fraud shown and paid for: {line}")
    for line in found.rests_on:
        typer.echo(f"not replayed: {line}")
    typer.echo("everything holds" if found.ok else f"does not hold: {found.failure}")


def _silent(_: str) -> None:
    return None


def _second(url: str, model: ModelContracts) -> Chain | None:
    """The second node. Raises SettingsError when it serves another chain."""
    if not url:
        return None
    first, second = model.round_manager.chain, Chain.connect(url)
    if (second.chain_id, second.block_hash(0)) != (first.chain_id, first.block_hash(0)):
        raise SettingsError(f"{second.url} serves another chain than {first.url}", "name two nodes of one chain")
    return second


def _checkpoint(path: Path | None, model: ModelContracts, fresh: bool) -> Checkpoint:
    if path is None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        chain, address = model.round_manager.chain, model.round_manager.address
        about = sha256(chain.chain_id.to_bytes(32, "big"), chain.block_hash(0), address.encode())
        path = cache / "andel" / "audits" / f"{about.hex()}.jsonl"
    return Checkpoint(path, fresh=fresh)


def _read_prediction(path: Path | None) -> Prediction | None:
    if path is None:
        return None
    try:
        data = path.read_bytes()[: _MAX_PREDICTION_BYTES + 1]
        if len(data) > _MAX_PREDICTION_BYTES:
            raise ValueError("file is too long")
        return Prediction.from_json(orjson.loads(data))  # json.loads would let nested brackets end the process
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} holds no prediction: {error}", "save what POST /predict answered") from error
