"""`andel value explain`: why a contributor earned what it earned in a round, from a replay that trusts nobody."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from andel.cli.options import RpcOption, StoreOption, open_model, open_store
from andel.keys import parse_address
from andel.roles.explainer import explain_round

app = typer.Typer(name="value", help="What contributions were worth, and why.", no_args_is_help=True)


@app.callback()
def value() -> None:
    """What contributions were worth, and why."""


@app.command("explain")
def explain_share(
    model: Annotated[str, typer.Argument(help="Its RoundManager's address, or a deployment file.")],
    number: Annotated[int, typer.Argument(metavar="ROUND", min=1, help="A final round.")],
    contributor: Annotated[str, typer.Argument(help="The contributor's address.")],
    rpc: RpcOption,
    store: StoreOption,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell why a contributor earned what it earned in a round, and what would have changed it."""
    found = explain_round(open_model(rpc, model), open_store(store), number, parse_address(contributor))
    if as_json:
        typer.echo(json.dumps(found.values()))
    else:
        for line in found.sentences():
            typer.echo(line)
