"""`andel version …`: from a final round to the version that answers: signed by validators, published, promoted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from andel.cli.options import (
    KeyFileOption,
    ModelOption,
    RpcOption,
    StoreOption,
    open_model,
    open_store,
    parse_digest,
    read_bounded,
    read_key,
    writer_of,
)
from andel.ledger.deployment import ModelContracts
from andel.roles.owner import clock_text, told
from andel.roles.publications import (
    MAX_FILE_BYTES,
    VERSION_SENTENCES,
    SignedPublication,
    parse_publication,
    signed_by,
    version_state,
    write_publication,
)
from andel.roles.publishing import compiled_version, governed, publish_signed
from andel.units import Digest

app = typer.Typer(name="version", help="Versions of a model: published, promoted.", no_args_is_help=True)
VersionOption = Annotated[str, typer.Option("--version", help="Its hash; left out, the newest final one.")]


@app.command()
def show(rpc: RpcOption, model: ModelOption, version: VersionOption = "") -> None:
    """Show how far a version has come: final, published, promoted; and whether it reaches the bar."""
    opened = open_model(rpc, model)
    state = version_state(opened, _version(opened, version))
    typer.echo(f"version {state.version.hex()}")
    typer.echo(f"final: {f'round {state.round}, evaluation {state.evaluation}' if state.round else 'by no round'}")
    typer.echo(f"published: {'yes' if state.published else 'no; validators sign with `andel version sign`'}")
    if state.promoted is not None:
        how = "by a vote" if state.promoted.by_vote else "at the bar"
        now = "current" if state.is_current else "was current"
        typer.echo(f"promoted: {now}, since {clock_text(state.promoted.since)}, {how}")
    else:
        typer.echo("promoted: no")
    side = "at most" if state.bar.lower_is_better else "at least"
    way = f"{side} {state.bar.evaluation}" if state.bar.automatic else "none reaches it: every promotion takes a vote"
    typer.echo(f"bar: {way}")


@app.command()
def sign(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
    version: VersionOption = "",
    folder: Annotated[Path, typer.Option(help="Where the signature's file is written.")] = Path(),
) -> None:
    """A validator's part: compile a final version from the store, and sign what came of it, into a file."""
    opened, key = open_model(rpc, model), read_key(key_file)
    found = signed_by(key, opened, open_store(store, writer_of(key, opened)), _version(opened, version))
    typer.echo(str(write_publication(folder, found)))


@app.command()
def publish(
    signatures: Annotated[list[Path], typer.Argument(help="Files of `andel version sign`, of k validators.")],
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
) -> None:
    """Put a version's code on chain with k validators' signatures. Anybody; it is compiled here again."""
    opened, key = open_model(rpc, model), read_key(key_file)
    found = [parse_publication(read_bounded(path, MAX_FILE_BYTES), str(path)) for path in signatures]
    version = _one_version(found, opened)
    opened_store = open_store(store, writer_of(key, opened))
    compiled = compiled_version(opened, opened_store, version)
    brought = {each.signer(opened, compiled): each.signature for each in found}
    receipt = told(lambda: publish_signed(key, opened, opened_store, compiled, brought), VERSION_SENTENCES)
    typer.echo(f"version {version.hex()} is published, {len(compiled.code)} bytes of code, gas {receipt.gas_used}")


@app.command()
def promote(rpc: RpcOption, model: ModelOption, key_file: KeyFileOption, version: VersionOption = "") -> None:
    """Make a published version answer, where it reaches the bar. Anybody; what does not reach it takes a vote."""
    opened, key = open_model(rpc, model), read_key(key_file)
    digest, policy = _version(opened, version), governed(opened)
    receipt = told(lambda: policy.promote(key, digest), VERSION_SENTENCES)
    typer.echo(f"version {digest.hex()} answers from now on, gas {receipt.gas_used}")


def _version(opened: ModelContracts, text: str) -> Digest:
    return parse_digest(text, "a version") if text else opened.round_manager.current_version()


def _one_version(found: list[SignedPublication], opened: ModelContracts) -> Digest:
    versions = {each.version for each in found}
    for each in found:
        each.require_for(opened, versions)
    return next(iter(versions))
