"""`andel device inspect`: explains packets in words, or as one JSON object each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Annotated, Final

import orjson
import typer

from andel.cli.packet_files import FoundPacket, read_packet_file, split_packets
from andel.device.did import parse_device, parse_public_key
from andel.device.epochs import Epoch, epoch_of_firmware
from andel.device.inspection import Inspection, Known, SignatureState, inspect_packet
from andel.device.reading import Measurement, Refusal, Values
from andel.errors import SettingsError
from andel.units import Address

COMPARED_PACKETS: Final = 1_000
"""How many of a file's packets are held beside each other, to find one signer of several."""


def inspect_packets(
    file: Annotated[str, typer.Argument(help="A file of packets; - is standard input.")],
    key: Annotated[
        list[str] | None, typer.Option(help="A device's public key (hex, p256:<hex>); may be given several times.")
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option(help="A device: address or did:io:0x…; may be given several times.")
    ] = None,
    epoch: Annotated[Epoch | None, typer.Option(help="How the firmware writes position and temperature.")] = None,
    firmware: Annotated[str, typer.Option(help='The firmware instead of the epoch, as "Riverrock 1.0.14".')] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a packet.")] = False,
) -> None:
    """Explain packets: what each is, by whom, signed how, and whether it would be accepted."""
    known = Known(
        tuple(parse_public_key(text) for text in key or ()),
        tuple(parse_device(text).address for text in device or ()),
        epoch or _epoch(firmware),
    )
    inspected = ((p, inspect_packet(p.raw, _known_of(p, known))) for p in split_packets(read_packet_file(file)))
    first = list(islice(inspected, COMPARED_PACKETS))
    shared = _shared_candidates([one for _, one in first])
    for number, (packet, one) in enumerate(chain(first, inspected), start=1):
        if as_json:
            typer.echo(_as_json(number, packet, one))
        else:
            typer.echo("\n".join(_in_words(number, packet, one, shared)))


def _epoch(firmware: str) -> Epoch | None:
    if firmware and epoch_of_firmware(firmware) is None:
        names = ", ".join(Epoch)
        raise SettingsError(f"the firmware {firmware[:80]!r} does not tell its epoch", f"give --epoch, one of {names}")
    return epoch_of_firmware(firmware) if firmware else None


def _known_of(packet: FoundPacket, known: Known) -> Known:
    if packet.device is not None:
        known = replace(known, devices=(*known.devices, packet.device))
    return replace(known, epoch=known.epoch or packet.epoch)


def _shared_candidates(found: Sequence[Inspection]) -> frozenset[Address]:
    """Addresses that can have signed two packets or more: no chance brings the same one twice."""
    counts = Counter(address for one in found for address in set(one.candidates))
    return frozenset(address for address, count in counts.items() if count > 1)


def _as_json(number: int, packet: FoundPacket, one: Inspection) -> str:
    document = {
        "packet": number,
        **({"name": packet.name} if packet.name else {}),
        "format": one.format,
        "curve": one.curve,
        "signature": one.signature,
        "device": one.device,
        "origin": one.origin,
        "values": {m.channel: _number(m) for m in one.values},
        "units": {m.channel: m.unit for m in one.values},
        "reason": one.reason,
        "detail": one.detail,
        "kind": one.kind,
        "timestamp": one.timestamp,
        "owner": one.owner,
        "candidates": one.candidates,
        "epochs": one.epochs,
        "undecided": {
            epoch.value: {m.channel: orjson.Fragment(_decimal(m).encode()) for m in values}
            for epoch, values in one.undecided
        },
    }
    return orjson.dumps(document).decode()


def _number(measurement: Measurement) -> orjson.Fragment:
    return orjson.Fragment(_decimal(measurement).encode())


def _in_words(number: int, packet: FoundPacket, one: Inspection, shared: frozenset[Address]) -> list[str]:
    named = f" ({packet.name})" if packet.name else ""
    time = _time(one.timestamp)
    lines = [f"packet {number}{named}: {one.kind}, format {one.format}, from {packet.written}{time}"]
    if one.owner is not None:
        lines.append(f"  for       {one.owner}")
    if one.signed:
        lines.append(f"  signed    {one.curve}, {one.signed}: {_signature(one)}")
    if one.device is not None:
        lines.append(f"  by        {one.device} (did:io:{one.device.lower()})")
    for address in one.candidates:
        often = ", as other packets here" if address in shared else ""
        lines.append(f"  maybe by  {address}{often}")
    if one.values:
        lines.append("  says      " + _told(one.values))
    for epoch, values in one.undecided:
        lines.append(f"  or of {epoch} " + (_told(values) or "nothing more"))
    if one.reason is None:
        lines.append("  accepted  when this device is registered and the packet is new")
    elif one.reason == Refusal.UNKNOWN_DEVICE:
        lines.append(f"  open      {one.detail}; give --key or --device")
    else:
        lines.append(f"  refused   {one.reason}: {one.detail}")
    return lines


def _told(values: Values) -> str:
    return ", ".join(f"{m.channel} {_decimal(m)} {m.unit}".rstrip() for m in values)


def _signature(one: Inspection) -> str:
    if one.signature == SignatureState.VALID:
        return f"valid, origin {one.origin}"
    return one.signature.value


def _time(timestamp: int | None) -> str:
    if timestamp is None:
        return ""
    if timestamp > 253_402_300_799:  # the last second that a calendar of four-digit years has
        return f", time {timestamp}"
    return f", {datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _decimal(measurement: Measurement) -> str:
    """The value in its unit, as an exact decimal."""
    value, exponent = measurement.value, measurement.exponent
    if exponent >= 0:
        return f"{value}e{exponent}" if exponent > 20 else str(value * 10**exponent)
    if exponent < -40:
        return f"{value}e{exponent}"
    digits = str(abs(value)).rjust(1 - exponent, "0")
    whole, fraction = digits[:exponent], digits[exponent:].rstrip("0")
    return ("-" if value < 0 else "") + whole + ("." + fraction if fraction else "")
