"""`andel revenue …`: what a model earns, paid in, claimed, and redeemed by burning."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from andel.cli.options import KeyFileOption, ModelOption, RpcOption, YesOption, confirm, open_model, read_key
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.payment import amount_text, money_of, parse_amount
from andel.ledger.revenue import COIN
from andel.roles.revenue import (
    RevenueState,
    TokenRevenue,
    claim_revenue,
    count_in,
    epoch_text,
    pay_in,
    payment_tokens,
    redeem,
    revenue_state,
)
from andel.units import Address

app = typer.Typer(name="revenue", help="What a model earns, and its holders' part of it.", no_args_is_help=True)

TokensOption = Annotated[
    list[str] | None,
    typer.Option("--token", help="A payment token beside the coin and those of the model's prices; may be repeated."),
]
OneTokenOption = Annotated[str, typer.Option("--token", help="A payment token's address; the coin if left out.")]
_DECIMALS = 18


@app.command()
def show(
    rpc: RpcOption,
    model: ModelOption,
    account: Annotated[str, typer.Option(help="Also what this account can claim.")] = "",
    token: TokensOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; amounts in smallest units.")] = False,
) -> None:
    """Show what arrived in the newest epochs, what burning redeems, and what an account can claim."""
    opened = open_model(rpc, model)
    owner = parse_address(account) if account else None
    state = revenue_state(opened, payment_tokens(opened, _named(token)), owner)
    if as_json:
        typer.echo(json.dumps(asdict(state)))
        return
    for line in _lines(opened.vault.chain, state, owner):
        typer.echo(line)


@app.command()
def claim(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    account: Annotated[str, typer.Option("--account", help="Whose; the key's own account if left out.")] = "",
    token: TokensOption = None,
) -> None:
    """Pay an account its part of all finished epochs, in coin and each payment token; anybody may pay the gas."""
    opened, key = open_model(rpc, model), read_key(key_file)
    owner = parse_address(account) if account else key.address
    found = False
    for each in payment_tokens(opened, _named(token)):
        paid, receipts = claim_revenue(opened, key, owner, each)
        if receipts:
            found = True
            gas = sum(receipt.gas_used for receipt in receipts)
            typer.echo(f"{owner} received {_money(opened.vault.chain, each, paid)}, gas {gas}")
    if not found:
        typer.echo(f"nothing is due to {owner}; an epoch's revenue can be claimed when the epoch is over")


@app.command()
def deposit(
    amount: Annotated[str, typer.Argument(help="How much, in whole coins or payment tokens.")],
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    token: OneTokenOption = "",
) -> None:
    """Pay revenue in: it is shared by who held the model's token in this epoch, and for how long."""
    opened, key = open_model(rpc, model), read_key(key_file)
    payment = parse_address(token) if token else COIN
    decimals, _ = money_of(opened.vault.chain, payment)
    units = parse_amount(amount, decimals)
    receipt = pay_in(opened, key, payment, units)
    typer.echo(f"{_money(opened.vault.chain, payment, units)} paid in, gas {receipt.gas_used}")


@app.command()
def sync(rpc: RpcOption, model: ModelOption, key_file: KeyFileOption, token: OneTokenOption = "") -> None:
    """Count a payment token that was simply sent to the vault; it belongs to this epoch then."""
    opened, key = open_model(rpc, model), read_key(key_file)
    payment = parse_address(token) if token else COIN
    typer.echo(f"{_money(opened.vault.chain, payment, count_in(opened, key, payment))} counted")


@app.command("redeem")
def redeem_tokens(
    amount: Annotated[str, typer.Argument(help="How many of your tokens to burn, for ever.")],
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    token: TokensOption = None,
    yes: YesOption = False,
) -> None:
    """Burn tokens for their part of what is redeemable, in coin and each payment token."""
    opened, key = open_model(rpc, model), read_key(key_file)
    units = parse_amount(amount, _DECIMALS)
    confirm(yes, f"{amount_text(units, _DECIMALS)} tokens of {key.address} are burnt and never come back.")
    paid, receipt = redeem(opened, key, units, payment_tokens(opened, _named(token)))
    for each, part in paid.items():
        typer.echo(f"{key.address} received {_money(opened.vault.chain, each, part)}")
    typer.echo(f"{amount_text(units, _DECIMALS)} tokens burnt, gas {receipt.gas_used}")


def _named(tokens: list[str] | None) -> list[Address]:
    return [parse_address(text) for text in tokens or ()]


def _money(chain: Chain, token: Address, units: int) -> str:
    decimals, symbol = money_of(chain, token)
    return f"{amount_text(units, decimals)} {symbol}"


def _lines(chain: Chain, state: RevenueState, owner: Address | None) -> list[str]:
    lines = [f"vault {state.vault}: {epoch_text(state.calendar)}, each {state.calendar.length:,} s"]
    lines.append(f"redeemable by burning: {state.redeemable_bps / 100:g} % of what arrives")
    for each in state.tokens:
        lines += _token_lines(chain, state, each, owner)
    return lines


def _token_lines(chain: Chain, state: RevenueState, each: TokenRevenue, owner: Address | None) -> list[str]:
    named = "" if each.token == COIN else f" ({each.token})"
    lines = [
        f"{_money(chain, each.token, each.held)} held{named}, "
        f"{_money(chain, each.token, each.pot)} of it redeemable by burning"
    ]
    for epoch, units in each.shared.items():
        if units:
            when = "under way" if epoch == state.calendar.present else "over"
            lines.append(f"  epoch {epoch} ({when}): {_money(chain, each.token, units)}")
    if owner is not None:
        due = sum(each.claimable.values())
        epochs = ", ".join(str(epoch) for epoch in each.claimable) or "none"
        lines.append(f"  {owner} can claim {_money(chain, each.token, due)} of epochs {epochs}")
    return lines
