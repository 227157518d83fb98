"""`andel offering …`: what an offering is, and buying, claiming, refunding at it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from andel.cli.options import KeyFileOption, PayerOption, RpcOption, plain_fields, read_bounded, read_key, read_payer
from andel.device.did import parse_device
from andel.errors import InputError
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.offering import (
    ModelOfferingContract,
    OfferingBooks,
    OfferingStatus,
    OfferingTerms,
    device_admission,
    parse_allowed,
)
from andel.ledger.payment import amount_text, money_of, parse_amount
from andel.roles.buyer import buy_tokens, claim_tokens, fetch_refund, release_proceeds
from andel.roles.launching.lock import read_lock
from andel.roles.owner import clock_text
from andel.units import TOKEN

app = typer.Typer(name="offering", help="The initial offering of a model's token.", no_args_is_help=True)
OfferingOption = Annotated[
    str, typer.Option("--offering", "--lock", help="The ModelOffering's address, or the launch's lock file.")
]
AccountOption = Annotated[str, typer.Option("--account", help="Whose; the key's own account if left out.")]

_ADMISSION_BYTES = 16 * 1024


@app.command()
def show(
    rpc: RpcOption,
    offering: OfferingOption,
    account: Annotated[str, typer.Option(help="Also what this account has paid and can fetch.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; amounts in smallest units.")] = False,
) -> None:
    """Show terms, books and state of an offering."""
    opened = _open(rpc, offering)
    terms, books, target = opened.terms(), opened.books(), opened.target()
    releasable = opened.releasable()
    if as_json:
        found: dict[str, object] = {"terms": plain_fields(asdict(terms)), "books": asdict(books), "target": target}
        found |= {"status": books.status.name.lower(), "settled": opened.is_settled(), "releasable": releasable}
        if account:
            found["buyer"] = _buyer(opened, account)
        typer.echo(json.dumps(found))
        return
    decimals, symbol = money_of(opened.chain, terms.payment)
    for line in _lines(opened, terms, books, target, releasable):
        typer.echo(line)
    if account:
        buyer = _buyer(opened, account)
        typer.echo(
            f"{buyer['account']} has paid {amount_text(_int(buyer['paid']), decimals)} {symbol}; can claim "
            f"{amount_text(_int(buyer['claimable']), 18)} tokens and have back "
            f"{amount_text(_int(buyer['refundable']), decimals)} {symbol}"
        )


@app.command()
def buy(
    rpc: RpcOption,
    offering: OfferingOption,
    key_file: KeyFileOption,
    amount: Annotated[str, typer.Option(help="How much to pay, at most, in whole coins or payment tokens.")],
    account: Annotated[str, typer.Option("--for", help="Who gets the tokens; the key's own account if left out.")] = "",
    device: Annotated[str, typer.Option(help="The buyer's device, where the alliance's members buy.")] = "",
    admission: Annotated[
        Path | None, typer.Option(help='JSON file {"most": "…", "proof": ["0x…"]}, where a list of accounts buys.')
    ] = None,
    payer_key_file: PayerOption = None,
) -> None:
    """Pay for tokens; binding until the window is over, then tokens and what was too much can be fetched."""
    opened, key = _open(rpc, offering), read_key(key_file)
    decimals, symbol = money_of(opened.chain, opened.terms().payment)
    owner = parse_address(account) if account else key.address
    paid, receipt = buy_tokens(
        opened, key, parse_amount(amount, decimals), _admission(device, admission), owner, read_payer(payer_key_file)
    )
    typer.echo(f"paid {amount_text(paid, decimals)} {symbol} for {owner}, gas {receipt.gas_used}")


@app.command()
def claim(rpc: RpcOption, offering: OfferingOption, key_file: KeyFileOption, account: AccountOption = "") -> None:
    """Give a buyer its tokens after the window; anybody may pay the gas."""
    opened, key = _open(rpc, offering), read_key(key_file)
    buyer = parse_address(account) if account else key.address
    tokens, receipt = claim_tokens(opened, key, buyer)
    typer.echo(f"{buyer} received {tokens / TOKEN:,.6f} tokens ({tokens} base units), gas {receipt.gas_used}")


@app.command()
def refund(
    rpc: RpcOption,
    offering: OfferingOption,
    key_file: KeyFileOption,
    account: AccountOption = "",
    to: Annotated[str, typer.Option(help="Another account that shall have it; with the buyer's own key.")] = "",
) -> None:
    """Pay a buyer what was too much, everything after a failure, and its part of missed milestones."""
    opened, key = _open(rpc, offering), read_key(key_file)
    decimals, symbol = money_of(opened.chain, opened.terms().payment)
    buyer = parse_address(account) if account else key.address
    paid, receipt = fetch_refund(opened, key, buyer, parse_address(to) if to else None)
    typer.echo(
        f"{parse_address(to) if to else buyer} received {amount_text(paid, decimals)} {symbol}, gas {receipt.gas_used}"
    )


@app.command()
def release(rpc: RpcOption, offering: OfferingOption, key_file: KeyFileOption) -> None:
    """Count finalised rounds, and pay the treasury what they release; anybody may pay the gas."""
    opened = _open(rpc, offering)
    terms = opened.terms()
    decimals, symbol = money_of(opened.chain, terms.payment)
    paid, receipt = release_proceeds(opened, read_key(key_file))
    typer.echo(f"the treasury {terms.treasury} received {amount_text(paid, decimals)} {symbol}, gas {receipt.gas_used}")


def _open(rpc: str, offering: str) -> ModelOfferingContract:
    if not offering.startswith("0x") and Path(offering).is_file():
        lock = read_lock(Path(offering))
        if lock is None or "ModelOffering" not in lock.model:
            raise InputError(f"no offering stands in {offering}", "the lock file of a launch that offers tokens")
        return ModelOfferingContract(Chain.connect(rpc), lock.model["ModelOffering"])
    return ModelOfferingContract(Chain.connect(rpc), parse_address(offering))


def _lines(
    opened: ModelOfferingContract, terms: OfferingTerms, books: OfferingBooks, target: int, releasable: int
) -> list[str]:
    decimals, symbol = money_of(opened.chain, terms.payment)

    def money(units: int) -> str:
        return f"{amount_text(units, decimals)} {symbol}"

    state = books.status.name.lower()
    if books.status == OfferingStatus.OPEN and opened.chain.block_time() > terms.closes:
        state = "closed, not settled"
    lines = [
        f"state: {state}",
        f"window: {clock_text(terms.opens)} to {clock_text(terms.closes)}",
        f"offered: {amount_text(terms.offered, 18)} tokens at {money(terms.price)} each, {money(target)} in all",
        f"paid: {money(books.raised)}; fails below {money(terms.minimum)}",
        f"cap per buyer: {money(terms.cap_per_buyer) if terms.cap_per_buyer else 'none'}",
        f"who buys: {_who(terms)}",
        f"treasury: {terms.treasury}, has had {money(books.released)}, can have {money(releasable)}",
    ]
    if terms.milestone_rounds:
        lines.append(
            f"milestones: {books.rounds_counted} of {terms.milestone_rounds} rounds by "
            f"{clock_text(terms.milestone_deadline)}; {terms.first_bps / 100:g} % at success"
            + ("; missed: the rest is the buyers'" if books.ended else "")
        )
    return lines


def _who(terms: OfferingTerms) -> str:
    if int(terms.alliance, 16):
        return f"members of the alliance {terms.alliance}"
    return f"accounts under the root {terms.allow_root.hex()}" if any(terms.allow_root) else "anybody"


def _buyer(opened: ModelOfferingContract, account: str) -> dict[str, object]:
    address = parse_address(account)
    ((tokens, units),) = opened.due_to([address])
    return {"account": address, **asdict(opened.buyer_of(address)), "claimable": tokens, "refundable": units}


def _admission(device: str, path: Path | None) -> bytes:
    if device and path is not None:
        raise InputError("a device and a list of accounts are two ways in", "name one of --device and --admission")
    if device:
        return device_admission(parse_device(device).address)
    if path is None:
        return b""
    data = read_bounded(path, _ADMISSION_BYTES)
    try:
        record = json.loads(data) if len(data) <= _ADMISSION_BYTES else None
    except ValueError as error:
        raise InputError(f"{path} is not JSON", 'an object {"most": "digits", "proof": ["0x…"]}') from error
    return parse_allowed(record).admission()


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value
