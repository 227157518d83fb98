"""The study on disk: figures as JSON, tables as Markdown, pictures as SVG.

Takes findings and a folder. Gives the paths written. Equal findings give equal bytes.
"""

from __future__ import annotations

import json
from pathlib import Path

from andel.fixed_point import div_nearest
from andel.simulation.economics.pictures import pictures
from andel.simulation.economics.run import Findings

_COIN = 10**18


def write_study(findings: Findings, folder: Path) -> list[Path]:
    """Writes `economics.json`, `tables.md` and the pictures. OSError where the folder cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {
        "economics.json": json.dumps(findings.values(), indent=1) + "\n",
        "tables.md": tables(findings),
        **pictures(findings),
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in written]


def tables(findings: Findings) -> str:
    """The tables of docs/economics.md; whole coins and tokens."""
    return "\n".join([*_verdicts(findings), "", *_whales(findings), "", *_sweeps(findings), ""])


def _verdicts(findings: Findings) -> list[str]:
    rows = ["| agent | spends | gains | left | honest instead | pays |", "|---|---|---|---|---|---|"]
    for verdict in findings.verdicts:
        figures = (verdict.cost, verdict.gain, verdict.net, verdict.honest)
        pays = "yes" if verdict.pays else "no"
        rows.append(f"| {verdict.name} | {' | '.join(_coins(figure) for figure in figures)} | {pays}: {verdict.note} |")
    return rows


def _whales(findings: Findings) -> list[str]:
    days = sorted({point.day for points in findings.whales.values() for point in points})
    rows = [f"| terms | {' | '.join(f'day {day}' for day in days)} |", "|---" * (len(days) + 1) + "|"]
    for name in findings.whales:
        best = findings.whale_by_day(name)
        rows.append(f"| {name} | {' | '.join(_coins(best.get(day, 0)) for day in days)} |")
    half = findings.whale_by_day("default", 5_000)
    rows.append(f"| default, tokens keep half their worth | {' | '.join(_coins(half.get(day, 0)) for day in days)} |")
    return rows


def _sweeps(findings: Findings) -> list[str]:
    rows = ["| bond | minted in the year | left to an operator, of its bond |", "|---|---|---|"]
    rows += [
        f"| {_coins(each.bond)} | {_coins(each.minted)} | {each.yield_bps / 100:.1f} % |" for each in findings.bonds
    ]
    rows += ["", "| tests in 10,000 rounds | copying leaves beyond replaying |", "|---|---|"]
    rows += [f"| {plants} | {_coins(left)} |" for plants, left in findings.lazy.items()]
    rows += ["", "| trainings done again a round | a copycat's pay over an honest one's |", "|---|---|"]
    rows += [f"| {audits} | {part / 10_000:.2f} |" for audits, part in findings.copy_by_audits.items()]
    rows += [
        "",
        "| rounds looked at | worth of a token over `coin_per_token` from which k liars gain |",
        "|---|---|",
    ]
    rows += [f"| {seen} % | {part / 100:.2f} |" for seen, part in findings.worth.items()]
    rows += ["", f"still world: minted {_coins(findings.still_minted)}, the seat {_coins(findings.still_seat)}"]
    earned = ", ".join(f"{name} {_coins(part)}" for name, part in findings.earned.items())
    return [*rows, "", f"earned: {earned}", "", f"stalling: {dict(findings.stalling)}"]


def _coins(amount: int) -> str:
    return f"{div_nearest(amount, _COIN):,}"
