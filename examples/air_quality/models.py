"""The two models: fine dust and temperature six hours ahead, and who takes part in each.

Takes the stations' data. Gives a scenario of each model over the same devices: at each station the reference station
itself, which measures everything, and two Pebbles beside it, which measure temperature, humidity and pressure every
other week. All train the temperature; fine dust is trained by those who measure it. Ranges and scales are public
constants, chosen from what a thermometer and a dust meter in Beijing can show, not from the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from andel.data.feature_spec import FeatureSpec, values_of
from andel.hashing import sha256
from andel.simulation.participants import Kind, Participant
from andel.simulation.scenario import (
    UNFOUNDED,
    Scenario,
    clock_features,
    scenario_of,
    weeks_to_train_on,
)
from andel.simulation.series import Dataset
from andel.training.task import Task
from examples.air_quality.stations import last_day

HORIZON_SECONDS: Final = 6 * 3_600
PEBBLES: Final = 2
"""Beside each station."""
PEBBLE_NOISE: Final = 50
"""What a Pebble's thermometer is off by, standard deviation in 0.01 degC: the sensor's data sheet says ±0.5 to ±1.0."""

DUST_EXPONENT: Final = -1
TEMPERATURE_EXPONENT: Final = -2

_HOUR: Final = 3_600
_WEATHER: Final = (
    FeatureSpec("temperature", "channel", "temperature", -2_000, 4_200),
    FeatureSpec("humidity", "channel", "humidity", 0, 10_000),
    FeatureSpec("pressure", "channel", "pressure", 98_000, 104_500),
)
_DUST: Final = (
    FeatureSpec("fine dust", "channel", "pm2_5", 0, 4_000, exponent=-1),
    FeatureSpec("fine dust, three hours before", "lag", "pm2_5", 0, 4_000, exponent=-1, seconds=3 * _HOUR),
    FeatureSpec("wind", "channel", "wind", 0, 80, exponent=-1),
)

TEMPERATURE_INPUTS: Final = values_of(_WEATHER)
DUST_INPUTS: Final = values_of((*_DUST, *_WEATHER))
"""The values that a question gives, by name; both hold the model's target."""


def participants_of(dataset: Dataset) -> tuple[Participant, ...]:
    """All owners, with one device each: station by station, its reference station first, then its Pebbles."""
    found: list[Participant] = []
    for site, series in enumerate(dataset.series):
        weeks = weeks_to_train_on(series)
        found.append(Participant(len(found), series.site, Kind.HONEST, site, frozenset(weeks)))
        for turn in range(PEBBLES):
            name, own = f"Pebble {turn + 1} at {series.site}", frozenset(weeks[turn::PEBBLES])
            found.append(Participant(len(found), name, Kind.HONEST, site, own, PEBBLE_NOISE, "pebble"))
    return tuple(found)


def stations_among(participants: Sequence[Participant]) -> tuple[Participant, ...]:
    """Those whose device is a reference station, in the order of the stations."""
    return tuple(participant for participant in participants if participant.profile is None)


def temperature_scenario(dataset: Dataset, accepted: tuple[int, int], rounds: int) -> Scenario:
    """Temperature six hours ahead, by all devices. `accepted` are the times that packets may have (end excluded)."""
    task = Task(
        name="temperature six hours ahead",
        target="temperature",
        unit="degC",
        exponent=TEMPERATURE_EXPONENT,
        horizon_seconds=HORIZON_SECONDS,
        target_scale=450,  # about the standard deviation of the change
        features=(*_WEATHER, *clock_features()),
        layers=(32,),
        steps=40,
        batch_rows=256,
        rate_shift=3,
        residual_limit=4 << 16,
        score_limit=4 << 16,
        openings=90,
        accepted_time=accepted,
        initial_seed=sha256(b"andel air quality, temperature").hex(),
        reference=UNFOUNDED,
    )
    return scenario_of("Air of Beijing", dataset, task, "envelope", participants_of(dataset), rounds)


def dust_scenario(dataset: Dataset, accepted: tuple[int, int], rounds: int) -> Scenario:
    """Fine dust (PM2.5) six hours ahead, by the reference stations; the rest as `temperature_scenario`."""
    task = Task(
        name="PM2.5 six hours ahead",
        target="pm2_5",
        unit="ug/m3",
        exponent=DUST_EXPONENT,
        horizon_seconds=HORIZON_SECONDS,
        target_scale=500,
        features=(
            *_DUST,
            *_WEATHER,
            *clock_features(),
        ),
        layers=(32,),
        steps=40,
        batch_rows=256,
        rate_shift=3,
        residual_limit=4 << 16,
        score_limit=4 << 16,
        openings=90,
        accepted_time=accepted,
        initial_seed=sha256(b"andel air quality, fine dust").hex(),
        reference=UNFOUNDED,
    )
    own = stations_among(participants_of(dataset))
    return scenario_of("Air of Beijing", dataset, task, "envelope", own, rounds)


def accepted_times(dataset: Dataset) -> tuple[int, int]:
    """Whole days around everything measured, in unix seconds, end excluded."""
    first = min(int(series.timestamps[0]) for series in dataset.series)
    return first // 86_400 * 86_400, (last_day(dataset) + 1) * 86_400
