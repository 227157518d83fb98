"""Clones with words in their code: a small contract that lets another's code act for it.

Takes the address of the code and the words. Gives creation code, the same bytes as OpenZeppelin's
`Clones.cloneWithImmutableArgs`; the words are read by `contracts/src/ledger/CloneArgs.sol`. Never sends anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.errors import InputError
from andel.keys import address_bytes
from andel.units import Address

_CREATION = bytes.fromhex("3d81600a3d39f3")
_BEFORE = bytes.fromhex("363d3d373d3d3d363d73")
_BEHIND = bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
_PROXY_BYTES = len(_BEFORE) + 20 + len(_BEHIND)
_WORDS_MAX = 766


def clone_code(implementation: Address, words: Sequence[Address | int]) -> bytes:
    """Creation code of a clone of `implementation` with `words`: accounts, or whole numbers below 2**256.

    Source: EIP-1167, with arguments as in OpenZeppelin 5.7's `Clones`. Raises InputError for words that do not fit.
    """
    if len(words) > _WORDS_MAX:
        raise InputError(f"a clone's code holds {_WORDS_MAX} words, not {len(words)}")
    arguments = b"".join(_word(value) for value in words)
    size = (_PROXY_BYTES + len(arguments)).to_bytes(2, "big")
    return b"\x61" + size + _CREATION + _BEFORE + address_bytes(implementation) + _BEHIND + arguments


def _word(value: Address | int) -> bytes:
    if isinstance(value, str):
        return address_bytes(value).rjust(32, b"\0")
    try:
        return value.to_bytes(32, "big")
    except OverflowError as error:
        raise InputError(f"{value} is no word of 32 bytes") from error
