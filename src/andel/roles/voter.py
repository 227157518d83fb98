"""A holder who proposes, votes, and carries out what was decided.

Takes a model that holders govern, a key, and a proposal written as a file (`andel-proposal/1`). Gives the calls it
means, what it says in plain words, and receipts. A proposal's file:

    {"format":"andel-proposal/1","why":"lower the licence fee","calls":[
      {"contract":"ModelPolicy","function":"setTrainingPolicy","text":"training.json"},
      {"contract":"ModelPolicy","function":"setBar","arguments":[[250,true,true]]},
      {"pay":"0x…","wei":"1000000000000000000"}]}

`contract` is one of the model's own by name, or the name of an ERC-20 interface with its address in `at`. `text` names
a file whose bytes are kept in the content store; its hash is the function's one argument. A training policy is read
before. Hex text of 0x and an even number of digits is bytes; amounts are decimal texts. Never votes by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from andel.content import ContentStore
from andel.encoding import canonical_text, parse_json
from andel.errors import InputError
from andel.hashing import sha256
from andel.keys import AccountKey, parse_address
from andel.ledger.contracts import ModelTokenContract
from andel.ledger.delegation import delegate_signed
from andel.ledger.deployment import ModelContracts
from andel.ledger.governance import ModelGovernorContract, ProposedCall, Support, find_governor
from andel.ledger.interface import CONTRACTS
from andel.ledger.proposed_calls import call_of
from andel.ledger.receipt import Receipt
from andel.ledger.successors import SuccessorsContract
from andel.roles.owner import OWNERS_SIGNATURE_SECONDS, Sentence, told
from andel.roles.publishing import governed
from andel.roles.telling.naming import tokens_text
from andel.training.training_policy import training_policy_of_text
from andel.units import Address

FORMAT: Final = "andel-proposal/1"
MAX_FILE_BYTES: Final = 256 * 1024
MAX_CALLS: Final = 20
MAX_WHY: Final = 20_000
_MAX_TEXT_BYTES: Final = 1024 * 1024

ReadText = Callable[[str], bytes]
"""The bytes of a file that a proposal names, one more than a text may have at most."""


def governor_of(model: ModelContracts) -> ModelGovernorContract:
    """The governor of a model that holders govern. Raises SettingsError when none does, ChainError."""
    return find_governor(governed(model))


def names_of(model: ModelContracts) -> dict[Address, str]:
    """The model's contracts by address, as proposals call them."""
    policy = governed(model)
    governor = find_governor(policy)
    bound = (
        model.round_manager,
        model.operators,
        model.disputes,
        model.alliance,
        model.token,
        model.pool,
        model.vault,
        policy,
        governor,
    )
    return {contract.address: contract.NAME for contract in bound} | {policy.timelock(): "ModelTimelock"}


def names_known(model: ModelContracts, successors: SuccessorsContract | None) -> dict[Address, str]:
    """`names_of`, with the shared contracts that a vote may call, where they are known."""
    shared = (successors, model.market, model.fee_splitters)
    return names_of(model) | {found.address: found.NAME for found in shared if found is not None}


def read_proposal(
    data: bytes, names: Mapping[Address, str], store: ContentStore, read_text: ReadText
) -> tuple[tuple[ProposedCall, ...], str]:
    """The calls and the description in a proposal's file; texts it names are in the store afterwards.

    Raises InputError, PlanError for a training policy that is none.
    """
    value = parse_json(canonical_text(data, MAX_FILE_BYTES))
    if not isinstance(value, dict) or set(value) != {"format", "why", "calls"} or value["format"] != FORMAT:
        raise InputError(f"this is no proposal ({FORMAT})", 'its fields are "format", "why" and "calls"')
    why, calls = value["why"], value["calls"]
    if not isinstance(why, str) or not 0 < len(why) <= MAX_WHY:
        raise InputError(f'"why" is a text of at most {MAX_WHY} characters')
    if not isinstance(calls, list) or not 0 < len(calls) <= MAX_CALLS:
        raise InputError(f'"calls" is a list of 1 to {MAX_CALLS}')
    addresses = {name: address for address, name in names.items()}
    return tuple(_call(item, addresses, store, read_text) for item in calls), why


def cast(
    governor: ModelGovernorContract, key: AccountKey, proposal: int, support: Support, payer: AccountKey | None
) -> Receipt:
    """Casts a vote; where another account pays, it brings the voter's signature. Raises ChainError, in words."""
    if payer is None or payer.address == key.address:
        return told(lambda: governor.cast(key, proposal, support), VOTE_SENTENCES)
    signature = governor.sign_vote(key, proposal, support)
    return told(lambda: governor.cast_signed(payer, proposal, support, key.address, signature), VOTE_SENTENCES)


def delegate(token: ModelTokenContract, key: AccountKey, to: Address, payer: AccountKey | None) -> Receipt:
    """Gives the votes of `key`'s tokens to `to`; where another account pays, it brings the holder's signature."""
    if payer is None or payer.address == key.address:
        return token.delegate(key, to)
    return delegate_signed(token, payer, key, to, token.chain.block_time() + OWNERS_SIGNATURE_SECONDS)


def _call(item: Any, addresses: Mapping[str, Address], store: ContentStore, read_text: ReadText) -> ProposedCall:
    if not isinstance(item, dict):
        raise InputError(f"not a call: {str(item)[:80]}")
    value = _amount(item.get("wei", "0"))
    if set(item) <= {"pay", "wei"} and "pay" in item:
        return ProposedCall(parse_address(str(item["pay"])), value, b"")
    allowed = {"contract", "function", "arguments", "text", "at", "wei"}
    if not {"contract", "function"} <= set(item) <= allowed or {"arguments", "text"} <= set(item):
        raise InputError(f"not a call: {str(item)[:120]}", '"contract", "function", and "arguments" or "text"')
    name, function = str(item["contract"]), str(item["function"])
    if "at" in item and name in CONTRACTS:
        address = parse_address(str(item["at"]))
    elif name in addresses:
        address = addresses[name]
    else:
        raise InputError(f"the model has no contract {name[:60]!r}", f"one of {', '.join(sorted(addresses))}")
    if "text" not in item:
        return call_of(name, address, function, _plain(item.get("arguments", [])), value)
    text = read_text(str(item["text"]))
    if len(text) > _MAX_TEXT_BYTES:
        raise InputError(f"{item['text']} is over {_MAX_TEXT_BYTES} bytes")
    if function == "setTrainingPolicy":
        text = training_policy_of_text(text).to_bytes()
    store.put(text)
    return call_of(name, address, function, [sha256(text)], value)


def _plain(value: Any) -> Any:
    """JSON values as the ABI takes them: bytes in hex but for addresses, integers also as decimal texts."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str) and value.startswith("0x") and len(value) == 42:
        return parse_address(value)
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError as error:
            raise InputError(f"not bytes in hex: {value[:40]}") from error
    if isinstance(value, str) and value.removeprefix("-").isascii() and value.removeprefix("-").isdigit():
        return int(value) if len(value) <= 80 else value
    return value


def _amount(text: Any) -> int:
    if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 78:
        raise InputError(f"not an amount of wei: {str(text)[:40]!r}", 'a decimal text, as "1000"')
    return int(text)


_STATES: Final[tuple[str, ...]] = (
    "not open for votes yet",
    "open for votes",
    "cancelled",
    "defeated",
    "passed, and not queued",
    "queued",
    "expired",
    "executed",
)

VOTE_SENTENCES: Final[Mapping[str, Sentence]] = {
    "ModelGovernor_OfferingNotSettled": (
        lambda offering: f"the offering {offering} has neither succeeded nor failed yet",
        "nobody proposes before its end",
    ),
    "ModelGovernor_TooFewHeld": (
        lambda held, needed: (
            f"{tokens_text(held)} are in holders' hands, and votes begin at {tokens_text(needed)}, a tenth of the cap"
        ),
        "tokens in the pool, the offering, the treasury or vesting are not held",
    ),
    "GovernorInsufficientProposerVotes": (
        lambda proposer, votes, threshold: (
            f"{proposer} has the votes of {tokens_text(votes)}, and a proposer needs {tokens_text(threshold)}"
        ),
        "delegate tokens to the account, itself included, before proposing",
    ),
    "GovernorUnexpectedProposalState": (
        lambda proposal, state, _: f"proposal {proposal} is {_STATES[int(state)]}",
        "see `andel vote show`",
    ),
    "GovernorAlreadyCastVote": (lambda voter: f"{voter} has voted on this already", ""),
    "GovernorNonexistentProposal": (lambda proposal: f"there is no proposal {proposal}", "see `andel vote list`"),
    "TimelockUnexpectedOperationState": (
        lambda *_: "the timelock's delay is not over",
        "see `andel vote show` for when it is",
    ),
}
"""What each of the governor's refusals means, and what a person can do."""
