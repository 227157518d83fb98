"""The factory that launches models, as a class with one method per function.

Takes a `Chain` and an address. Gives what a launch created, by the names of `LaunchTypes.sol`. The interface
`IModelFactory.sol` is the manual. Never decides what a model is founded with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from andel.errors import ChainError
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.interface import Component, interface_of
from andel.ledger.receipt import Receipt
from andel.units import Address

IMPLEMENTATIONS: Final = {
    "manager": ("RoundManager", False),
    "token": ("ModelToken", True),
    "pool": ("RewardPool", False),
    "operators": ("Operators", True),
    "disputes": ("Disputes", False),
    "alliance": ("Alliance", True),
    "predictionLog": ("PredictionLog", False),
}
"""What the contracts of a model are clones of: contract by field, and whether its constructor is told the factory."""


class ModelFactoryContract(Bound):
    """Where models are launched."""

    NAME = "ModelFactory"

    def launch(self, key: AccountKey, terms: Mapping[str, object]) -> tuple[dict[str, Address], Receipt]:
        """Launches a model; gives its contracts by field of `Model`, zero where there is none. Anybody."""
        receipt = self.chain.send(key, self.contract, "launch", terms)
        events = [each for each in receipt.events if each.name == "ModelLaunched" and each.address == self.address]
        if len(events) != 1:
            raise ChainError(f"transaction {receipt.hash} launched {len(events)} models")
        values = interface_of(self.NAME).events["ModelLaunched"].inputs
        (parts,) = (part for part in values if part["name"] == "parts")
        return _by_field(parts, events[0].arguments["parts"]), receipt

    def implementations(self) -> dict[str, Address]:
        """What every model's contracts are clones of, by field."""
        (parts,) = interface_of(self.NAME).functions["implementations"].outputs
        return _by_field(parts, self.chain.call(self.contract, "implementations"))


def _by_field(struct: Component, values: Any) -> dict[str, Address]:
    return {part["name"]: Address(value) for part, value in zip(struct["components"], values, strict=True)}
