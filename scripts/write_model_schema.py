"""Writes what describes model.toml: its JSON Schema, in the package and in docs/, and the tables of docs/model-toml.md.

All of it comes from the declarations in `andel.roles.founding_file`. `--check` writes nothing and fails when a file is
not current. Run: python scripts/write_model_schema.py
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from andel.roles.founding_file.keys import Key, Table, Tables, keys_of
from andel.roles.founding_file.schema import NAME, published
from andel.roles.founding_file.sections import FoundingFile

ROOT = Path(__file__).resolve().parent.parent
PAGE = "docs/model-toml.md"
SCHEMAS = (f"src/andel/roles/founding_file/{NAME}", f"docs/{NAME}")


def sections(of: type[Any] = FoundingFile, name: str = "") -> Iterator[tuple[str, type[Any]]]:
    """Every section below `of` as the file writes its header, with `of` itself first."""
    yield name or "Above all tables", of
    for key in keys_of(of).values():
        below = f"{name.strip('[]')}.{key.name}".lstrip(".")
        if isinstance(key.kind, Table):
            yield from sections(key.kind.of, f"[{below}]")
        elif isinstance(key.kind, Tables):
            yield from sections(key.kind.of, f"[[{below}]]")


def table(of: type[Any]) -> str:
    """The keys of a section, as a table of the page."""
    rows = [_row(key) for key in keys_of(of).values() if not isinstance(key.kind, Table | Tables)]
    return "\n".join(["| key | what it says | left out | why |", "|---|---|---|---|", *rows])


def page(text: str) -> str:
    """The page with its tables as they should be. Raises LookupError for a section that it lacks."""
    for name, of in sections():
        place = re.compile(rf"^(## {re.escape(name)}\n(?:(?!## |\|).*\n)*)(?:\|.*\n)*\n*", re.MULTILINE)
        found = place.search(text)
        if found is None:
            raise LookupError(f"{PAGE} has no section {name}")
        text = f"{text[: found.start()]}{found[1].rstrip()}\n\n{table(of)}\n\n{text[found.end() :]}"
    return text


def wanted(root: Path = ROOT) -> dict[str, str]:
    """Every file by its path, as it should be."""
    return {**dict.fromkeys(SCHEMAS, published()), PAGE: page((root / PAGE).read_text(encoding="utf-8"))}


def stale(root: Path = ROOT) -> list[str]:
    """The files on disk that are not current."""
    return [
        name
        for name, text in wanted(root).items()
        if not (root / name).is_file() or (root / name).read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the files, or with --check says which are not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    if not parser.parse_args(arguments).check:
        for name, text in wanted().items():
            (ROOT / name).write_text(text, encoding="utf-8")
        return 0
    found = stale()
    for name in found:
        print(f"{name} is not current: run python scripts/write_model_schema.py", file=sys.stderr)
    return 1 if found else 0


def _row(key: Key) -> str:
    if key.required:
        left_out = "**needed**"
    elif key.default is None:
        left_out = key.otherwise
    else:
        left_out = f"`{json.dumps(key.default, ensure_ascii=False)}`"
    kind = key.kind
    words = "" if isinstance(kind, Table | Tables) else kind.words.split(":")[0]
    return f"| `{key.name}` | {key.says} *{words[0].upper()}{words[1:]}.* | {left_out} | {key.why} |"


if __name__ == "__main__":
    sys.exit(main())
