"""`andel device register|stop|claim|list|transfer|release|revoke`: devices in the registry on chain."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from andel.cli.options import (
    DEVICES_AT_ONCE,
    DevicesArgument,
    FileOption,
    KeyFileOption,
    PayerOption,
    RegistryOption,
    RpcOption,
    YesOption,
    confirm,
    named_devices,
    open_registry,
    read_key,
    read_payer,
)
from andel.device.claim import MAX_CLAIM_BYTES, package_in, read_claim
from andel.device.did import NamedDevice, did_of, parse_device
from andel.errors import InputError, SettingsError
from andel.keys import AccountKey, parse_address
from andel.ledger.contracts import DeviceRegistryContract
from andel.ledger.receipt import Receipt
from andel.roles.device_facts import DeviceFacts, device_facts, devices_of_lister, devices_of_owner
from andel.roles.owner import claim_device, release_device, revoke_device, told, transfer_device
from andel.units import Address

DeviceArgument = Annotated[str, typer.Argument(help="The device: address, did:io:0x…, or public key in hex.")]


def register(
    rpc: RpcOption,
    registry: RegistryOption,
    key_file: KeyFileOption,
    devices: DevicesArgument = None,
    file: FileOption = None,
) -> None:
    """List devices under the key's name: say that they are genuine. Who trusts this lister admits them."""
    _in_calls(open_registry(rpc, registry).list_devices, read_key(key_file), named_devices(devices, file), "listed")


def stop(
    rpc: RpcOption,
    registry: RegistryOption,
    key_file: KeyFileOption,
    devices: DevicesArgument = None,
    file: FileOption = None,
    yes: YesOption = False,
) -> None:
    """Stop vouching for devices that this key listed, from now on and for ever."""
    found = named_devices(devices, file)
    confirm(yes, f"{len(found)} devices can never be listed by this key again.")
    _in_calls(open_registry(rpc, registry).stop_devices, read_key(key_file), found, "stopped")


def claim(
    package: Annotated[str, typer.Argument(help="A ConfirmPackage: base64, hex, a file, or - for standard input.")],
    device: Annotated[str, typer.Option(help="Whose claim: address or did:io:0x…; a P-256 device by p256:<key>.")],
    rpc: RpcOption,
    registry: RegistryOption,
    key_file: KeyFileOption,
    payer_key_file: PayerOption = None,
) -> None:
    """Claim a device with what it signed when its button was pressed for the key's account."""
    owner = read_key(key_file)
    confirmation, public_key = read_claim(package_in(_bytes_of(package)), parse_device(device))
    opened = open_registry(rpc, registry)
    receipt = claim_device(opened, owner, confirmation, public_key, read_payer(payer_key_file))
    typer.echo(f"{did_of(confirmation.device)} belongs to {owner.address}, gas {receipt.gas_used}")


def list_devices(
    rpc: RpcOption,
    registry: RegistryOption,
    devices: DevicesArgument = None,
    owner: Annotated[str, typer.Option(help="The devices of this owner, by what happened on chain.")] = "",
    lister: Annotated[str, typer.Option(help="The devices this lister ever listed.")] = "",
    from_block: Annotated[int, typer.Option(min=0, help="Look at what happened from this block on.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what the registry says of devices: owner, since when, who lists them, whether they are revoked."""
    opened = open_registry(rpc, registry)
    found = [parse_device(text).address for text in devices or []]
    if owner:
        found += devices_of_owner(opened, parse_address(owner), from_block)
    if lister:
        found += devices_of_lister(opened, parse_address(lister), from_block)
    if not (devices or owner or lister):
        raise SettingsError("no device is named", "name devices, or --owner, or --lister")
    facts = device_facts(opened, list(dict.fromkeys(found)), from_block)
    if as_json:
        told_of = {"registry": opened.address, "chain_id": opened.chain.chain_id, "from_block": from_block}
        typer.echo(json.dumps({**told_of, "devices": [item.to_json() for item in facts]}))
        return
    for item in facts:
        typer.echo("\n  ".join(_lines(item)))
    typer.echo(f"{len(facts)} devices; listings and owners looked for from block {from_block}", err=True)


def transfer(
    device: DeviceArgument,
    to: Annotated[str, typer.Argument(help="The account that is to own it.")],
    rpc: RpcOption,
    registry: RegistryOption,
    key_file: KeyFileOption,
    payer_key_file: PayerOption = None,
) -> None:
    """Give a device of the key's account to another owner; with a payer, the owner only signs."""
    heir, payer = parse_address(to), read_payer(payer_key_file)
    send = partial(transfer_device, to=heir, payer=payer)
    _change(rpc, registry, key_file, device, f"belongs to {heir}", send)


def release(
    device: DeviceArgument,
    rpc: RpcOption,
    registry: RegistryOption,
    key_file: KeyFileOption,
    payer_key_file: PayerOption = None,
) -> None:
    """Give a device up: it has no owner until somebody claims it again. With a payer, the owner only signs."""
    send = partial(release_device, payer=read_payer(payer_key_file))
    _change(rpc, registry, key_file, device, "belongs to nobody", send)


def revoke(
    device: DeviceArgument,
    rpc: RpcOption,
    registry: RegistryOption,
    key_file: KeyFileOption,
    payer_key_file: PayerOption = None,
    yes: YesOption = False,
) -> None:
    """Declare a device's key worthless for ever, say after a theft. With a payer, the owner only signs."""
    named = parse_device(device)
    confirm(yes, f"{named.did} can never be claimed or contribute again.")
    send = partial(revoke_device, payer=read_payer(payer_key_file))
    _change(rpc, registry, key_file, device, "is revoked, for ever", send)


def _change(
    rpc: str,
    registry: str,
    key_file: Path,
    device: str,
    outcome: str,
    send: Callable[[DeviceRegistryContract, AccountKey, Address], Receipt],
) -> None:
    key, named = read_key(key_file), parse_device(device)
    opened = open_registry(rpc, registry)
    receipt = send(opened, key, named.address)
    typer.echo(f"{named.did} {outcome}, gas {receipt.gas_used}")


def _in_calls(
    send: Callable[[AccountKey, list[Address]], Receipt], key: AccountKey, devices: list[NamedDevice], done: str
) -> None:
    for start in range(0, len(devices), DEVICES_AT_ONCE):
        part = devices[start : start + DEVICES_AT_ONCE]
        receipt = told(partial(send, key, [item.address for item in part]))
        for item in part:
            typer.echo(f"{item.did} {done} by {key.address}")
        typer.echo(f"gas {receipt.gas_used}", err=True)


def _bytes_of(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read(MAX_CLAIM_BYTES + 1)
    try:
        with Path(source).open("rb") as file:
            return file.read(MAX_CLAIM_BYTES + 1)
    except OSError as error:
        data = source.encode()
        if package_in(data) != data:
            return data
        raise InputError(f"no file, base64 or hex: {source[:80]!r}", "give a ConfirmPackage") from error


def _lines(item: DeviceFacts) -> list[str]:
    since = f" since {_clock(item.since)}" if item.since is not None else ""
    lines = [item.did, f"device {item.device}", f"owner {item.owner or 'none'}{since}"]
    lines += [
        f"listed by {listing.lister} since {_clock(listing.since)}"
        + (f", stopped {_clock(listing.until)}" if listing.until else "")
        for listing in item.listings
    ]
    lines += ["listed by nobody"] if not item.listings else []
    lines += ["revoked"] if item.revoked else []
    lines += ["its private key is public"] if item.publicly_known else []
    return lines


def _clock(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
