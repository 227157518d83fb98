"""`andel audit`: replays everything from the chain and the content store, trusting nobody."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from andel.cli.options import ModelOption, RpcOption, StoreOption, open_model, open_store
from andel.errors import SettingsError
from andel.roles.auditor import audit
from andel.serving.prediction import Prediction

_MAX_PREDICTION_BYTES = 64 * 1024


def audit_model(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    prediction: Annotated[
        Path | None, typer.Option(help="A signed answer (JSON of POST /predict) to start from.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Replay a model from its answer back to the packets; exit 1 names the first place that does not hold."""
    found = audit(open_model(rpc, model), open_store(store), _read_prediction(prediction))
    if as_json:
        report = {
            "ok": found.ok,
            "failure": found.failure,
            "checked": asdict(found.checked),
            "rests_on": found.rests_on,
        }
        typer.echo(json.dumps(report))
    else:
        for name, count in asdict(found.checked).items():
            typer.echo(f"{count:>8,} {name} checked")
        for line in found.rests_on:
            typer.echo(f"not replayed: {line}")
        typer.echo("everything holds" if found.ok else f"does not hold: {found.failure}")
    if not found.ok:
        raise typer.Exit(1)


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
