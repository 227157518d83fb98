"""`andel device …`: the commands about devices and their packets."""

from __future__ import annotations

import typer

from andel.cli import device_inspect

app = typer.Typer(help="Explain what devices sent.", no_args_is_help=True)
app.command("inspect")(device_inspect.inspect_packets)
