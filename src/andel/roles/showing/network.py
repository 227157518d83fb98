"""The chain, the model's contracts on it, and the gateway that serves the page.

Takes a memory and what the gateway says of itself. Gives names and addresses. A chain is named only where it is one of
those that a launch is meant for.
"""

from __future__ import annotations

from dataclasses import dataclass

from andel import __version__
from andel.ledger.deployment import Deployment
from andel.ledger.governance import ModelTimelockContract
from andel.ledger.payment import COIN_DECIMALS
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import CHAINS, Facts
from andel.units import Address


@dataclass(frozen=True, slots=True)
class Gateway:
    """What a server says of itself: whose key signs, what it takes, and which node wallets may use (None: not told)."""

    signer: Address | None = None
    sign_in: bool = False
    paid_calls: bool = False
    audits: bool = False
    rpc: str | None = None


def network_facts(memory: Memory, gateway: Gateway) -> Facts:
    """Chain, gateway, contracts by name. Raises ChainError."""
    block, chain_id = memory.head.block(), memory.chain.chain_id
    name, symbol = CHAINS.get(chain_id, (f"chain {chain_id}", None))
    return {
        "chain": {
            "id": chain_id,
            "name": name,
            "coin": {"symbol": symbol, "decimals": COIN_DECIMALS},
            "rpc": gateway.rpc,
            "block": block.number,
            "time": block.time,
        },
        "gateway": {
            "version": __version__,
            "signer": gateway.signer,
            "sign_in": gateway.sign_in,
            "paid_calls": gateway.paid_calls,
            "audits": gateway.audits,
        },
        "model": memory.manager.address,
        "contracts": contracts_of(memory),
    }


def contracts_of(memory: Memory) -> dict[str, Address]:
    """The contracts that are known, by name. Raises ChainError."""
    policy = memory.policy
    timelock = None if policy is None else ModelTimelockContract(memory.chain, policy.timelock())
    ruling = (memory.governor, timelock, policy, memory.offering)
    found = {contract.NAME: contract.address for contract in ruling if contract is not None}
    return {**Deployment.of_model(memory.model).addresses, **found}
