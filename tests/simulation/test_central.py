"""The central model: learns what a network of its class can, in integers, the same for the same seed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import numpy as np
import pytest

from andel.errors import InputError, SettingsError
from andel.simulation.central import train_central
from andel.simulation.series import MISSING, Series
from andel.simulation.weather import find_weather_folder, read_weather

HORIZON = 3


def smooth_rows(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    codes = np.random.default_rng(seed).integers(0, 256, (count, 4), dtype=np.uint8)
    x = (codes.astype(float) - 128) / 32
    return codes, np.rint(300 * np.maximum(x[:, 0] - x[:, 1], 0) - 100 * x[:, 2]).astype(np.int64)


def test_a_learnable_rule_is_learned():
    codes, change = smooth_rows(4_000, 1)
    report, truth = smooth_rows(500, 2)
    predicted = train_central(codes, change, 250, report, seed=7)
    assert predicted.dtype == np.int64
    assert predicted.shape == (500,)
    assert np.abs(predicted - truth).mean() < 0.1 * np.abs(truth).mean()


def test_equal_seeds_give_equal_predictions():
    codes, change = smooth_rows(600, 1)
    one, two, other = (train_central(codes, change, 250, codes[:50], seed) for seed in (3, 3, 4))
    assert (one == two).all()
    assert (one != other).any()


def test_no_rows_to_report_give_no_predictions():
    codes, change = smooth_rows(200, 1)
    assert train_central(codes, change, 250, codes[:0], seed=1).shape == (0,)


@pytest.mark.parametrize(
    "rows, changes, width, scale", [(99, 99, 4, 1), (200, 199, 4, 1), (200, 200, 3, 1), (200, 200, 4, 0)]
)
def test_arrays_that_do_not_fit_are_refused(rows, changes, width, scale):
    codes = np.zeros((rows, 4), np.uint8)
    with pytest.raises(InputError):
        train_central(codes, np.zeros(changes, np.int64), scale, np.zeros((5, width), np.uint8), seed=1)


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.exceptions", None)
    codes, change = smooth_rows(200, 1)
    with pytest.raises(SettingsError) as caught:
        train_central(codes, change, 250, codes, seed=1)
    assert "andel[demo]" in caught.value.hint


def weather_rows(series: Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes, changes over three hours and weeks of one airport, every pair inside one week."""
    times = series.timestamps
    later = np.searchsorted(times, times + HORIZON * 3_600).clip(max=len(times) - 1)
    days = np.array([datetime.fromtimestamp(time, UTC).timetuple().tm_yday for time in times.tolist()])
    weeks = (days - 1) // 7 + 1
    temperature, pressure = series.values["temperature"], series.values["pressure"]
    usable = (times[later] == times + HORIZON * 3_600) & (weeks == weeks[later])
    usable &= (temperature != MISSING) & (temperature[later] != MISSING) & (pressure != MISSING)
    angle = 2 * np.pi * (times % 86_400) / 86_400
    year = 2 * np.pi * days / 365.25
    linear = [
        (series.values[name] - low) * 255 // (high - low)
        for name, low, high in (
            ("temperature", -1_500, 3_500),
            ("humidity", 1_000, 10_000),
            ("pressure", 99_000, 104_500),
        )
    ]
    assert series.latitude is not None
    place = np.full(len(times), (series.latitude - 406_000_000) * 255 // 2_000_000)
    waves = [128 + 126 * wave for k in (1, 2) for wave in (np.sin(k * angle), np.cos(k * angle))]
    waves += [128 + 126 * np.sin(year), 128 + 126 * np.cos(year)]
    codes = np.clip(np.column_stack([*linear, place, *waves]), 0, 255).astype(np.uint8)
    return codes[usable], (temperature[later] - temperature)[usable], weeks[usable]


@pytest.mark.full
def test_on_real_weather_it_is_far_better_than_persistence():
    try:
        dataset = read_weather(find_weather_folder())
    except SettingsError as error:
        pytest.skip(error.message)
    parts = [weather_rows(series) for series in dataset.series]
    codes, change, weeks = (np.concatenate(column) for column in zip(*parts, strict=True))
    report = weeks % 10 == 9
    trained = weeks % 5 != 4
    predicted = train_central(codes[trained], change[trained], 250, codes[report], seed=1)
    persistence = np.abs(change[report]).mean() / 100
    central = np.abs(predicted - change[report]).mean() / 100
    assert round(float(persistence), 2) == 1.71
    assert central < 1.0
