"""`index.json`: where the two models answer and how their answers become an index, as a run left it.

Takes the file and a standard. Gives the two `Model`s to ask. The file is one's own; what is wrong in it is told.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from andel.errors import SettingsError
from andel.keys import parse_address
from andel.typed_data import Domain
from examples.air_quality.answering import Model, Spread, ask_over_http
from examples.air_quality.models import DUST_EXPONENT, DUST_INPUTS, TEMPERATURE_EXPONENT, TEMPERATURE_INPUTS
from examples.air_quality.playing import INDEX_FORMAT

_WAYS = {"mean": 0.0, "nearest": math.inf}


def read_index_file(path: Path) -> dict[str, Any]:
    """What a run wrote, as it stands there. Raises SettingsError for a file that no run wrote."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", "name the folder of a run with --folder") from error
    if not isinstance(value, dict) or value.get("format") != INDEX_FORMAT:
        raise SettingsError(f"{path} is no index file ({INDEX_FORMAT})")
    return value


def read_index(path: Path) -> tuple[Model, Model]:
    """The models of dust and of temperature. Raises SettingsError for a file that no run wrote."""
    value = read_index_file(path)
    try:
        found = value["models"]
        dust = _model(found["dust"], value["chain_id"], DUST_INPUTS, DUST_EXPONENT)
        return dust, _model(found["temperature"], value["chain_id"], TEMPERATURE_INPUTS, TEMPERATURE_EXPONENT)
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(f"{path} lacks what an index file has: {error}", "make it again with `run`") from error


def _model(told: Mapping[str, Any], chain_id: int, inputs: tuple[str, ...], exponent: int) -> Model:
    between = told["between"]
    spread = Spread(tuple(between["edges"]), tuple(between["low"]), tuple(between["high"]))
    power = between["power"]
    domain = Domain(int(chain_id), parse_address(told["model"]))
    return Model(
        inputs,
        exponent,
        ask_over_http(str(told["url"]), domain, [parse_address(told["signer"])]),
        _WAYS[power] if power in _WAYS else float(power.removeprefix("distance^-")),
        spread,
    )
