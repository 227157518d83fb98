"""Packets out of files as people have them: lines of JSON, base64 or hex, one raw packet, a file of vectors.

Takes one file, bounded in length; gives the packets one by one with what the file itself says of
them. What is no packet is given too, for the inspection to say so. Nothing raises but InputError.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from andel.device.envelope import TAG
from andel.device.epochs import Epoch, epoch_of_firmware
from andel.device.pebble import parse_confirmation, parse_package
from andel.device.reading import MAX_PACKET_BYTES, PacketRefused, Refusal
from andel.errors import InputError
from andel.keys import parse_address
from andel.units import Address

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
MAX_LINE_BYTES: Final = 4 * MAX_PACKET_BYTES
_HEX: Final = re.compile(rb"(?:0[xX])?((?:[0-9a-fA-F]{2})+)")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


class FoundPacket(NamedTuple):
    """A packet, how it was written, and what its file says of it: a name, the device's address, the epoch."""

    raw: bytes
    written: str
    name: str = ""
    device: Address | None = None
    epoch: Epoch | None = None


def read_packet_file(name: str) -> bytes:
    """The bytes of a file, or of standard input (-). Raises InputError when it cannot be read or is too long."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}", "name a file, or - for standard input") from error
    if len(data) > MAX_FILE_BYTES:
        raise InputError(f"{name} is longer than {MAX_FILE_BYTES >> 20} MiB", "split it by lines")
    return data


def split_packets(data: bytes) -> Iterator[FoundPacket]:
    """The packets in a file's bytes. Raises InputError when there are none."""
    if _is_raw(data):
        yield FoundPacket(data, "raw bytes")
        return
    text = data.removeprefix(_BYTE_ORDER_MARK)
    if (document := _document(text)) is not None:
        yield from (_of_vector(vector) for vector in document)
        return
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise InputError("the file holds no packet", "packets are lines of JSON, base64 or hex, or one packet's bytes")
    if not all(line.isascii() for line in lines):
        yield FoundPacket(data, "raw bytes")
        return
    for line in lines:
        yield _of_line(line)


def _is_raw(data: bytes) -> bool:
    if data.startswith(TAG):
        return True
    if not 0 < len(data) <= MAX_PACKET_BYTES or data[0] not in (0x08, 0x0A):
        return False
    for parse in (parse_package, parse_confirmation):
        try:
            parse(data)
        except PacketRefused as refusal:
            if refusal.reason == Refusal.MALFORMED:
                continue
        return True
    return False


def _document(text: bytes) -> list[dict[str, Any]] | None:
    """The vectors of a JSON file that holds such, or None."""
    head = text.lstrip()[:1]
    if head not in (b"{", b"["):
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    listed = value.get("vectors", [value]) if isinstance(value, dict) else value
    if not isinstance(listed, list) or not listed:
        return None
    vectors = [item for item in listed if isinstance(item, dict) and {"b64", "text", "signed_text"} & set(item)]
    return vectors if len(vectors) == len(listed) else None


def _of_vector(vector: dict[str, Any]) -> FoundPacket:
    name = str(vector.get("id", ""))[:40]
    raw = b""
    if isinstance(vector.get("b64"), str):
        raw = _of_line(vector["b64"].encode("utf-8", "replace")).raw
    elif isinstance(vector.get("text"), str):
        raw = vector["text"].encode("utf-8", "replace")
    elif isinstance(signature := vector.get("signature"), dict):
        parts = f'"r":"{signature.get("r")}","s":"{signature.get("s")}"'
        raw = f'{{"message":{vector["signed_text"]},"signature":{{{parts}}}}}'.encode("utf-8", "replace")
    device = vector.get("device_address")
    try:
        address = parse_address(device) if isinstance(device, str) else None
    except InputError:
        address = None
    firmware = vector.get("firmware")
    epoch = epoch_of_firmware(firmware) if isinstance(firmware, str) else None
    return FoundPacket(raw, "a vector", name, address, epoch)


def _of_line(line: bytes) -> FoundPacket:
    if len(line) > MAX_LINE_BYTES:
        return FoundPacket(line[: MAX_PACKET_BYTES + 1], "a line")
    if line.startswith(b"{"):
        document = _document(line)
        return _of_vector(document[0]) if document else FoundPacket(line, "JSON")
    if match := _HEX.fullmatch(line):
        return FoundPacket(bytes.fromhex(match[1].decode()), "hex")
    if _BASE64.fullmatch(line):
        padded = line.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        try:
            return FoundPacket(base64.b64decode(padded + b"=" * (-len(padded) % 4), validate=True), "base64")
        except binascii.Error:
            pass
    return FoundPacket(line, "a line")
