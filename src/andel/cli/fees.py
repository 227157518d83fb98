"""`andel fees …`: where a server's earnings lie, and their split between it and the model's holders."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from andel.cli.market_options import money
from andel.cli.options import KeyFileOption, ModelOption, RpcOption, open_model, read_key
from andel.errors import SettingsError
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.fee_splitters import FeeSplittersContract
from andel.ledger.payment import COIN, PaymentToken
from andel.roles.owner import told
from andel.units import Address

app = typer.Typer(name="fees", help="Where a server's earnings lie, and their split.", no_args_is_help=True)

SplittersOption = Annotated[
    str, typer.Option("--splitters", help="The chain's FeeSplitters; left out, what the lock or deployment file names.")
]
ServerOption = Annotated[str, typer.Option("--server", help="The account of who answers.")]
TokenOption = Annotated[str, typer.Option("--token", help="A payment token's address; the coin if left out.")]


@app.command()
def show(
    rpc: RpcOption,
    model: ModelOption,
    server: ServerOption,
    splitters: SplittersOption = "",
    token: TokenOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object; amounts in smallest units.")] = False,
) -> None:
    """Show the address to pay for a model and a server, what lies there, and how it is split."""
    opened, address = _open(rpc, model, splitters)
    account, payment = parse_address(server), _token(token)
    at, chain = opened.splitter_of(address, account), opened.chain
    held = chain.balance(at) if payment == COIN else PaymentToken(chain, payment).balance_of(at)
    part, vault = opened.operators_part_of(address), opened.vault_of(address)
    if as_json:
        values = {"address": at, "token": payment, "held": held, "operators_part": part, "vault": vault}
        typer.echo(json.dumps(values))
        return
    typer.echo(f"pay {at}: {money(chain, payment, held)} lie there")
    typer.echo(f"{part / 100:g} % go to {account}, the rest to the holders' vault {vault}")


@app.command()
def release(
    rpc: RpcOption,
    model: ModelOption,
    server: ServerOption,
    key_file: KeyFileOption,
    splitters: SplittersOption = "",
    token: TokenOption = "",
) -> None:
    """Split what lies at the address between the server and the model's holders; anybody may pay the gas."""
    opened, address = _open(rpc, model, splitters)
    key, account, payment = read_key(key_file), parse_address(server), _token(token)
    split, receipt = told(lambda: opened.release(key, address, account, payment))
    to_server, to_vault = (money(opened.chain, payment, units) for units in (split.to_server, split.to_vault))
    typer.echo(f"{account} received {to_server}, the vault {to_vault}, gas {receipt.gas_used}")


def _open(rpc: str, model: str, splitters: str) -> tuple[FeeSplittersContract, Address]:
    if splitters and model.startswith("0x"):
        return FeeSplittersContract(Chain.connect(rpc), parse_address(splitters)), parse_address(model)
    opened = open_model(rpc, model)
    chain, address = opened.round_manager.chain, opened.round_manager.address
    if splitters:
        return FeeSplittersContract(chain, parse_address(splitters)), address
    if opened.fee_splitters is None:
        raise SettingsError(
            "nothing says where this model's earnings are split",
            "name the chain's FeeSplitters with --splitters, or a lock or deployment file that does with --model",
        )
    return opened.fee_splitters, address


def _token(text: str) -> Address:
    return parse_address(text) if text else COIN
