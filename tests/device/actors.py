"""Devices as actors of the tests: they hold a key, a clock that the test sets, and sign as firmware does."""

from collections.abc import Mapping

from andel.device.envelope import encode_envelope
from andel.device.epochs import CURRENT
from andel.device.packets import read_packet
from andel.device.pebble import encode_sensor_data, sign_data_packet
from andel.device.reading import Measurement, SignedReading
from andel.keys import CURVE_ORDER, AccountKey, DeviceKey, derive_secret
from andel.units import Address

NOON = 1_356_998_400 + 12 * 3_600
"""2013-01-01, 12:00 UTC."""

MEASURED: Mapping[str, int] = {
    "signal": 1_100,
    "battery": 356,
    "latitude": 499_200_000,
    "longitude": -971_900_000,
    "gas_resistance": 2_624_500,
    "temperature": -277,
    "pressure": 98_048,
    "humidity": 4_862,
    "light": 0,
    "gyroscope_x": 22,
    "gyroscope_y": -8,
    "gyroscope_z": 3,
    "accelerometer_x": -27,
    "accelerometer_y": 8_179,
    "accelerometer_z": 177,
}


class Device:
    """What every device has: a key, an address, and a public key of 33 bytes."""

    def __init__(self, name: str = "device") -> None:
        self.key = DeviceKey(derive_secret(b"tests", name))
        self.address: Address = self.key.address
        self.public_key = self.key.public_key

    def read(self, raw: bytes) -> SignedReading:
        """The packet as the device room reads it."""
        return read_packet(raw, self.public_key)


class Pebble(Device):
    """A Pebble Tracker of the current firmware, and known to be one."""

    def read(self, raw: bytes) -> SignedReading:
        """The packet as the device room reads it."""
        return read_packet(raw, self.public_key, CURRENT)

    def packet(self, timestamp: int = NOON, **values: int) -> bytes:
        """The signed packet of its usual measurements, some of them replaced."""
        data = encode_sensor_data({**MEASURED, **values}, random="5da0997414922a8b")
        return sign_data_packet(self.key, data, timestamp)


class EnvelopeSensor(Device):
    """A sensor of any make that sends envelopes."""

    def packet(self, timestamp: int = NOON, sequence: int = 1, exponent: int = -2, **values: int) -> bytes:
        """The signed envelope of `values`, in steps of 10**exponent of no unit."""
        chosen = values or {"temperature": 2_077}
        measurements = [Measurement(name, value, exponent, "") for name, value in chosen.items()]
        return encode_envelope(self.key, sequence, timestamp, measurements)


def account(name: str) -> Address:
    """The address of the person `name`."""
    return AccountKey(derive_secret(b"tests", name)).address


def other_signature(raw: bytes) -> bytes:
    """The packet with the second form of its signature (n - s), which everybody can compute; ends with r,
    s.
    """
    s = int.from_bytes(raw[-32:], "big")
    return raw[:-32] + (CURVE_ORDER - s).to_bytes(32, "big")
