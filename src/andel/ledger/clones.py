"""Whether a model's contracts are clones of what this package knows.

Takes a `Chain` and addresses by contract name. Gives the factory that launched them, or refuses; and the creation
code of a clone as OpenZeppelin's `Clones` makes it. A clone's code is 45 bytes of forwarding (EIP-1167) and the words
it was founded with; an implementation's code is compared with this package's by its hash, its immutables (which differ
with the place) left out. Never trusts an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from andel.errors import ChainError, InputError
from andel.hashing import keccak
from andel.keys import address_bytes, parse_address
from andel.ledger.answers import bytes_of
from andel.ledger.connection import Chain
from andel.ledger.factory import IMPLEMENTATIONS, ModelFactoryContract
from andel.ledger.interface import Contract, interface_of
from andel.ledger.rpc import NodeRefused
from andel.units import Address

_BEFORE: Final = bytes.fromhex("363d3d373d3d3d363d73")
_AFTER: Final = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
_CREATION: Final = bytes.fromhex("3d81600a3d39f3")
_WORDS_MAX: Final = 766
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


def clone_code(implementation: Address, words: Sequence[Address | int]) -> bytes:
    """Creation code of a clone of `implementation` with `words`: accounts, or whole numbers below 2**256.

    Source: EIP-1167, with arguments as in OpenZeppelin 5.7's `Clones`. Raises InputError for words that do not fit.
    """
    if len(words) > _WORDS_MAX:
        raise InputError(f"a clone's code holds {_WORDS_MAX} words, not {len(words)}")
    arguments = b"".join(_word(value) for value in words)
    size = (_FORWARDING_BYTES + len(arguments)).to_bytes(2, "big")
    return b"\x61" + size + _CREATION + _BEFORE + address_bytes(implementation) + _AFTER + arguments


def _word(value: Address | int) -> bytes:
    if isinstance(value, str):
        return address_bytes(value).rjust(32, b"\0")
    try:
        return value.to_bytes(32, "big")
    except OverflowError as error:
        raise InputError(f"{value} is no word of 32 bytes") from error


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
