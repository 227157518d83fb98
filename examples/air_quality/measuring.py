"""How good the index is between stations, on weeks that nobody trained on.

Takes a published model and the stations' history. Gives, by leaving one station out, the error of every way of
bringing forecasts to a place, beside what a station itself would have said; and the spread of truth around such a
forecast. The way and the spread are chosen on the weeks that score; all that is told is of the weeks that only
report.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from andel.data.features import RowSet, build_rows
from andel.errors import SettingsError
from andel.serving.any_file import pack_any
from andel.serving.prediction_batch import MAX_QUESTIONS
from andel.serving.predictor import Predictor
from andel.simulation.devices import unsigned_readings
from andel.simulation.scenario import Scenario
from andel.simulation.series import Series
from examples.air_quality.answering import Spread
from examples.air_quality.between import LeftOut, Place, brought_to, leave_one_out
from examples.air_quality.stations import place_of

Floats = NDArray[np.float64]

QUANTILES: Final = (0.1, 0.9)
_FEWEST: Final = 50
"""Hours behind the bounds of one part of a spread; where there are fewer, all hours give them."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Forecasts, what came true and what was measured before, (hours, stations), NaN where there is none."""

    forecast: Floats
    truth: Floats
    last: Floats


@dataclass(frozen=True, slots=True)
class Measured:
    """The way that was chosen, the spread, the errors on the weeks that report, and how often truth lay in the
    bounds.
    """

    power: float
    spread: Spread
    left_out: LeftOut
    coverage: float

    def to_json(self) -> dict[str, object]:
        """Plain values; the power infinity is "nearest"."""
        told = self.left_out
        return {
            "power": power_name(self.power),
            "edges": list(self.spread.edges),
            "low": [round(value, 3) for value in self.spread.low],
            "high": [round(value, 3) for value in self.spread.high],
            "rows": told.rows,
            "mae": {power_name(power): round(value, 3) for power, value in told.mae.items()},
            "rmse": {power_name(power): round(value, 3) for power, value in told.rmse.items()},
            "own_forecast_mae": round(told.own, 3),
            "own_persistence_mae": round(told.persistence, 3),
            "persistence_between_mae": round(told.still, 3),
            "coverage": round(self.coverage, 3),
        }


def measure(scenario: Scenario, predictor: Predictor, edges: tuple[float, ...] = ()) -> Measured:
    """What can be told of a model between its stations. Bounds differ by `edges`, in the target's unit.

    Raises SettingsError for fewer than two stations, InputError where weeks hold too little.
    """
    places = [place_of(series) for series in scenario.dataset.series]
    if len(places) < 2:
        raise SettingsError("one station cannot be left out", "give the files of at least two stations")
    scoring = _hours(scenario, predictor, 4)
    reporting = _hours(scenario, predictor, 9)
    power = leave_one_out(places, scoring.forecast, scoring.truth, scoring.last).best
    spread = _spread(*_beyond(places, scoring, power), edges)
    forecast, missed = _beyond(places, reporting, power)
    bounds = np.array([spread.around(value) for value in forecast])
    inside = (forecast + missed >= bounds[:, 0]) & (forecast + missed <= bounds[:, 1])
    told = leave_one_out(places, reporting.forecast, reporting.truth, reporting.last)
    return Measured(power, spread, told, float(inside.mean()))


def power_name(power: float) -> str:
    """The name of a way: mean, nearest, or the power of the distance."""
    return "nearest" if np.isinf(power) else "mean" if power == 0 else f"distance^-{power:g}"


def _hours(scenario: Scenario, predictor: Predictor, week: int) -> Hours:
    """All hours of the founder's weeks whose number ends in `week`."""
    answers = [_answered(scenario, predictor, series, week) for series in scenario.dataset.series]
    times = np.unique(np.concatenate([rows.timestamps for rows, _ in answers]))
    empty = np.full((len(times), len(answers)), np.nan)
    forecast, truth, last = empty.copy(), empty.copy(), empty.copy()
    unit = 10.0**scenario.task.exponent
    for station, (rows, answered) in enumerate(answers):
        at = np.searchsorted(times, rows.timestamps)
        forecast[at, station] = answered * unit
        truth[at, station] = (rows.base + rows.change) * unit
        last[at, station] = rows.base * unit
    return Hours(forecast, truth, last)


def _answered(scenario: Scenario, predictor: Predictor, series: Series, week: int) -> tuple[RowSet, NDArray[np.int64]]:
    """A station's rows, and what the published model answers to each."""
    task = scenario.task
    weeks = {each for each in scenario.reference_weeks if each % 100 % 10 == week}
    readings = unsigned_readings(series, scenario.dataset.channels, weeks)
    rows = build_rows(readings, task.features, task.target, task.horizon_seconds, task.exponent)
    questions = [
        pack_any(predictor.model_file, codes, int(base)) for codes, base in zip(rows.codes, rows.base, strict=True)
    ]
    answers: list[int] = []
    for start in range(0, len(questions), MAX_QUESTIONS):
        answers += predictor.ask_questions(questions[start : start + MAX_QUESTIONS]).answers
    return rows, np.array(answers, np.int64)


def _beyond(places: list[Place], hours: Hours, power: float) -> tuple[Floats, Floats]:
    """Forecasts at stations that were left out, and how far truth lay beyond them."""
    forecasts, missed = [], []
    for left in range(len(places)):
        forecast = brought_to(left, places, hours.forecast, power)
        known = ~np.isnan(forecast + hours.truth[:, left])
        forecasts.append(forecast[known])
        missed.append(hours.truth[known, left] - forecast[known])
    return np.concatenate(forecasts), np.concatenate(missed)


def _spread(forecast: Floats, missed: Floats, edges: tuple[float, ...]) -> Spread:
    parts = np.searchsorted(edges, forecast, side="right")
    low, high = [], []
    for part in range(len(edges) + 1):
        own = missed[parts == part]
        bounds = np.quantile(own if len(own) >= _FEWEST else missed, QUANTILES)
        low.append(float(bounds[0]))
        high.append(float(bounds[1]))
    return Spread(edges, tuple(low), tuple(high))
