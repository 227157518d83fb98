"""`andel market …`: models asked for pay, from the side of who asks and of anybody."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from andel.cli import market_server
from andel.cli.market_options import MarketOption, money, open_market
from andel.cli.options import KeyFileOption, ModelOption, RpcOption, coins, parse_digest, plain_fields, read_key
from andel.encoding import words_in
from andel.errors import InputError, SettingsError
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.market import InferenceMarketContract, MarketServer, PresentTerms
from andel.ledger.payment import money_of, parse_amount
from andel.ledger.standstill import Standstill
from andel.roles.answering.contradictions import contradictions
from andel.roles.answering.contradictions import slash as slash_one
from andel.roles.asking import CURRENT, MARKET_SENTENCES, Answered, present_terms, wait_for_answer
from andel.roles.asking import ask as ask_market
from andel.roles.asking import refund as refund_request
from andel.roles.owner import clock_text, told

app = typer.Typer(name="market", help="Models asked for pay: who answers, at which price.", no_args_is_help=True)
app.command("join")(market_server.join)
app.command("leave")(market_server.leave)
app.command("answer")(market_server.answer)

RequestArgument = Annotated[int, typer.Argument(min=1, help="The request's number.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object; amounts in smallest units.")]
_MAX_QUESTION_TEXT = 2 + 2 * 64 * 32
_LOOK_BACK = 10_000


@app.command()
def terms(rpc: RpcOption, model: ModelOption, market: MarketOption = "", as_json: JsonOption = False) -> None:
    """Show on which terms a model is asked; its holders set them by a vote."""
    opened = open_market(rpc, market, model)
    found = present_terms(opened.market, opened.address)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
    else:
        typer.echo(_terms_line(opened.market.chain, found))


@app.command()
def servers(rpc: RpcOption, market: MarketOption = "", model: str = "", as_json: JsonOption = False) -> None:
    """List the models of the market, or with --model one model's servers with endpoints and prices."""
    if not model and not market:
        raise SettingsError("neither a market nor a model is named", "--market, or --model with a lock file")
    if not model:
        _list_models(InferenceMarketContract(Chain.connect(rpc), parse_address(market)), as_json)
        return
    opened = open_market(rpc, market, model)
    found, listed = present_terms(opened.market, opened.address), opened.market.servers(opened.address)
    if as_json:
        typer.echo(json.dumps({"terms": asdict(found), "servers": [asdict(each) for each in listed]}))
        return
    typer.echo(_terms_line(opened.market.chain, found))
    for each in listed:
        typer.echo(_server_line(opened.market.chain, found, each))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question in hex: 1 to 64 words of 32 bytes.")],
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    market: MarketOption = "",
    version: Annotated[str, typer.Option(help="A version's hash; the current one if left out.")] = "",
    most: Annotated[str, typer.Option(help="The most to pay, in whole coins or tokens.")] = "",
    receiver: Annotated[str, typer.Option(help="A contract that is called with the answer.")] = "",
    receiver_gas: Annotated[int, typer.Option(min=1, max=1_000_000, help="With --receiver: gas for it.")] = 100_000,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the answer.")] = True,
    poll_seconds: Annotated[float, typer.Option(min=0.01, max=600.0, help="Between looks at the chain.")] = 2.0,
    as_json: JsonOption = False,
) -> None:
    """Ask a model for pay, wait, and print the answer with those who stand for it."""
    opened, key = open_market(rpc, market, model), read_key(key_file)
    chain, data = opened.market.chain, _question(question)
    pinned = parse_digest(version, "a version") if version else CURRENT
    called = (parse_address(receiver), receiver_gas) if receiver else None
    limit = None
    if most:
        token = present_terms(opened.market, opened.address).terms.token
        limit = parse_amount(most, money_of(chain, token)[0])
    number, receipt = ask_market(opened.market, key, opened.address, data, version=pinned, most=limit, receiver=called)
    typer.echo(f"request {number}, gas {receipt.gas_used}", err=as_json)
    if not wait:
        return
    standstill = Standstill(chain, key, time.monotonic)

    def rest() -> None:
        if not standstill.look():
            time.sleep(poll_seconds)

    _print_answer(wait_for_answer(opened.market, key, number, opened.models, rest), as_json)


@app.command()
def refund(
    request: RequestArgument, rpc: RpcOption, model: ModelOption, key_file: KeyFileOption, market: MarketOption = ""
) -> None:
    """Credit a requester with all it paid, where there was no draw or no quorum; anybody may pay the gas."""
    opened = open_market(rpc, market, model)
    receipt = refund_request(opened.market, read_key(key_file), request)
    said = receipt.event("RequestRefunded").arguments
    typer.echo(f"{said['refundTo']} is credited with {said['amount']} units, gas {receipt.gas_used}")


@app.command()
def withdraw(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    market: MarketOption = "",
    account: Annotated[str, typer.Option("--for", help="Whose credit; `vault` is the holders'.")] = "",
    bond: Annotated[bool, typer.Option("--bond", help="Take back the bond of a server that left, too.")] = False,
    token: Annotated[str, typer.Option(help="A payment token of before; the terms' present one if left out.")] = "",
) -> None:
    """Pay out what an account earned or got back, to itself; anybody may pay the gas."""
    opened, key = open_market(rpc, market, model), read_key(key_file)
    chain, found = opened.market.chain, opened.market.terms_of(opened.address)
    owner = key.address
    if account:
        owner = found.vault if account == "vault" and found is not None else parse_address(account)
    if bond:
        told(lambda: opened.market.withdraw_bond(key, opened.address, owner), MARKET_SENTENCES)
    tokens = [parse_address(token)] if token else [] if found is None else [found.terms.token]
    if bond:
        tokens.append(market_server.COIN)
    for each in dict.fromkeys(tokens):
        paid, receipt = told(partial(opened.market.withdraw, key, each, owner), MARKET_SENTENCES)
        typer.echo(f"{owner} received {money(chain, each, paid)}, gas {receipt.gas_used}")


@app.command()
def slash(
    rpc: RpcOption,
    model: ModelOption,
    key_file: KeyFileOption,
    market: MarketOption = "",
    first: Annotated[int, typer.Option(min=0, help="The first request to judge; 0: of the newest 10,000.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be shown.")] = False,
) -> None:
    """Recompute what servers revealed and slash whom the chain's code contradicts; half of a bond is yours."""
    opened, key = open_market(rpc, market, model), read_key(key_file)
    if opened.models is None:
        raise SettingsError("nothing says where this model answers on chain", "name its lock or deployment file")
    last = opened.market.requests_count()
    begin, count = first or max(1, last - _LOOK_BACK + 1), 0
    for found in contradictions(opened.market, opened.models, begin, last, opened.address):
        count += 1
        typer.echo(f"request {found.request}: {found.server} revealed another answer than the chain gives")
        if not dry_run and (reward := slash_one(opened.market, key, found)) is not None:
            typer.echo(f"  slashed; {coins(reward)} coins are credited to {key.address}")
    if not count:
        typer.echo(f"requests {begin} to {last}: nothing that the chain contradicts")


def _list_models(market: InferenceMarketContract, as_json: bool) -> None:
    found = {model: market.terms_of(model) for model in market.models()}
    open_ = {model: each for model, each in found.items() if each is not None and each.terms.servers}
    if as_json:
        typer.echo(json.dumps({model: asdict(each) for model, each in open_.items()}))
        return
    for model, each in open_.items():
        typer.echo(f"{model}: {_terms_line(market.chain, each)}")
    if not open_:
        typer.echo("no model is asked in this market")


def _terms_line(chain: Chain, found: PresentTerms) -> str:
    each = found.terms
    return (
        f"terms {found.number}: {each.quorum} of {each.servers} servers, {each.routing.name.lower()}, each at most "
        f"{money(chain, each.token, each.price)}; {each.seal_seconds} s to seal, {each.reveal_seconds} s to reveal; "
        f"a server's bond {coins(each.bond)} coins"
    )


def _server_line(chain: Chain, found: PresentTerms, each: MarketServer) -> str:
    state = "" if each.terms == found.number else f", under terms {each.terms}: not routed"
    if each.withdrawable_at:
        state = f", leaving until {clock_text(each.withdrawable_at)}"
    endpoint = each.endpoint if each.endpoint.isprintable() else ascii(each.endpoint)
    price = money(chain, found.terms.token, each.price)
    return f"{each.account}  {price}  bond {coins(each.bond)}  {endpoint}{state}"


def _print_answer(found: Answered, as_json: bool) -> None:
    if as_json:
        fields = plain_fields(asdict(found.request)) | {"status": found.request.status.name.lower()}
        said = {"answer": words_in(found.answer), "servers": found.servers, "quorum": found.quorum}
        typer.echo(json.dumps(said | {"proven": found.proven, "request": fields}))
        return
    typer.echo(" ".join(map(str, words_in(found.answer))))
    typer.echo(f"revealed by {len(found.servers)} servers, {found.quorum} had to: {', '.join(found.servers)}")
    proof = {None: "the chain has no code of this version", True: "the chain's own code gives the same"}
    typer.echo(proof.get(found.proven, "THE CHAIN'S OWN CODE GIVES ANOTHER ANSWER: andel market slash"))


def _question(text: str) -> bytes:
    try:
        return bytes.fromhex(text[: _MAX_QUESTION_TEXT + 1].removeprefix("0x"))
    except ValueError as error:
        raise InputError(f"not a question in hex: {text[:40]!r}", "1 to 64 words of 64 hex digits") from error
