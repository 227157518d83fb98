"""Between the stations: a value at any place, from what stations say, and how far that is off.

Takes values at the stations' places. Gives their mean weighted by 1 / distance**power (inverse distance weighting,
Shepard 1968): power 0 is the mean of all, infinity the nearest station. Which power, and the error to expect, come
from leaving one station out (`leave_one_out`): every station is predicted as if it were not there. Places are degrees
north and east; far outside the stations nothing is answered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from andel.errors import InputError

Floats = NDArray[np.float64]
Place = tuple[float, float]
"""Degrees north and east."""

POWERS: Final = (0.0, 1.0, 2.0, 4.0, math.inf)
"""Those that are tried: the mean of all stations, three weightings, the nearest station."""

EARTH_KM: Final = 6_371.0
MARGIN_KM: Final = 10.0
"""How far beyond the box around the stations a place may lie."""

_AT_THE_STATION_KM: Final = 0.05


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How far values are off at stations that were left out, in the values' unit, by power.

    `still` is the error of the nearest other station's last value. `own` is that of the station's own forecast,
    `persistence` that of its own last value: these two cannot be had where there is no station.
    """

    rows: int
    mae: dict[float, float]
    rmse: dict[float, float]
    own: float
    persistence: float
    still: float

    @property
    def best(self) -> float:
        """The power of the least mean absolute error."""
        return min(self.mae, key=lambda power: self.mae[power])


def distance_km(one: Place, other: Place) -> float:
    """Along a great circle (haversine)."""
    north, east, north_other, east_other = (math.radians(value) for value in (*one, *other))
    half = math.sin((north_other - north) / 2) ** 2
    half += math.cos(north) * math.cos(north_other) * math.sin((east_other - east) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def weights_at(place: Place, stations: Sequence[Place], power: float) -> Floats:
    """What each station counts at a place (n,), in sum 1; at a station only that one counts, whatever the power.

    Raises InputError where there is no station, or the place is no place or too far from all of them.
    """
    check_place(place, stations)
    away = np.array([distance_km(place, station) for station in stations])
    if math.isinf(power) or away.min() < _AT_THE_STATION_KM:
        nearest = np.zeros(len(away))
        nearest[away.argmin()] = 1
        return nearest
    near = (away / away.min()) ** -power
    weights: Floats = near / near.sum()
    return weights


def check_place(place: Place, stations: Sequence[Place]) -> None:
    """Raises InputError unless the place lies in the box around the stations, or at most ten kilometres outside."""
    if not stations:
        raise InputError("no station has a value", "ask about another time")
    north, east = place
    if not (math.isfinite(north) and math.isfinite(east) and abs(north) <= 90 and abs(east) <= 180):
        raise InputError(f"{place} is no place", "degrees north and east, as 39.95,116.40")
    norths, easts = [station[0] for station in stations], [station[1] for station in stations]
    inside = min(max(north, min(norths)), max(norths)), min(max(east, min(easts)), max(easts))
    if distance_km(place, inside) > MARGIN_KM:
        box = f"{min(norths):.2f},{min(easts):.2f} to {max(norths):.2f},{max(easts):.2f}"
        raise InputError(f"{north},{east} is not among the stations", f"a place within {box}, or 10 km around")


def leave_one_out(
    places: Sequence[Place],
    forecast: Floats,
    truth: Floats,
    last: Floats,
    powers: Sequence[float] = POWERS,
) -> LeftOut:
    """The errors at every station, predicted by the others' forecasts.

    Arrays are (hours, stations) and hold what was forecast for an hour, what was measured in it, and the value from
    which the forecast was made; NaN where there is none. A row of a station counts where its own three and at least
    one other's forecast are there. Raises InputError where none counts.
    """
    errors: dict[float, list[Floats]] = {power: [] for power in powers}
    own, still, stayed = [], [], []
    for left in range(len(places)):
        brought = {power: brought_to(left, places, forecast, power) for power in powers}
        before = brought_to(left, places, last, powers[-1])
        heard = ~np.isnan(next(iter(brought.values())) + before)
        whole = ~np.isnan(truth[:, left] + last[:, left] + forecast[:, left]) & heard
        for power in powers:
            errors[power].append((brought[power] - truth[:, left])[whole])
        own.append(forecast[whole, left] - truth[whole, left])
        still.append(last[whole, left] - truth[whole, left])
        stayed.append(before[whole] - truth[whole, left])
    all_errors = {power: np.concatenate(parts) for power, parts in errors.items()}
    rows = len(np.concatenate(own))
    if rows == 0:
        raise InputError("no hour has a forecast and a measurement at two stations", "take more days")
    return LeftOut(
        rows,
        {power: _mean(missed) for power, missed in all_errors.items()},
        {power: float(np.sqrt((missed**2).mean())) for power, missed in all_errors.items()},
        _mean(np.concatenate(own)),
        _mean(np.concatenate(still)),
        _mean(np.concatenate(stayed)),
    )


def brought_to(left: int, places: Sequence[Place], values: Floats, power: float) -> Floats:
    """Values (hours,) at the place of one station from those of all others; NaN where none of them says anything."""
    others = [index for index in range(len(places)) if index != left]
    heard = ~np.isnan(values[:, others])
    found = np.full(len(values), np.nan)
    some = heard.any(axis=1)
    if some.any():
        near = [places[index] for index in others]
        found[some] = _between(places[left], near, values[:, others][some], heard[some], power)
    return found


def _mean(missed: Floats) -> float:
    return float(np.abs(missed).mean())


def _between(
    place: Place,
    stations: Sequence[Place],
    values: Floats,
    heard: NDArray[np.bool_],
    power: float,
) -> Floats:
    """Values (hours,) at a place; stations that say nothing in an hour are left out of it."""
    if math.isinf(power):
        order = np.argsort([distance_km(place, station) for station in stations])
        first = heard[:, order].argmax(axis=1)
        nearest: Floats = values[np.arange(len(values)), order[first]]
        return nearest
    away = np.maximum([distance_km(place, station) for station in stations], _AT_THE_STATION_KM)
    weights = np.where(heard, away**-power, 0.0)
    means: Floats = np.nansum(np.where(heard, values, 0.0) * weights, axis=1) / weights.sum(axis=1)
    return means
