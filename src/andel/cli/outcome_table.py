"""The end of a run on the terminal: errors, who owns what and why, gas, answers, audit."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from andel.simulation.outcome import Outcome
from andel.units import TOKEN


def print_outcome(console: Console, outcome: Outcome) -> None:
    """Prints the tables of a finished run."""
    errors = Table(title=f"Error on rows that nobody trained on ({outcome.unit})", title_justify="left")
    for column in ("", "mean absolute", "root mean square"):
        errors.add_column(column, justify="left" if not column else "right")
    named = (
        ("persistence", outcome.persistence),
        ("this model", outcome.model),
        ("trained centrally", outcome.central),
    )
    for name, value in named:
        errors.add_row(name, f"{value.mae:.3f}", f"{value.rmse:.3f}")
    console.print(errors)
    console.print(f"{100 * outcome.gap_closed():.0f} % of the gap to central training closed (MAE)", markup=False)
    if line := outcome.told_line():
        console.print(line, markup=False)
    console.print(_owners(outcome))
    console.print(
        "Among equal contributors differences are noise: the same data in other hands, or another seed, orders them "
        "otherwise. Real differences (a zero, harmful or stolen update, little data, a bad sensor) are not.",
        markup=False,
    )
    console.print(f"gas: {_listed(outcome.gas)}", markup=False)
    console.print(f"one question, three answers: {_listed(outcome.predictions)}", markup=False)
    verdict = outcome.audit_failure or "everything holds"
    console.print(f"audit: {verdict}; checked {_listed(outcome.audit)}", markup=False)
    console.print(f"audit of a copy with one byte changed: {outcome.tampered}", markup=False)


def _owners(outcome: Outcome) -> Table:
    table = Table(title="Who owns what, and why", title_justify="left")
    for column in ("participant", "kind"):
        table.add_column(column)
    for column in ("packets", "tokens", "share"):
        table.add_column(column, justify="right")
    table.add_column("why")
    total = sum(item.share for item in outcome.participants) or 1
    for item in sorted(outcome.participants, key=lambda item: -item.share):
        share = f"{100 * item.share / total:.1f} %" if item.share else "0"
        tokens = f"{item.share / TOKEN:,.1f}" if item.share else "0"
        table.add_row(item.name, item.kind, f"{item.packets:,}", tokens, share, item.reason)
    return table


def _listed(values: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in values.items())
