"""What the pictures are drawn with: words, boxes and arrows as SVG, in the house's colours.

Takes places in the picture's own units. Gives SVG text; equal arguments give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from andel.simulation.plots import standalone

_HEADS = (
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="var(--soft)"/></marker></defs>'
)


class DrawingError(Exception):
    """A source says something that a picture has no place for."""


def picture(width: int, height: int, described: str, parts: Iterable[str]) -> str:
    """A whole SVG file, light and dark; `described` is read out in its place."""
    head = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(described)}">'
    return standalone(head + _HEADS + "\n" + "\n".join(parts) + "\n</svg>")


def words(x: float, y: float, said: str, size: int = 12, ink: str = "ink", anchor: str = "middle") -> str:
    """One line of text, centred at x unless it starts or ends there."""
    heavy = ' font-weight="600"' if size > 12 else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" fill="var(--{ink})"{heavy}>'
        f"{escape(said)}</text>"
    )


def lines(x: float, y: float, said: str, size: int = 11, ink: str = "soft") -> str:
    """Lines of text under one another, parted by `/`."""
    return "".join(words(x, y + 15 * row, line.strip(), size, ink) for row, line in enumerate(said.split("/")))


def box(x: float, y: float, width: float, height: float, edge: str = "line", fill: str = "none") -> str:
    """A box with round corners."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7" fill="{fill}" '
        f'stroke="var(--{edge})" stroke-width="1.5"/>'
    )


def arrow(path: str, ink: str = "soft", dashed: bool = False) -> str:
    """A line along an SVG path, with a head at its end."""
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<path d="{path}" fill="none" stroke="var(--{ink})" stroke-width="1.4"{dash} marker-end="url(#head)"/>'
