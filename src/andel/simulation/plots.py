"""The report's two pictures, as inline SVG, and what other pictures are drawn on.

Takes plain numbers. Gives SVG text that needs nothing from elsewhere: colours are the page's own CSS variables, so
light and dark both fit, and text stays text. Equal numbers give equal bytes: no date, no random ids.
Matplotlib is imported inside, as only a run's report needs it; no window, no global state is touched.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from andel.errors import SettingsError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Drawn colour -> the page's CSS variable. The drawn ones only have to differ from one another.
_VARIABLES: Final = {
    "#101010": "--ink",
    "#202020": "--soft",
    "#303030": "--line",
    "#404040": "--model",
    "#505050": "--persistence",
    "#606060": "--central",
    "#707070": "--honest",
    "#808080": "--dishonest",
}
INK, SOFT, LINE, MODEL, PERSISTENCE, CENTRAL, HONEST, DISHONEST = _VARIABLES
_STANDALONE: Final = (
    "<style>:root{--ink:#1d2327;--soft:#5b656c;--line:#dcdfe0;--model:#0b6e5b;--persistence:#8a5a00;--central:#3a5ba8;"
    "--honest:#2a8f7a;--dishonest:#b3372b}text{font-family:system-ui,sans-serif}"
    "@media (prefers-color-scheme:dark){:root{--ink:#e7ebec;--soft:#a3aeb3;--line:#343d42;--model:#58cdb2;"
    "--persistence:#e0ab52;--central:#92b0f5;--honest:#4db39c;--dishonest:#f0857a}}</style>"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One contributor's bar: name, percent of all shares, and whether it is drawn in the second colour."""

    name: str
    percent: float
    marked: bool


def loss_plot(
    points: Sequence[tuple[int, float]], persistence: float, central: float, measure: str, unit: str, key: str
) -> str:
    """Error per round as a line, persistence and central training as level lines with their names.

    `key` makes the ids of this picture differ from those of others on the page. SettingsError without matplotlib.
    """
    figure, axes = canvas(4.6, 3.1)
    rounds = [number for number, _ in points] or [0]
    values = [value for _, value in points]
    axes.axhline(persistence, color=PERSISTENCE, linewidth=1.6, linestyle=(0, (5, 3)))
    axes.axhline(central, color=CENTRAL, linewidth=1.6, linestyle=(0, (1.5, 2)))
    axes.plot(rounds[: len(values)], values, color=MODEL, linewidth=2.4, marker="o", markersize=4.5)
    low, high = min([*values, central, persistence]), max([*values, central, persistence])
    room = (high - low) * 0.16 or max(abs(high), 1.0) * 0.1
    axes.set_ylim(max(0.0, low - room), high + room)
    pad = max(0.5, (rounds[-1] - rounds[0]) * 0.03)
    axes.set_xlim(rounds[0] - pad, rounds[-1] + pad)
    for level, name, colour in ((persistence, "persistence", PERSISTENCE), (central, "central", CENTRAL)):
        above = level == persistence
        axes.annotate(
            f"{name} {_number(level)}",
            (rounds[-1] + pad, level),
            xytext=(-4, 4 if above else -4),
            textcoords="offset points",
            ha="right",
            va="bottom" if above else "top",
            color=colour,
            fontsize=10.5,
        )
    if values:
        axes.annotate(
            _number(values[-1]),
            (rounds[-1], values[-1]),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            color=MODEL,
            fontsize=11,
            fontweight="bold",
        )
    axes.set_xlabel("round")
    axes.set_ylabel(f"{measure} ({unit})" if unit else measure)
    axes.locator_params(axis="x", integer=True)
    axes.grid(axis="y", color=LINE, linewidth=0.8)
    return inline_svg(figure, key, f"{measure} per round, beside persistence and central training")


def share_bars(bars: Sequence[Bar], key: str) -> str:
    """Shares per contributor as level bars, in the order given, with percents at their ends."""
    figure, axes = canvas(4.6, 0.2 + 0.28 * max(1, len(bars)))
    places = range(len(bars))
    colours = [DISHONEST if bar.marked else HONEST for bar in bars]
    axes.barh(places, [bar.percent for bar in bars], color=colours, height=0.66)
    most = max([bar.percent for bar in bars], default=0.0) or 1.0
    for place, bar in zip(places, bars, strict=True):
        axes.annotate(
            f"{bar.percent:.1f} %" if bar.percent else "0",
            (bar.percent, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            color=DISHONEST if bar.marked else INK,
            fontsize=10.5,
        )
    axes.set_yticks(places, [_literal(bar.name) for bar in bars], fontsize=10.5)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.set_xlim(0, most * 1.16)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0, colors=INK)
    return inline_svg(figure, key, "share of each contributor in percent")


def standalone(drawing: str) -> str:
    """A picture of `inline_svg` as a file of its own, with the page's colours, light and dark."""
    return re.sub(r"^<svg ([^>]*)>", rf'<svg xmlns="http://www.w3.org/2000/svg" \1>{_STANDALONE}', drawing) + "\n"


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure in the house's manner, without frame. SettingsError without matplotlib."""
    try:
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError as error:
        raise SettingsError("matplotlib is not installed", "pip install 'andel[demo]'") from error
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    figure.patch.set_alpha(0.0)
    axes = figure.add_subplot()
    axes.patch.set_alpha(0.0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    axes.tick_params(colors=SOFT, length=0, labelsize=10.5, pad=6)
    axes.xaxis.label.set_color(SOFT)
    axes.yaxis.label.set_color(SOFT)
    axes.xaxis.label.set_fontsize(10.5)
    axes.yaxis.label.set_fontsize(10.5)
    return figure, axes


def inline_svg(figure: Figure, key: str, description: str) -> str:
    """The figure as SVG for a page that sets the colours; `key` makes its ids its own."""
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": key, "svg.fonttype": "none"}), warnings.catch_warnings():
        # The reader's own font draws the text; that matplotlib's lacks a letter does not matter.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    drawing = buffer.getvalue()
    drawing = drawing[drawing.index("<svg") :]
    drawing = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', drawing)
    drawing = re.sub(r'href="#([^"]+)"', rf'href="#{key}-\1"', drawing)
    drawing = re.sub(r"url\(#([^)]+)\)", rf"url(#{key}-\1)", drawing)
    drawing = re.sub(r"font-family: [^;\"]*; ", "", drawing)
    for colour, variable in _VARIABLES.items():
        drawing = drawing.replace(colour, f"var({variable})")
    box = re.search(r'viewBox="[^"]*"', drawing)
    head = f'<svg {box[0] if box else ""} role="img" aria-label="{escape(description)}">'
    return re.sub(r"^<svg[^>]*>", lambda _: head, drawing).replace("xlink:href", "href").strip()


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 100 else f"{value:.1f}"


def _literal(name: str) -> str:
    """A name as matplotlib must print it: a dollar would start a formula."""
    shown = name if len(name) <= 22 else name[:21] + "…"
    return "".join(c if c.isprintable() else "\ufffd" for c in shown).replace("$", r"\$")
