"""`andel token …`: what an account holds of a model, moved and released."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from andel.cli.options import KeyFileOption, ModelOption, RpcOption, coins, open_model, read_key
from andel.errors import InputError
from andel.keys import parse_address
from andel.ledger.delegation import FounderVestingContract
from andel.ledger.payment import amount_text, parse_amount
from andel.roles.account_state import AccountState, account_state

app = typer.Typer(name="token", help="A model's token: what an account holds.", no_args_is_help=True)
_DECIMALS = 18


@app.command()
def show(
    rpc: RpcOption,
    model: ModelOption,
    account: Annotated[str, typer.Option("--account", help="Whose.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; amounts in smallest units.")] = False,
) -> None:
    """Show an account's tokens, who votes with them, its votes, and its revenue in coin."""
    state = account_state(open_model(rpc, model), parse_address(account))
    if as_json:
        typer.echo(json.dumps(asdict(state)))
        return
    for line in _lines(state):
        typer.echo(line)


@app.command()
def send(
    to: Annotated[str, typer.Argument(help="Who gets them.")],
    amount: Annotated[str, typer.Argument(help="How many, in whole tokens, such as 12.5.")],
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
) -> None:
    """Send tokens; votes that went with them go with them."""
    key, units, heir = read_key(key_file), parse_amount(amount, _DECIMALS), parse_address(to)
    token = open_model(rpc, model).token
    held = token.balance_of(key.address)
    if held < units:
        raise InputError(f"{key.address} holds {amount_text(held, _DECIMALS)} tokens", "send no more than that")
    receipt = token.transfer(key, heir, units)
    typer.echo(f"{heir} received {amount_text(units, _DECIMALS)} tokens, gas {receipt.gas_used}")


@app.command()
def release(
    wallet: Annotated[str, typer.Argument(help="A founder's vesting wallet; the lock file lists them.")],
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
) -> None:
    """Give the owner of a vesting wallet what has vested; anybody may pay the gas."""
    opened, key = open_model(rpc, model), read_key(key_file)
    found = FounderVestingContract(opened.token.chain, parse_address(wallet))
    owner, due = found.owner(), found.releasable(opened.token.address)
    if not due:
        typer.echo(f"nothing has vested for {owner} since the last time")
        return
    before = opened.token.balance_of(owner)
    receipt = found.release(key, opened.token.address)
    got = opened.token.balance_of(owner) - before
    typer.echo(f"{owner} received {amount_text(got, _DECIMALS)} tokens, gas {receipt.gas_used}")


def _lines(state: AccountState) -> list[str]:
    part = f"{100 * state.balance / state.held_supply:.4f} % of what is held" if state.held_supply else "nobody holds"
    aside = " (set aside: neither votes nor earns)" if state.set_aside else ""
    lines = [f"holds: {amount_text(state.balance, _DECIMALS)} tokens, {part}{aside}"]
    if state.delegate is None:
        lines.append("nobody votes with these tokens: `andel vote delegate`")
    else:
        who = "itself" if state.delegate == state.account else state.delegate
        lines.append(f"these tokens' votes: {who}")
    lines.append(f"votes: {amount_text(state.votes, _DECIMALS)}")
    if state.threshold is not None:
        lines[-1] += f"; a proposer needs {amount_text(state.threshold, _DECIMALS)}"
    lines.append(f"revenue to claim: {coins(state.revenue)} coins; see `andel revenue show`")
    return lines
