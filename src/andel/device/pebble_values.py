"""SensorData's bytes become measurements: which epochs of firmware can have written them, and what they then say.

Takes the signed data bytes and, where the caller knows it, the epoch; gives integers in each channel's steps. An epoch
is left open unless a field contradicts it (docs/rooms/device.md lists the rules). Values that differ between open
epochs are never guessed. Never verifies anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.message import DecodeError

from andel.device.epochs import CURRENT, PROTOBUF_EPOCHS, Epoch
from andel.device.pebble_schema import (
    MAX_LATITUDE,
    MAX_LONGITUDE,
    NO_FIX,
    SCALARS,
    SENSOR_DATA,
    VECTORS,
    RawSensorData,
    SensorData,
    acceleration,
    rotation,
)
from andel.device.reading import Measurement, PacketRefused, Refusal, Values
from andel.errors import InputError

EpochMask = int
"""Epochs as bits: bit i stands for PROTOBUF_EPOCHS[i]."""

_BIT: Final[dict[Epoch, EpochMask]] = {epoch: 1 << index for index, epoch in enumerate(PROTOBUF_EPOCHS)}
_ALL: Final = sum(_BIT.values())
_COARSE, _UNSIGNED, _TWOS, _ZIGZAG_POSITION, _ZIGZAG = _BIT.values()
_OWN_SECOND: Final = _COARSE | _UNSIGNED  # temperature2 is the motion sensor's
_POSITIVE: Final = _COARSE | _UNSIGNED
_COPY_OF_BITS: Final = _TWOS | _ZIGZAG_POSITION
_NO_FIX_ZIGZAG: Final = 2 * NO_FIX
_LAST_LATITUDE: Final = 2 * MAX_LATITUDE
_LAST_LONGITUDE: Final = 2 * MAX_LONGITUDE
"""The greatest bits that are a place on Earth in zigzag, where bits rise with the distance from zero."""
_AXES_SENT: Final = (0, 3)
_MASK: Final = 2**32 - 1
_SCALED: Final = (
    ("gyroscope", VECTORS[11], rotation),
    ("accelerometer", VECTORS[12], acceleration),
)

_FIELD_BY_CHANNEL: Final = {wire.channel: number for number, wire in SCALARS.items()}
_PLACE_BY_CHANNEL: Final = {wire.channel: (n, i) for n, axes in VECTORS.items() for i, wire in enumerate(axes)}
_NAME_BY_FIELD: Final[dict[int, str]] = {f.number: f.name for f in SensorData.DESCRIPTOR.fields}
_PLAIN: Final = tuple((_NAME_BY_FIELD[n], SCALARS[n]) for n in (1, 2, 5, 7, 8, 9))
_make: Final = tuple.__new__  # half the time of the named tuple's own constructor


def pebble_channels() -> list[str]:
    """The names of all channels that current firmware sends."""
    return [*_FIELD_BY_CHANNEL, *_PLACE_BY_CHANNEL]


def encode_sensor_data(values: Mapping[str, int], random: str = "", epoch: Epoch = CURRENT) -> bytes:
    """SensorData bytes of channel values, as the firmware of `epoch` writes them.

    Values are integers in each channel's steps (temperature in 0.01 degC, positions in 1e-7 degrees); the axes of
    gyroscope and accelerometer in the sensor's own LSB. The temperature is written a second time as temperature2, and
    `random` is the device's nonce (16 hex characters). Raises InputError for an unknown channel, a value that does
    not fit its field, or an axis without the other two.
    """
    if epoch not in SENSOR_DATA:
        raise InputError(f"firmware of {epoch} writes JSON, no SensorData")
    message = SENSOR_DATA[epoch]()
    axes: dict[int, dict[int, int]] = {}
    try:
        for channel, value in values.items():
            if channel in _PLACE_BY_CHANNEL:
                number, index = _PLACE_BY_CHANNEL[channel]
                axes.setdefault(number, {})[index] = value
            elif channel in _FIELD_BY_CHANNEL:
                setattr(message, _NAME_BY_FIELD[_FIELD_BY_CHANNEL[channel]], _as_written(channel, value, epoch))
            else:
                raise InputError(f"a Pebble has no channel {channel!r}", f"it has {pebble_channels()}")
        for number, by_index in axes.items():
            if len(by_index) != 3:
                raise InputError(f"{VECTORS[number][0].channel[:-2]} needs all three axes")
            getattr(message, _NAME_BY_FIELD[number]).extend(by_index[i] for i in range(3))
    except (ValueError, TypeError) as error:
        raise InputError(f"a channel's value does not fit its field: {error}") from error
    if "temperature" in values:
        message.temperature2 = values["temperature"] % 2**32
    if random:
        message.random = random.encode()
    return bytes(message.SerializeToString())


def parse_sensor_data(data: bytes) -> Any:
    """The fields of signed data, position and temperature as bare bits. Raises PacketRefused: malformed."""
    try:
        message = RawSensorData.FromString(data)
    except DecodeError as error:
        raise PacketRefused(Refusal.MALFORMED, "the signed data is no SensorData") from error
    turning, pushing = len(message.gyroscope), len(message.accelerometer)
    if turning not in _AXES_SENT or pushing not in _AXES_SENT:
        raise PacketRefused(
            Refusal.MALFORMED, f"gyroscope and accelerometer have {turning} and {pushing} values, not 3"
        )
    return message


def open_epochs(message: Any, epoch: Epoch | None = None) -> EpochMask:
    """The epochs that can have written the fields, among them only `epoch` where it is known.

    Raises PacketRefused (unsupported) when there is none.
    """
    first, second = message.temperature, message.temperature2
    # what current firmware sends is told by one comparison here, and two further down
    left = _ZIGZAG if first != second == (first >> 1 ^ -(first & 1)) & _MASK and first else 0
    left = left or _by_temperature(message, first, second)
    latitude, longitude = message.latitude, message.longitude
    if latitude > _LAST_LATITUDE or longitude > _LAST_LONGITUDE or (left != _ZIGZAG and (latitude or longitude)):
        left = _by_position(message, left, latitude, longitude)
    if epoch is not None:
        left &= _BIT.get(epoch, 0)
    if not left:
        named = "no firmware that is known" if epoch is None else f"no firmware of {epoch}"
        raise PacketRefused(
            Refusal.UNSUPPORTED,
            f"{named} writes position and temperature like this",
            "state the epoch of the device's firmware, or none",
        )
    return left


def check_decided(message: Any, left: EpochMask) -> None:
    """Raises PacketRefused (ambiguous-epoch) when values differ between the epochs in `left`."""
    if left & (left - 1) and len({_depending(message, bit) for bit in _BIT.values() if bit & left}) > 1:
        raise PacketRefused(
            Refusal.AMBIGUOUS_EPOCH,
            f"firmware of {' or '.join(epochs_in(left))} would each mean something else by these fields",
            "give the epoch of the device's firmware",
        )


def epochs_in(left: EpochMask) -> tuple[Epoch, ...]:
    """The epochs of a mask, in rising time."""
    return tuple(epoch for epoch, bit in _BIT.items() if bit & left)


def measure(message: Any, left: EpochMask) -> Values:
    """The measurements that every epoch in `left` agrees on, in one fixed order of channels."""
    bits = [bit for bit in _BIT.values() if bit & left]
    agreed = _depending(message, bits[0])
    for bit in bits[1:]:
        other = _depending(message, bit)
        agreed = tuple(mine if mine == its else None for mine, its in zip(agreed, other, strict=True))
    latitude, longitude, temperature, second = agreed
    found = []
    has = message.HasField
    for name, (channel, exponent, unit, absent) in _PLAIN:
        if has(name) and (value := getattr(message, name)) != absent:
            found.append(_make(Measurement, (channel, value, exponent, unit)))
    if latitude is not None:
        found.append(_make(Measurement, ("latitude", latitude, -7, "deg")))
    if longitude is not None:
        found.append(_make(Measurement, ("longitude", longitude, -7, "deg")))
    if temperature is not None:
        found.append(_make(Measurement, ("temperature", temperature, -2, "degC")))
    if second is not None:
        found.append(_make(Measurement, ("temperature2", second, -2, "degC")))
    for name, axes, scaled in _SCALED:
        for (channel, exponent, unit, _), value in zip(axes, getattr(message, name), strict=False):  # none, or three
            found.append(_make(Measurement, (channel, scaled(value), exponent, unit)))
    return tuple(found)


def measure_data(data: bytes, left: EpochMask) -> Values:
    """As `measure`, of signed data that was parsed before."""
    return measure(parse_sensor_data(data), left)


def _as_written(channel: str, value: int, epoch: Epoch) -> int:
    if channel in ("latitude", "longitude"):
        if epoch == Epoch.COARSE and value != NO_FIX:
            value //= 100
        return value % 2**32 if epoch == Epoch.TWOS_COMPLEMENT else value
    written = channel == "temperature" and _BIT[epoch] & _COPY_OF_BITS
    return value % 2**32 if written else value


def _zigzag(bits: int) -> int:
    return bits >> 1 ^ -(bits & 1)


def _signed(bits: int) -> int:
    return bits - 2**32 if bits >= 2**31 else bits


def _by_temperature(message: Any, first: int, second: int) -> EpochMask:
    if first == second:
        if not first:  # zero is zero in all of them, and so is absent
            return _ALL
        # a copy of the bits; two thermometers of the first two epochs can agree as well, below 2**31
        return _COPY_OF_BITS if first >= 2**31 else _COPY_OF_BITS | _OWN_SECOND
    if not message.HasField("temperature"):
        return _ALL
    if not message.HasField("temperature2"):
        return _ALL & ~_POSITIVE if first >= 2**31 else _ALL
    if _zigzag(first) & _MASK == second:
        # in the first two epochs the motion sensor, which is the warmer, would have to show half the temperature
        return _ZIGZAG
    return 0 if first >= 2**31 else _OWN_SECOND


def _by_position(message: Any, left: EpochMask, latitude: int, longitude: int) -> EpochMask:
    both = message.HasField("latitude") and message.HasField("longitude")
    if latitude == longitude == _NO_FIX_ZIGZAG:
        return left & (_ZIGZAG | _ZIGZAG_POSITION)  # and not 29.5 degrees south and west to the last digit
    for bit in _BIT.values():
        if left & bit:
            y, x = _degrees(latitude, bit), _degrees(longitude, bit)
            fits = (y is None or abs(y) <= MAX_LATITUDE) and (x is None or abs(x) <= MAX_LONGITUDE)
            if not fits or (both and (y is None) != (x is None)):  # firmware loses both or none
                left &= ~bit
    return left


def _degrees(bits: int, bit: EpochMask) -> int | None:
    """1e-7 degrees as the epoch of `bit` means them; None without a fix."""
    if bit & (_ZIGZAG | _ZIGZAG_POSITION):
        value = _zigzag(bits)
    elif bit & _TWOS:
        value = _signed(bits)
    else:
        value = bits
    if value == NO_FIX:
        return None
    return value * 100 if bit & _COARSE else value


def _depending(message: Any, bit: EpochMask) -> tuple[int | None, ...]:
    """What depends on the epoch: latitude, longitude, temperature, and the motion sensor's temperature."""
    latitude = _degrees(message.latitude, bit) if message.HasField("latitude") else None
    longitude = _degrees(message.longitude, bit) if message.HasField("longitude") else None
    temperature = second = None
    if message.HasField("temperature"):
        temperature = _zigzag(message.temperature) if bit & _ZIGZAG else _signed(message.temperature)
        # equal values are left out everywhere, so that epochs which copy and those which do not agree
        differs = message.HasField("temperature2") and message.temperature2 != message.temperature
        second = _signed(message.temperature2) if bit & _OWN_SECOND and differs else None
    return latitude, longitude, temperature, second
