"""The index at a place: what the two models say about every station, brought to the place, with its uncertainty.

Takes the stations' latest readings and two ways to ask, one for each model: a gateway over HTTP, whose signature is
checked, or a predictor in this process. Gives a `Forecast` with every signed answer that it rests on, so that anybody
can do the sum again. A station without a reading is left out. Never fills in a value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import httpx
import numpy as np

from andel.data.feature_spec import read_value_name
from andel.errors import InputError, SettingsError
from andel.serving.prediction import Prediction, verify_prediction
from andel.simulation.series import MISSING, Dataset, Series
from andel.typed_data import Domain
from andel.units import Address
from examples.air_quality.between import Place, distance_km, weights_at
from examples.air_quality.index import Index, Standard, bands_between, index_of
from examples.air_quality.models import HORIZON_SECONDS
from examples.air_quality.stations import place_of

Ask = Callable[[Mapping[str, str], int], Prediction]
"""The signed answer to values by name, measured at a time."""

_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Spread:
    """What truth was beyond a forecast in four hours of five: `low` and `high` by how much was forecast.

    Forecasts from `edges[i - 1]` up to `edges[i]` have the bounds at i; there is one more of them than of edges.
    """

    edges: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def around(self, value: float) -> tuple[float, float]:
        """The bounds around a forecast."""
        place = int(np.searchsorted(self.edges, value, side="right"))
        return value + self.low[place], value + self.high[place]


@dataclass(frozen=True, slots=True)
class Model:
    """One model to ask: the values that it needs by name, the step of its answers, how they are brought to a place."""

    inputs: tuple[str, ...]
    exponent: int
    ask: Ask
    power: float
    spread: Spread


@dataclass(frozen=True, slots=True)
class Heard:
    """What one station's answer was, and what it counted."""

    station: str
    km: float
    weight: float
    value: float
    signed: Prediction


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value at a place with the bounds of four hours in five, and the answers that it is made of."""

    value: float
    low: float
    high: float
    heard: tuple[Heard, ...]

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return {
            "value": round(self.value, 2),
            "low": round(self.low, 2),
            "high": round(self.high, 2),
            "stations": [
                {
                    "station": each.station,
                    "km": round(each.km, 2),
                    "weight": round(each.weight, 4),
                    "value": round(each.value, 2),
                    "signed": each.signed.to_json(),
                }
                for each in self.heard
            ],
        }


@dataclass(frozen=True, slots=True)
class Forecast:
    """The air at a place, six hours after `measured_at` (unix seconds): micrograms per cubic metre, and degrees
    Celsius.
    """

    place: Place
    measured_at: int
    standard: Standard
    dust: Estimate
    temperature: Estimate

    @property
    def index(self) -> Index:
        """The index of the dust that is forecast."""
        return index_of(self.dust.value, self.standard)

    @property
    def bounds(self) -> tuple[Index, Index]:
        """The indices of the bounds."""
        return index_of(self.dust.low, self.standard), index_of(self.dust.high, self.standard)

    def to_json(self) -> dict[str, object]:
        """Plain values, with the signed answers; what the page beside a map needs."""
        low, high = self.bounds
        return {
            "place": list(self.place),
            "measured_at": self.measured_at,
            "at": self.measured_at + HORIZON_SECONDS,
            "standard": self.standard.title,
            "index": self.index.value,
            "band": self.index.band,
            "index_low": low.value,
            "index_high": high.value,
            "bands": list(bands_between(low, high, self.standard)),
            "pm2_5": self.dust.to_json(),
            "temperature": self.temperature.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Hour:
    """What both models said of every station that measured at `time`: asked once, for as many places as one likes."""

    time: int
    dust: Model
    temperature: Model
    dust_said: tuple[tuple[Series, Prediction], ...]
    temperature_said: tuple[tuple[Series, Prediction], ...]

    def forecast_at(self, place: Place, standard: Standard) -> Forecast:
        """The forecast for a place. Raises InputError for one that is not among the stations."""
        return Forecast(
            place,
            self.time,
            standard,
            _estimate(place, self.dust, self.dust_said),
            _estimate(place, self.temperature, self.temperature_said),
        )


def ask_stations(time: int, dataset: Dataset, dust: Model, temperature: Model) -> Hour:
    """The answers to what the stations measured at `time`.

    Raises InputError for a time of which no station has all that is asked about; whatever asking raises passes through.
    """
    return Hour(time, dust, temperature, _said(time, dataset, dust), _said(time, dataset, temperature))


def values_at(series: Series, exponents: Mapping[str, int], names: Sequence[str], time: int) -> dict[str, str] | None:
    """The values that a question gives, as decimal text, of what was measured at `time` and before; None where one is
    missing.
    """
    values = {}
    for name in names:
        channel, back = read_value_name(name)
        at = int(np.searchsorted(series.timestamps, time - back))
        if at == len(series) or series.timestamps[at] != time - back or series.values[channel][at] == MISSING:
            return None
        values[name] = f"{series.values[channel][at]}e{exponents[channel]}"
    return values


def ask_over_http(url: str, domain: Domain, signers: Sequence[Address]) -> Ask:
    """Asks a gateway, and takes only what one of `signers` signed for the model of `domain`.

    What it gives raises SettingsError where the gateway cannot be reached or refuses, PredictionRefused for a
    signature.
    """

    def ask(values: Mapping[str, str], time: int) -> Prediction:
        question = {"values": dict(values), "time": time}
        try:
            response = httpx.post(f"{url}/predict", json=question, timeout=_SECONDS, trust_env=False)
        except httpx.HTTPError as error:
            raise SettingsError(f"the gateway at {url} does not answer", "does `run --keep` still run?") from error
        if response.status_code != httpx.codes.OK:
            raise SettingsError(f"the gateway at {url} refuses: {response.text[:200]}")
        prediction = Prediction.from_json(response.json())
        verify_prediction(prediction, domain, signers)
        return prediction

    return ask


def _said(time: int, dataset: Dataset, model: Model) -> tuple[tuple[Series, Prediction], ...]:
    exponents = {channel.name: channel.exponent for channel in dataset.channels}
    asked = [(series, values_at(series, exponents, model.inputs, time)) for series in dataset.series]
    found = tuple((series, model.ask(values, time)) for series, values in asked if values is not None)
    if not found:
        raise InputError(f"no station measured all that is asked about at {time}", "name another hour with --time")
    return found


def _estimate(place: Place, model: Model, said: Sequence[tuple[Series, Prediction]]) -> Estimate:
    places = [place_of(series) for series, _ in said]
    weights = weights_at(place, places, model.power)
    heard = tuple(
        Heard(series.site, distance_km(place, where), float(weight), signed.answer * 10.0**model.exponent, signed)
        for (series, signed), where, weight in zip(said, places, weights, strict=True)
    )
    value = sum(each.weight * each.value for each in heard)
    return Estimate(value, *model.spread.around(value), heard)
