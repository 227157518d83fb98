"""Reads a model.toml: its form by the published schema, exact values, and what must hold between keys.

Takes the file's bytes and the present time. Gives a `FoundingFile`, or one error with every flaw that was found: line,
reason, remedy. Files that it names are not opened. Never writes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any, Final

from jsonschema import Draft202012Validator

from andel.errors import FoundingFileError
from andel.roles.founding_file.keys import Key, Table, Tables, keys_of
from andel.roles.founding_file.kinds import Amount, Refused
from andel.roles.founding_file.places import Path, Places
from andel.roles.founding_file.rules import broken_rules
from andel.roles.founding_file.schema import packaged
from andel.roles.founding_file.sections import FoundingFile

Flaw = FoundingFileError.Flaw


@dataclass(frozen=True, slots=True)
class Float:
    """A number with a point or an exponent, as it is written: no key takes one, so none is ever made a number."""

    text: str

    def __repr__(self) -> str:
        return self.text


MAX_BYTES: Final = 64 * 1024
MAX_LINES: Final = 2_000
_MAX_FLAWS: Final = 50
_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")


def read_founding_file(data: bytes, now: int, name: str = "model.toml") -> FoundingFile:
    """The file in `data`, as it is to be launched at `now` (unix seconds). Raises FoundingFileError with every flaw."""
    try:
        text, values = _toml(data, name)
        places = Places(text)
        flaws = [_flaw(places, *found) for found in _form(values)]
    except RecursionError:
        nested = Flaw(1, "", "the file is nested too deeply", "no list of it holds lists of lists")
        raise FoundingFileError(name, (nested,)) from None
    if flaws:
        raise FoundingFileError(name, _in_order(flaws))
    found: list[tuple[Path, str, str]] = []
    file: FoundingFile = _section(FoundingFile, values, (), found)
    if not found:
        if "governance" not in values and file.owner is not None:
            file = replace(file, governance=None)
        found += broken_rules(file, now)
    if found:
        raise FoundingFileError(name, _in_order([_flaw(places, *each) for each in found]))
    return file


def _toml(data: bytes, name: str) -> tuple[str, dict[str, Any]]:
    def refuse(line: int, reason: str, remedy: str) -> FoundingFileError:
        return FoundingFileError(name, (Flaw(line, "", reason, remedy),))

    if len(data) > MAX_BYTES or data.count(b"\n") >= MAX_LINES:
        raise refuse(1, f"the file is over {MAX_BYTES} bytes or {MAX_LINES} lines", "shorten its lists and comments")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refuse(line, "the file is no UTF-8 text", "save it as UTF-8") from None
    try:
        values = tomllib.loads(text, parse_float=Float)
    except tomllib.TOMLDecodeError as error:
        place = _LINE.search(str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        reason = _LINE.sub("", str(error)).strip().removesuffix("(at end of document)").strip()
        raise refuse(line, f"this is no TOML: {reason}", "key = value; text stands in quotes") from None
    except ValueError:  # what Python itself will not make a number of
        raise refuse(1, "a number has too many digits", "no key takes one of over 16") from None
    plain: dict[str, Any] = _plain(values)
    return text, plain


def _plain(value: Any) -> Any:
    """The value as JSON would have it: dates as text. What JSON has not stays, and fits no type of the schema."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime | date | time) else value


def _form(values: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    """What breaks the schema."""
    yield from _controls(values, ())
    for error in Draft202012Validator(packaged()).iter_errors(values):
        path: Path = tuple(error.absolute_path)
        table: Any = error.instance
        if error.validator == "additionalProperties":
            yield from _unknown(path, table)
        elif error.validator == "required":
            yield from _missing(path, table, error.message)
        else:
            yield _misformed(path, table)


def _controls(value: Any, path: Path) -> Iterator[tuple[Path, str, str]]:
    """Texts with control characters: the end of a pattern would let a last line break pass."""
    if isinstance(value, str) and any(ord(character) < 32 for character in value):
        yield path, f"{_said(path)} holds a line break or another control character", "write it in one line"
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _controls(item, (*path, name))


def _unknown(path: Path, table: Mapping[str, Any]) -> Iterator[tuple[Path, str, str]]:
    known = list(keys_of(_section_at(path)))
    for name in (name for name in table if name not in known):
        near = get_close_matches(name, known, 1)
        remedy = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known)}"
        yield (*path, name), f"there is no key {name[:60]!r} in {_said(path) or 'the file'}", remedy


def _missing(path: Path, table: Mapping[str, Any], message: str) -> Iterator[tuple[Path, str, str]]:
    # the library tells of one key at a time, and names it in its message alone
    for name, key in keys_of(_section_at(path)).items():
        if key.required and name not in table and message.startswith(f"{name!r} is a required"):
            where = f"in {_said(path)}" if path else "in the file"
            yield path, f"{name} is missing {where}", f"add {_shown(key)} ({key.says.rstrip('.')})"


def _misformed(path: Path, value: Any) -> tuple[Path, str, str]:
    key = _key_at(path)
    if isinstance(key.kind, Table | Tables):
        what = "a table" if isinstance(key.kind, Table) else f"a list of at most {key.kind.most} tables"
        return path, f"{_said(path)} is {what}", f"write it as {_shown(key)}"
    reason = f"{_said(path)} = {_cut(value)} is not {key.kind.words}"
    if isinstance(key.kind, Amount) and isinstance(value, Float | int) and not isinstance(value, bool):
        return path, reason, f'put it in quotes, "{value!r}": amounts are exact, and numbers of TOML need not be'
    return path, reason, f"write it as {_shown(key)}"


def _shown(key: Key) -> str:
    if isinstance(key.kind, Table):
        return f"[{key.name}]"
    return f"[[…{key.name}]]" if isinstance(key.kind, Tables) else f"{key.name} = {key.kind.example}"


def _section(of: type[Any], values: Mapping[str, Any], path: Path, flaws: list[tuple[Path, str, str]]) -> Any:
    """The section in values that fit the schema. What is refused is added to `flaws`, and None in its place."""
    read: dict[str, Any] = {}
    for name, key in keys_of(of).items():
        here, value = (*path, name), values.get(name)
        if isinstance(key.kind, Tables):
            rows = enumerate(value or ())
            read[name] = tuple(_section(key.kind.of, row, (*here, index), flaws) for index, row in rows)
        elif isinstance(key.kind, Table):
            left_out = value is None and key.otherwise
            read[name] = None if left_out else _section(key.kind.of, value or {}, here, flaws)
        else:
            given = key.default if value is None else value
            try:
                read[name] = None if given is None else key.kind.read(given)
            except Refused as refused:
                flaws.append((here, f"{_said(here)}: {refused.reason}", refused.remedy))
                read[name] = None
    return of(**read)


def _section_at(path: Path) -> type[Any]:
    """The section that a path leads to."""
    section: type[Any] = FoundingFile
    for part in path:
        if isinstance(part, str):
            kind = keys_of(section)[part].kind
            section = kind.of if isinstance(kind, Table | Tables) else section
    return section


def _key_at(path: Path) -> Key:
    """The key that a path leads to or into."""
    section: type[Any] = FoundingFile
    found = None
    for part in path:
        if isinstance(part, str):
            found = keys_of(section)[part]
            section = found.kind.of if isinstance(found.kind, Table | Tables) else section
    if found is None:
        raise LookupError(f"no key at {path}")
    return found


def _said(path: Path) -> str:
    return ".".join(str(part)[:60] for part in path if isinstance(part, str))


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _flaw(places: Places, path: Path, reason: str, remedy: str) -> Flaw:
    return Flaw(places.line(path), _said(path), reason, remedy)


def _in_order(flaws: list[Flaw]) -> tuple[Flaw, ...]:
    return tuple(sorted(dict.fromkeys(flaws), key=lambda flaw: flaw.line)[:_MAX_FLAWS])
