"""`andel device conflict`: brings two packets that contradict each other to where a coordinator finds them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer

from andel.cli.options import open_store
from andel.cli.packet_files import read_packet_file, split_packets
from andel.device.did import did_of, parse_public_key
from andel.errors import InputError
from andel.roles.witness import bring_conflict

FileArgument = Annotated[str, typer.Argument(help="A file with one packet: its bytes, base64, hex or JSON.")]


def conflict(
    first: FileArgument,
    second: FileArgument,
    store: Annotated[str, typer.Option("--store", help="Content store that the coordinator looks into for conflicts.")],
    key: Annotated[str, typer.Option(help="The device's public key, where the packets do not tell it.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Bring two packets of one device, kind and time that say different things; anybody may.

    They are checked first. A device whose owner commits the hour they are of counts nothing in the next round and is in
    quarantine for the rounds after it.
    """
    public_key = parse_public_key(key) if key else b""
    packets = _one_packet(first), _one_packet(second)
    brought = bring_conflict(open_store(store), *packets, public_key)
    found = brought.conflict
    if as_json:
        told = {"cid": brought.cid, "device": found.device, "did": did_of(found.device), "timestamp": found.timestamp}
        more = {"day": found.day, "hour": found.hour, "public_key": brought.public_key.hex()}
        typer.echo(json.dumps(told | more))
        return
    moment = _time(found.timestamp)
    typer.echo(f"{did_of(found.device)} signed two different readings for {moment} (hour {found.hour})")
    typer.echo(f"kept as {brought.cid}")


def _one_packet(name: str) -> bytes:
    found = list(islice(split_packets(read_packet_file(name)), 2))
    if len(found) > 1:
        raise InputError(f"{name} holds more than one packet", "write each of the two into a file of its own")
    return found[0].raw


def _time(timestamp: int) -> str:
    try:
        return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError):
        return str(timestamp)  # a device's clock may say any year
