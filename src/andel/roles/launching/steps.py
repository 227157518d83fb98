"""What has to be sent for a launch, in order, each with its calldata, before anything is sent.

Takes a `Founding`, the account that sends, its next nonce, and what is on the chain. Gives `Step`s. Addresses of what
is not there yet follow from the account's nonce and the factory's, so a plan is whole before its first transaction.
Never sends, and never asks a chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from andel.errors import InputError
from andel.ledger.abi import encode_call, encode_creation
from andel.ledger.factory import IMPLEMENTATIONS
from andel.ledger.interface import Contract, interface_of
from andel.ledger.launching import launch_terms
from andel.roles.launching.founding import Founding
from andel.transactions import created_address
from andel.units import Address

LAUNCH: Final = "launch"
_OPERATORS_PLACE: Final = 4  # the factory creates token, vault, pool, then operators

# First what any factory can use, so that a launch that has to begin anew for its factory loses less.
_ORDER: Final = tuple(sorted(IMPLEMENTATIONS, key=lambda each: IMPLEMENTATIONS[each][1]))


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction to be. `contract` is created (`to` None), or `function` of it is called at `to`.

    `creates` is where what it creates will be; `needs_former` is true if it fails before the steps before it.
    """

    name: str
    contract: str
    function: str
    to: Address | None
    data: bytes
    value: int = 0
    creates: Address | None = None
    needs_former: bool = False

    @property
    def action(self) -> str:
        """For the words of a refusal."""
        return f"deployment of {self.contract}" if self.to is None else f"{self.contract}.{self.function}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on the chain already: addresses by contract name, how many contracts the factory has created, what each
    operator lacks of its bond (None: the model is not there, so all of it).
    """

    shared: Mapping[str, Address] = field(default_factory=dict)
    implementations: Mapping[str, Address] = field(default_factory=dict)
    factory: Address | None = None
    creations: int = 0
    is_launched: bool = False
    operators: Address | None = None
    lacking: Mapping[Address, int] | None = None


def bond_step(account: Address) -> str:
    """The name of the step that deposits an account's bond."""
    return f"bond {account}"


def plan_steps(founding: Founding, sender: Address, nonce: int, standing: Standing) -> list[Step]:
    """What is still to be sent by `sender`, whose next transaction has `nonce`. Raises InputError."""
    if standing.is_launched:
        return _bonds(founding, standing, standing.operators)
    building = _Building(sender, nonce, dict(standing.shared))
    building.create("DeviceRegistry")
    building.create("BatchRegistry", building.at["DeviceRegistry"])
    for name in ("OnchainModels", "AccessPass", "Successors", "FeeSplitters"):
        building.create(name, needs_former=False)
    building.create("InferenceMarket", building.at["OnchainModels"], building.at["FeeSplitters"])
    if "ModelFactory" not in building.at:
        _plan_factory(building, standing)
    at = building.at
    terms = launch_terms(founding.config, at["DeviceRegistry"], at["BatchRegistry"], at["OnchainModels"])
    factory = Contract("ModelFactory", at["ModelFactory"])
    data = encode_call(factory, "launch", [terms])
    building.steps.append(
        Step(LAUNCH, "ModelFactory", "launch", factory.address, data, needs_former=bool(building.steps))
    )
    first = 1 + standing.creations  # an account's first creation has nonce 1 (EIP-161)
    operators = created_address(factory.address, first + _OPERATORS_PLACE - 1)
    return building.steps + _bonds(founding, standing, operators)


def planned_factory(steps: list[Step]) -> Address | None:
    """Where the factory of a plan will be; None for a plan that creates none."""
    return next((step.creates for step in steps if step.name == "ModelFactory"), None)


@dataclass(slots=True)
class _Building:
    """Steps so far, and where everything is or will be."""

    sender: Address
    nonce: int
    at: dict[str, Address]
    steps: list[Step] = field(default_factory=list)

    def create(self, name: str, *arguments: object, needs_former: bool | None = None) -> None:
        if name in self.at:
            return
        self.at[name] = self.append(name, name, arguments, bool(self.steps) if needs_former is None else needs_former)

    def append(self, step: str, contract: str, arguments: tuple[object, ...], needs_former: bool) -> Address:
        creates = created_address(self.sender, self.nonce + len(self.steps))
        data = encode_creation(interface_of(contract), list(arguments))
        self.steps.append(Step(step, contract, "", None, data, creates=creates, needs_former=needs_former))
        return creates


def _plan_factory(building: _Building, standing: Standing) -> None:
    """Implementations and factory. Those that know their factory are of use only if it comes out where they say."""
    kept = dict(standing.implementations)
    left = [field for field in _ORDER if IMPLEMENTATIONS[field][0] not in kept]
    future = created_address(building.sender, building.nonce + len(building.steps) + len(left))
    if future != standing.factory:
        kept = {name: at for field, (name, knows) in IMPLEMENTATIONS.items() if not knows and (at := kept.get(name))}
        left = [field for field in _ORDER if IMPLEMENTATIONS[field][0] not in kept]
        future = created_address(building.sender, building.nonce + len(building.steps) + len(left))
    for field_name in left:
        name, knows_factory = IMPLEMENTATIONS[field_name]
        arguments = (future,) if knows_factory else ()
        kept[name] = building.append(f"implementation {name}", name, arguments, needs_former=False)
    parts = {field_name: kept[name] for field_name, (name, _) in IMPLEMENTATIONS.items()}
    building.create("ModelFactory", parts, needs_former=True)
    if building.at["ModelFactory"] != future:
        raise InputError("the factory would not come out where its implementations are told")


def _bonds(founding: Founding, standing: Standing, operators: Address | None) -> list[Step]:
    if not founding.pays_bonds or operators is None:
        return []
    contract = Contract("Operators", operators)
    lacking = standing.lacking
    if lacking is None:
        lacking = dict.fromkeys(founding.operators, founding.config.bond)
    return [
        Step(
            bond_step(account),
            "Operators",
            "deposit",
            operators,
            encode_call(contract, "deposit", [account]),
            lacking[account],
            needs_former=not standing.is_launched,
        )
        for account in founding.operators
        if lacking.get(account, 0) > 0
    ]


def on_a_new_chain(founding: Founding) -> Founding:
    """The same launch where nothing is there yet: for trying it out."""
    return replace(founding, shared={}, config=replace(founding.config, alliance=None), chain_id=None)
