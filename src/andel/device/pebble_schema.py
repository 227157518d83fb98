"""The protobuf messages of the Pebble Tracker, and the channels inside them.

Built with protobuf's descriptor API from the field numbers and types that devices put on the wire; no
generated code. Firmware epochs differ in what latitude, longitude and temperature mean. `RawSensorData` reads
these three as the bare 32 bits, for `pebble_values` to tell the meaning; `SENSOR_DATA` has each epoch's own message.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from andel.device.epochs import Epoch

_Field: Any = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "andel.pebble"


class WireChannel(NamedTuple):
    """How one protobuf field of SensorData becomes a measurement in steps of 10**`exponent` of its unit;
    `absent` is the integer that says none.
    """

    channel: str
    exponent: int
    unit: str
    absent: int | None = None


NO_FIX: Final = 2_000_000_000
"""Latitude and longitude of a device without a satellite fix, in every epoch's own way of writing it."""

MAX_LATITUDE: Final = 900_000_000
MAX_LONGITUDE: Final = 1_800_000_000
"""The north pole and the last meridian, in 1e-7 degrees."""

SCALARS: Final[dict[int, WireChannel]] = {
    1: WireChannel("signal", -2, "index", absent=25_500),
    2: WireChannel("battery", -2, "V"),
    3: WireChannel("latitude", -7, "deg", absent=NO_FIX),
    4: WireChannel("longitude", -7, "deg", absent=NO_FIX),
    5: WireChannel("gas_resistance", -2, "ohm"),
    6: WireChannel("temperature", -2, "degC"),
    7: WireChannel("pressure", -2, "hPa"),
    8: WireChannel("humidity", -2, "%"),
    9: WireChannel("light", -2, "lux"),
}
"""Field number to channel. Field 10 (temperature2) repeats the temperature and gives no channel of its
own.
"""

VECTORS: Final[dict[int, tuple[WireChannel, WireChannel, WireChannel]]] = {
    11: (
        WireChannel("gyroscope_x", -6, "dps"),
        WireChannel("gyroscope_y", -6, "dps"),
        WireChannel("gyroscope_z", -6, "dps"),
    ),
    12: (
        WireChannel("accelerometer_x", -13, "g"),
        WireChannel("accelerometer_y", -13, "g"),
        WireChannel("accelerometer_z", -13, "g"),
    ),
}
"""Repeated fields of three values, as the sensor's own integers: 16.4 are one degree per second, 8,192 one g."""


def rotation(lsb: int) -> int:
    """Millionths of a degree per second of a gyroscope's integer, rounded to the nearest (16.4 LSB/dps; no ties)."""
    return (lsb * 5_000_000 + 41) // 82


def acceleration(lsb: int) -> int:
    """1e-13 g of an accelerometer's integer: exact, as 1 / 8,192 = 5**13 / 10**13."""
    return lsb * 1_220_703_125


_REQUIRED = _Field.LABEL_REQUIRED
_OPTIONAL = _Field.LABEL_OPTIONAL
_REPEATED = _Field.LABEL_REPEATED
_U32 = _Field.TYPE_UINT32
_S32 = _Field.TYPE_SINT32
_BYTES = _Field.TYPE_BYTES


def sensor_data_message(name: str, position: int, temperature: int) -> Any:
    """The message class of SensorData in the epoch that writes position and temperature as these types."""
    fields = [
        ("snr", 1, _U32, _OPTIONAL),
        ("vbat", 2, _U32, _OPTIONAL),
        ("latitude", 3, position, _OPTIONAL),
        ("longitude", 4, position, _OPTIONAL),
        ("gas_resistance", 5, _U32, _OPTIONAL),
        ("temperature", 6, temperature, _OPTIONAL),
        ("pressure", 7, _U32, _OPTIONAL),
        ("humidity", 8, _U32, _OPTIONAL),
        ("light", 9, _U32, _OPTIONAL),
        ("temperature2", 10, _U32, _OPTIONAL),
        ("gyroscope", 11, _S32, _REPEATED),
        ("accelerometer", 12, _S32, _REPEATED),
        # a string in the firmware; read as bytes, because a device may sign a nonce that is no UTF-8
        ("random", 13, _BYTES, _OPTIONAL),
    ]
    return _message(name, fields)


def _message(name: str, fields: list[tuple[str, int, int, int]]) -> Any:
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package=_PACKAGE, syntax="proto2")
    message = file.message_type.add(name=name)
    for field_name, number, kind, label in fields:
        field = message.field.add(name=field_name, number=number, type=kind, label=label)
        if label == _REPEATED:
            field.options.packed = True  # as nanopb writes; both forms are read
    pool: Any = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


RawSensorData: Final = sensor_data_message("RawSensorData", position=_U32, temperature=_U32)
SENSOR_DATA: Final = {
    Epoch.COARSE: sensor_data_message("CoarseSensorData", position=_U32, temperature=_U32),
    Epoch.UNSIGNED: sensor_data_message("UnsignedSensorData", position=_U32, temperature=_U32),
    Epoch.TWOS_COMPLEMENT: sensor_data_message("TwosComplementSensorData", position=_U32, temperature=_U32),
    Epoch.ZIGZAG_POSITION: sensor_data_message("ZigzagPositionSensorData", position=_S32, temperature=_U32),
    Epoch.ZIGZAG: sensor_data_message("SensorData", position=_S32, temperature=_S32),
}
SensorData: Final = SENSOR_DATA[Epoch.ZIGZAG]
BinPackage: Final = _message(
    "BinPackage",
    [
        # an enum in the firmware; read as a number, so that an unknown type can be named in the refusal
        ("type", 1, _U32, _REQUIRED),
        ("data", 2, _BYTES, _REQUIRED),
        ("timestamp", 3, _U32, _REQUIRED),
        ("signature", 4, _BYTES, _REQUIRED),
    ],
)
ConfirmPackage: Final = _message(
    "ConfirmPackage",
    [
        ("owner", 1, _BYTES, _REQUIRED),
        ("timestamp", 2, _U32, _REQUIRED),
        ("signature", 3, _BYTES, _REQUIRED),
        ("channel", 4, _U32, _REQUIRED),
    ],
)
