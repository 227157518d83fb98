"""The index on a grid over the stations, for a map.

Takes what the models said of one hour, the stations' places, a standard. Gives plain values: each point's place, index
and band, its bounds, concentration and temperature; the signed answers stand once, as every point rests on the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from andel.errors import InputError
from examples.air_quality.answering import Forecast, Hour
from examples.air_quality.between import EARTH_KM, Place
from examples.air_quality.index import Standard, standard_of
from examples.air_quality.models import HORIZON_SECONDS

MAX_STEPS: Final = 200
FORMAT: Final = "andel-air-map/1"

Degrees = NDArray[np.float64]


def sides_of(stations: Sequence[Place], steps: int, around_km: float = 0.0) -> tuple[Degrees, Degrees]:
    """Degrees north and degrees east of the points: the box around the stations, and so many kilometres about it."""
    norths, easts = [place[0] for place in stations], [place[1] for place in stations]
    north = math.degrees(around_km / EARTH_KM)
    east = north / math.cos(math.radians(max(abs(min(norths)), abs(max(norths)))))
    return (
        np.linspace(min(norths) - north, max(norths) + north, steps),
        np.linspace(min(easts) - east, max(easts) + east, steps),
    )


def map_of(
    said: Hour, stations: Sequence[Place], standard_name: str, steps: int, around_km: float = 0.0
) -> dict[str, object]:
    """The map of the box around the stations, with `steps` points on each side, from the south-west eastward.

    A point too far from the stations that measured has null for all but its place. Raises InputError for a standard
    that is none.
    """
    standard = standard_of(standard_name)
    norths, easts = sides_of(stations, steps, around_km)
    points = []
    for north in norths:
        for east in easts:
            points.append(_point((float(north), float(east)), said, standard))
    return {
        "format": FORMAT,
        "standard": standard.title,
        "measured_at": said.time,
        "at": said.time + HORIZON_SECONDS,
        "points": points,
        "signed": {
            name: {series.site: prediction.to_json() for series, prediction in answers}
            for name, answers in (("dust", said.dust_said), ("temperature", said.temperature_said))
        },
    }


def _point(place: Place, said: Hour, standard: Standard) -> dict[str, object]:
    shown: dict[str, object] = {"place": [round(place[0], 5), round(place[1], 5)]}
    try:
        forecast = said.forecast_at(place, standard)
    except InputError:
        return shown | dict.fromkeys(("index", "band", "index_low", "index_high", "pm2_5", "temperature"))
    return shown | forecast_fields(forecast)


def forecast_fields(forecast: Forecast) -> dict[str, object]:
    """What a grid and a page tell of a forecast: its index with band and bounds, and the two values behind it."""
    low, high = forecast.bounds
    return {
        "index": forecast.index.value,
        "band": forecast.index.band,
        "index_low": low.value,
        "index_high": high.value,
        "pm2_5": round(forecast.dust.value, 1),
        "temperature": round(forecast.temperature.value, 1),
    }
