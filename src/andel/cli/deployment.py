"""What `andel coordinate` does beside rounds: a set-up written into a folder, nodes let in and shut out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import typer

from andel.cli.options import read_bounded
from andel.errors import SettingsError
from andel.roles.deploying.folder import Given, write_site
from andel.roles.deploying.site import Site
from andel.training.superlink import SuperLinkDoor, register_node, unregister_node

_MAX_FILE_BYTES: Final = 64 * 1024


def write(
    folder: Path, names: list[str] | None, port: int, certificate: Path | None, key: Path | None, force: bool
) -> None:
    """Writes a site into a folder and says what comes next. Raises SettingsError."""
    if (certificate is None) != (key is None):
        raise SettingsError("--certificate and --certificate-key go together", "name both, or neither")
    given = None
    if certificate is not None and key is not None:
        given = Given(_read(certificate), _read(key))
    site = Site(tuple(names or ()), public_port=port, plain_port=0 if given else 80)
    written = write_site(folder, site, int(time.time()), given, force=force)
    typer.echo(f"{len(written)} files are in {folder}; nothing is installed. Every step: {folder / 'README.md'}")


def change_nodes(superlink: str, root_certificate: Path | None, admitted: Path | None, shut_out: int) -> None:
    """Lets a node in, or shuts one out, and prints its number. Raises SettingsError, TrainingError."""
    if not superlink:
        raise SettingsError("--superlink is needed", "the SuperLink's own address, host:port, on this machine")
    door = SuperLinkDoor(superlink, root_certificate, Path())  # letting nodes in takes no secret
    if admitted is not None:
        typer.echo(str(register_node(door, _read(admitted))))
    if shut_out:
        unregister_node(door, shut_out)
        typer.echo(f"{shut_out} is shut out")


def _read(path: Path) -> bytes:
    data = read_bounded(path, _MAX_FILE_BYTES)
    if len(data) > _MAX_FILE_BYTES:
        raise SettingsError(f"{path} is over {_MAX_FILE_BYTES} bytes", "a PEM file is smaller")
    return data
