"""`andel keys`: the keys that an operator hands out to who may ask its server."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from andel.serving.api_keys import add_key, read_keys, remove_key

app = typer.Typer(name="keys", help="Keys that let in at a server: made, listed, removed.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(help="The server's file of keys (`andel serve --keys`).")]


@app.command("add")
def add(
    file: FileArgument,
    label: Annotated[str, typer.Option(help="Whose it is, for people.")] = "",
    per_day: Annotated[int, typer.Option(min=0, help="Questions a day; 0 as the model's terms say.")] = 0,
) -> None:
    """Make a key and print it, once; the file keeps its hash only, and is made where there is none."""
    text, made = add_key(file, label, per_day, int(time.time()))
    typer.echo(f"key {made.id}; it is shown this once, and is sent as Authorization: Bearer", err=True)
    typer.echo(text)


@app.command("list")
def show(file: FileArgument) -> None:
    """List the keys of a file, without their secrets."""
    for key in read_keys(file):
        day = datetime.fromtimestamp(key.made, UTC).date()
        rate = f"{key.per_day} a day" if key.per_day else "as the model says"
        typer.echo(f"{key.id}  {day}  {rate}  {key.label}".rstrip())


@app.command("remove")
def remove(file: FileArgument, key: Annotated[str, typer.Argument(help="Its id, as `list` shows it.")]) -> None:
    """Take a key out of the file; a running server refuses it a second later."""
    removed = remove_key(file, key)
    typer.echo(f"key {removed.id} counts no more")
