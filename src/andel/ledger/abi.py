"""Contracts' interfaces: calls to bytes, and results, events and refusals back to plain values.

Takes a contract, a function's or an event's name, and values or bytes. Gives encoded calls, decoded results (int,
bytes, bool, str, checksummed addresses, tuples for structs and arrays), events and named errors of every contract
of ours, whichever of them a transaction went through. Never asks a node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from eth_abi import abi as eth_abi
from eth_abi.exceptions import DecodingError

from andel.errors import ChainError, InputError
from andel.keys import checksummed
from andel.ledger.interface import (
    CONTRACTS,
    Component,
    Contract,
    EventType,
    Function,
    Interface,
    canonical_type,
    interface_of,
)
from andel.ledger.words import decode_words, encode_words

_PANICS: Final = {
    0x01: "assertion failed",
    0x11: "arithmetic overflow",
    0x12: "division by zero",
    0x32: "out of bounds",
}


def encode_call(contract: Contract, function: str, arguments: Sequence[object]) -> bytes:
    """Calldata. Structs may be mappings by field name. Raises InputError when values do not fit the function."""
    known = _function(contract.interface, function)
    return known.selector + encode_values(f"{contract.name}.{function}", known.inputs, arguments)


def encode_creation(interface: Interface, arguments: Sequence[object]) -> bytes:
    """Creation code with its constructor's values. Raises InputError when they do not fit."""
    return interface.creation_code + encode_values(interface.name, interface.constructor, arguments)


def encode_values(what: str, components: Sequence[Component], values: Sequence[object]) -> bytes:
    """ABI words of `values`. Raises InputError, naming `what`, when they do not fit."""
    if len(values) != len(components):
        names = ", ".join(component["name"] for component in components)
        raise InputError(f"{what} takes ({names}), not {len(values)} values")
    try:
        plain = [_laid_out(component, value) for component, value in zip(components, values, strict=True)]
        return encode_words(components, plain) or eth_abi.encode(
            [canonical_type(component) for component in components], plain
        )
    except InputError:
        raise
    except Exception as error:  # eth_abi has a family of encoding errors without a public base
        raise InputError(f"{what} cannot be encoded: {str(error)[:200]}") from error


def decode_call(name: str, data: bytes) -> tuple[str, dict[str, Any]]:
    """Function and values by name of calldata for the contract of that name; "" for a function it does not have.

    As lenient as a contract is with padding. Raises ChainError when the words do not fit the function.
    """
    selector = data[:4]
    for known in interface_of(name).functions.values():
        if known.selector == selector:
            values = _decoded(f"{name}.{known.name}", known.inputs, data[4:], strict=False)
            return known.name, {part["name"]: value for part, value in zip(known.inputs, values, strict=True)}
    return "", {}


def decode_result(contract: Contract, function: str, data: bytes) -> Any:
    """What a function returned: one value, or a tuple of several. Raises ChainError when the bytes do not fit."""
    known = _function(contract.interface, function)
    if known.outputs and not data:
        raise ChainError(f"{contract.name}.{function}: nothing answers at {contract.address} on this chain")
    values = _decoded(f"{contract.name}.{function}", known.outputs, data)
    return values[0] if len(values) == 1 else values


def decode_error(contract_name: str | None, data: bytes) -> tuple[str, tuple[object, ...]] | None:
    """Name and values of a refusal: the contract's own errors first, then those of every other contract of ours.

    None when no one knows the selector.
    """
    selector, words = data[:4], data[4:]
    if selector == b"\x08\xc3\x79\xa0":  # Error(string)
        return "Error", _decoded("Error", ({"type": "string"},), words)
    if selector == b"\x4e\x48\x7b\x71":  # Panic(uint256)
        (code,) = _decoded("Panic", ({"type": "uint256"},), words)
        return "Panic", (_PANICS.get(code, hex(code)),)
    names = ([contract_name] if contract_name else []) + [name for name in CONTRACTS if name != contract_name]
    for name in names:
        known = interface_of(name).errors.get(selector)
        if known is not None:
            return known.name, _decoded(known.name, known.inputs, words)
    return None


def decode_event(topics: Sequence[bytes], data: bytes) -> tuple[str, dict[str, Any]] | None:
    """Name and values of a log, or None when no contract of ours emits such a one."""
    known = _events().get((topics[0], len(topics))) if topics else None
    if known is None:
        return None
    indexed = iter(topics[1:])
    rest = tuple(component for component in known.inputs if not component["indexed"])
    plain = iter(_decoded(known.name, rest, data))
    values = {}
    for component in known.inputs:
        if component["indexed"]:
            (values[component["name"]],) = _decoded(known.name, (component,), next(indexed))
        else:
            values[component["name"]] = next(plain)
    return known.name, values


def event_topics(
    contract: Contract, events: Sequence[str], indexed: Mapping[str, object]
) -> list[str | list[str] | None]:
    """The topic filter of events, narrowed to the indexed values given; a list is any of its values.

    Several events must have what narrows them in the same places. Raises InputError for unknown names.
    """
    first, *others = [_topics_of(contract, event, indexed) for event in events]
    if not others:
        return first
    found = [_without_open_end(topics) for topics in (first, *others)]
    if any(topics[1:] != found[0][1:] for topics in found):
        raise InputError(f"events {', '.join(events)} of {contract.name} cannot be asked for together")
    return [[str(topics[0]) for topics in found], *found[0][1:]]


def _topics_of(contract: Contract, event: str, indexed: Mapping[str, object]) -> list[str | list[str] | None]:
    known = contract.interface.events.get(event)
    names = [component["name"] for component in known.inputs if component["indexed"]] if known else []
    if known is None or not set(indexed) <= set(names):
        raise InputError(f"{contract.name} has no event {event} with indexed {sorted(indexed)}")
    topics: list[str | list[str] | None] = ["0x" + known.topic.hex()]
    for component in known.inputs:
        if not component["indexed"]:
            continue
        value = indexed.get(component["name"])
        words = [
            "0x" + encode_values(event, (component,), (each,)).hex()
            for each in (value if isinstance(value, list) else [value])
            if each is not None
        ]
        topics.append(words if isinstance(value, list) else words[0] if words else None)
    return topics


def _without_open_end(topics: list[str | list[str] | None]) -> list[str | list[str] | None]:
    """Without what narrows nothing: a filter longer than an event's topics never fits it."""
    while topics and topics[-1] is None:
        topics = topics[:-1]
    return topics


@lru_cache(maxsize=1)
def _events() -> Mapping[tuple[bytes, int], EventType]:
    found = {}
    for name in CONTRACTS:
        for event in interface_of(name).events.values():
            topics = 1 + sum(bool(component["indexed"]) for component in event.inputs)
            found[event.topic, topics] = event
    return found


def _function(interface: Interface, name: str) -> Function:
    if name not in interface.functions:
        raise InputError(f"{interface.name} has no function {name[:80]!r}")
    return interface.functions[name]


def _decoded(what: str, components: Sequence[Component], data: bytes, *, strict: bool = True) -> tuple[Any, ...]:
    if strict and (fast := decode_words(components, data)) is not None:
        return fast
    try:
        values = eth_abi.decode([canonical_type(component) for component in components], data, strict)
    except (DecodingError, ValueError, OverflowError) as error:
        raise ChainError(f"{what}: the chain's answer has another form: {str(error)[:200]}") from error
    return tuple(_plain(component, value) for component, value in zip(components, values, strict=True))


def _plain(component: Component, value: Any) -> Any:
    kind: str = component["type"]
    if kind.endswith("]"):
        inner = {**component, "type": kind[: kind.rindex("[")]}
        return tuple(_plain(inner, each) for each in value)
    if kind == "tuple":
        return tuple(_plain(part, each) for part, each in zip(component["components"], value, strict=True))
    return checksummed(bytes.fromhex(value[2:])) if kind == "address" else value


def _laid_out(component: Component, value: Any) -> Any:
    kind: str = component["type"]
    if kind.endswith("]"):
        inner = {**component, "type": kind[: kind.rindex("[")]}
        return [_laid_out(inner, each) for each in value]
    if kind != "tuple":
        # eth-abi would fill up what is too short
        size = kind.removeprefix("bytes")
        if size != kind and size and not (isinstance(value, bytes) and len(value) == int(size)):
            raise ValueError(f"{component['name'] or 'a value'} takes {size} bytes, not {str(value)[:80]!r}")
        return value
    parts = component["components"]
    if isinstance(value, Mapping):
        names = [part["name"] for part in parts]
        if set(value) != set(names):
            raise InputError(f"{component.get('internalType', 'a struct')} takes {names}, not {sorted(value)}")
        value = [value[name] for name in names]
    return tuple(_laid_out(part, each) for part, each in zip(parts, value, strict=True))
