"""A year of a model's economy on paper: who gains what, with every invariant at every step. Ends in one JSON line.

`--figures` also writes the pictures that docs/economics.md shows.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from andel.simulation.economics.pictures import pictures
from andel.simulation.economics.report import tables, write_study
from andel.simulation.economics.run import study
from andel.simulation.economics.terms import Terms

FIGURES = Path(__file__).resolve().parent.parent / "docs" / "figures"


def main() -> None:
    """Studies the default terms and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keep the report here")
    parser.add_argument("--figures", action="store_true", help="write docs/figures")
    asked = parser.parse_args()
    started = time.monotonic()
    findings = study(Terms(), asked.seed, asked.days, lambda text: print(text, file=sys.stderr))
    seconds = round(time.monotonic() - started, 1)
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="andel-economics-"))
    write_study(findings, folder)
    if asked.figures:
        FIGURES.mkdir(exist_ok=True)
        for name, drawing in pictures(findings).items():
            (FIGURES / name).write_text(drawing, encoding="utf-8")
    print(tables(findings), file=sys.stderr)
    print(f"report: {folder}", file=sys.stderr)
    print(json.dumps({**findings.figures(), "seconds": seconds}))


if __name__ == "__main__":
    main()
