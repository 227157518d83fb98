"""results.svg: how far models miss, beside what costs nothing and what sees all data, as docs/results.md has measured.

Takes the page's tables over seeds. Gives means; a thin line goes from the best seed to the worst.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from scripts.figures.strokes import DrawingError, box, picture, words

BARS = (
    ("persistence MAE / RMSE", "no change", "persistence"),
    ("round 1 MAE", "after one round", "honest"),
    ("this model MAE / RMSE", "after all rounds", "model"),
    ("central MAE / RMSE", "trained on all data at once", "central"),
)
_LABELS, _SCALE = 196, 470


@dataclass(frozen=True, slots=True)
class Panel:
    """One data set: its heading on the page, its unit, and for each bar the error of every seed."""

    heading: str
    unit: str
    errors: tuple[tuple[float, ...], ...]


def draw(root: Path) -> str:
    """The picture. Raises DrawingError where the page has no such tables."""
    panels = panels_of((root / "docs" / "results.md").read_text(encoding="utf-8"))
    parts: list[str] = []
    for number, panel in enumerate(panels):
        parts += _panel(panel, 28 + 158 * number)
    described = "Mean absolute error of no change, of the model after one and all rounds, and of central training"
    return picture(768, 6 + 158 * len(panels), described, parts)


def panels_of(page: str) -> list[Panel]:
    """The data sets whose table has every bar, in the page's order. Raises DrawingError where there is none."""
    panels = []
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        tables = re.findall(r"((?:^\|.*\|\n)+)", body, re.MULTILINE)
        for table in tables:
            rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
            if {title for title, _, _ in BARS} <= set(rows[0]):
                columns = [rows[0].index(title) for title, _, _ in BARS]
                errors = tuple(tuple(_first(row[column]) for row in rows[2:]) for column in columns)
                unit = re.search(r"Errors in ([^\s.]+)", body)
                panels.append(Panel(heading, unit[1] if unit else "", errors))
    if not panels:
        raise DrawingError("docs/results.md has no table of errors over seeds")
    return panels


def _first(cell: str) -> float:
    return float(cell.split("/")[0])


def _panel(panel: Panel, top: float) -> list[str]:
    seeds = len(panel.errors[0])
    most = max(max(errors) for errors in panel.errors)
    parts = [words(12, top, panel.heading, 14, "ink", "start")]
    parts.append(words(756, top, f"mean absolute error, {panel.unit}; {seeds} seeds", 11, "soft", "end"))
    for row, ((_, name, ink), errors) in enumerate(zip(BARS, panel.errors, strict=True)):
        y = top + 14 + 27 * row
        width, low, high = (_SCALE * value / most for value in (mean(errors), min(errors), max(errors)))
        parts.append(words(_LABELS - 10, y + 14, name, 12, "ink", "end"))
        parts.append(box(_LABELS, y + 1, width, 18, ink, f"var(--{ink})"))
        if high > low:
            parts.append(
                f'<path d="M{_LABELS + low:.1f} {y + 10}H{_LABELS + high:.1f}" stroke="var(--ink)" stroke-width="2"/>'
            )
        parts.append(
            words(
                _LABELS + high + 12,
                y + 14,
                f"{mean(errors):.2f}" if most < 10 else f"{mean(errors):.1f}",
                12,
                "ink",
                "start",
            )
        )
    return parts
