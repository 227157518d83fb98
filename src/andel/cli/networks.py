"""Chains by a word: those that a launch is meant for, beside any other by its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

import typer


@dataclass(frozen=True, slots=True)
class Network:
    """A chain: where a public node of it answers, and its id (None: whatever answers)."""

    rpc: str
    chain_id: int | None


NETWORKS: Final = {
    "local": Network("http://127.0.0.1:8545", None),
    "iotex": Network("https://babel-api.mainnet.iotex.io", 4689),
    "iotex-testnet": Network("https://babel-api.testnet.iotex.io", 4690),
}

NetworkOption = Annotated[
    str, typer.Option("--rpc", help=f"A chain's JSON-RPC, or one of: {', '.join(NETWORKS)}. Else what the file names.")
]


def network_of(named: str) -> Network:
    """The network of that word, or any chain at that address."""
    return NETWORKS.get(named, Network(named, None))
