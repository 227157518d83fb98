"""What a launch works from: the model's terms, what is published, and what is on the chain already.

Takes nothing; whoever reads a model's file makes a `Founding`. Gives it to every other file here. Never reads a file,
asks a chain, or holds a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from andel.content import cid_of_digest
from andel.errors import InputError
from andel.hashing import sha256
from andel.ledger.launching import ModelConfig
from andel.units import Address

SHARED: Final = (
    "DeviceRegistry",
    "BatchRegistry",
    "OnchainModels",
    "AccessPass",
    "Successors",
    "FeeSplitters",
    "InferenceMarket",
    "ModelFactory",
)
"""What the models of a chain share, beside the implementations that the factory names itself."""


@dataclass(frozen=True, slots=True)
class Published:
    """One object that the content store must hold before a chain names it: a word for people, and its bytes."""

    name: str
    data: bytes

    @property
    def cid(self) -> str:
        """Its name in the content store."""
        return cid_of_digest(sha256(self.data))


@dataclass(frozen=True, slots=True)
class Founding:
    """A launch. `file_hash` (hex) says which file it was read from: a launch that was sent is of that file for ever.

    `shared` names contracts that are on the chain already, by their names; with the factory the registries must be
    named too. With `pays_bonds` the launch also deposits what each operator lacks of its bond. `chain_id` None takes
    whatever chain answers.
    """

    config: ModelConfig
    objects: tuple[Published, ...]
    file_hash: str
    shared: Mapping[str, Address] = field(default_factory=dict)
    pays_bonds: bool = True
    chain_id: int | None = None

    def __post_init__(self) -> None:
        unknown = sorted(set(self.shared) - set(SHARED))
        if unknown:
            raise InputError(f"no shared contract is called {unknown[0][:60]!r}", f"one of {', '.join(SHARED)}")
        if "BatchRegistry" in self.shared and "DeviceRegistry" not in self.shared:
            raise InputError("a BatchRegistry rests on a DeviceRegistry, and none is named", "name both, or neither")

    @property
    def operators(self) -> tuple[Address, ...]:
        """Who needs a bond, in the order in which bonds are deposited."""
        config = self.config
        return (config.coordinator, *config.standbys, *(each.account for each in config.validators))
