"""`andel operator …`: what operators of a model have put down, and what they can take."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from andel.cli.options import KeyFileOption, ModelOption, RpcOption, coins, open_model, parse_coins, read_key
from andel.errors import InputError
from andel.keys import AccountKey, parse_address
from andel.ledger.deployment import ModelContracts
from andel.roles.bonds import OperatorStanding, operators_of, standing_of, take_all
from andel.units import TOKEN

app = typer.Typer(name="operator", help="Bonds of who coordinates and validates a model.", no_args_is_help=True)

_ALL = "all"


@app.command()
def status(
    rpc: RpcOption,
    model: ModelOption,
    account: Annotated[str, typer.Option(help="Only this account, operator or not.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; amounts in wei.")] = False,
) -> None:
    """Show the present epoch: who coordinates, stands by and validates, with bonds and what each can take."""
    opened = open_model(rpc, model)
    if account:
        standings = [standing_of(opened, parse_address(account))]
    else:
        standings = operators_of(opened)
    operators, present = opened.operators, opened.operators.of_epoch()
    facts = {
        "epoch": operators.operators_epoch(),
        "k": present.k,
        "n": len(present.validators),
        "bond": operators.bond(),
        "unbonding_seconds": operators.unbonding_period(),
        "idle_at": operators.idle_at(),
    }
    if as_json:
        typer.echo(json.dumps(facts | {"operators": [asdict(standing) for standing in standings]}))
        return
    typer.echo(
        f"epoch {facts['epoch']}: {facts['k']} of {facts['n']} validators decide; a bond is {_text(facts['bond'])}"
    )
    typer.echo(f"a bond asked back can be taken after {facts['unbonding_seconds']} s")
    for standing in standings:
        typer.echo(_line(standing))


@app.command()
def deposit(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    operator: Annotated[str, typer.Option("--for", help="Whose bond; the key's own account if left out.")] = "",
    amount: Annotated[str, typer.Option(help="Coins; what is missing of a whole bond if left out.")] = "",
) -> None:
    """Put down coins for an operator's bond; they are the operator's from then on."""
    key, opened = read_key(key_file), open_model(rpc, model)
    account = parse_address(operator) if operator else key.address
    bonded = opened.operators.bond_of(account).bonded
    wei = parse_coins(amount) if amount else max(0, opened.operators.bond() - bonded)
    if wei == 0:
        raise InputError(f"{account} lacks nothing of a bond: {_text(bonded)} are put down", "name an --amount")
    receipt = opened.operators.deposit(key, account, wei)
    typer.echo(f"{account} has put down {_text(bonded + wei)}, gas {receipt.gas_used}")


@app.command()
def withdraw(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    request: Annotated[str, typer.Option(help="Ask back so many coins of the bond, or `all`; take them later.")] = "",
) -> None:
    """Take what hearings and reports owe the account, and what it asked back long enough ago."""
    key, opened = read_key(key_file), open_model(rpc, model)
    if request:
        _request(key, opened, request)
        return
    taken = take_all(key, opened)
    typer.echo(f"{key.address} took {_text(taken.bond)} of its bond and {_text(taken.owed)} owed to it")
    if not taken.bond and (record := opened.operators.bond_of(key.address)).unbonding:
        typer.echo(f"{_text(record.unbonding)} can be taken at {record.withdrawable_at} (unix seconds)", err=True)


@app.command()
def claim(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    operator: Annotated[str, typer.Option("--for", help="Who is paid; the key's own account if left out.")] = "",
) -> None:
    """Pay an operator the tokens that its rounds have credited it with; anybody may pay the gas."""
    key, opened = read_key(key_file), open_model(rpc, model)
    account = parse_address(operator) if operator else key.address
    paid, receipt = opened.pool.claim_operator(key, account)
    typer.echo(f"{account} received {paid / TOKEN:,.6f} tokens ({paid} base units), gas {receipt.gas_used}")


def _request(key: AccountKey, opened: ModelContracts, request: str) -> None:
    bonded = opened.operators.bond_of(key.address).bonded
    wei = bonded if request == _ALL else parse_coins(request)
    if not 0 < wei <= bonded:
        raise InputError(f"{key.address} has put down {_text(bonded)}, not {request[:40]}", "ask for less, or `all`")
    opened.operators.request_withdrawal(key, wei)
    at = opened.operators.bond_of(key.address).withdrawable_at
    typer.echo(f"{key.address} asked back {_text(wei)}; it can take them at {at} (unix seconds)")


def _line(standing: OperatorStanding) -> str:
    bonded = "fully bonded" if standing.is_bonded else "not fully bonded, counts for nothing"
    parts = [f"{standing.role} {standing.account}: {_text(standing.bonded)}, {bonded}"]
    if standing.unbonding:
        parts.append(f"{_text(standing.unbonding)} asked back, to be taken at {standing.withdrawable_at}")
    if standing.owed:
        parts.append(f"{_text(standing.owed)} owed to it")
    return "; ".join(parts)


def _text(wei: int) -> str:
    return f"{coins(wei)} coins"
