"""Where a server's earnings are split between it and the model's holders, as the shared `FeeSplitters` holds it.

Takes a `Chain` and an address. Gives addresses to pay, parts in ten-thousandths, and what a release paid, in units of
the token (`COIN` for the chain's coin). The interface `IFeeSplitters.sol` is the manual. Never pays by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.connection import Chain
from andel.ledger.receipt import Receipt
from andel.units import Address


@dataclass(frozen=True, slots=True)
class Split:
    """What a release pays, or what lies there because it was refused, units of the token."""

    to_server: int
    to_vault: int


class FeeSplittersContract(Bound):
    """Shared by all models of a chain; models are named by their `RoundManager`'s address."""

    NAME = "FeeSplitters"

    def set_operators_part(self, key: AccountKey, model: Address, part: int) -> Receipt:
        """Sets what servers get, in ten-thousandths; `key` rules the model."""
        return self.chain.send(key, self.contract, "setOperatorsPart", model, part)

    def release(self, key: AccountKey, model: Address, server: Address, token: Address) -> tuple[Split, Receipt]:
        """Splits what lies at the address of (model, server), and says what was paid. Anybody."""
        receipt = self.chain.send(key, self.contract, "release", model, server, token)
        said = receipt.event("Released").arguments
        return Split(said["toServer"], said["toVault"]), receipt

    def splitter_of(self, model: Address, server: Address) -> Address:
        """The address to pay, whether it has code or not."""
        return Address(self.chain.call(self.contract, "splitterOf", model, server))

    def owed_of(self, model: Address, server: Address, token: Address) -> Split:
        """What lies there because its owner did not take it."""
        return Split(*self.chain.call(self.contract, "owedOf", model, server, token))

    def operators_part_of(self, model: Address) -> int:
        """What servers of the model get, in ten-thousandths."""
        return int(self.chain.call(self.contract, "operatorsPartOf", model))

    def ruler_of(self, model: Address) -> Address:
        """Who sets what the model's holders decide: its timelock, or its publisher where nobody governs it."""
        return Address(self.chain.call(self.contract, "rulerOf", model))

    def vault_of(self, model: Address) -> Address:
        """Where the holders' part goes."""
        return Address(self.chain.call(self.contract, "vaultOf", model))


def deploy_fee_splitters(chain: Chain, key: AccountKey) -> FeeSplittersContract:
    """One for all models, new on the chain. Raises ChainError."""
    contract, _ = chain.deploy(key, FeeSplittersContract.NAME)
    return FeeSplittersContract(chain, contract.address)
