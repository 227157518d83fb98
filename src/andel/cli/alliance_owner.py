"""`andel alliance trust|drop|admit|dismiss|bar|unbar|rules|hand-over|take-over|give-up`: what its owner does."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from andel.cli.options import (
    DEVICES_AT_ONCE,
    DevicesArgument,
    FileOption,
    KeyFileOption,
    ModelOption,
    RpcOption,
    StoreOption,
    YesOption,
    confirm,
    named_devices,
    open_model,
    open_store,
    read_bounded,
    read_key,
    read_policy,
    writer_of,
)
from andel.content import cid_of_digest
from andel.data.policy import EVERYWHERE, Box, Policy
from andel.errors import InputError, SettingsError
from andel.keys import parse_address
from andel.ledger.alliance import AllianceContract
from andel.roles.alliance_owner import (
    MAX_TERMS_BYTES,
    Step,
    change,
    check_admissible,
    give_up_ownership,
    offer_ownership,
    set_rules,
    take_ownership,
)
from andel.units import Address

ListersArgument = Annotated[list[str], typer.Argument(help="Listers: the accounts that vouch for devices.")]

_DEGREES = 7  # decimals of a degree in a policy


def trust(listers: ListersArgument, rpc: RpcOption, model: ModelOption, key_file: KeyFileOption) -> None:
    """Trust listers: the devices they vouch for are admitted, also those that they list later."""
    _in_steps(Step.TRUST, [parse_address(text) for text in listers], open_model(rpc, model).alliance, key_file)


def drop(listers: ListersArgument, rpc: RpcOption, model: ModelOption, key_file: KeyFileOption) -> None:
    """Trust listers no longer: devices that only they vouch for are out of rounds opened from now on."""
    _in_steps(Step.DROP, [parse_address(text) for text in listers], open_model(rpc, model).alliance, key_file)


def admit(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    devices: DevicesArgument = None,
    file: FileOption = None,
    unclaimed: Annotated[bool, typer.Option("--unclaimed", help="Also devices that nobody has claimed yet.")] = False,
) -> None:
    """Admit devices by their address, whoever vouches for them."""
    found = _addresses(devices, file)
    alliance = open_model(rpc, model).alliance
    check_admissible(alliance, found, unclaimed)
    _in_steps(Step.ADMIT, found, alliance, key_file)


def dismiss(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    devices: DevicesArgument = None,
    file: FileOption = None,
) -> None:
    """End what `admit` began. A device that a trusted lister vouches for stays in: see `bar`."""
    _in_steps(Step.DISMISS, _addresses(devices, file), open_model(rpc, model).alliance, key_file)


def bar(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    devices: DevicesArgument = None,
    file: FileOption = None,
) -> None:
    """Keep devices out of rounds opened from now on, whoever vouches for them."""
    _in_steps(Step.BAR, _addresses(devices, file), open_model(rpc, model).alliance, key_file)


def unbar(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    devices: DevicesArgument = None,
    file: FileOption = None,
) -> None:
    """Let barred devices in again, if they are admitted or vouched for."""
    _in_steps(Step.UNBAR, _addresses(devices, file), open_model(rpc, model).alliance, key_file)


def rules(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    store: StoreOption,
    policy: Annotated[Path | None, typer.Option(help="A policy file (JSON, andel-policy/1).")] = None,
    box: Annotated[
        list[str] | None, typer.Option(help="SOUTH,WEST,NORTH,EAST in degrees, instead of a file; may be repeated.")
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help="A channel every reading must have, instead of a file; may be repeated.")
    ] = None,
    anywhere: Annotated[bool, typer.Option("--anywhere", help="A policy that asks for nothing.")] = False,
    terms: Annotated[Path | None, typer.Option(help="A text file: the terms that owners of devices accept.")] = None,
) -> None:
    """Set region, channels and terms of rounds opened from now on; what is left out stays as it is.

    Both are kept in the content store. New terms bind nobody who has not accepted them: announce them before.
    """
    written = _policy(policy, box or [], channel or [], anywhere)
    text = None if terms is None else read_bounded(terms, MAX_TERMS_BYTES)
    if written is None and text is None:
        raise SettingsError("no rule is named", "give --policy, --box, --channel or --anywhere, or --terms")
    opened, key = open_model(rpc, model), read_key(key_file)
    former, now, receipt = set_rules(
        opened.alliance, key, open_store(store, writer_of(key, opened)), written.to_bytes() if written else None, text
    )
    typer.echo(f"policy {now.policy.hex()} {cid_of_digest(now.policy)}{_same(former.policy, now.policy)}")
    typer.echo(f"terms {now.terms.hex()} {cid_of_digest(now.terms)}{_same(former.terms, now.terms)}")
    typer.echo(f"in force for rounds opened from now on, gas {receipt.gas_used}")
    if former.terms != now.terms:
        typer.echo(f"owners of devices take part once they have accepted: --terms {now.terms.hex()}", err=True)


def hand_over(
    heir: Annotated[str, typer.Argument(help="The account that is to own the alliance, a person's or a contract's.")],
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
) -> None:
    """Offer the ownership to another account, which takes it in a second step. A new offer takes this one back."""
    account = parse_address(heir)
    receipt = offer_ownership(open_model(rpc, model).alliance, read_key(key_file), account)
    typer.echo(f"the alliance is offered to {account}, which takes it by `take-over`, gas {receipt.gas_used}")


def take_over(rpc: RpcOption, model: ModelOption, key_file: KeyFileOption) -> None:
    """Take the ownership that was offered to the key's account."""
    key = read_key(key_file)
    receipt = take_ownership(open_model(rpc, model).alliance, key)
    typer.echo(f"{key.address} owns the alliance, gas {receipt.gas_used}")


def give_up(rpc: RpcOption, model: ModelOption, key_file: KeyFileOption, yes: YesOption = False) -> None:
    """Leave the alliance without an owner: its listers, devices and rules stay as they are for ever."""
    alliance, key = open_model(rpc, model).alliance, read_key(key_file)
    confirm(yes, f"Nobody can ever change the alliance {alliance.address} again.")
    receipt = give_up_ownership(alliance, key)
    typer.echo(f"the alliance has no owner any more, gas {receipt.gas_used}")


def _in_steps(step: Step, accounts: list[Address], alliance: AllianceContract, key_file: Path) -> None:
    key, count = read_key(key_file), 0
    for start in range(0, len(accounts), DEVICES_AT_ONCE):
        part = accounts[start : start + DEVICES_AT_ONCE]
        changed = change(alliance, key, step, part)
        count += len(changed.accounts)
        for account in part:
            typer.echo(f"{account} {changed.word}{'' if account in changed.accounts else ' already'}")
        typer.echo(f"gas {changed.receipt.gas_used}", err=True)
    if not count:
        raise InputError(f"nothing was changed: {changed.word} already", "see `andel alliance show`")


def _addresses(devices: list[str] | None, file: Path | None) -> list[Address]:
    return list(dict.fromkeys(item.address for item in named_devices(devices, file)))


def _policy(path: Path | None, boxes: list[str], channels: list[str], anywhere: bool) -> Policy | None:
    if [path is not None, bool(boxes or channels), anywhere].count(True) > 1:
        raise SettingsError("more than one policy is named", "give a file, or boxes and channels, or --anywhere")
    if path is not None:
        return read_policy(path)
    if anywhere:
        return EVERYWHERE
    if not boxes and not channels:
        return None
    return Policy(tuple(_box(text) for text in boxes), tuple(sorted(set(channels))))


def _box(text: str) -> Box:
    hint = "SOUTH,WEST,NORTH,EAST in degrees, as 59.2,17.8,59.5,18.3; at most seven decimals"
    try:
        corners = [Decimal(part).scaleb(_DEGREES) for part in text.split(",")]
        if any(corner != int(corner) for corner in corners):
            raise ValueError("finer than a policy can say")
        south, west, north, east = (int(corner) for corner in corners)
    except (ValueError, OverflowError, InvalidOperation) as error:
        raise InputError(f"not a box: {text[:80]!r}", hint) from error
    return south, west, north, east


def _same(former: bytes, now: bytes) -> str:
    return " (as before)" if former == now else ""
