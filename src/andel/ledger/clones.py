"""Whether a model's contracts are clones of what this package knows.

Takes a `Chain` and addresses by contract name. Gives the factory that launched them, or refuses. A clone's code is
OpenZeppelin's 45 bytes of forwarding (EIP-1167) and the words it was founded with; an implementation's code is compared
with this package's by its hash, its immutables (which differ with the place) left out. Never trusts an address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from andel.errors import ChainError
from andel.hashing import keccak
from andel.keys import parse_address
from andel.ledger.answers import bytes_of
from andel.ledger.connection import Chain
from andel.ledger.factory import IMPLEMENTATIONS, ModelFactoryContract
from andel.ledger.interface import Contract, interface_of
from andel.ledger.rpc import NodeRefused
from andel.units import Address

_BEFORE: Final = bytes.fromhex("363d3d373d3d3d363d73")
_AFTER: Final = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
_FORWARDING_BYTES: Final = len(_BEFORE) + 20 + len(_AFTER)
_OTHER_RELEASE: Final = "use the release of andel that the model was launched with"


def implementation_of(code: bytes) -> Address | None:
    """What a clone's code forwards to; None when it is no clone's."""
    after = len(_BEFORE) + 20
    if not code.startswith(_BEFORE) or code[after:_FORWARDING_BYTES] != _AFTER:
        return None
    return parse_address("0x" + code[len(_BEFORE) : after].hex())


def words_of(code: bytes) -> tuple[bytes, ...]:
    """The words that a clone was founded with."""
    words = code[_FORWARDING_BYTES:]
    return tuple(words[start : start + 32] for start in range(0, len(words), 32))


def is_code_of(name: str, code: bytes) -> bool:
    """True if this is the code that this package's contract of that name leaves on a chain."""
    known = interface_of(name)
    plain = bytearray(code)
    for start, length in known.immutables:
        if start + length > len(plain):
            return False
        plain[start : start + length] = bytes(length)
    return keccak(bytes(plain)) == known.runtime_hash


def require_clones(chain: Chain, parts: Mapping[str, Address]) -> Address:
    """The factory of a model's contracts, once each is a clone of an implementation of ours, and the factory is ours.

    `parts` names the model's contracts, `Operators` among them: only its own factory initialises it, so whoever is
    named by an initialised one was launched there, within the bounds. Raises ChainError for anything else.
    """
    codes = _codes(chain, list(parts.values()))
    found = {}
    for (name, address), code in zip(parts.items(), codes, strict=True):
        implementation = implementation_of(code)
        if implementation is None:
            raise ChainError(f"{name} at {address} is no clone: its code may do anything", "check the model's address")
        found[name] = implementation
    for name, code in zip(found, _codes(chain, list(found.values())), strict=True):
        if not is_code_of(name, code):
            raise ChainError(
                f"{name} at {parts[name]} forwards to code that this release does not know", _OTHER_RELEASE
            )
    factory = Address(chain.call(Contract("Operators", found["Operators"]), "factory"))
    if not is_code_of("ModelFactory", chain.code(factory)):
        raise ChainError(f"the model was launched by {factory}, which is no factory of this release", _OTHER_RELEASE)
    makes = ModelFactoryContract(chain, factory).implementations()
    for field, (name, _) in IMPLEMENTATIONS.items():
        if name in found and makes[field] != found[name]:
            raise ChainError(f"{name} at {parts[name]} is no clone that the factory {factory} makes")
    return factory


def _codes(chain: Chain, addresses: list[Address]) -> list[bytes]:
    answers = chain.ask([("eth_getCode", (address, "latest")) for address in addresses])
    for answer in answers:
        if isinstance(answer, NodeRefused):
            raise answer
    return [bytes_of(answer) for answer in answers]
