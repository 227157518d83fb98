"""What the commands of `andel market` and `andel fees` share: where the market and the splitters are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import typer

from andel.cli.options import open_model
from andel.keys import parse_address
from andel.ledger.connection import Chain
from andel.ledger.deployment import ModelContracts
from andel.ledger.market import InferenceMarketContract
from andel.ledger.onchain_models import OnchainModelsContract
from andel.ledger.payment import amount_text, money_of
from andel.roles.answering.running import market_of
from andel.units import Address

MarketOption = Annotated[
    str, typer.Option("--market", help="The chain's InferenceMarket; left out, what the lock or deployment file names.")
]


@dataclass(frozen=True, slots=True)
class OpenedMarket:
    """A market, a model's address in it, and where its versions' code lies, if that is known."""

    market: InferenceMarketContract
    address: Address
    models: OnchainModelsContract | None


def open_market(rpc: str, market: str, model: str) -> OpenedMarket:
    """Two addresses, or what the model's file names. Raises SettingsError where neither says where the market is."""
    if market and model.startswith("0x"):
        found = InferenceMarketContract(Chain.connect(rpc), parse_address(market))
        registry = Address(found.chain.call(found.contract, "registry"))
        return OpenedMarket(found, parse_address(model), OnchainModelsContract(found.chain, registry))
    opened = open_asked(rpc, market, model)
    return OpenedMarket(market_of(opened), opened.round_manager.address, opened.onchain_models)


def open_asked(rpc: str, market: str, model: str) -> ModelContracts:
    """The model with the market at an address, or the one that its file names."""
    opened = open_model(rpc, model)
    if not market:
        return opened
    found = InferenceMarketContract(opened.round_manager.chain, parse_address(market))
    models = opened.onchain_models
    if models is None:
        models = OnchainModelsContract(found.chain, Address(found.chain.call(found.contract, "registry")))
    return replace(opened, market=found, onchain_models=models)


def money(chain: Chain, token: Address, units: int) -> str:
    """An amount with what it is of."""
    decimals, symbol = money_of(chain, token)
    return f"{amount_text(units, decimals)} {symbol}"
