"""What a proposal does, in plain words, and words back into calls.

Takes calls as a governor stores them and the model's contracts by address. Gives one line for each: the contract's
name, the function, and its values by name; what cannot be read is shown as bytes, and said to be unknown. Never guesses
a contract from its code, and never sends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from andel.errors import ChainError, InputError
from andel.ledger.abi import decode_call, encode_call
from andel.ledger.governance import ProposedCall
from andel.ledger.interface import Contract
from andel.ledger.payment import COIN_DECIMALS, amount_text
from andel.units import Address


def in_words(call: ProposedCall, names: Mapping[Address, str]) -> str:
    """One line that says what a call does; `names` are the model's contracts by address."""
    coins = f"{amount_text(call.value, COIN_DECIMALS)} of the chain's coin ({call.value} wei)" if call.value else ""
    name = names.get(call.target)
    if not call.data:
        return f"pay {coins or 'nothing'} to {name or call.target}"
    said = f" with {coins}" if coins else ""
    if name is None:
        return f"call UNKNOWN contract {call.target}{said}: 0x{call.data.hex()}"
    try:
        function, values = decode_call(name, call.data)
    except ChainError:
        function, values = "", {}
    if not function:
        return f"call UNKNOWN function of {name} {call.target}{said}: 0x{call.data.hex()}"
    listed = ", ".join(f"{key} {_plain(value)}" for key, value in values.items())
    return f"{name}.{function}({listed}){said}"


def call_of(name: str, address: Address, function: str, arguments: Sequence[object], value: int = 0) -> ProposedCall:
    """A call of one of the model's contracts. Raises InputError when the values do not fit the function."""
    if not 0 <= value < 1 << 256:
        raise InputError(f"not an amount of wei: {str(value)[:40]}")
    return ProposedCall(address, value, encode_call(Contract(name, address), function, arguments))


def _plain(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    return str(value)
