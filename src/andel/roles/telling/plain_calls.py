"""A call of the model's contracts as one plain sentence.

Takes calls as a governor stores them or a wallet signs them, and a `Naming`. Gives a sentence; for whatever has none,
or cannot be read, the decoded line of `proposed_calls`, which says UNKNOWN where it is. The decoded call is always to
be shown beside: a sentence leaves out what a reader need not know. Never sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from andel.errors import ChainError
from andel.ledger.abi import decode_call
from andel.ledger.governance import ProposedCall
from andel.ledger.proposed_calls import in_words
from andel.roles.telling.decided import DECIDED, Sentence, Values
from andel.roles.telling.naming import TREASURY, Naming, quoted
from andel.roles.telling.signed import SIGNED
from andel.units import Address

_CARRIED: Final = 20  # calls within a call that are told


def plain_words(call: ProposedCall, naming: Naming) -> str:
    """What a call does, in a sentence without a full stop; the decoded line where there is none for it."""
    if not call.data:
        return f"Pay {naming.coins(call.value)}{naming.payer} to {naming.account(call.target)}"
    name = naming.contracts.get(call.target, "")
    sentence, values = _sentence(name, call.data)
    if sentence is None:
        return in_words(call, naming.contracts)
    try:
        said = sentence(naming, values, call.target)
    except ValueError:  # a number that no choice of ours stands for
        return in_words(call, naming.contracts)
    return f"{said}; {naming.coins(call.value)} goes along" if call.value else said


def sentence_for(name: str, function: str) -> Sentence | None:
    """The sentence of a contract's function; None where there is none."""
    for table in (DECIDED, SIGNED, _CARRYING):
        if function in table.get(name, {}):
            return table[name][function]
    return None


def _sentence(name: str, data: bytes) -> tuple[Sentence | None, Values]:
    if not name:
        return None, {}
    try:
        function, values = decode_call(name, data)
    except ChainError:
        return None, {}
    return sentence_for(name, function), values


def _propose(say: Naming, of: Values, _: Address) -> str:
    title = next((line for line in of["description"].splitlines() if line.strip()), "")
    carried = enumerate(_triples(of)[:_CARRIED], 1)
    says = "; ".join(f"{number}. {_carried(say, TREASURY, *each)}" for number, each in carried)
    return f"Propose to all holders {quoted(title)}: {says}"


def _triples(of: Values) -> list[tuple[Address, int, bytes]]:
    return list(zip(of["targets"], of["values"], of["calldatas"], strict=False))


def _relay(say: Naming, of: Values, _: Address) -> str:
    return f"Have the governor itself do this: {_carried(say, '', of['target'], of['value'], of['data'])}"


def _carried(say: Naming, payer: str, target: Address, value: int, data: bytes) -> str:
    """A call within a call: one that carries calls itself is not followed further."""
    call = ProposedCall(target, value, data)
    name = say.contracts.get(target, "")
    sentence, _ = _sentence(name, data) if data else (None, {})
    if sentence in (_propose, _relay):
        return in_words(call, say.contracts)
    return plain_words(call, Naming(say.contracts, say.token, say.payment, say.money, payer))


_CARRYING: Final[Mapping[str, Mapping[str, Sentence]]] = {"ModelGovernor": {"propose": _propose, "relay": _relay}}
