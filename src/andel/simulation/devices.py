"""Simulated devices: they replay a site's measurements as signed packets, byte for byte as real ones would send.

A Pebble sends protobuf signed as its firmware does; other stations send Andel's own envelope. Noise and nonces
come from a seeded generator, so a run repeats itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from andel.data.features import week_of
from andel.device.envelope import encode_envelope
from andel.device.pebble import encode_sensor_data, sign_data_packet
from andel.device.pebble_schema import SCALARS
from andel.device.reading import Measurement, Profile, SignedReading
from andel.hashing import sha256
from andel.keys import DeviceKey
from andel.simulation.series import MISSING, ChannelSpec, Series
from andel.units import Digest

_BATTERY = 401  # 4.01 V
_PEBBLE_CHANNELS = frozenset(wire.channel for wire in SCALARS.values())


@dataclass(frozen=True, slots=True)
class SimulatedDevice:
    """A device that measures at one site: its key, profile, and the channel that noise is added to.

    A Pebble measures those of the site's channels that its packets have.
    """

    key: DeviceKey
    profile: Profile
    series: Series
    channels: tuple[ChannelSpec, ...]
    target: str
    noise: int
    seed: int

    def packets(self, weeks: Collection[int]) -> Iterator[bytes]:
        """Signed packets of everything measured in `weeks` (year * 100 + week), in rising time."""
        sequence = 0
        random = np.random.default_rng(self.seed)
        for timestamp, values in measured(self.series, self._own_channels(), weeks):
            if self.noise and self.target in values:
                values[self.target] += round(random.normal(0, self.noise))
            if self.profile == "pebble":
                place = {"latitude": self.series.latitude, "longitude": self.series.longitude}
                sensed = {name: value for name, value in {**values, **place}.items() if value is not None}
                nonce = random.bytes(8).hex()
                data = encode_sensor_data({**sensed, "battery": _BATTERY}, nonce)
                yield sign_data_packet(self.key, data, timestamp)
            else:
                sequence += 1
                yield encode_envelope(self.key, sequence, timestamp, self._measurements(values))

    def _own_channels(self) -> tuple[ChannelSpec, ...]:
        if self.profile != "pebble":
            return self.channels
        return tuple(channel for channel in self.channels if channel.name in _PEBBLE_CHANNELS)

    def _measurements(self, values: dict[str, int]) -> list[Measurement]:
        by_name = {channel.name: channel for channel in self.channels}
        return [Measurement(name, value, by_name[name].exponent, by_name[name].unit) for name, value in values.items()]


def measured(
    series: Series, channels: tuple[ChannelSpec, ...], weeks: Collection[int]
) -> Iterator[tuple[int, dict[str, int]]]:
    """(time, value by channel) of each reading in `weeks` that has any value; missing channels are left out."""
    inside = np.isin(week_of(series.timestamps), np.fromiter(weeks, np.int64, len(weeks)))
    columns = {channel.name: series.values[channel.name] for channel in channels}
    for index in np.flatnonzero(inside):
        values = {name: int(column[index]) for name, column in columns.items() if column[index] != MISSING}
        if values:
            yield int(series.timestamps[index]), values


def unsigned_readings(series: Series, channels: tuple[ChannelSpec, ...], weeks: Collection[int]) -> list[SignedReading]:
    """The site's own measurements as readings without packets, for training centrally beside the federation."""
    digest = Digest(sha256(series.site.encode()))
    device = DeviceKey(digest).address
    readings = []
    for timestamp, values in measured(series, channels, weeks):
        found = [
            Measurement(channel.name, values[channel.name], channel.exponent, channel.unit)
            for channel in channels
            if channel.name in values
        ]
        for name, position in (("latitude", series.latitude), ("longitude", series.longitude)):
            if position is not None:
                found.append(Measurement(name, position, -7, "deg"))
        readings.append(SignedReading(device, timestamp, tuple(found), b"", digest, "envelope"))
    return readings
