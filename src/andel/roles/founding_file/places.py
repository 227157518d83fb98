"""On which line of a TOML file a key stands: `tomllib` gives values without positions.

Takes text that `tomllib` has read as a whole. Gives a line for each table, key and element of a list. The lexing is
`tomllib`'s own: lines are added up until they parse alone, and then they are one statement. Never judges a value.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any, Final

Path = tuple[str | int, ...]

_CLOSING: Final = ("]", '"""', "'''", "}")


class Places:
    """The lines of one file; counting begins at 1."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        table: Path = ()
        for start, pieces, value in _statements(text):
            first = next(line for line in pieces if line.strip() and not line.lstrip().startswith("#"))
            if first.lstrip().startswith("["):
                table = self._open(value, start)
            else:
                self._add(table, value, start, pieces)

    def line(self, path: Path) -> int:
        """Where `path` stands, or the deepest part of it that the file has; 1 if it has none."""
        for end in range(len(path), 0, -1):
            if path[:end] in self._lines:
                return self._lines[path[:end]]
        return 1

    def _open(self, value: Any, start: int) -> Path:
        """The path of a header, with the number of the last element in each list of tables."""
        path: Path = ()
        while isinstance(value, dict) and value:
            name, value = next(iter(value.items()))
            path = (*path, name)
            if isinstance(value, list):
                self._counts[path] = self._counts.get(path, 0) + 1
            self._lines.setdefault(path, start)
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
                self._lines.setdefault(path, start)
        return path

    def _add(self, path: Path, value: Any, start: int, pieces: list[str]) -> None:
        """Records a statement's keys, inline tables' keys too."""
        for name, item in value.items():
            here = (*path, name)
            self._lines.setdefault(here, start)
            if isinstance(item, dict):
                self._add(here, item, start, pieces)
            elif isinstance(item, list):
                for index, line in enumerate(_elements(pieces, len(item), start)):
                    self._lines.setdefault((*here, index), line)
                    if isinstance(item[index], dict):
                        self._add((*here, index), item[index], line, pieces[line - start : line - start + 1])


def _loads(text: str) -> Any:
    return tomllib.loads(text, parse_float=str)


def _statements(text: str) -> Iterator[tuple[int, list[str], Any]]:
    """Each header and each assignment: its first line, its lines, and what it says alone."""
    pieces: list[str] = []
    start = 1
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not pieces:
            start = number
        elif not any(mark in line for mark in _CLOSING):
            pieces.append(line)  # what spans lines ends at one of the marks
            continue
        pieces.append(line)
        try:
            value = _loads("\n".join(pieces))
        except tomllib.TOMLDecodeError:
            continue
        if value:
            yield start, pieces, value
        pieces = []


def _elements(pieces: list[str], count: int, start: int) -> list[int]:
    """The line on which each element of a list ends, where it is the statement's value; else its first line."""
    found: list[int] = []
    for end in range(1, len(pieces)):
        try:
            value = _loads("\n".join(pieces[:end]) + "\n]")
        except tomllib.TOMLDecodeError:
            continue
        inner: Any = value
        while isinstance(inner, dict) and inner:
            inner = next(iter(inner.values()))
        if isinstance(inner, list):
            found += [start + end - 1] * (len(inner) - len(found))
    last = start + len(pieces) - 1
    return [*found, *([last] * (count - len(found)))][:count]
