"""Simulated devices send what real ones would: packets that any reader of that profile takes, the same every time."""

# mypy: disable-error-code="union-attr"
# (a missing channel should fail the test)

from dataclasses import replace

import numpy as np
import pytest

from andel.data.features import week_of
from andel.device.packets import read_packet
from andel.keys import DeviceKey, derive_secret
from andel.simulation.devices import SimulatedDevice, measured, unsigned_readings
from andel.simulation.series import MISSING, ChannelSpec
from tests.support.small_run import climate

DATA = climate(sites=1, weeks=2)
SERIES = DATA.series[0]
WEEK = 201_301
KEY = DeviceKey(derive_secret(b"simulated", "device"))
OTHER = DeviceKey(derive_secret(b"simulated", "other"))


def device(profile="envelope", noise=0, seed=1, series=SERIES, key=KEY):
    return SimulatedDevice(key, profile, series, DATA.channels, "temperature", noise, seed)


@pytest.mark.parametrize("profile", ["pebble", "envelope"])
def test_every_packet_is_read_back_as_what_was_measured(profile):
    packets = list(device(profile).packets({WEEK}))
    assert len(packets) == 7 * 24
    inside = np.flatnonzero(week_of(SERIES.timestamps) == WEEK)
    for index, raw in zip(inside, packets, strict=True):
        reading = read_packet(raw, KEY.public_key)
        assert (reading.device, reading.timestamp) == (KEY.address, SERIES.timestamps[index])
        assert reading.profile == profile
        for name, column in SERIES.values.items():
            measurement = reading.value(name)
            assert (measurement.value, measurement.exponent) == (column[index], -2)


def test_a_pebble_tells_its_position_and_a_station_does_not():
    pebble = read_packet(next(device("pebble").packets({WEEK})), KEY.public_key)
    assert (pebble.value("latitude").value, pebble.value("longitude").value) == (SERIES.latitude, SERIES.longitude)
    station = read_packet(next(device("envelope").packets({WEEK})), KEY.public_key)
    assert station.value("latitude") is None


def test_a_pebble_measures_only_what_its_packets_have():
    dust = replace(SERIES, values={**SERIES.values, "pm2_5": SERIES.values["temperature"]})
    channels = (*DATA.channels, ChannelSpec("pm2_5", "ug/m3", -1))
    for profile, told in (("pebble", False), ("envelope", True)):
        sender = replace(device(profile, series=dust), channels=channels)
        reading = read_packet(next(sender.packets({WEEK})), KEY.public_key)
        assert (reading.value("pm2_5") is not None) == told
        assert reading.value("humidity") is not None


@pytest.mark.parametrize("profile", ["pebble", "envelope"])
def test_a_run_repeats_itself_to_the_byte(profile):
    noisy = [list(device(profile, noise=300).packets({WEEK})) for _ in range(2)]
    assert noisy[0] == noisy[1]
    assert noisy[0] != list(device(profile, noise=300, seed=2).packets({WEEK}))


def test_noise_is_on_the_target_alone_and_has_the_size_it_should():
    calm, noisy = (
        [read_packet(raw, KEY.public_key) for raw in device(noise=noise).packets({WEEK})] for noise in (0, 300)
    )
    off = [n.value("temperature").value - c.value("temperature").value for n, c in zip(noisy, calm, strict=True)]
    assert 200 < float(np.std(off)) < 400
    assert [n.value("humidity") for n in noisy] == [c.value("humidity") for c in calm]


def test_what_was_not_measured_is_not_sent():
    values = {name: column.copy() for name, column in SERIES.values.items()}
    values["humidity"][0] = MISSING
    for column in values.values():
        column[1] = MISSING
    holed = type(SERIES)(SERIES.site, None, None, SERIES.timestamps, values)
    for profile in ("pebble", "envelope"):
        packets = list(device(profile, series=holed).packets({WEEK}))
        assert len(packets) == 7 * 24 - 1  # an hour without any value sends nothing
        assert read_packet(packets[0], KEY.public_key).value("humidity") is None
    assert [time for time, _ in measured(holed, DATA.channels, {WEEK})][:2] == [
        SERIES.timestamps[0],
        SERIES.timestamps[2],
    ]


def test_a_device_sends_only_its_weeks_and_only_under_its_own_key():
    assert list(device().packets(set())) == []
    both = list(device().packets({WEEK, WEEK + 1}))
    assert len(both) == 2 * 7 * 24
    sequences = [read_packet(raw, KEY.public_key).sequence for raw in both]
    assert sequences == list(range(1, len(both) + 1))
    assert next(device(key=OTHER).packets({WEEK})) != both[0]


def test_unsigned_readings_are_the_same_measurements_with_the_position():
    readings = unsigned_readings(SERIES, DATA.channels, {WEEK})
    signed = [read_packet(raw, KEY.public_key) for raw in device("pebble").packets({WEEK})]
    assert [reading.timestamp for reading in readings] == [reading.timestamp for reading in signed]
    for name in ("temperature", "humidity", "pressure", "latitude", "longitude"):
        assert [r.value(name).value for r in readings] == [s.value(name).value for s in signed]
    assert {reading.raw for reading in readings} == {b""}
