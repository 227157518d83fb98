"""`andel check`: whether key, chain, balance and contracts are fit for a launch, or a model is what was launched."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from andel.cli.launch import (
    ContentOption,
    Desk,
    LockOption,
    NoBondsOption,
    NoRehearsalOption,
    connect,
    lock_path,
    open_desk,
    whole_bill,
)
from andel.cli.launch_tables import print_findings
from andel.cli.model_file import FileTerms, read_terms
from andel.cli.networks import NetworkOption, network_of
from andel.cli.options import open_store, read_bounded
from andel.cli.payer import KEY_VARIABLE, PasswordFile, PayerKeyFile, Sender, SignerUrl, find_payer
from andel.errors import FoundingFileError, InputError, SettingsError
from andel.ledger.connection import Chain
from andel.roles.launching.checking import (
    Findings,
    check_balance,
    check_bonds,
    check_model,
    check_objects,
    check_price,
    check_shared,
)
from andel.roles.launching.lock import Lock, is_lock, read_lock
from andel.roles.launching.present import shared_of
from andel.units import Address

_FILE_BYTES = 1024 * 1024


def check_launch(
    file: Annotated[Path, typer.Argument(help="model.toml, before and after its launch, or its lock file.")],
    rpc: NetworkOption = "",
    store: ContentOption = "",
    lock: LockOption = None,
    key_file: PayerKeyFile = None,
    password_file: PasswordFile = None,
    signer: SignerUrl = "",
    sender: Sender = "",
    no_rehearsal: NoRehearsalOption = False,
    no_bonds: NoBondsOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tell line by line what is fit and what is not; ends with 1 if anything is not."""
    console, told = Console(highlight=False, stderr=as_json), Findings()
    account: Address | None = None
    with told.trying("key"):
        payer = find_payer(key_file, password_file, signer, sender)
        account = None if payer is None else payer.address
        if payer is not None:
            told.tell("key", True, f"signs as {payer.address}")
    if is_lock(read_bounded(file, _FILE_BYTES)):
        found = read_lock(file)
        if found is not None:
            _check_lock(told, found, rpc)
            _check_store(told, store, found)
    else:
        with told.trying("file"):
            terms = _read(told, file)
            if terms is None:
                raise InputError(f"{file.name} is not as it should be", "see the lines above")
            told.tell("file", True, f"{terms.name}")
            _check_file(told, terms, rpc, lock_path(file, lock), account, no_rehearsal, not no_bonds, console)
            found = read_lock(lock_path(file, lock))
            if found is not None:
                _check_store(told, store, found)
    ok = all(each.ok for each in told.lines)
    if as_json:
        typer.echo(json.dumps({"ok": ok, "findings": [asdict(each) for each in told.lines]}))
    else:
        print_findings(console, told.lines)
    if not ok:
        raise typer.Exit(1)


def _read(told: Findings, file: Path) -> FileTerms | None:
    """What the file says; None once each of its flaws was told."""
    try:
        return read_terms(file, int(time.time()))
    except FoundingFileError as error:
        for flaw in error.flaws:
            told.tell(f"{file.name}, line {flaw.line}", False, flaw.reason, flaw.remedy)
        return None


def _check_lock(told: Findings, lock: Lock, rpc: str) -> None:
    with told.trying("chain"):
        if not rpc:
            raise SettingsError("a lock file names no node", "name one with --rpc")
        chain = Chain.connect(network_of(rpc).rpc)
        if _is_chain(told, chain, lock.chain_id):
            _check_launched(told, chain, lock)


def _check_file(
    told: Findings,
    terms: FileTerms,
    rpc: str,
    path: Path,
    account: Address | None,
    no_rehearsal: bool,
    pays_bonds: bool,
    console: Console,
) -> None:
    with told.trying("chain"):
        chain = connect(terms, rpc)
        told.tell("chain", True, f"{chain.url} serves chain {chain.chain_id}")
        check_price(told, chain)
        lock = read_lock(path)
        if account is None:
            account = None if lock is None else lock.sender
        if account is None:
            raise InputError("nobody is named who would pay", f"--key-file, --signer, or the key in {KEY_VARIABLE}")
        desk = open_desk(terms, chain, path, account, pays_bonds)
        if not _is_chain(told, chain, desk.lock.chain_id):
            return
        check_shared(told, chain, shared_of(desk.founding, desk.lock))
        with told.trying("costs"):
            check_balance(told, chain, desk.lock.sender, whole_bill(desk, no_rehearsal, console))
        _check_progress(told, desk)


def _check_progress(told: Findings, desk: Desk) -> None:
    if desk.lock.is_launched:
        _check_launched(told, desk.chain, desk.lock, desk)
        return
    waiting = [each for each in desk.lock.tries if each.is_open]
    if waiting:
        told.tell("launch", False, f"{waiting[-1].step} was sent and its receipt not seen", "run `andel launch` again")


def _check_launched(told: Findings, chain: Chain, lock: Lock, desk: Desk | None = None) -> None:
    if not lock.is_launched:
        told.tell("launch", False, "not complete", "run `andel launch` again")
        return
    if desk is None:
        check_shared(told, chain, dict(lock.shared))
    check_model(told, chain, lock, None if desk is None else desk.founding)
    check_bonds(told, chain, lock)


def _check_store(told: Findings, store: str, lock: Lock) -> None:
    if store:
        with told.trying("store"):
            check_objects(told, open_store(store), dict(lock.objects))


def _is_chain(told: Findings, chain: Chain, wanted: int) -> bool:
    is_it = chain.chain_id == wanted
    told.tell("chain id", is_it, f"{chain.chain_id}, and {wanted} in the lock file", "another --rpc, or another --lock")
    return is_it
