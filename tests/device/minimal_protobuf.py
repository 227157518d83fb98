"""Protobuf's wire format decoded by hand, independently of any library: what the real decoder is compared with.

proto2 rules: the last of a scalar counts, repeated fields gather, packed and unpacked mix, unknown fields and known
numbers under another wire type are skipped, groups are skipped whole.
"""

from collections.abc import Mapping

_MAX_GROUPS = 90


class NotProtobuf(Exception):
    """The bytes are no message."""


def varint(data: bytes, place: int) -> tuple[int, int]:
    """An unsigned 64-bit integer and the place after it."""
    value = 0
    for index in range(10):
        if place + index >= len(data):
            raise NotProtobuf("cut off")
        byte = data[place + index]
        value |= (byte & 127) << 7 * index
        if byte < 128:
            if index == 9 and byte > 1:
                raise NotProtobuf("over 64 bits")
            return value, place + index + 1
    raise NotProtobuf("over ten bytes")


def zigzag(value: int) -> int:
    """The signed 32-bit integer of a sint32 field."""
    value &= 2**32 - 1
    return value // 2 if value % 2 == 0 else -(value + 1) // 2


def decode(data: bytes, kinds: Mapping[int, str]) -> dict[int, object]:
    """The fields by number: kinds are u32, s32, bytes, and s32s for a repeated one."""
    found: dict[int, object] = {}
    _fields(data, 0, kinds, found, 0, 0)
    return found


def _fields(data: bytes, place: int, kinds: Mapping[int, str], found: dict[int, object], group: int, depth: int) -> int:
    while place < len(data):
        tag, place = varint(data, place)
        if tag >= 2**32 or tag < 8:
            raise NotProtobuf("no field number")
        number, wire = tag >> 3, tag & 7
        kind = kinds.get(number, "")
        if wire == 4:
            if number != group:
                raise NotProtobuf("a group's end without its beginning")
            return place
        if wire == 0:
            value, place = varint(data, place)
            if kind == "u32":
                found[number] = value & 2**32 - 1
            elif kind == "s32":
                found[number] = zigzag(value)
            elif kind == "s32s":
                _several(found, number).append(zigzag(value))
        elif wire == 2:
            size, place = varint(data, place)
            part = data[place : place + size]
            place += size
            if len(part) != size:
                raise NotProtobuf("cut off")
            if kind == "bytes":
                found[number] = part
            elif kind == "s32s":
                start = 0
                while start < size:
                    value, start = varint(part, start)
                    _several(found, number).append(zigzag(value))
        elif wire in (1, 5):
            place += 8 if wire == 1 else 4
            if place > len(data):
                raise NotProtobuf("cut off")
        elif wire == 3:
            if depth > _MAX_GROUPS:
                raise NotProtobuf("too deep")
            place = _fields(data, place, {}, {}, number, depth + 1)
        else:
            raise NotProtobuf("no wire type")
    if group:
        raise NotProtobuf("a group without its end")
    return place


def _several(found: dict[int, object], number: int) -> list[int]:
    values = found.setdefault(number, [])
    assert isinstance(values, list)
    return values
