"""How a section declares its keys: kind, what it says, its default with the reason, or that it may be left out.

Takes declarations in dataclass fields. Gives them back as `Key`s, for the schema, for the reader and for the page that
describes them. Never reads a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

from andel.roles.founding_file.kinds import Kind

_KEY: Final = "key"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of its own, as `[name]`; read as the dataclass `of`."""

    of: type[Any]


@dataclass(frozen=True, slots=True)
class Tables:
    """A list of tables, as `[[name]]`, `most` of them."""

    of: type[Any]
    most: int


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section.

    `default` is the value as the schema has it, None for none; a key without default that is not `optional` must be
    there. `why` is the reason for the default, `otherwise` what holds where an optional key is left out.
    """

    name: str
    kind: Kind | Table | Tables
    says: str
    default: Any = None
    why: str = ""
    optional: bool = False
    otherwise: str = ""

    @property
    def required(self) -> bool:
        """Whether the section cannot do without it."""
        return self.default is None and not self.optional and not isinstance(self.kind, Tables)


def key(
    kind: Kind | Table | Tables,
    says: str,
    default: Any = None,
    why: str = "",
    *,
    optional: bool = False,
    otherwise: str = "",
) -> Any:
    """A dataclass field that declares a key; its value has no default, since only a file gives one."""
    return field(metadata={_KEY: Key("", kind, says, default, why, optional, otherwise)})


def keys_of(section: type[Any]) -> Mapping[str, Key]:
    """The keys of a section, in the order in which they are declared."""
    found = {}
    for each in fields(section):
        declared: Key = each.metadata[_KEY]
        found[each.name] = Key(
            each.name,
            declared.kind,
            declared.says,
            declared.default,
            declared.why,
            declared.optional,
            declared.otherwise,
        )
    return found
