"""Why a contract refused, and what a transaction does, in plain words.

Takes the bytes of a revert, or a transaction's target and calldata. Gives one sentence and a hint: that of the role
that meets the refusal (its table of sentences), else the error's own name and values. Never asks a node, but for the
model's governor and policy once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from andel.errors import ChainError
from andel.ledger.abi import decode_error
from andel.ledger.deployment import Deployment
from andel.ledger.governance import ProposedCall
from andel.ledger.interface import CONTRACTS
from andel.ledger.payment import COIN
from andel.ledger.proposed_calls import in_words
from andel.roles.asking import MARKET_SENTENCES
from andel.roles.buyer import OFFERING_SENTENCES, PASS_SENTENCES
from andel.roles.owner import OWNER_SENTENCES, Sentence
from andel.roles.publications import VERSION_SENTENCES
from andel.roles.revenue import REVENUE_SENTENCES, payment_tokens
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts
from andel.roles.telling.naming import Naming
from andel.roles.telling.plain_calls import plain_words
from andel.roles.voter import VOTE_SENTENCES, names_of
from andel.units import Address

SENTENCES: Final[Mapping[str, Sentence]] = {
    **OWNER_SENTENCES,
    **OFFERING_SENTENCES,
    **PASS_SENTENCES,
    **REVENUE_SENTENCES,
    **VERSION_SENTENCES,
    **MARKET_SENTENCES,
    **VOTE_SENTENCES,
}
"""What each refusal means, of whichever contract."""

_SELECTOR_BYTES: Final = 4
_SHOWN_LETTERS: Final = 200


def refusal(contract: str | None, data: bytes) -> Facts:
    """The words for what a call was reverted with; `contract` is the one called, where it is known."""
    if len(data) < _SELECTOR_BYTES:
        return {"sentence": "the contract refused and gave no reason", "hint": ""}
    try:
        named = decode_error(contract if contract in CONTRACTS else None, data)
    except ChainError:
        named = None
    if named is None:
        return {"sentence": f"a contract refused with 0x{data[:_SELECTOR_BYTES].hex()}, which is not known", "hint": ""}
    sentence, hint = sentence_of(*named)
    return {"sentence": sentence, "hint": hint}


def sentence_of(error: str, values: Sequence[object]) -> tuple[str, str]:
    """A refusal in words, and what a person can do; its name and values where nobody has words for it."""
    if error == "Error":
        return str(values[0])[:_SHOWN_LETTERS] or "the contract refused and gave no reason", ""
    if error not in SENTENCES:
        listed = ", ".join(f"0x{value.hex()}" if isinstance(value, bytes) else str(value) for value in values)
        return f"{error}({listed[:_SHOWN_LETTERS]})", ""
    words, hint = SENTENCES[error]
    return words(*values), hint


def words(memory: Memory, to: Address, data: bytes, value: int) -> Facts:
    """What a transaction would do: a plain sentence, and the call decoded. Raises ChainError."""
    call, naming = ProposedCall(to, value, data), naming_of(memory)
    return {"words": plain_words(call, naming), "call": in_words(call, naming.contracts)}


def naming_of(memory: Memory, payer: str = "") -> Naming:
    """What calls are told with on the page; `payer` as `Naming` has it. Raises ChainError."""

    def money(token: Address) -> tuple[int, str]:
        found = memory.token(token)
        return int(found["decimals"]), str(found["symbol"])

    payment = COIN if memory.offering is None else memory.head.get("payment", memory.offering.terms).payment
    return Naming(names(memory), memory.model.token.address, payment, money, payer)


def names(memory: Memory) -> dict[Address, str]:
    """Every contract that a page sends to, by address, with the name that its functions are read by. Raises ChainError.

    Tokens that prices are in are read as ERC-20s, by the name of one.
    """
    return memory.head.get("names", lambda: _names(memory))


def _names(memory: Memory) -> dict[Address, str]:
    model = memory.model
    found = {token: "AuthorizedToken" for token in payment_tokens(model) if token != COIN}
    if memory.offering is not None and (payment := memory.offering.terms().payment) != COIN:
        found[payment] = "AuthorizedToken"
    found |= {address: name for name, address in Deployment.of_model(model).addresses.items()}
    if memory.offering is not None:
        found[memory.offering.address] = memory.offering.NAME
    return found | (names_of(model) if memory.governor is not None else {})
