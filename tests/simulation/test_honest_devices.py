"""No honest device is hurt by the cross-checks: the demo's weather and, where it is there, four years of Beijing."""

from pathlib import Path

import numpy as np
import pytest

from andel.data.cross_checks import beyond_physics, impossible_travel, stuck_sensor
from andel.data.features import week_of
from andel.data.kept_back import committable
from andel.device.epochs import CURRENT
from andel.device.packets import read_packet
from andel.errors import SettingsError
from andel.keys import DeviceKey, derive_secret
from andel.simulation.devices import SimulatedDevice, unsigned_readings
from andel.simulation.tables import read_tables
from andel.simulation.weather import find_weather_folder, read_weather

BEIJING = Path(__file__).resolve().parents[3] / "shared" / "data" / "beijing"
CALENDAR = ["year", "month", "day", "hour"]


def weeks_of(series):
    return [int(week) for week in np.unique(week_of(series.timestamps))]


def passes(readings):
    """How many readings of one honest device there are, after every check on all of them and on thin samples."""
    kept = committable(readings, [])
    assert kept.readings == tuple(readings) and kept.reasons == {}
    for step in (1, 7, 97):
        assert impossible_travel(readings[::step]) is None
        assert stuck_sensor(readings[::step]) is None
    assert not any(beyond_physics(reading) for reading in readings)
    return len(readings)


@pytest.mark.full
def test_the_demos_weather_passes_as_pebbles_and_with_a_noisy_sensor():
    try:
        dataset = read_weather(find_weather_folder())
    except SettingsError as error:
        pytest.skip(error.message)
    count = 0
    for number, series in enumerate(dataset.series):
        count += passes(unsigned_readings(series, dataset.channels, weeks_of(series)))
        key = DeviceKey(derive_secret(b"tests: honest", number))
        device = SimulatedDevice(key, "pebble", series, dataset.channels, "temperature", 300, number)
        passes([read_packet(raw, key.public_key, CURRENT) for raw in device.packets(weeks_of(series)[:8])])
    assert count > 26_000


@pytest.mark.full
def test_a_station_of_beijing_passes():
    if not BEIJING.is_dir():
        pytest.skip(f"no Beijing files at {BEIJING}")
    features = ["PM2.5", "PM10", "TEMP", "PRES", "DEWP", "WSPM"]
    dataset = read_tables(sorted(BEIJING.glob("*.csv.gz"))[:1], "station", CALENDAR, features, "PM2.5")
    count = sum(passes(unsigned_readings(series, dataset.channels, weeks_of(series))) for series in dataset.series)
    assert count > 35_000
