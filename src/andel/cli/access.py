"""`andel pass …`: access to a model, bought and shown."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from andel.cli.options import (
    KeyFileOption,
    ModelOption,
    PayerOption,
    RpcOption,
    open_model,
    open_passes,
    parse_digest,
    plain_fields,
    read_key,
    read_payer,
)
from andel.errors import InputError
from andel.keys import parse_address
from andel.ledger.access import Pass, PassPlan, parse_plan
from andel.ledger.connection import Chain
from andel.ledger.payment import amount_text, money_of
from andel.roles.buyer import PASS_SENTENCES, buy_pass, order_of
from andel.roles.owner import clock_text, told
from andel.serving.admission import MAX_AHEAD_SECONDS, pass_header

app = typer.Typer(name="pass", help="Licence and access to a model.", no_args_is_help=True)
PassesOption = Annotated[
    str, typer.Option("--passes", help="The chain's AccessPass; left out, what the lock or deployment file names.")
]
PlanOption = Annotated[str, typer.Option(help="The plan's name in the model's prices, or its id, 64 hex digits.")]


@app.command()
def show(
    rpc: RpcOption,
    model: ModelOption,
    passes: PassesOption = "",
    account: Annotated[str, typer.Option(help="Whose pass.")] = "",
    plan: PlanOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show what a plan costs now, and the pass that an account has."""
    opened, address = open_passes(rpc, passes, model)
    if not plan and not account:
        raise InputError("nothing to show", "name an --account, a --plan, or both")
    now = opened.chain.block_time()
    sold = told(lambda: opened.plan_of(address, parse_plan(plan)), PASS_SENTENCES) if plan else None
    held = opened.pass_of(address, parse_address(account)) if account else None
    if as_json:
        found: dict[str, object] = {}
        if sold is not None:
            found["plan"] = plain_fields(asdict(sold))
        if held is not None:
            found["pass"] = plain_fields(asdict(held)) | {"live": held.is_live(now)}
        typer.echo(json.dumps(found))
        return
    if sold is not None:
        typer.echo(_plan_line(opened.chain, sold))
    if held is not None:
        typer.echo(_pass_line(held, now))


@app.command()
def buy(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    plan: PlanOption,
    terms: Annotated[str, typer.Option(help="The licence you have read: its hash (64 hex digits) or CID.")],
    passes: PassesOption = "",
    account: Annotated[str, typer.Option("--for", help="Who gets the pass; the key's own account if left out.")] = "",
    payer_key_file: PayerOption = None,
    gift: Annotated[bool, typer.Option("--gift", help="The payer pays the price as well as the gas.")] = False,
) -> None:
    """Buy a period of a plan, under terms that you name by their hash."""
    (opened, address), key = open_passes(rpc, passes, model), read_key(key_file)
    holder = parse_address(account) if account else key.address
    order = order_of(opened, address, parse_plan(plan), holder, parse_digest(terms, "terms"))
    expiry, receipt = buy_pass(opened, key, order, read_payer(payer_key_file), gift)
    typer.echo(f"{holder} has a pass until {clock_text(expiry)}, gas {receipt.gas_used}")


@app.command("use")
def use(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    server: Annotated[str, typer.Option(help="The account that the server signs with; its GET /model names it.")],
    minutes: Annotated[int, typer.Option(min=1, max=MAX_AHEAD_SECONDS // 60, help="How long it counts.")] = 60,
) -> None:
    """Print the header by which the key's account asks a server: `curl -H "Authorization: $(andel pass use …)"`."""
    key, manager = read_key(key_file), open_model(rpc, model).round_manager
    until = manager.chain.block_time() + 60 * minutes
    typer.echo(pass_header(key, manager.domain, parse_address(server), until))


def _plan_line(chain: Chain, plan: PassPlan) -> str:
    decimals, symbol = money_of(chain, plan.token)
    passed_on = "can be passed on" if plan.transferable else "stays with its holder"
    return (
        f"plan: {amount_text(plan.price, decimals)} {symbol} for {plan.period} s, {plan.per_day} requests a day, "
        f"{passed_on}; paid to {plan.pay_to}; terms {plan.terms.hex()}"
    )


def _pass_line(held: Pass, now: int) -> str:
    if held.expiry == 0:
        return "pass: none"
    state = "counts" if held.is_live(now) else "is over"
    return f"pass: {state}, until {clock_text(held.expiry)}, {held.per_day} requests a day, terms {held.terms.hex()}"
