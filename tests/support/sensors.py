"""Devices of small worlds: real keys, signed envelopes, an hourly weather that comes from a seed."""

from __future__ import annotations

from collections.abc import Iterable
from math import cos, pi, sin

import numpy as np

from andel.device.envelope import encode_envelope
from andel.device.packets import read_packet
from andel.device.reading import Measurement, SignedReading
from andel.hashing import sha256
from andel.keys import DeviceKey, derive_secret
from andel.units import Address


class Sensor:
    """A device that measures one hourly weather: a daily wave, drifting noise, and humidity that foretells it."""

    def __init__(self, seed: str, name: str, noise: int = 40) -> None:
        self.key = DeviceKey(derive_secret(b"tests: sensor", seed, name))
        self._noise = noise
        self._random = np.random.default_rng(int.from_bytes(sha256(seed.encode(), name.encode())[:8], "big"))

    @property
    def address(self) -> Address:
        """The device's address."""
        return self.key.address

    def packet(self, timestamp: int, sequence: int, temperature: int, humidity: int) -> bytes:
        """One signed envelope."""
        measured = [
            Measurement("temperature", temperature, -2, "degC"),
            Measurement("humidity", humidity, -2, "%"),
        ]
        return encode_envelope(self.key, sequence, timestamp, measured)

    def days(self, days: Iterable[int], factor: int = 1) -> list[SignedReading]:
        """Hourly readings of those days; `factor` -1 turns the daily wave around (a poisoned sensor)."""
        readings = []
        for day in days:
            for hour in range(24):
                wave = factor * (700 * sin(2 * pi * (hour - 9) / 24) + 60 * cos(2 * pi * day / 5))
                ahead = factor * 700 * sin(2 * pi * (hour - 6) / 24)
                jitter = self._random.normal(0, self._noise, 2)
                values = round(1_500 + wave + jitter[0]), round(5_000 - 2 * ahead + jitter[1])
                raw = self.packet(day * 86_400 + hour * 3_600, hour, *values)
                readings.append(read_packet(raw, self.key.public_key))
        return readings
