#!/usr/bin/env python3
"""Plays a Pebble Tracker that is new: python scripts/play_pebble.py FOLDER --owner 0x… --rpc URL

Writes into the folder what a device gives its owner: `device` (its name, a DID), `devices.toml` (its public key, for
intake), `confirm.b64` (what it signs when its button is pressed for the owner), `packets.jsonl` (a week of signed
measurements, of New York in 2013) and `first.b64` (the first of them). The device's key is random and kept nowhere.
"""

from __future__ import annotations

import argparse
import base64
import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from andel.device.did import did_of
from andel.device.epochs import CURRENT
from andel.device.pebble import sign_confirmation
from andel.errors import AndelError
from andel.keys import DeviceKey, parse_address
from andel.ledger.connection import Chain
from andel.simulation.devices import SimulatedDevice
from andel.simulation.weather import find_weather_folder, read_weather
from andel.units import Address

WEEK = 201350
"""In December; not one of the weeks by which the founder of the demo's model judges."""


def week_of_packets(key: DeviceKey) -> Iterator[bytes]:
    """What the device measured at the first of the airports, an hour a packet."""
    dataset = read_weather(find_weather_folder())
    return SimulatedDevice(key, "pebble", dataset.series[0], dataset.channels, "temperature", 0, 0).packets([WEEK])


def write_device(folder: Path, owner: Address, now: int) -> str:
    """The device's DID; the folder must not be there yet. `now` is the chain's time, unix seconds."""
    key = DeviceKey(secrets.token_bytes(32))
    did = did_of(key.address)
    folder.mkdir(parents=True)
    (folder / "device").write_text(did + "\n")
    known = f'[[devices]]\npublic_key = "{key.public_key.hex()}"\nepoch = "{CURRENT.value}"\n'
    (folder / "devices.toml").write_text(f'format = "andel-devices/1"\n\n{known}')
    (folder / "confirm.b64").write_text(text_of(sign_confirmation(key, owner, now)) + "\n")
    packets = [text_of(packet) for packet in week_of_packets(key)]
    (folder / "first.b64").write_text(packets[0] + "\n")
    lines = [json.dumps({"device": did, "packet": packet}) for packet in packets]
    (folder / "packets.jsonl").write_text("\n".join(lines) + "\n")
    return did


def text_of(packet: bytes) -> str:
    """Bytes as a broker hands them on: in base64."""
    return base64.b64encode(packet).decode()


def main() -> None:
    """Writes the folder and prints the device's name; ends with 1 where it cannot."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--owner", required=True)
    parser.add_argument("--rpc", required=True, help="the chain by whose clock the device goes")
    asked = parser.parse_args()
    try:
        did = write_device(asked.folder, parse_address(asked.owner), Chain.connect(asked.rpc).block_time())
    except AndelError as error:
        sys.exit(f"play_pebble: {error.message}")
    except FileExistsError:
        sys.exit(f"play_pebble: {asked.folder} is there already")
    print(f"{did} is in {asked.folder}")


if __name__ == "__main__":
    main()
