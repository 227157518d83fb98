"""The JSON Schema (2020-12) of model.toml, made from the sections' own declarations.

Takes a section. Gives plain JSON; `model.schema.json` beside this file, and its copy in docs/, are what `published`
gives. `scripts/write_model_schema.py` writes both. Never reads a founder's file.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from andel.roles.founding_file.keys import Table, Tables, keys_of
from andel.roles.founding_file.sections import FORMAT, FoundingFile

NAME: Final = "model.schema.json"


def published() -> str:
    """The schema's text."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{FORMAT.replace('/', ':')}",
        "title": "model.toml: how a model is founded",
        "$comment": "Dates of TOML are taken as RFC 3339 text. What must hold between keys no schema says; andel does.",
    }
    return json.dumps({**head, **schema_of(FoundingFile)}, indent=1, ensure_ascii=False) + "\n"


@cache
def packaged() -> dict[str, Any]:
    """The schema that the package brings, which files are checked against."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath(NAME).read_text(encoding="utf-8"))
    return found


def schema_of(section: type[Any]) -> dict[str, Any]:
    """The schema of one table."""
    keys = keys_of(section)
    needed = [name for name, each in keys.items() if each.required]
    properties = {}
    for name, each in keys.items():
        if isinstance(each.kind, Table):
            body = schema_of(each.kind.of)
        elif isinstance(each.kind, Tables):
            body = {"type": "array", "items": schema_of(each.kind.of), "maxItems": each.kind.most}
        else:
            body = each.kind.schema()
        described = {"description": each.says, **body}
        properties[name] = described if each.default is None else {**described, "default": each.default}
    found: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**found, "required": needed} if needed else found
