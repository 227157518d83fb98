"""`andel claim`: takes what an account has earned from the model's pool."""

from __future__ import annotations

from typing import Annotated

import typer

from andel.cli.options import KeyFileOption, ModelOption, RpcOption, StoreOption, open_model, open_store, read_key
from andel.keys import parse_address
from andel.roles.holder import claim
from andel.units import TOKEN


def claim_tokens(
    rpc: RpcOption,
    model: ModelOption,
    store: StoreOption,
    key_file: KeyFileOption,
    account: Annotated[str, typer.Option(help="Whom to claim for; the key's own account if left out.")] = "",
) -> None:
    """Claim the tokens an account has earned and not yet taken; anybody may pay the gas."""
    key = read_key(key_file)
    opened = open_model(rpc, model)
    owner = parse_address(account) if account else key.address
    paid, receipt = claim(opened, open_store(store), key, owner)
    typer.echo(f"{owner} received {paid / TOKEN:,.6f} tokens ({paid} base units), gas {receipt.gas_used}")
