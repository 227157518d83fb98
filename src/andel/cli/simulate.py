"""`andel simulate economics`: a model's terms tried out for a year, before anybody pays for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from andel.errors import SettingsError
from andel.simulation.economics.report import tables, write_study
from andel.simulation.economics.run import study
from andel.simulation.economics.terms import Terms, with_values

app = typer.Typer(name="simulate", help="A model tried out on paper.", no_args_is_help=True)
_MAX_TERMS = 64


@app.callback()
def simulate() -> None:
    """A model tried out on paper."""


@app.command("economics")
def economics(
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Another term than docs/economics.md's.")
    ] = None,
    days: Annotated[int, typer.Option(min=30, max=730, help="Rounds, one a day.")] = 365,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="Data, demand and chance follow from it.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Write JSON, tables and pictures here.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last, on standard output.")] = False,
) -> None:
    """A year of rounds with honest and dishonest agents: what each attack costs, brings and leaves."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    terms = with_values(Terms(), _read(changes or []))
    findings = study(terms, seed, days, lambda text: console.print(text, markup=False))
    if folder:
        for path in write_study(findings, folder):
            console.print(f"wrote {path}", markup=False)
    if as_json:
        typer.echo(json.dumps(findings.figures()))
    else:
        typer.echo(tables(findings))


def _read(changes: list[str]) -> dict[str, int]:
    if len(changes) > _MAX_TERMS:
        raise SettingsError(f"{len(changes)} terms are set, of {_MAX_TERMS} at most")
    found = {}
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals or not value.isascii() or not value.isdigit() or len(value) > 40:
            raise SettingsError(f"{change[:60]!r} is no NAME=VALUE with a whole number", "as in --set veto_bps=0")
        found[name] = int(value)
    return found
