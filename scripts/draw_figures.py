#!/usr/bin/env python3
"""Draws the pictures of docs/figures that follow from the code and from what was measured; --check tells what is old.

Each picture has a file in scripts/figures that says what it is drawn from. Equal sources give equal bytes. Those of the
economy are drawn by benchmarks/economics.py --figures.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # started as a script, it finds its own folder only

from scripts.figures import results, rooms, rounds  # noqa: E402
from scripts.figures.strokes import DrawingError  # noqa: E402

FIGURES = ROOT / "docs" / "figures"
PICTURES = {"rooms.svg": rooms.draw, "round.svg": rounds.draw, "results.svg": results.draw}


def old_pictures(root: Path, figures: Path) -> list[str]:
    """The names of those that are not what would be drawn now. Raises DrawingError."""
    there = {name: (figures / name).read_text(encoding="utf-8") for name in PICTURES if (figures / name).is_file()}
    return [name for name, draw in PICTURES.items() if there.get(name) != draw(root)]


def main() -> None:
    """Writes the pictures, or with --check ends with 1 where one is old."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    try:
        if parser.parse_args().check:
            if old := old_pictures(ROOT, FIGURES):
                sys.exit(f"draw_figures: {', '.join(old)}: not what is drawn now; run python scripts/draw_figures.py")
            return
        for name, draw in PICTURES.items():
            (FIGURES / name).write_text(draw(ROOT), encoding="utf-8")
    except DrawingError as error:
        sys.exit(f"draw_figures: {error}")


if __name__ == "__main__":
    main()
