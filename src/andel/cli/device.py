"""`andel device …`: what owners and listers do with devices. One line per command; the work is in files beside this."""

from __future__ import annotations

import typer

from andel.cli import device_conflict, device_inspect, device_registry

app = typer.Typer(name="device", help="Devices: who owns them, who lists them, what they sent.", no_args_is_help=True)
app.command("inspect")(device_inspect.inspect_packets)
app.command("conflict")(device_conflict.conflict)
app.command("register")(device_registry.register)
app.command("stop")(device_registry.stop)
app.command("claim")(device_registry.claim)
app.command("list")(device_registry.list_devices)
app.command("transfer")(device_registry.transfer)
app.command("release")(device_registry.release)
app.command("revoke")(device_registry.revoke)
