"""`andel validate`: settles rounds again and attests to them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from andel.cli.logs import LogJsonOption, log_as_json
from andel.cli.options import (
    CopiesOption,
    KeyFileOption,
    ModelOption,
    RpcOption,
    StoreOption,
    open_held_store,
    open_model,
    parse_coins,
    read_key,
    writer_of,
)
from andel.errors import SettingsError
from andel.roles.publications import Signing
from andel.roles.validator import Validator


def validate(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
    until_round: Annotated[int, typer.Option(min=0, help="End when this round is final; 0: serve for ever.")] = 0,
    poll_seconds: Annotated[float, typer.Option(min=0.01, max=60.0, help="Between looks at the chain.")] = 0.1,
    watch: Annotated[bool, typer.Option("--watch", help="Watch as well, as `andel watch` does.")] = False,
    bond_limit: Annotated[
        str, typer.Option(help="With --watch: the most coins to put down for a challenge; 0 reports only.")
    ] = "0",
    publications: Annotated[
        Path | None, typer.Option(help="Sign each version that becomes final, into files of this folder.")
    ] = None,
    log_json: LogJsonOption = False,
    copies: CopiesOption = None,
    drop_copies: Annotated[
        bool, typer.Option("--drop-copies", help="Drop copies of a round when a later one is final.")
    ] = False,
) -> None:
    """Settle every closed round from its evidence, attest to the result by commit and reveal, speak in hearings.

    A validator attests only to what it holds: from a store that is no directory of its own it keeps copies.
    """
    log_as_json(log_json)
    if parse_coins(bond_limit) and not watch:
        raise SettingsError("--bond-limit without --watch challenges nothing", "add --watch")
    key = read_key(key_file)
    opened = open_model(rpc, model)
    manager = opened.round_manager
    typer.echo(f"validating {manager.address} as {key.address}", err=True)
    if key.address not in [record.account for record in opened.operators.of_epoch().validators]:
        typer.echo(f"{key.address} is not among the model's validators: it waits until it is", err=True)
    elif not opened.operators.is_bonded(key.address):
        typer.echo(f"{key.address} is not fully bonded: it counts for nothing; see `andel operator deposit`", err=True)
    limit = parse_coins(bond_limit) if watch else None
    held = open_held_store(store, copies, f"{manager.address}-{key.address}", writer_of(key, opened))
    signing = None if publications is None else Signing(key, opened, held, publications)
    validator = Validator(key, opened, held, limit, let_go=drop_copies, signing=signing)
    validator.run(until_round, time.sleep, time.monotonic, poll_seconds)
    if signing is not None and (newest := opened.round_manager.newest_round()) is not None:
        signing.step(newest)
