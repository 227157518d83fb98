"""The factory that launches models, as a class with one method per function.

Takes a `Chain` and an address. Gives what a launch created, by the names of `LaunchTypes.sol`. The interface
`IModelFactory.sol` is the manual. Never decides what a model is founded with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from andel.errors import ChainError
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.interface import interface_of
from andel.ledger.receipt import Receipt
from andel.units import NOBODY, Address

IMPLEMENTATIONS: Final = {
    "manager": ("RoundManager", False),
    "token": ("ModelToken", False),
    "vault": ("RevenueVault", False),
    "pool": ("RewardPool", False),
    "operators": ("Operators", True),
    "disputes": ("Disputes", False),
    "alliance": ("Alliance", True),
    "predictionLog": ("PredictionLog", False),
    "offering": ("ModelOffering", True),
    "timelock": ("ModelTimelock", True),
    "governor": ("ModelGovernor", True),
    "policy": ("ModelPolicy", True),
    "vesting": ("FounderVesting", True),
}
"""What the contracts of a model are clones of: contract by field, and whether its constructor is told the factory."""


@dataclass(frozen=True, slots=True)
class LaunchedModel:
    """What one launch made: contracts by field of `Model`, without those it does without, and founders' wallets."""

    parts: Mapping[str, Address]
    vestings: tuple[Address, ...]


class ModelFactoryContract(Bound):
    """Where models are launched."""

    NAME = "ModelFactory"

    def launch(self, key: AccountKey, terms: Mapping[str, object]) -> tuple[LaunchedModel, Receipt]:
        """Launches a model; gives its contracts. Anybody."""
        receipt = self.chain.send(key, self.contract, "launch", terms)
        return self.launched_by(receipt), receipt

    def launched_by(self, receipt: Receipt) -> LaunchedModel:
        """What a transaction launched here. Raises ChainError unless it is one model."""
        events = [each for each in receipt.events if each.name == "ModelLaunched" and each.address == self.address]
        if len(events) != 1:
            raise ChainError(f"transaction {receipt.hash} launched {len(events)} models")
        return self._launched(events[0].arguments["parts"])

    def creations(self) -> int:
        """How many contracts it has created: what comes next follows from that."""
        return int(self.chain.call(self.contract, "creations"))

    def launched(self, model: Address, from_block: int, to_block: int | None = None) -> LaunchedModel:
        """What was launched with a `RoundManager`, from the events of these blocks. Raises ChainError if not here."""
        found = self.launch_of(model, from_block, to_block)
        if found is None:
            raise ChainError(f"{self.address} launched no {model} in these blocks")
        return found[1]

    def launch_of(
        self, model: Address, from_block: int, to_block: int | None = None
    ) -> tuple[int, LaunchedModel] | None:
        """The block in which a model was launched, and with what, from the events of these blocks; None if not here."""
        events = self.logs("ModelLaunched", from_block, to_block, model=model)
        return (events[0].block, self._launched(events[0].arguments["parts"])) if len(events) == 1 else None

    def _launched(self, values: Any) -> LaunchedModel:
        inputs = interface_of(self.NAME).events["ModelLaunched"].inputs
        (struct,) = (part for part in inputs if part["name"] == "parts")
        found = {part["name"]: value for part, value in zip(struct["components"], values, strict=True)}
        vestings = tuple(Address(each) for each in found.pop("vestings"))
        return LaunchedModel({name: Address(at) for name, at in found.items() if at != NOBODY}, vestings)

    def implementations(self) -> dict[str, Address]:
        """What every model's contracts are clones of, by field."""
        (struct,) = interface_of(self.NAME).functions["implementations"].outputs
        values = self.chain.call(self.contract, "implementations")
        return {part["name"]: Address(value) for part, value in zip(struct["components"], values, strict=True)}
