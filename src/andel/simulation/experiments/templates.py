"""Experiments of one's own from templates: files of the package with names filled in, nothing else.

Takes a name and a template's name. Gives file names with their bytes; whoever calls writes them. Filling in is
`string.Template`, strict: a name that is not there, or a stray sign, is an error of the template and not of its user.
Never overwrites, and never reads a clock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template as Text
from typing import Final

import numpy as np

from andel.data.policy import Policy
from andel.errors import InputError
from andel.roles.founding_file.local_accounts import local_key, local_sealing_key

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_NAME: Final = 40
_COMMON: Final = "common"
_END: Final = ".tmpl"
_MAX_SYMBOL: Final = 11
_RESERVED: Final = frozenset({"andel", "data", "experiment", "learner", "numpy", "task", "test"})
_ROUNDS: Final = 3

_REPLACE_DATA: Final = (
    "`data.py` makes up what devices measure. Give it measurements of your own, or leave it for trying out, and let\n"
    "owners bring real devices: docs/contribute.md of Andel."
)


@dataclass(frozen=True, slots=True)
class Template:
    """What distinguishes one template. After its rounds the error is below `bar` of that of "no change"."""

    about: str
    predicts: str
    unit: str
    channels: tuple[str, ...]
    data_is: str
    bar: str
    yours: str = _REPLACE_DATA


TEMPLATES: Final[Mapping[str, Template]] = {
    "air-quality": Template(
        "Fine dust three hours ahead, learned by stations that sign what they measure.",
        "PM2.5 three hours ahead",
        "ug/m3",
        ("pm2_5", "temperature", "wind"),
        "simulated stations, which sign Andel's envelope",
        "0.5",
    ),
    "temperature": Template(
        "The temperature three hours ahead, learned by Pebble Trackers.",
        "temperature three hours ahead",
        "degC",
        ("humidity", "pressure", "temperature"),
        "simulated Pebbles: signed packets as the firmware writes them",
        "0.5",
    ),
    "motion": Template(
        "How far a mast leans three hours ahead, learned from the accelerometers of Pebble Trackers.",
        "lean of a mast three hours ahead",
        "g",
        ("accelerometer_x", "accelerometer_y", "accelerometer_z", "temperature"),
        "simulated Pebbles whose accelerometers lean with the sun",
        "0.5",
    ),
    "tabular": Template(
        "A column of a table some hours ahead, learned by the stations that the table names.",
        "water level three hours ahead",
        "units",
        ("level", "rain"),
        "reads `readings.csv`: its columns are named there",
        "0.5",
        "Replace `readings.csv` by a table of your own (device, time, columns) and name its columns in `data.py`;\n"
        "then the channels in `policy.json`, and `predicts` and `unit` in `model.toml`. The learner is a way to learn\n"
        "of your own, for tasks that integers cannot: `pip install -e .` makes it known to Andel.",
    ),
}


def check_name(name: str) -> str:
    """The name of an experiment. Raises InputError with what names look like."""
    if not NAME.fullmatch(name) or len(name) > MAX_NAME or name in _RESERVED:
        raise InputError(
            f"{name[:60]!r} is no name for an experiment",
            f"small letters and digits, words joined by -, at most {MAX_NAME}; and no module's name, as in oslo-air",
        )
    return name


def render(name: str, template: str) -> dict[str, bytes]:
    """The files of a new experiment, by name. Raises InputError for a name or a template that is none."""
    check_name(name)
    if template not in TEMPLATES:
        raise InputError(f"there is no template {template[:40]!r}", f"one of {', '.join(TEMPLATES)}")
    chosen = TEMPLATES[template]
    values = _values(name, template, chosen)
    folder = files(__package__).joinpath("templates")
    made = {}
    for part in (_COMMON, template):
        for file in sorted(folder.joinpath(part).iterdir(), key=_name_of):
            if file.name.endswith(_END):
                text = Text(file.read_text(encoding="utf-8")).substitute(values)
                made[file.name.removesuffix(_END).replace("NAME", values["module"])] = text.encode()
    made["policy.json"] = Policy(channels=tuple(sorted(chosen.channels))).to_bytes()
    if template == "tabular":
        made["readings.csv"] = example_table()
    return made


def example_table() -> bytes:
    """Twelve weeks of two wells, whose level follows the rain of the last hours."""
    lines = ["station,time,rain,level"]
    for number, station in enumerate(("hill", "valley")):
        random = np.random.default_rng([17, number])
        level, wet = 5.0, 0.0
        for hour in range(12 * 7 * 24):
            pouring = math.sin(2 * math.pi * hour / 60 + number) > 0.6
            rain = round(abs(float(random.normal(3, 1))), 1) if pouring else 0.0
            wet = 0.8 * wet + rain
            level += 0.02 * wet - 0.05 * (level - 4) + float(random.normal(0, 0.02))
            time = datetime.fromtimestamp(1_767_225_600 + 3_600 * hour, UTC)
            lines.append(f"{station},{time:%Y-%m-%dT%H:%M}Z,{rain:.1f},{level:.2f}")
    return ("\n".join(lines) + "\n").encode()


def _name_of(file: Traversable) -> str:
    return file.name


def _values(name: str, template: str, chosen: Template) -> dict[str, str]:
    title, module = name.replace("-", " ").capitalize(), name.replace("-", "_")
    extra, project = "", ""
    if template == "tabular":
        extra = "| `readings.csv` | an example: two wells, whose level follows the rain |\n"
        extra += f"| `{module}_learner.py`, `test_learner.py` | a way to learn of your own, held to its promises |\n"
        project = (
            f'[project]\nname = "{name}"\nversion = "0.1.0"\ndependencies = ["andel"]\n\n'
            f'[project.entry-points."andel.learners"]\n{name} = "{module}_learner:Linear"\n\n'
            f'[tool.setuptools]\npy-modules = ["{module}_learner"]\n\n'
        )
    return {
        "name": name,
        "module": module,
        "title": title,
        "symbol": re.sub("[^A-Z0-9]", "", name.upper())[:_MAX_SYMBOL],
        "about": chosen.about,
        "predicts": chosen.predicts,
        "unit": chosen.unit,
        "data_is": chosen.data_is,
        "yours": chosen.yours,
        "bar": chosen.bar,
        "bar_percent": str(round(100 * float(chosen.bar))),
        "rounds": str(_ROUNDS),
        "extra_rows": extra,
        "project": project,
        "founder": local_key("founder").address,
        "coordinator": local_key("coordinator").address,
        "standby": local_key("standby").address,
        **{f"validator_{number}": local_key(f"validator-{number}").address for number in (1, 2, 3)},
        **{f"sealing_{number}": local_sealing_key(f"validator-{number}").hex() for number in (1, 2, 3)},
    }
