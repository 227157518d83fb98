"""Packets with true signatures at a few microseconds each, for benchmarks that must not wait for signing.

Nonces are made once and used again. That gives the secret key away to whoever looks, which matters to nobody here, and
the signatures are as valid and as costly to verify as any. Never use this for a key that means something.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from coincurve import PrivateKey
from cryptography.hazmat.primitives.asymmetric import ec

from andel.device.envelope import encode_envelope
from andel.device.pebble import encode_sensor_data
from andel.device.pebble_schema import BinPackage
from andel.device.reading import Measurement
from andel.keys import CURVE_ORDER, Curve, DeviceKey, derive_secret
from andel.p256 import ORDER as P256_ORDER
from andel.units import Address

START = 1_700_000_000
_MOTION = ("gyroscope", "accelerometer")
_NONCES = 64
_CONTENTS = 256


class Signed(NamedTuple):
    """A packet, what its device signed, and the signature apart."""

    device: Address
    raw: bytes
    digest: bytes
    signature: bytes


class Fleet:
    """Devices that send a packet in turn, each time a minute later: Pebbles, or with P-256 stations with envelopes."""

    def __init__(self, devices: int, curve: Curve = Curve.SECP256K1) -> None:
        self.curve = curve
        self._order = CURVE_ORDER if curve == Curve.SECP256K1 else P256_ORDER
        self._secrets = [derive_secret(b"benchmark", curve, number) for number in range(devices)]
        keys = [DeviceKey(secret, curve) for secret in self._secrets]
        self.public_keys = {key.address: key.public_key for key in keys}
        self._addresses = [key.address for key in keys]
        self._nonces = [_nonce(derive_secret(b"nonce", number), curve, self._order) for number in range(_NONCES)]
        random_values = random.Random(1)
        if curve == Curve.SECP256K1:
            self._contents = [_sensor_data(random_values) for _ in range(_CONTENTS)]
            self._packet: Callable[[int, int, int], Signed] = self._pebble
        else:
            self._bodies = [_envelope_body(key) for key in keys]
            self._packet = self._envelope

    def packets(self, first: int, count: int) -> Iterator[Signed]:
        """Packets number `first` and on, no two of one device and time."""
        devices = len(self._addresses)
        for number in range(first, first + count):
            yield self._packet(number, number % devices, START + number // devices * 60)

    def _pebble(self, number: int, device: int, timestamp: int) -> Signed:
        data = self._contents[number % _CONTENTS]
        digest = hashlib.sha256(bytes(4) + data + timestamp.to_bytes(4, "big")).digest()
        signature = self._sign(number, device, digest)
        package = BinPackage(type=0, data=data, timestamp=timestamp, signature=signature)
        return Signed(self._addresses[device], package.SerializeToString(), digest, signature)

    def _envelope(self, number: int, device: int, timestamp: int) -> Signed:
        head, tail = self._bodies[device]
        body = head + number.to_bytes(8, "big") + timestamp.to_bytes(8, "big") + tail
        digest = hashlib.sha256(body).digest()
        signature = self._sign(number, device, digest)
        return Signed(self._addresses[device], body + signature, digest, signature)

    def _sign(self, number: int, device: int, digest: bytes) -> bytes:
        r, inverse = self._nonces[number % _NONCES]
        secret = int.from_bytes(self._secrets[device], "big")
        s = inverse * (int.from_bytes(digest, "big") + r * secret) % self._order
        return r.to_bytes(32, "big") + min(s, self._order - s).to_bytes(32, "big")


def _nonce(secret: bytes, curve: Curve, order: int) -> tuple[int, int]:
    number = int.from_bytes(secret, "big") % order
    if curve == Curve.SECP256K1:
        x, _ = PrivateKey(secret).public_key.point()
    else:
        x = ec.derive_private_key(number, ec.SECP256R1()).public_key().public_numbers().x
    return x % order, pow(number, -1, order)


def _sensor_data(values: random.Random) -> bytes:
    measured = {
        "signal": 1_100,
        "battery": values.randrange(330, 420),
        "latitude": 499_200_000,
        "longitude": -971_900_000,
        "gas_resistance": values.randrange(2_000_000, 3_000_000),
        "temperature": values.randrange(-2_000, 3_000),
        "pressure": values.randrange(97_000, 104_000),
        "humidity": values.randrange(2_000, 9_000),
        "light": values.randrange(0, 50_000),
        **{
            f"{name}_{axis}": values.randrange(-9_000, 9_000)
            for name in ("gyroscope", "accelerometer")
            for axis in "xyz"
        },
    }
    return encode_sensor_data(measured, random="5da0997414922a8b")


def _envelope_body(key: DeviceKey) -> tuple[bytes, bytes]:
    units = {"temperature": "degC", "humidity": "%", "pm2_5": "ug/m3", "pm10": "ug/m3"}
    raw = encode_envelope(key, 0, 0, [Measurement(name, 2_077, -2, unit) for name, unit in units.items()])
    body = raw[:-64]
    return body[:50], body[66:]
