"""What the index's page shows: where the index is answered, an hour over the whole city, a place, the cover.

Takes a run that was left with --keep, the stations' data, and a clock that only rises. Gives plain values, made by what
is behind `ask` and `map`; each hour is asked of the gateways once and kept for a minute. Never fills in a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from andel.errors import SettingsError
from andel.ledger.connection import Chain
from andel.simulation.series import MISSING, Dataset, Series
from examples.air_quality.answering import Hour, Model, ask_stations, values_at
from examples.air_quality.between import MARGIN_KM, Place
from examples.air_quality.cover_told import COVER_FILE, cover_told, read_cover
from examples.air_quality.grid import forecast_fields, map_of, sides_of
from examples.air_quality.index import STANDARDS, Standard, standard_of
from examples.air_quality.index_file import read_index, read_index_file
from examples.air_quality.kept import KeptValues
from examples.air_quality.models import DUST_EXPONENT, HORIZON_SECONDS, TEMPERATURE_EXPONENT
from examples.air_quality.stations import last_hour, place_of

STEPS: Final = 40
"""Points on a side of the map."""
AROUND_KM: Final = 6.0
"""How far the map goes beyond the box around the stations: its corners are still answered."""
KEPT_SECONDS: Final = 60.0
KEPT_HOURS: Final = 16

_COVER_SECONDS: Final = 5.0
_HOUR: Final = 3_600
_LOOK_BACK_HOURS: Final = 240
_MEASURED: Final = {"pm2_5": DUST_EXPONENT, "temperature": TEMPERATURE_EXPONENT}


@dataclass(frozen=True, slots=True)
class AirFacts:
    """The facts of one run. `hour` is what is shown to who names none, `standard` likewise."""

    told: dict[str, Any]
    models: tuple[Model, Model]
    dataset: Dataset
    standard: str
    hour: int
    cover_file: Path
    hours: KeptValues[Hour]
    maps: KeptValues[dict[str, object]]
    covers: KeptValues[dict[str, object]]
    chains: KeptValues[Chain]

    @classmethod
    def of_run(
        cls, folder: Path, dataset: Dataset, standard: str, hour: int | None, clock: Callable[[], float]
    ) -> AirFacts:
        """The facts of the run in `folder`; None is the newest hour of which a station has all that is asked about.

        Asks nobody yet. Raises SettingsError for a folder without a run, InputError for a standard that is none.
        """
        index_file = folder / "index.json"
        models = read_index(index_file)
        return cls(
            read_index_file(index_file),
            models,
            dataset,
            standard_of(standard).name,
            newest_hour(dataset, models) if hour is None else hour,
            folder / COVER_FILE,
            KeptValues(KEPT_SECONDS, KEPT_HOURS, clock),
            KeptValues(KEPT_SECONDS, 2 * KEPT_HOURS, clock),
            KeptValues(_COVER_SECONDS, 1, clock),
            KeptValues(float("inf"), 1, clock),
        )

    def about(self) -> dict[str, object]:
        """Who answers and signs, how answers come to a place, where stations stand, the standards' steps."""
        exponents = {"dust": DUST_EXPONENT, "temperature": TEMPERATURE_EXPONENT}
        return {
            "chain_id": self.told["chain_id"],
            "alliance": self.told["alliance"],
            "horizon_seconds": HORIZON_SECONDS,
            "margin_km": MARGIN_KM,
            "source": self.dataset.source,
            "hour": self.hour,
            "first_hour": min(int(series.timestamps[0]) for series in self.dataset.series),
            "last_hour": last_hour(self.dataset),
            "standard": self.standard,
            "standards": [_standard_told(standard) for standard in STANDARDS.values()],
            "models": {
                name: {key: told[key] for key in ("model", "signer", "between")} | {"exponent": exponents[name]}
                for name, told in self.told["models"].items()
            },
            "stations": self.told["stations"],
        }

    def map(self, hour: int, standard_name: str) -> dict[str, object]:
        """An hour over the whole city: the index on a grid, row by row from the south-west, and at each station.

        Raises InputError for an hour without measurements, and what asking the gateways raises.
        """
        return self.maps.get((hour, standard_name), lambda: self._map(hour, standard_name))

    def at(self, place: Place, hour: int, standard_name: str) -> dict[str, object]:
        """The forecast for a place with all signed answers, as `ask --json` gives it. Raises as `map`."""
        standard = standard_of(standard_name)
        return self.said(hour).forecast_at(place, standard).to_json()

    def cover(self) -> dict[str, object] | None:
        """How the run's cover stands on chain; None where the run has none (yet). Raises ChainError, SettingsError."""
        address = read_cover(self.cover_file)
        if address is None:
            return None
        names = {station["device"]: station["name"] for station in self.told["stations"]}
        return self.covers.get(address, lambda: cover_told(self._chain(), address, names))

    def said(self, hour: int) -> Hour:
        """What both models say of an hour; the gateways are asked once for a minute."""
        return self.hours.get(hour, lambda: ask_stations(hour, self.dataset, *self.models))

    def _map(self, hour: int, standard_name: str) -> dict[str, object]:
        standard, said = standard_of(standard_name), self.said(hour)
        places = [place_of(series) for series in self.dataset.series]
        norths, easts = sides_of(places, STEPS, AROUND_KM)
        points: Any = map_of(said, places, standard_name, STEPS, AROUND_KM)["points"]
        columns = ("index", "index_low", "index_high", "pm2_5", "temperature")
        return {
            "standard": standard.name,
            "measured_at": hour,
            "at": hour + HORIZON_SECONDS,
            "field": {
                "south_west": [round(float(norths[0]), 5), round(float(easts[0]), 5)],
                "north_east": [round(float(norths[-1]), 5), round(float(easts[-1]), 5)],
                "steps": STEPS,
                **{name: [point[name] for point in points] for name in columns},
            },
            "stations": [self._station(series, said, standard) for series in self.dataset.series],
        }

    def _station(self, series: Series, said: Hour, standard: Standard) -> dict[str, object]:
        heard = {each.site for each, _ in said.dust_said} & {each.site for each, _ in said.temperature_said}
        told: dict[str, object] = {
            "name": series.site,
            "place": list(place_of(series)),
            "measured": {name: _measured(series, name, exponent, said.time) for name, exponent in _MEASURED.items()},
        }
        if series.site not in heard:
            return told | {"forecast": None}
        return told | {"forecast": forecast_fields(said.forecast_at(place_of(series), standard))}

    def _chain(self) -> Chain:
        return self.chains.get("chain", lambda: Chain.connect(self.told["rpc"]))


def newest_hour(dataset: Dataset, models: tuple[Model, Model]) -> int:
    """The newest hour of which some station has all that both models ask about. Raises SettingsError where there is
    none in the last ten days of the data.
    """
    exponents = {channel.name: channel.exponent for channel in dataset.channels}
    inputs = [name for model in models for name in model.inputs]
    newest = last_hour(dataset)
    for hour in range(newest, newest - _LOOK_BACK_HOURS * _HOUR, -_HOUR):
        if any(values_at(series, exponents, inputs, hour) is not None for series in dataset.series):
            return hour
    raise SettingsError("no station measured all that is asked about in the data's last ten days", "name a --time")


def _measured(series: Series, name: str, exponent: int, time: int) -> float | None:
    at = int(np.searchsorted(series.timestamps, time))
    if at == len(series) or series.timestamps[at] != time or series.values[name][at] == MISSING:
        return None
    return float(round(int(series.values[name][at]) * 10.0**exponent, 2))


def _standard_told(standard: Standard) -> dict[str, object]:
    """Bands of one name as one; concentrations in micrograms per cubic metre."""
    bands: dict[str, dict[str, object]] = {}
    segments = []
    for band in standard.bands:
        low, high = band.low / 10, band.high / 10
        segments.append([low, high, band.first, band.last])
        if band.name in bands:
            bands[band.name] |= {"high": high, "last": band.last}
        else:
            bands[band.name] = {"name": band.name, "low": low, "high": high, "first": band.first, "last": band.last}
    return {"name": standard.name, "title": standard.title, "bands": list(bands.values()), "segments": segments}
