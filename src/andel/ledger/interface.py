"""What each contract of ours understands, read from the compiled artifacts of this package.

Takes a contract's name. Gives its `Interface` (functions, events and errors by name or selector, and the code that
creates it) and `Contract`, a name with an address. Never encodes, never asks a node.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from andel.errors import InputError
from andel.hashing import keccak
from andel.units import Address

CONTRACTS: Final = (
    "DeviceRegistry",
    "BatchRegistry",
    "RoundManager",
    "Operators",
    "Disputes",
    "Alliance",
    "RewardPool",
    "ModelToken",
    "RevenueVault",
    "OnchainModels",
    "PredictionLog",
    "OffchainModel",
    "AuthorizedToken",
    "Judgements",
    "ModelFactory",
    "ModelGovernor",
    "ModelTimelock",
    "ModelPolicy",
    "ModelOffering",
    "FounderVesting",
    "AccessPass",
    "Successors",
    "FeeSplitters",
    "FeeSplitter",
    "InferenceMarket",
    "BadAirDays",
)
"""The contracts whose compiled code comes with this package."""

Component = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Function:
    """A function, or an error: what a selector stands for."""

    name: str
    selector: bytes
    inputs: tuple[Component, ...]
    outputs: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class EventType:
    """An event: its topic, and its values in the order they were declared."""

    name: str
    topic: bytes
    inputs: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """What a contract understands, by name, and the code that creates it.

    `runtime_hash` is the keccak-256 of the code it leaves, with zeros at `immutables` (start, length).
    Where several functions have one name (OpenZeppelin's Governor), each goes by its signature, as `queue(uint256)`.
    """

    name: str
    creation_code: bytes
    runtime_hash: bytes
    immutables: tuple[tuple[int, int], ...]
    constructor: tuple[Component, ...]
    functions: Mapping[str, Function]
    events: Mapping[str, EventType]
    errors: Mapping[bytes, Function]


@dataclass(frozen=True, slots=True)
class Contract:
    """One contract on a chain."""

    name: str
    address: Address

    @property
    def interface(self) -> Interface:
        """The interface of its kind."""
        return interface_of(self.name)


@lru_cache(maxsize=len(CONTRACTS))
def interface_of(name: str) -> Interface:
    """The interface of one of `CONTRACTS`. Raises InputError for another name."""
    if name not in CONTRACTS:
        raise InputError(f"no contract is called {name[:80]!r}", f"one of {', '.join(CONTRACTS)}")
    text = resources.files("andel.ledger").joinpath("artifacts", f"{name}.json").read_text(encoding="utf-8")
    artifact = json.loads(text)
    constructor: tuple[Component, ...] = ()
    functions, events, errors = {}, {}, {}
    named = Counter(entry["name"] for entry in artifact["abi"] if entry["type"] == "function")
    for entry in artifact["abi"]:
        inputs = tuple(entry.get("inputs", ()))
        if entry["type"] == "constructor":
            constructor = inputs
        elif entry["type"] == "event":
            events[entry["name"]] = EventType(entry["name"], _signature_hash(entry["name"], inputs), inputs)
        elif entry["type"] in ("function", "error"):
            selector = _signature_hash(entry["name"], inputs)[:4]
            known = Function(entry["name"], selector, inputs, tuple(entry.get("outputs", ())))
            if entry["type"] == "error":
                errors[selector] = known
            else:
                functions[entry["name"] if named[entry["name"]] == 1 else signature_of(known)] = known
    code = bytes.fromhex(artifact["bytecode"].removeprefix("0x"))
    runtime_hash = bytes.fromhex(artifact["runtimeBytecodeHash"].removeprefix("0x"))
    immutables = tuple((start, length) for start, length in artifact["immutables"])
    return Interface(name, code, runtime_hash, immutables, constructor, functions, events, errors)


def canonical_type(component: Component) -> str:
    """A value's type as signatures spell it; a struct is its fields in brackets."""
    kind: str = component["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(canonical_type(part) for part in component['components'])}){kind.removeprefix('tuple')}"


def signature_of(function: Function) -> str:
    """A function as signatures spell it: its name and the types it takes."""
    return _signature(function.name, function.inputs)


def _signature(name: str, inputs: tuple[Component, ...]) -> str:
    return f"{name}({','.join(canonical_type(component) for component in inputs)})"


def _signature_hash(name: str, inputs: tuple[Component, ...]) -> bytes:
    return keccak(_signature(name, inputs).encode())
