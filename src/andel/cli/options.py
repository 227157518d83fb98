"""Options that several commands share, and how their texts become what roles take."""

from __future__ import annotations

import os
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

from andel.content import ContentStore, digest_of_cid
from andel.content_mirror import MirroredStore
from andel.content_put import Writer
from andel.content_remote import open_content
from andel.data.policy import Policy, policy_of_text
from andel.device.did import NamedDevice, parse_device
from andel.encoding import parse_hex
from andel.errors import InputError, SettingsError
from andel.keys import AccountKey, parse_address
from andel.keystore import MAX_KEYSTORE_BYTES, open_keystore
from andel.ledger.access import AccessPassContract
from andel.ledger.connection import Chain
from andel.ledger.contracts import DeviceRegistryContract
from andel.ledger.deployment import Deployment, ModelContracts, find_model
from andel.ledger.payment import COIN_DECIMALS, amount_text
from andel.ledger.successors import SuccessorsContract
from andel.roles.launching.lock import is_lock, read_lock
from andel.units import Address, Digest

RpcOption = Annotated[str, typer.Option("--rpc", help="Address of a chain's JSON-RPC.")]
ModelOption = Annotated[
    str,
    typer.Option("--model", "--lock", help="Its RoundManager's address, a launch's lock file, or a deployment file."),
]
StoreOption = Annotated[str, typer.Option("--store", help="Content store: a directory, http(s)://… or s3://…")]
CopiesOption = Annotated[
    Path | None,
    typer.Option("--copies", help="Folder of your own copies; by default, where the store is no directory."),
]
RegistryOption = Annotated[str, typer.Option("--registry", help="DeviceRegistry's address, or a deployment file.")]
KeyFileOption = Annotated[
    Path, typer.Option("--key-file", help="File with the secret key: 64 hex digits, or a keystore.")
]
PayerOption = Annotated[
    Path | None, typer.Option("--payer-key-file", help="Another account's key that pays; the owner only signs.")
]

DevicesArgument = Annotated[
    list[str] | None, typer.Argument(help="Devices: address, did:io:0x…, public key in hex, or p256:<hex>.")
]
FileOption = Annotated[Path | None, typer.Option("--file", help="A file of devices, one a line; # begins a comment.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

DEVICES_AT_ONCE = 100
"""Devices in one transaction: some 5 million gas."""

WEI = 10**18
"""In one coin of the chain."""

_KEY_FILE_BYTES = 200
_PASSWORD_BYTES = 4_096
_MAX_FILE_BYTES = 1024 * 1024


def read_key(path: Path, password_file: Path | None = None) -> AccountKey:
    """The key in a file of 64 hex digits, or in a keystore, whose password is asked for or in a file of its own.

    Raises SettingsError; what the files hold is never shown.
    """
    hint = "give a file with 64 hex digits, or a keystore"
    try:
        text = path.read_bytes()[: MAX_KEYSTORE_BYTES + 1].decode("utf-8").strip()
    except (OSError, ValueError):
        raise SettingsError(f"key file {path} cannot be read", hint) from None
    if not text.startswith("{"):
        return parse_key(text[:_KEY_FILE_BYTES], f"key file {path}")
    try:
        return open_keystore(text.encode("utf-8"), _password(path, password_file))
    except InputError as error:
        raise SettingsError(f"key file {path}: {error.message}", error.hint) from None


def _password(path: Path, password_file: Path | None) -> str:
    if password_file is not None:
        try:
            return password_file.read_bytes()[:_PASSWORD_BYTES].decode("utf-8").rstrip("\r\n")
        except (OSError, ValueError):
            raise SettingsError(f"password file {password_file} cannot be read", "a file with nothing else") from None
    if not sys.stdin.isatty():
        raise SettingsError(f"the keystore {path} needs a password, and nobody can be asked", "name a --password-file")
    return str(typer.prompt(f"password of {path}", hide_input=True, err=True))


def read_payer(path: Path | None) -> AccountKey | None:
    """The key of who pays, if another does. Raises SettingsError."""
    return None if path is None else read_key(path)


def parse_key(text: str, where: str) -> AccountKey:
    """The key in 64 hex digits. Raises SettingsError without showing them."""
    try:
        return AccountKey(bytes.fromhex(text.removeprefix("0x")))
    except (ValueError, InputError):
        raise SettingsError(f"{where} does not hold a secret key", "64 hex digits, nothing else") from None


def parse_coins(text: str) -> int:
    """Wei in an amount of the chain's coin, such as 0.01. Raises InputError."""
    try:
        wei = Decimal(text) * WEI
    except InvalidOperation:
        wei = Decimal(-1)
    if not wei.is_finite() or wei < 0 or wei != int(wei) or wei >= 2**128:
        raise InputError(f"not an amount of coins: {text[:40]!r}", "a number such as 0.01, at most 18 places")
    return int(wei)


def parse_digest(text: str, what: str) -> Digest:
    """The hash of `what` in 64 hex digits, or as a CID. Raises InputError."""
    try:
        return Digest(parse_hex(text.removeprefix("0x").lower(), 32))
    except InputError as error:
        if text.startswith("b"):  # so may a hash begin: what is no 64 digits is read as a CID
            return digest_of_cid(text)
        raise InputError(f"not the hash of {what}: {text[:80]!r}", "64 hex digits, or a CID") from error


def plain_fields(values: dict[str, object]) -> dict[str, object]:
    """Fields as JSON takes them: bytes in hex."""
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}


def coins(wei: int) -> str:
    """Wei as coins, exactly."""
    return amount_text(wei, COIN_DECIMALS)


def open_model(rpc: str, model: str) -> ModelContracts:
    """The model at an address on a chain, or in a lock or deployment file: that says where it answers on chain, too."""
    chain = Chain.connect(rpc)
    if not model.startswith("0x") and Path(model).is_file():
        return _deployment(Path(model)).model(chain)
    return find_model(chain, parse_address(model))


def successors_of(model: ModelContracts, address: str) -> SuccessorsContract | None:
    """The `Successors` at an address, or the one that the model's file names; None without either."""
    return SuccessorsContract(model.round_manager.chain, parse_address(address)) if address else model.successors


def open_passes(rpc: str, passes: str, model: str) -> tuple[AccessPassContract, Address]:
    """Where passes are sold, and the model that they are for: two addresses, or what the model's file names.

    Raises SettingsError where neither says where passes are sold.
    """
    if passes and model.startswith("0x"):
        return AccessPassContract(Chain.connect(rpc), parse_address(passes)), parse_address(model)
    opened = open_model(rpc, model)
    address = opened.round_manager.address
    if passes:
        return AccessPassContract(opened.round_manager.chain, parse_address(passes)), address
    if opened.access_pass is None:
        raise SettingsError(
            "nothing says where passes to this model are sold",
            "name the chain's AccessPass with --passes, or a lock or deployment file that does with --model",
        )
    return opened.access_pass, address


def _deployment(path: Path) -> Deployment:
    """The addresses in a lock file or a deployment file. Raises InputError."""
    lock = read_lock(path) if is_lock(read_bounded(path, _MAX_FILE_BYTES)) else None
    return Deployment.from_file(path) if lock is None else lock.deployment()


def open_registry(rpc: str, registry: str) -> DeviceRegistryContract:
    """The registry of devices at an address on a chain, or in a deployment file."""
    chain = Chain.connect(rpc)
    if not registry.startswith("0x") and Path(registry).is_file():
        return _deployment(Path(registry)).device_registry(chain)
    return DeviceRegistryContract(chain, parse_address(registry))


def open_store(url: str, writer: Writer | None = None) -> ContentStore:
    """The content store at a URL that must exist already; at a service, `writer` signs what is kept.

    Raises SettingsError.
    """
    if "://" not in url and not Path(url).is_dir():
        raise SettingsError(f"there is no content store at {url}", "name the directory that the rounds were kept in")
    return open_content(url, writer)


def writer_of(key: AccountKey, model: ModelContracts, device: str = "") -> Writer:
    """`key` as a writer at the model's content service, for a device where it is a contributor's."""
    return Writer(key, model.round_manager.domain, parse_device(device).address if device else None)


def open_held_store(url: str, copies: Path | None, name: str, writer: Writer | None) -> ContentStore:
    """The store at a URL as one's own: a directory is, in front of any other copies are kept in a folder.

    `copies` None is a folder of that `name` beside other data; without a `writer` what is new stays there.
    """
    behind = open_store(url, writer)
    if copies is None and "://" not in url:
        return behind
    if copies is None:
        data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
        copies = data / "andel" / "copies" / name
    return MirroredStore(str(copies), behind, writes=writer is not None)


def named_devices(devices: list[str] | None, file: Path | None) -> list[NamedDevice]:
    """The devices named as arguments and, one a line, in a file. Raises SettingsError, InputError."""
    texts = list(devices or [])
    if file is not None:
        try:
            data = file.read_bytes()[: _MAX_FILE_BYTES + 1]
            lines = data.decode("utf-8").splitlines()
        except (OSError, ValueError) as error:
            raise SettingsError(f"{file} cannot be read as text", "a file of devices, one a line") from error
        if len(data) > _MAX_FILE_BYTES:
            raise SettingsError(f"{file} is over {_MAX_FILE_BYTES} bytes", "split it")
        texts += [text for line in lines if (text := line.split("#")[0].strip())]
    if not texts:
        raise SettingsError("no device is named", "name devices, or a file of them with --file")
    return [parse_device(text) for text in texts]


def confirm(yes: bool, what: str) -> None:
    """Asks whether to go on, unless `yes`; ends the command with 1 when not."""
    if not yes and not typer.confirm(f"{what} Go on?", err=True):
        raise typer.Exit(1)


def read_policy(path: Path) -> Policy:
    """The policy in a file. Raises InputError naming the file, SettingsError when it cannot be read."""
    try:
        return policy_of_text(read_bounded(path, _MAX_FILE_BYTES))
    except SettingsError:
        raise
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error


def read_bounded(path: Path, limit: int) -> bytes:
    """A file's bytes, one more than `limit` at most: the caller refuses what is longer. Raises SettingsError."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", "name a file") from error
