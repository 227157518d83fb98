"""`andel new`: an experiment of one's own in a folder, green as generated."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from andel.errors import SettingsError
from andel.simulation.experiments.templates import TEMPLATES, render


def new(
    name: Annotated[str, typer.Argument(help="Its name, and its folder's: small letters, digits and -.")],
    template: Annotated[str, typer.Option("--template", help=f"What to begin with: {', '.join(TEMPLATES)}.")],
    folder: Annotated[Path, typer.Option("--in", help="Where the folder is made.")] = Path(),
) -> None:
    """Write a working experiment of your own: task, data, test, model.toml, README."""
    made = render(name, template)
    place = folder / name
    _write(place, made)
    typer.echo(f"{place}: {', '.join(sorted(made))}")
    typer.echo("next:")
    for command in (f"cd {place}", "python -m pytest -q", "python experiment.py"):
        typer.echo(f"  {command}")
    typer.echo("README.md says how to make it yours, and how its model is founded")


def _write(place: Path, made: dict[str, bytes]) -> None:
    """All files into a folder that is new: whole or, after an error, told."""
    try:
        place.mkdir(parents=False)
    except FileExistsError:
        raise SettingsError(f"{place} is there already", "another name: nothing is overwritten") from None
    except FileNotFoundError:
        raise SettingsError(f"there is no folder {place.parent}", "make it, or name another with --in") from None
    except OSError as error:
        raise SettingsError(f"{place} cannot be made: {os.strerror(error.errno or 0)}", "another place") from error
    for file, data in made.items():
        (place / file).write_bytes(data)
