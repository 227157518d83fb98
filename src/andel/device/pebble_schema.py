"""The protobuf messages of the Pebble Tracker, and the channels inside them.

Built with protobuf's descriptor API from the field numbers and types that devices put on the wire; no
generated code. Only the current firmware epoch (Riverrock 1.0.10, February 2022, and later) is here: zigzag
latitude, longitude and temperature. Older epochs write the same field numbers with another meaning; each is
one more `sensor_data_message` and a rule that tells it apart.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field: Any = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "andel.pebble"


class WireChannel(NamedTuple):
    """How one protobuf field of SensorData becomes a measurement; `absent` is the raw value that says
    none.
    """

    channel: str
    exponent: int
    unit: str
    absent: int | None = None


NO_FIX: Final = 2_000_000_000
"""Raw latitude and longitude (200 degrees) of a device without a satellite fix."""

MAX_LATITUDE: Final = 900_000_000
"""Raw latitude of the north pole."""

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
        WireChannel("gyroscope_x", 0, "LSB"),
        WireChannel("gyroscope_y", 0, "LSB"),
        WireChannel("gyroscope_z", 0, "LSB"),
    ),
    12: (
        WireChannel("accelerometer_x", 0, "LSB"),
        WireChannel("accelerometer_y", 0, "LSB"),
        WireChannel("accelerometer_z", 0, "LSB"),
    ),
}
"""Repeated fields of three values. 16.4 LSB are one degree per second, 8,192 LSB one g."""

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


SensorData: Final = sensor_data_message("SensorData", position=_S32, temperature=_S32)
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
