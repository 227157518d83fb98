"""A stock SuperNode as a process of its own: it fetches messages from a SuperLink and runs its bundle's app for each.

It connects outwards only; its own interface listens on loopback. It runs any bundle that its SuperLink sends it, so it
is for whoever trusts that SuperLink with the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from andel.errors import SettingsError
from andel.training.flower_process import HOST, FlowerProcess, free_port

PROGRAM: Final = "flower-supernode"
_NAME = re.compile(r"[A-Za-z][\w-]{0,63}")
_UNQUOTABLE = re.compile(r"[\"'\\\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class SuperNodeSettings:
    """A SuperNode whose log and unpacked bundles lie in `folder`.

    `superlink` is host:port; `root_certificate` the authority's PEM (None: plain HTTP); `private_key` the file of the
    node key (`certificates.NodeKey.private`) that was registered. `config` is what its app finds in `node_config`.
    """

    folder: Path
    superlink: str
    root_certificate: Path | None = None
    private_key: Path | None = None
    config: Mapping[str, str | int] = field(default_factory=dict)
    port: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def start_supernode(settings: SuperNodeSettings) -> Iterator[FlowerProcess]:
    """A SuperNode for the time of the block; it is there for rounds once the Grid names it. Raises SettingsError."""
    with FlowerProcess(PROGRAM, supernode_arguments(settings), settings.folder, settings.environment) as process:
        yield process


def supernode_arguments(settings: SuperNodeSettings) -> list[str]:
    """What `flower-supernode` is started with. Raises SettingsError."""
    arguments = ["--superlink", settings.superlink, "--host", HOST, "--port", str(settings.port or free_port())]
    if settings.root_certificate is None:
        if settings.private_key is not None:
            raise SettingsError("a node key is of no use over plain HTTP", "give the authority's certificate as well")
        arguments += ["--insecure"]
    else:
        arguments += ["--root-certificates", str(settings.root_certificate)]
    if settings.private_key is not None:
        arguments += ["--auth-supernode-private-key", str(settings.private_key)]
    if settings.config:
        arguments += ["--node-config", " ".join(_entry(name, value) for name, value in settings.config.items())]
    return arguments


def _entry(name: str, value: str | int) -> str:
    if not _NAME.fullmatch(name):
        raise SettingsError(f"not a name for a node's setting: {name[:80]!r}", "letters, digits, - and _")
    if isinstance(value, int):
        return f"{name}={value}"
    if _UNQUOTABLE.search(value):  # Flower has no way to escape them
        raise SettingsError(f"{name} holds a quote, a backslash or a control character", "leave it out")
    return f'{name}="{value}"'
