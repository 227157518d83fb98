"""`andel market join|leave|answer`: serving a model for pay."""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType
from typing import Annotated

import typer

from andel.cli.market_options import MarketOption, money, open_asked, open_market
from andel.cli.options import (
    KeyFileOption,
    ModelOption,
    RpcOption,
    StoreOption,
    coins,
    open_store,
    parse_coins,
    read_key,
)
from andel.errors import SettingsError
from andel.ledger.payment import COIN as COIN
from andel.ledger.payment import money_of, parse_amount
from andel.ledger.standstill import Standstill
from andel.roles.answering.running import market_of, run_answering, sidecar_of
from andel.roles.answering.sidecar import Habits
from andel.roles.asking import MARKET_SENTENCES, present_terms
from andel.roles.owner import clock_text, told


def join(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    endpoint: Annotated[str, typer.Option(help="Where you can be asked directly.")],
    market: MarketOption = "",
    price: Annotated[str, typer.Option(help="For one request, in whole coins or tokens; the most if left out.")] = "",
    bond: Annotated[str, typer.Option(help="Coins to put down; what is lacking of the terms' bond if left out.")] = "",
) -> None:
    """Serve a model under its present terms, or serve on with another endpoint, price or terms."""
    opened, key = open_market(rpc, market, model), read_key(key_file)
    chain, found = opened.market.chain, present_terms(opened.market, opened.address)
    each = found.terms
    asks = parse_amount(price, money_of(chain, each.token)[0]) if price else each.price
    former = opened.market.server_of(opened.address, key.address)
    wei = parse_coins(bond) if bond else max(0, each.bond - (0 if former is None else former.bond))
    send = opened.market.join if former is None else opened.market.update
    receipt = told(lambda: send(key, opened.address, found.number, endpoint, asks, wei), MARKET_SENTENCES)
    typer.echo(
        f"{key.address} answers for {opened.address} at {money(chain, each.token, asks)}, {coins(wei)} coins put down, "
        f"gas {receipt.gas_used}"
    )


def leave(rpc: RpcOption, model: ModelOption, key_file: KeyFileOption, market: MarketOption = "") -> None:
    """Serve no new requests; the bond stays until nothing of yours can be shown to be wrong any more."""
    opened, key = open_market(rpc, market, model), read_key(key_file)
    receipt = told(lambda: opened.market.leave(key, opened.address), MARKET_SENTENCES)
    until = receipt.event("ServerLeft").arguments["withdrawableAt"]
    typer.echo(f"no new requests; the bond can be taken back from {clock_text(until)} on: andel market withdraw --bond")


def answer(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
    market: MarketOption = "",
    confirmations: Annotated[
        int, typer.Option(min=0, max=100, help="Blocks on top of a request before it is answered, and of seals.")
    ] = 2,
    delivery_gas: Annotated[
        int, typer.Option(min=0, max=1_000_000, help="The most gas of a receiver that you pay for.")
    ] = 300_000,
    withdraw_from: Annotated[
        str,
        typer.Option(help="Fetch what was earned from this amount on, in whole coins or tokens; never if left out."),
    ] = "",
    poll_seconds: Annotated[float, typer.Option(min=0.01, max=600.0, help="Between looks at the chain.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
) -> None:
    """Answer what the market routes to the key's account, until Ctrl-C; run it again and it goes on."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    key, opened = read_key(key_file), open_asked(rpc, market, model)
    found, address = market_of(opened), opened.round_manager.address
    each = present_terms(found, address).terms
    least = parse_amount(withdraw_from, money_of(found.chain, each.token)[0]) if withdraw_from else None
    if found.server_of(address, key.address) is None:
        raise SettingsError(f"{key.address} does not serve {address}", "andel market join")
    habits = Habits(confirmations=confirmations, delivery_gas=delivery_gas, withdraw_from=least)
    sidecar = sidecar_of(key, opened, open_store(store), habits)
    if once:
        count = 0
        while sidecar.step():
            count += 1
        typer.echo(f"{count} looks found something to do" if count else "nothing was due")
        return
    typer.echo(f"answering for {address} as {key.address}", err=True)
    stop = threading.Event()

    def end(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    run_answering(sidecar, Standstill(found.chain, key, time.monotonic), stop, poll_seconds)
