"""The `andel` command: one function per command, and the one border where errors become a line and a hint."""

from __future__ import annotations

import logging
import os
import sys

import typer
from rich.console import Console

from andel import __version__
from andel.cli import (
    access,
    alliance,
    audit,
    check,
    claim,
    content,
    contribute,
    coordinate,
    demo,
    device,
    evidence,
    intake,
    launch,
    new,
    offering,
    operator,
    revenue,
    serve,
    simulate,
    status,
    token,
    validate,
    value,
    version,
    vote,
    watch,
)
from andel.errors import AndelError

app = typer.Typer(
    name="andel",
    help="Contributor-owned machine learning: signed sensor data, joint training, exact shares, answers on chain.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("launch")(launch.launch_model)
app.command("check")(check.check_launch)
app.command("new")(new.new)
app.command("intake")(intake.intake)
app.command("contribute")(contribute.contribute)
app.command("status")(status.show_status)
app.command("coordinate")(coordinate.coordinate)
app.command("validate")(validate.validate)
app.command("watch")(watch.watch)
app.command("challenge")(watch.challenge)
app.command("serve")(serve.serve_model)
app.command("claim")(claim.claim_tokens)
app.command("audit")(audit.audit_model)
app.add_typer(device.app)
app.add_typer(alliance.app)
app.add_typer(operator.app)
app.add_typer(offering.app)
app.add_typer(access.app)
app.add_typer(token.app)
app.add_typer(revenue.app)
app.add_typer(version.app)
app.add_typer(content.app)
app.add_typer(value.app)
app.add_typer(vote.app)
app.add_typer(simulate.app)
app.command("export")(evidence.export_evidence)
app.command("forget")(evidence.forget_evidence)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and end."),
    verbose: bool = typer.Option(False, "--verbose", "-v", help="Log what happens on standard error."),
) -> None:
    """Options of every command."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for every RPC call would bury the rest
    if version:
        typer.echo(f"andel {__version__}")
        raise typer.Exit


def main() -> None:
    """Runs the command line; ends the process with its exit code."""
    try:
        app()
    except AndelError as error:
        console = Console(stderr=True, highlight=False, soft_wrap=True)
        console.print(f"andel: {error.message}", style="red", markup=False)
        if error.hint:
            console.print(f"hint: {error.hint}", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("andel: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # a full disk, a folder that may not be written: nothing a traceback would help with
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"andel: {error}", style="red", markup=False)
        sys.exit(1)
