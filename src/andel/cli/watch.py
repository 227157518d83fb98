"""`andel watch` and `andel challenge`: settling a model's rounds again, and holding its operators to what they did."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from andel.cli.options import (
    CopiesOption,
    KeyFileOption,
    ModelOption,
    RpcOption,
    StoreOption,
    YesOption,
    coins,
    confirm,
    open_held_store,
    open_model,
    parse_coins,
    read_bounded,
    read_key,
)
from andel.errors import EvidenceError, InputError
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import Status
from andel.roles.settling import Settler, references_for
from andel.roles.signed_results import SignedResult, read_result
from andel.roles.watcher import Watcher

_MAX_SEEN_BYTES = 16 * 1024


def watch(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
    bond_limit: Annotated[
        str, typer.Option(help="The most coins to put down for a challenge; 0 never challenges, and reports only.")
    ] = "0",
    seen: Annotated[
        list[Path] | None, typer.Option(help="A signed attestation that somebody handed over (andel-attestation/1).")
    ] = None,
    from_block: Annotated[
        int | None, typer.Option(min=0, help="Look for offences from this block on; the newest round's if left out.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    poll_seconds: Annotated[float, typer.Option(min=0.01, max=3_600.0, help="Between looks at the chain.")] = 2.0,
    copies: CopiesOption = None,
) -> None:
    """Settle rounds again; challenge, report and carry on where operators failed; half of a slash is yours."""
    key, opened = read_key(key_file), open_model(rpc, model)
    watcher = Watcher(
        key,
        opened,
        # whoever watches need not be one who may write
        open_held_store(store, copies, opened.round_manager.address, None),
        bond_limit=parse_coins(bond_limit),
        from_block=from_block,
        seen=[_read_seen(path, opened) for path in seen or ()],
    )
    if not once:
        typer.echo(f"watching {opened.round_manager.address} as {key.address}", err=True)
        watcher.run(time.sleep, time.monotonic, poll_seconds)
        return
    count = 0
    while watcher.step():
        count += 1
    typer.echo(f"{count} things were due and done" if count else "nothing was due")


def challenge(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
    yes: YesOption = False,
    copies: CopiesOption = None,
) -> None:
    """Settle the newest round again, and challenge what its validators agreed on if it is another result."""
    key, opened = read_key(key_file), open_model(rpc, model)
    evidence = open_held_store(store, copies, opened.round_manager.address, None)
    manager, disputes = opened.round_manager, opened.disputes
    state = manager.newest_round()
    if state is None or state.status != Status.ATTESTED:
        raise InputError("there is no agreed result that is not final", "only the newest round can be challenged")
    number = state.round
    if manager.chain.block_time() >= state.finalisable_at:
        raise InputError(f"the window of round {number} is over", "it ended at the chain's second of `finalisable_at`")
    verdict = Settler(opened, evidence, references_for(evidence, key)).verdict(state)
    if verdict is None:
        raise EvidenceError(f"round {number}", "it cannot be settled from this store with this key")
    if verdict.digest == state.agreed:
        typer.echo(f"round {number} gives what its validators agreed on: there is nothing to challenge")
        return
    bond = disputes.challenge_bond_of(number)
    typer.echo(f"round {number}: agreed {state.agreed.hex()}, found {verdict.digest.hex()}")
    confirm(yes, f"Challenging puts down {coins(bond)} coins, lost if two thirds of the validators disagree.")
    receipt = disputes.challenge(key, number, verdict.digest)
    hearing = disputes.hearing_of(number, state.attempt)
    typer.echo(f"challenged; the hearing ends at {hearing.reveal_until} at the latest, gas {receipt.gas_used}")


def _read_seen(path: Path, opened: ModelContracts) -> SignedResult:
    try:
        return read_result(read_bounded(path, _MAX_SEEN_BYTES), opened.round_manager.domain)
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error
