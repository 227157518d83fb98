"""`andel launch`: founds the model that a file describes, or says what that would send, cost and give to whom."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from andel.cli.launch_tables import bill_record, print_addresses, print_bill, print_powers
from andel.cli.model_file import FileTerms, read_terms
from andel.cli.networks import NetworkOption, network_of
from andel.cli.options import YesOption, coins, confirm
from andel.cli.payer import PasswordFile, PayerKeyFile, Sender, SignerUrl, find_payer, require_payer
from andel.content_remote import open_content
from andel.errors import InputError, NodeMissing, SettingsError
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.gas import GasUse
from andel.roles.launching.costs import Bill, bill_of, rehearse
from andel.roles.launching.founding import Founding
from andel.roles.launching.launcher import Launcher, publish
from andel.roles.launching.lock import Lock, held, read_lock, write_lock
from andel.roles.launching.powers import powers_of
from andel.roles.launching.present import standing_of
from andel.roles.launching.steps import Step, plan_steps
from andel.simulation.local_chain import LocalChain, find_anvil
from andel.transactions import Payer
from andel.units import Address

ModelFile = Annotated[Path, typer.Argument(help="What is founded: model.toml.")]
LockOption = Annotated[Path | None, typer.Option("--lock", help="The lock file; beside the model's file if left out.")]
ContentOption = Annotated[str, typer.Option("--store", help="Content store that takes the task, policy and terms.")]
NoRehearsalOption = Annotated[
    bool, typer.Option("--no-rehearsal", help="Do not try the launch on an anvil of this machine first.")
]
NoBondsOption = Annotated[bool, typer.Option("--no-bonds", help="Leave the bonds to the operators.")]


@dataclass(frozen=True, slots=True)
class Desk:
    """What a launch is looked at with."""

    chain: Chain
    founding: Founding
    lock: Lock
    path: Path


def launch_model(
    model_file: ModelFile,
    rpc: NetworkOption = "",
    store: ContentOption = "",
    lock: LockOption = None,
    key_file: PayerKeyFile = None,
    password_file: PasswordFile = None,
    signer: SignerUrl = "",
    sender: Sender = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be sent, and send nothing.")] = False,
    no_rehearsal: NoRehearsalOption = False,
    no_bonds: NoBondsOption = False,
    yes: YesOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object last, on standard output.")] = False,
) -> None:
    """Found the model of a file: contracts, bonds, and what they name, each sent once; run it again if it fails."""
    console = Console(stderr=as_json, highlight=False)
    terms = read_terms(model_file, int(time.time()))
    chain = connect(terms, rpc)
    path = lock_path(model_file, lock)
    payer = find_payer(key_file, password_file, signer, sender)
    if dry_run:
        desk = open_desk(terms, chain, path, account_of(payer, sender, path), not no_bonds)
        bill = whole_bill(desk, no_rehearsal, console)
        print_bill(console, bill)
        powers = powers_of(desk.founding, desk.lock)
        print_powers(console, powers)
        if as_json:
            typer.echo(json.dumps({"bill": bill_record(bill), "powers": [asdict(each) for each in powers]}))
        return
    with held(path):
        desk = open_desk(terms, chain, path, require_payer(payer).address, not no_bonds)
        done = _launch(desk, require_payer(payer), store, console, no_rehearsal, yes)
    print_addresses(console, done)
    console.print(f"everything is in {path}; keep it: --lock {path} leads every command to the model", markup=False)
    if as_json:
        typer.echo(done.to_bytes().decode())


def _launch(desk: Desk, payer: Payer, store: str, console: Console, no_rehearsal: bool, yes: bool) -> Lock:
    def keep(lock: Lock) -> None:
        write_lock(desk.path, lock)

    def say(text: str) -> None:
        console.print(f"[dim]{text}[/dim]" if "[" not in text else text, soft_wrap=True)

    launcher = Launcher(desk.chain, payer, desk.founding, desk.lock, keep, say)
    launcher.require_ours()
    launcher.settle()
    steps = launcher.steps()
    if not steps:
        console.print("nothing is left to send")
        return launcher.lock
    if not store and desk.founding.objects and not launcher.lock.objects:
        raise SettingsError(
            "the chain will name objects, and no content store is named to keep them", "name one with --store"
        )
    if store.startswith(("http://", "https://")):
        raise SettingsError(
            "a content service takes objects for models that are on the chain already",
            "name the directory or the s3:// address that it will serve",
        )
    bill = bill_of(desk.chain, payer.address, steps, rehearsed(desk, steps, no_rehearsal, console))
    print_bill(console, bill)
    if not launcher.lock.is_launched:
        print_powers(console, powers_of(desk.founding, launcher.lock))
    balance = desk.chain.balance(payer.address)
    if balance < bill.needed:
        raise InputError(
            f"{payer.address} holds {coins(balance)} coins, and the launch may take {coins(bill.needed)}",
            f"send {coins(bill.needed - balance)} coins of chain {desk.chain.chain_id} there",
        )
    confirm(yes, f"{len(steps)} transactions on chain {desk.chain.chain_id} from {payer.address}.")
    if store:
        launcher.lock = publish(desk.founding, open_content(store, durable=True), launcher.lock)
        keep(launcher.lock)
    return launcher.run()


def connect(terms: FileTerms, rpc: str) -> Chain:
    """The chain that the option or the file names. Raises SettingsError, InputError when another one answers."""
    network = network_of(rpc or terms.rpc)
    if not network.rpc:
        raise SettingsError("no chain is named", "--rpc, or `rpc` in the file")
    chain = Chain.connect(network.rpc)
    for wanted, who in ((network.chain_id, f"--rpc {rpc or terms.rpc}"), (terms.chain_id, "the file")):
        if wanted is not None and wanted != chain.chain_id:
            raise InputError(
                f"{who} means chain {wanted}, and {chain.url} serves chain {chain.chain_id}", "another --rpc"
            )
    return chain


def lock_path(model_file: Path, lock: Path | None) -> Path:
    """The lock file that belongs to a model's file."""
    return lock or model_file.with_suffix(".lock.json")


def account_of(payer: Payer | None, sender: str, path: Path) -> Address:
    """Whose launch it is, where nothing is to be signed. Raises SettingsError."""
    if payer is not None:
        return payer.address
    if sender:
        return parse_address(sender)
    begun = read_lock(path)
    if begun is None:
        raise SettingsError("nobody is named who would pay", "--sender, --key-file or --signer")
    return begun.sender


def open_desk(terms: FileTerms, chain: Chain, path: Path, sender: Address, pays_bonds: bool = True) -> Desk:
    """The launch as far as it has come."""
    lock = read_lock(path) or Lock(chain.chain_id, sender)
    return Desk(chain, terms.founding(chain.block_time(), pays_bonds=pays_bonds), lock, path)


def steps_of(desk: Desk) -> list[Step]:
    """What is still to be sent."""
    nonce = desk.chain.next_nonce(desk.lock.sender)
    return plan_steps(desk.founding, desk.lock.sender, nonce, standing_of(desk.chain, desk.founding, desk.lock))


def rehearsed(desk: Desk, steps: list[Step], no_rehearsal: bool, console: Console) -> Mapping[str, GasUse]:
    """What the steps take by a launch on a chain of this machine; nothing where that is not needed or not to be had."""
    if no_rehearsal or not any(step.needs_former for step in steps):
        return {}
    try:
        anvil = find_anvil()
    except NodeMissing as error:
        console.print(f"no rehearsal: {error.message}; some costs are unknown", markup=False)
        return {}
    with tempfile.TemporaryDirectory(prefix="andel-launch-") as folder:
        with LocalChain(Path(folder), anvil=anvil, start_time=desk.chain.block_time()) as local:
            scratch = local.connect()
            try:
                return rehearse(scratch, desk.founding, desk.lock.sender)
            finally:
                scratch.close()


def whole_bill(desk: Desk, no_rehearsal: bool, console: Console) -> Bill:
    """What is still to be paid. Raises Reverted, ChainError."""
    steps = steps_of(desk)
    return bill_of(desk.chain, desk.lock.sender, steps, rehearsed(desk, steps, no_rehearsal, console))
