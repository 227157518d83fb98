"""Packets out of files and standard input: JSON lines, base64 lines, bundles; any of them compressed by gzip.

Takes pieces of bytes; gives arrivals one by one, in memory bounded by one piece and one line. A line that cannot be
read is an arrival too, with its number and what is wrong: it never ends the run. What is detected by what:
docs/rooms/data.md.
"""

from __future__ import annotations

import base64
import binascii
import os
import select
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import orjson

from andel.data.arrivals import MAX_NAME_CHARACTERS, Arrival, Kind, read_topic
from andel.data.bundle import BUNDLE_TAG, stream_packets
from andel.device.reading import MAX_PACKET_BYTES
from andel.errors import InputError, SourceError

MAX_LINE_BYTES: Final = 16 * 1024
"""Longest line: the longest packet in base64 or hex has 8,192 characters."""

_PIECE_BYTES: Final = 256 * 1024
_GZIP: Final = b"\x1f\x8b"
_PAYLOADS: Final = ("packet", "confirm", "hex")


class _BadLine(Exception):
    """A line that gives no packet; the text says why."""


def file_arrivals(path: Path, device: str = "") -> Iterator[Arrival | None]:
    """The arrivals in a file; `device` is announced for lines that name none. Raises SourceError."""
    return read_arrivals(_file_pieces(path), str(path), device)


def descriptor_arrivals(descriptor: int, name: str, device: str, idle_seconds: float) -> Iterator[Arrival | None]:
    """The arrivals that come through an open descriptor; None whenever nothing came for `idle_seconds`."""
    return read_arrivals(_descriptor_pieces(descriptor, idle_seconds), name, device)


def read_arrivals(pieces: Iterable[bytes], name: str, device: str = "") -> Iterator[Arrival | None]:
    """The arrivals in the pieces of a stream that is called `name`; an empty piece gives None (nothing came yet).

    Raises SourceError for a damaged gzip stream or bundle, after the arrivals that came before the damage.
    """
    try:
        yield from _read_stream(iter(pieces), name, device)
    except (InputError, zlib.error) as error:
        raise SourceError(name, str(error), "what came before it was kept; fetch the rest again") from error


def _read_stream(pieces: Iterator[bytes], name: str, device: str) -> Iterator[Arrival | None]:
    head = b""
    for piece in pieces:
        head += piece
        if not piece:
            yield None
        elif len(head) >= len(_GZIP):
            break
    whole = chain([head], pieces)
    yield from _read_plain(_inflate(whole) if head.startswith(_GZIP) else whole, name, device)


def _read_plain(pieces: Iterator[bytes], name: str, device: str) -> Iterator[Arrival | None]:
    head = b""
    for piece in pieces:
        head += piece
        if not piece:
            yield None
        elif len(head) >= len(BUNDLE_TAG) or not BUNDLE_TAG.startswith(head):
            break
    whole = chain([head] if head else [], pieces)
    if head.startswith(BUNDLE_TAG):
        for packet in stream_packets(whole):
            yield None if packet is None else Arrival(device, packet)
        return
    for number, line in _split(whole):
        if line is None:
            yield None
        elif line:
            yield _read_line(line, device, f"{name} line {number}")


def _read_line(line: bytes, device: str, where: str) -> Arrival:
    try:
        if len(line) > MAX_LINE_BYTES:
            raise _BadLine(f"over {MAX_LINE_BYTES} bytes")
        if line.startswith(b"{"):
            return read_entry(_from_json(line), where, device, line)
        if not device:
            raise _BadLine("no device is named for packets in bare base64")
        return Arrival(device, _from_base64(line))
    except _BadLine as fault:
        return Arrival(device, line[:MAX_PACKET_BYTES], Kind.UNREADABLE, f"{where}: {fault}")


def _from_json(line: bytes) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise _BadLine(f"not JSON: {error}") from error


def read_entry(entry: object, where: str, device: str = "", whole: bytes = b"") -> Arrival:
    """The arrival that one JSON object describes; `whole` is its text, where a packet is the text itself.

    What gives no packet is an unreadable arrival, which says where it stood and why.
    """
    try:
        if not isinstance(entry, dict):
            raise _BadLine("not a JSON object")
        return _read_fields(entry, device, whole)
    except _BadLine as fault:
        raw = whole or orjson.dumps(entry)
        return Arrival(device, raw[:MAX_PACKET_BYTES], Kind.UNREADABLE, f"{where}: {fault}")


def _read_fields(record: dict[str, object], device: str, whole: bytes) -> Arrival:
    kind = Kind.DATA
    if (topic := record.get("topic")) is not None:
        found = read_topic(topic) if isinstance(topic, str) else None
        if found is None:
            raise _BadLine("topic is not device/<id>/data or device/<id>/confirm")
        device, kind = found
    named = record.get("device", device)
    if not isinstance(named, str) or not 0 < len(named) <= MAX_NAME_CHARACTERS:
        raise _BadLine(f"device is not 1 to {MAX_NAME_CHARACTERS} characters")
    if "message" in record and whole:
        return Arrival(named, whole)  # a JSON packet of 2020 or 2021: signed as it stands
    held = [field for field in _PAYLOADS if field in record]
    payload = record[held[0]] if len(held) == 1 else None
    if not isinstance(payload, str):
        raise _BadLine(f"not one text called {', '.join(_PAYLOADS[:-1])} or {_PAYLOADS[-1]}")
    if held[0] == "confirm":
        kind = Kind.CONFIRMATION
    return Arrival(named, _from_hex(payload) if held[0] == "hex" else _from_base64(payload), kind)


def _from_hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise _BadLine("hex holds something else") from error


def _from_base64(text: str | bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _BadLine(f"not base64: {error}") from error


def _split(pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines without what surrounds them; of a line that is too long, enough to tell that it is."""
    number, pending, is_skipping = 1, b"", False
    for piece in pieces:
        if not piece:
            yield number, None
            continue
        *whole, pending = (pending + piece).split(b"\n")
        for line in whole:
            if not is_skipping:
                yield number, line.strip()
            number, is_skipping = number + 1, False
        if is_skipping:
            pending = b""
        elif len(pending) > MAX_LINE_BYTES:
            yield number, pending[: MAX_LINE_BYTES + 1]
            pending, is_skipping = b"", True
    if pending:
        yield number, pending.strip()


def _inflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What gzip compressed, in pieces of bounded length however much a few bytes unfold to; several members."""
    inflater = zlib.decompressobj(wbits=31)
    for piece in pieces:
        if not piece:
            yield b""
            continue
        data, out = piece, b""
        while data or out:
            if inflater.eof:
                inflater = zlib.decompressobj(wbits=31)
            out = inflater.decompress(data, _PIECE_BYTES)
            if out:
                yield out
            data = inflater.unused_data.lstrip(b"\x00") if inflater.eof else inflater.unconsumed_tail
            if inflater.eof:
                out = b""
    if not inflater.eof:
        raise zlib.error("the gzip stream is cut short")


def _file_pieces(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise SourceError(str(path), error.strerror or str(error), "name a file of packets, or - for stdin") from error


def _descriptor_pieces(descriptor: int, idle_seconds: float) -> Iterator[bytes]:
    while True:
        try:
            if not select.select([descriptor], [], [], idle_seconds)[0]:
                yield b""
                continue
            piece = os.read(descriptor, _PIECE_BYTES)
        except OSError as error:
            raise SourceError("standard input", error.strerror or str(error)) from error
        if not piece:
            return
        yield piece
