"""rooms.svg: the floors of the house, what leaves each room, and which room imports which.

Takes pyproject.toml's import contract, the table of docs/architecture.md, and the imports that the package really has,
as import-linter's own graph (grimp) reads them.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from textwrap import wrap

import grimp

from scripts.figures.strokes import DrawingError, arrow, box, lines, picture, words

ROOMS = ("device", "data", "training", "value", "ledger", "serving")
FLOORS = {
    "cli": "the way in for people",
    "simulation": "devices, adversaries, a chain of one's own, economics",
    "roles": "one file per actor; wires rooms, decides nothing",
}
_WIDTH, _GAP, _LEFT = 104, 24, 12
_TOP = 214
_LEAVES_IN_A_ROW = 100


def draw(root: Path) -> str:
    """The picture. Raises DrawingError where the sources have a room or a floor that it does not know."""
    leaves = leaves_of(root)
    doors = doors_of((root / "docs" / "architecture.md").read_text(encoding="utf-8"))
    parts = [words(390, 20, "imports run one way: down, and from right to left", 12, "soft")]
    for row, (floor, does) in enumerate(FLOORS.items()):
        top = 34 + 50 * row
        parts += [box(_LEFT, top, 744, 40, "central"), words(30, top + 25, floor, 14, "ink", "start")]
        parts.append(words(742, top + 25, does, 12, "soft", "end"))
        parts.append(arrow(f"M384 {top + 40}V{top + 50}"))
    for place, room in enumerate(ROOMS):
        left = _left(place)
        parts += [box(left, _TOP, _WIDTH, 44, "model"), words(left + _WIDTH / 2, _TOP + 27, room, 15)]
        parts.append(words(left + _WIDTH / 2, _TOP - 8, doors[room], 11, "model"))
        if place + 1 < len(ROOMS):
            parts.append(arrow(f"M{left + _WIDTH + 3} {_TOP + 22}H{left + _WIDTH + _GAP - 3}", "model"))
    parts += _arcs([(ROOMS.index(importer), ROOMS.index(imported)) for importer, imported in imports_between_rooms()])
    rows = wrap(", ".join(leaves), _LEAVES_IN_A_ROW)
    below = 372 + 22 + 15 * len(rows)
    parts += [box(_LEFT, 372, 744, below - 372, "line"), words(30, (372 + below) / 2 + 5, "leaves", 14, "ink", "start")]
    parts.append(lines(424, 394, "/".join(rows)))
    parts.append(words(196, below + 22, "what leaves a room, read by the next", 12, "model"))
    parts.append(words(572, below + 22, "a module of one room imports one of another", 12, "soft"))
    described = "The floors cli, simulation and roles over six rooms in a line, over the leaves, and who imports whom"
    return picture(768, below + 34, described, parts)


def leaves_of(root: Path) -> list[str]:
    """The modules under the rooms, by the import contract. Raises DrawingError for other floors or rooms."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "rooms")
    expected = ["__main__", *FLOORS, *reversed(ROOMS)]
    if layers[: len(expected)] != expected:
        raise DrawingError(f"the import contract begins with {layers[: len(expected)]}, the picture with {expected}")
    return [name for layer in layers[len(expected) :] for name in re.findall(r"\w+", layer)]


def doors_of(page: str) -> dict[str, str]:
    """What leaves each room: the first type in the table's third column. Raises DrawingError where one is missing."""
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| [^|`]*`(\w+)`", page, re.MULTILINE))
    if missing := [room for room in ROOMS if room not in rows]:
        raise DrawingError(f"docs/architecture.md names no door of {missing}")
    return rows


def imports_between_rooms() -> list[tuple[str, str]]:
    """(importer, imported), the rooms of which a module imports one of another, in order."""
    graph = grimp.build_graph("andel", cache_dir=None)
    found = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            pair = _room(module), _room(imported)
            if pair[0] != pair[1] and set(pair) <= set(ROOMS):
                found.add(pair)
    return sorted(found, key=lambda pair: (ROOMS.index(pair[0]), ROOMS.index(pair[1])))


def _room(module: str) -> str:
    return (module.split(".") + [""])[1]


def _left(place: int) -> int:
    return _LEFT + place * (_WIDTH + _GAP)


def _arcs(pairs: list[tuple[int, int]]) -> list[str]:
    """Under the rooms, from the importer's left half to the imported's right half; the longer hang lower."""
    foot, drawn = _TOP + 46, []
    for importer, imported in pairs:
        leaving = sorted((a - b for a, b in pairs if a == importer))
        arriving = sorted((a - b for a, b in pairs if b == imported))
        over = importer - imported
        start = _left(importer) + 12 + 12 * leaving.index(over)
        end = _left(imported) + _WIDTH - 12 - 12 * arriving.index(over)
        low = foot + 10 + 25 * over
        drawn.append(arrow(f"M{start} {foot}C{start} {low} {end} {low} {end} {foot}"))
    return drawn
