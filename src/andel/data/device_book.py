"""The device book: a file in which an owner writes down their devices' public keys and other names.

Takes the bytes of a TOML or JSON file; gives a `DeviceBook`: who each announced name is. Every field is checked,
an unknown one is refused. Never asks the chain: owner and revocation in the file are used only where no chain is
asked. Format: docs/rooms/data.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import orjson

from andel.device.did import parse_public_key
from andel.device.epochs import Epoch, epoch_of_firmware
from andel.errors import InputError, SettingsError
from andel.keys import address_of_public_key, parse_address
from andel.units import Address

FORMAT: Final = "andel-devices/1"
MAX_BOOK_BYTES: Final = 16 * 1024 * 1024
MAX_DEVICES: Final = 50_000

_ADDRESS = re.compile(r"(?:did:io:)?(0x[0-9a-fA-F]{40})")
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_FIELDS: Final[Mapping[str, type]] = {
    "public_key": str,
    "id": str,
    "owner": str,
    "revoked": bool,
    "firmware": str,
    "epoch": str,
}


@dataclass(frozen=True, slots=True)
class BookedDevice:
    """A device as its owner wrote it down; `owner` and `epoch` are None where the file does not say."""

    address: Address
    public_key: bytes
    owner: Address | None = None
    revoked: bool = False
    epoch: Epoch | None = None


@dataclass(frozen=True, slots=True)
class DeviceBook:
    """The devices by address, and the address behind each further name (an IMEI, say)."""

    devices: Mapping[Address, BookedDevice]
    names: Mapping[str, Address]

    def resolve(self, announced: str) -> Address:
        """The address that `announced` stands for: a name in the book, an address, or `did:io:` and an address.

        A name that is none of these comes back as it is: intake knows no such device, and refuses it.
        """
        known = self.names.get(announced)
        return known if known is not None else _address_of(announced)


def load_device_book(path: Path) -> DeviceBook:
    """The book in a file. Raises SettingsError naming the file and what is wrong with it."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BOOK_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", "name the devices file") from error
    try:
        return parse_device_book(data)
    except InputError as error:
        raise SettingsError(f"{path}: {error.message}", error.hint) from error


def parse_device_book(data: bytes) -> DeviceBook:
    """The book in the bytes of a TOML file, or of a JSON file (which begins with a brace).

    Raises InputError with the place: over `MAX_BOOK_BYTES` or `MAX_DEVICES`, another format, an unknown or
    mistyped field, a key that is no point of its curve, or a device or name that stands there twice.
    """
    if len(data) > MAX_BOOK_BYTES:
        raise InputError(f"a devices file has at most {MAX_BOOK_BYTES} bytes")
    entries = _read_entries(data)
    devices: dict[Address, BookedDevice] = {}
    names: dict[str, Address] = {}
    for number, entry in enumerate(entries, 1):
        try:
            device, name = _read_entry(entry)
        except InputError as error:
            raise InputError(f"device {number}: {error.message}", error.hint) from error
        if device.address in devices or name in names:
            raise InputError(f"device {number}: {name or device.address} stands there twice")
        devices[device.address] = device
        if name:
            names[name] = device.address
    return DeviceBook(devices, names)


def _read_entries(data: bytes) -> list[object]:
    try:
        text = data.decode("utf-8")
        # not json.loads: nested brackets would end the process, see `andel.encoding`
        record: object = orjson.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"neither TOML nor JSON: {str(error)[:120]}", "see docs/rooms/data.md") from error
    if not isinstance(record, dict) or record.keys() - {"format", "devices"} or record.get("format") != FORMAT:
        raise InputError("not a devices file", f'it has format = "{FORMAT}" and a list of devices, nothing else')
    entries = record.get("devices", [])
    if not isinstance(entries, list) or len(entries) > MAX_DEVICES:
        raise InputError(f"devices is not a list of at most {MAX_DEVICES}")
    return entries


def _read_entry(entry: object) -> tuple[BookedDevice, str]:
    if not isinstance(entry, dict):
        raise InputError("not a table of fields")
    for field, value in entry.items():
        if not isinstance(value, _FIELDS.get(field, ())):
            raise InputError(f"unusable field {ascii(field)[:40]}", f"the fields are {', '.join(_FIELDS)}")
    public_key = parse_public_key(entry.get("public_key", ""))
    address = address_of_public_key(public_key)
    name: str = entry.get("id", "")
    if name and (not _NAME.fullmatch(name) or _ADDRESS.fullmatch(name)):
        raise InputError(f"unusable id {ascii(name)[:80]}", "1 to 64 letters, digits and ._:- that are no address")
    owner = parse_address(entry["owner"]) if "owner" in entry else None
    return BookedDevice(address, public_key, owner, entry.get("revoked", False), _read_epoch(entry)), name


def _read_epoch(entry: Mapping[str, str]) -> Epoch | None:
    if "epoch" not in entry:
        return epoch_of_firmware(entry["firmware"]) if "firmware" in entry else None
    try:
        return Epoch(entry["epoch"])
    except ValueError as error:
        hint = f"the epochs are {', '.join(Epoch)}"
        raise InputError(f"unusable epoch {ascii(entry['epoch'])[:40]}", hint) from error


@lru_cache(maxsize=65_536)
def _address_of(announced: str) -> Address:
    match = _ADDRESS.fullmatch(announced)
    return parse_address(match[1]) if match else Address(announced)
