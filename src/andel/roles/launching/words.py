"""The words that a launch writes into its clones' code, worked out again from the launch's own calldata.

Takes calldata of `ModelFactory.launch` and the addresses of what it made. Gives the expected words of each clone, None
where only the launch's block knows (its second). The order is that of `ModelFactory.sol`. Never asks a chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from andel.errors import InputError
from andel.keys import address_bytes
from andel.ledger.abi import decode_call
from andel.ledger.factory import IMPLEMENTATIONS
from andel.ledger.interface import Component, interface_of
from andel.units import NOBODY, Address

Words = tuple[bytes | None, ...]

_OFFERING: Final = ("offered", "price", "minimum", "capPerBuyer", "opens", "closes")
_MILESTONES: Final = ("milestoneDeadline", "milestoneRounds", "firstBps")


def terms_in(data: bytes) -> dict[str, Any]:
    """The factory's `Launch` by field, structs as mappings. Raises InputError when `data` launches nothing."""
    name, values = decode_call("ModelFactory", data)
    if name != "launch":
        raise InputError("these bytes are no launch")
    (component,) = interface_of("ModelFactory").functions["launch"].inputs
    found = _by_name(component, values[component["name"]])
    if not isinstance(found, dict):
        raise InputError("these bytes are no launch")
    return found


def ruler_of(terms: Mapping[str, Any], model: Mapping[str, Address]) -> Address:
    """Who rules the model: its timelock, or the owner that the launch named."""
    owner = Address(terms["owner"])
    return model.get("ModelTimelock", NOBODY) if owner == NOBODY else owner


def expected_words(
    terms: Mapping[str, Any], factory: Address, model: Mapping[str, Address], vestings: Sequence[Address]
) -> dict[str, Words]:
    """The words of each of the model's contracts, by its name."""
    at = {name: model.get(name, NOBODY) for name, _ in IMPLEMENTATIONS.values()}
    ruler = ruler_of(terms, model)
    found = {
        "ModelToken": _token(terms, factory, at, ruler, vestings),
        "RevenueVault": _words(at["ModelToken"], None, *_values(terms["revenue"], "epochLength", "redeemableBps")),
        "RewardPool": _pool(terms, at, ruler),
        "Operators": _words(
            at["RoundManager"],
            at["Disputes"],
            *_values(terms["operators"], "bond", "unbondingPeriod", "idlePeriod"),
        ),
        "Disputes": _words(
            at["RoundManager"],
            at["Operators"],
            terms["operators"]["bond"],
            *_values(terms["disputes"], "floor", "hearingPeriod"),
        ),
        "RoundManager": _manager(terms, at),
        "Alliance": _words(terms["rounds"]["deviceRegistry"]),
        "PredictionLog": _words(terms["registry"], at["RoundManager"]),
        "ModelOffering": _offering(terms, at, ruler),
        "ModelTimelock": _words(at["ModelGovernor"], terms["governance"]["shortest"]),
        "ModelGovernor": _governor(terms, at),
        "ModelPolicy": _words(at["ModelTimelock"], at["RoundManager"], terms["registry"], at["RevenueVault"]),
        "FounderVesting": (),
    }
    is_made = {name for name, address in at.items() if address != NOBODY}
    if terms["alliance"]["existing"] != NOBODY:
        is_made.discard("Alliance")
    return {name: words for name, words in found.items() if name in is_made}


def _token(
    terms: Mapping[str, Any],
    factory: Address,
    at: Mapping[str, Address],
    ruler: Address,
    vestings: Sequence[Address],
) -> Words:
    length = terms["revenue"]["epochLength"]
    others = [at["ModelOffering"]] if at["ModelOffering"] != NOBODY else []
    head = (at["RewardPool"], factory, at["RevenueVault"], terms["token"]["cap"], None, length, ruler)
    return _words(*head, *others, *vestings)


def _pool(terms: Mapping[str, Any], at: Mapping[str, Address], ruler: Address) -> Words:
    schedule = terms["schedule"]
    start = schedule["start"] or None  # 0: the second of the launch
    rest = _values(schedule, "ratePerSecond", "ceiling", "halvingPeriod", "tailRatePerSecond")
    return _words(at["ModelToken"], at["RoundManager"], ruler, start, *rest)


def _manager(terms: Mapping[str, Any], at: Mapping[str, Address]) -> Words:
    rounds = terms["rounds"]
    parts = (at["RewardPool"], at["Operators"], at["Disputes"], at["Alliance"], terms["operators"]["bond"])
    names = ("coinPerToken", "challengeWindow", "seedDelay", "commitPeriod", "operatorShareBps")
    return _words(
        *_values(rounds, "deviceRegistry", "batchRegistry"),
        *parts,
        *_values(rounds, *names),
        *_values(rounds, "genesisVersion", "taskHash"),
        at["ModelPolicy"],
    )


def _offering(terms: Mapping[str, Any], at: Mapping[str, Address], ruler: Address) -> Words:
    sold = terms["offering"]
    alliance = at["Alliance"] if terms["onlyAlliance"] else NOBODY
    parties = (at["ModelToken"], sold["payment"], ruler, at["RoundManager"], alliance, sold["allowRoot"])
    return _words(*parties, *_values(sold, *_OFFERING), *_values(sold, *_MILESTONES))


def _governor(terms: Mapping[str, Any], at: Mapping[str, Address]) -> Words:
    rules = terms["governance"]
    parts = (at["ModelToken"], at["ModelTimelock"], at["ModelOffering"], at["RewardPool"])
    return _words(*parts, terms["token"]["cap"], *_values(rules, "quorumBps", "vetoBps", "shortest"))


def _values(struct: Mapping[str, Any], *names: str) -> list[Any]:
    return [struct[name] for name in names]


def _words(*values: Address | int | bytes | None) -> Words:
    return tuple(map(_word, values))


def _word(value: Address | int | bytes | None) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    return value if isinstance(value, bytes) else address_bytes(value).rjust(32, b"\0")


def _by_name(component: Component, value: Any) -> Any:
    kind: str = component["type"]
    if kind.endswith("]"):
        inner = {**component, "type": kind[: kind.rindex("[")]}
        return [_by_name(inner, each) for each in value]
    if kind != "tuple":
        return value
    parts = component["components"]
    return {part["name"]: _by_name(part, each) for part, each in zip(parts, value, strict=True)}
