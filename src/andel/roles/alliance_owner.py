"""The owner of an alliance: whom it trusts, which devices it admits or bars, its rules, and who owns it next.

Takes the alliance, the owner's key, accounts, and what the rules are made of. Gives receipts and what was changed; what
the alliance would refuse is told in words. Never speaks for owners of devices: their
consent is their own (`andel.roles.owner`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from andel.content import ContentStore
from andel.data.policy import parse_policy
from andel.errors import ChainError, InputError
from andel.keys import AccountKey
from andel.ledger.alliance import AllianceContract, AllianceRules
from andel.ledger.contracts import DeviceRegistryContract
from andel.ledger.receipt import Receipt
from andel.roles.owner import told
from andel.units import Address

MAX_TERMS_BYTES: Final = 1 << 20


class Step(StrEnum):
    """What the owner does to listers and devices, as the contract calls it."""

    TRUST = "trust"
    DROP = "drop"
    ADMIT = "admit"
    DISMISS = "dismiss"
    BAR = "bar"
    UNBAR = "unbar"


_Send = Callable[[AllianceContract, AccountKey, Sequence[Address]], Receipt]
_STEPS: Final[Mapping[Step, tuple[_Send, str, str]]] = {
    Step.TRUST: (AllianceContract.trust, "ListerTrusted", "trusted"),
    Step.DROP: (AllianceContract.drop, "ListerDropped", "dropped"),
    Step.ADMIT: (AllianceContract.admit, "DeviceAdmitted", "admitted"),
    Step.DISMISS: (AllianceContract.dismiss, "DeviceDismissed", "dismissed"),
    Step.BAR: (AllianceContract.bar, "DeviceBarred", "barred"),
    Step.UNBAR: (AllianceContract.unbar, "DeviceUnbarred", "barred no longer"),
}


class Changed(NamedTuple):
    """What one transaction changed, in the order given; `word` says what they are now, and the rest were already."""

    accounts: tuple[Address, ...]
    word: str
    receipt: Receipt


def change(alliance: AllianceContract, owner: AccountKey, step: Step, accounts: Sequence[Address]) -> Changed:
    """One step for several listers or devices, for rounds opened from the next second on.

    Raises ChainError in words: not the owner, nothing to end, a known key.
    """
    send, event, word = _STEPS[step]
    require_owner(alliance, owner)
    receipt = told(lambda: send(alliance, owner, accounts))
    seen = {value for item in receipt.events if item.name == event for value in item.arguments.values()}
    return Changed(tuple(account for account in dict.fromkeys(accounts) if account in seen), word, receipt)


def check_admissible(alliance: AllianceContract, devices: Sequence[Address], unclaimed: bool) -> None:
    """Raises InputError for a device that was revoked, or that nobody owns, unless `unclaimed` ones are meant."""
    registry = DeviceRegistryContract(alliance.chain, alliance.device_registry())
    for device, status in zip(devices, registry.statuses_of(devices), strict=True):
        if status.revoked:
            raise InputError(f"{device} was revoked, for ever: it can never contribute")
        if status.owner is None and not unclaimed:
            raise InputError(
                f"the registry does not know {device}: nobody has claimed it",
                "check the address, or admit it before its owner comes with --unclaimed",
            )


def set_rules(
    alliance: AllianceContract,
    owner: AccountKey,
    store: ContentStore,
    policy: bytes | None,
    terms: bytes | None,
) -> tuple[AllianceRules, AllianceRules, Receipt]:
    """Keeps policy and terms in the store and puts them in force; None leaves one as it stands.

    Gives the rules before, the rules now, and the receipt. Raises InputError for terms that are no text or a policy
    that is none, ContentError when what is left is not in the store, ChainError in words.
    """
    require_owner(alliance, owner)
    former = alliance.rules_at(alliance.chain.block_time() + 1)
    policy = store.get_digest(former.policy) if policy is None else policy
    terms = store.get_digest(former.terms) if terms is None else terms
    parse_policy(policy)
    _check_terms(terms)
    rules = AllianceRules(store.put_digest(policy), store.put_digest(terms))
    if rules == former:
        raise ChainError("these rules are in force already: nothing was changed")
    return former, rules, told(lambda: alliance.set_rules(owner, rules.policy, rules.terms))


def offer_ownership(alliance: AllianceContract, owner: AccountKey, heir: Address) -> Receipt:
    """Offers the ownership to `heir`, which takes it; an offer takes back the one before. Raises ChainError."""
    require_owner(alliance, owner)
    if alliance.pending_owner() == heir:
        raise ChainError(f"the ownership is offered to {heir} already", "it takes it by `andel alliance take-over`")
    return told(lambda: alliance.offer_ownership(owner, heir))


def take_ownership(alliance: AllianceContract, heir: AccountKey) -> Receipt:
    """Takes the ownership that was offered. Raises ChainError in words when it was offered to another, or to nobody."""
    offered = alliance.pending_owner()
    if offered != heir.address:
        to = f"it is offered to {offered}" if offered else "it is offered to nobody"
        raise ChainError(
            f"the ownership of the alliance was not offered to {heir.address}: {to}",
            "its owner offers it by `andel alliance hand-over`",
        )
    return told(lambda: alliance.take_ownership(heir))


def give_up_ownership(alliance: AllianceContract, owner: AccountKey) -> Receipt:
    """Leaves the alliance without an owner, for ever: its rules are frozen. Raises ChainError."""
    require_owner(alliance, owner)
    return told(lambda: alliance.give_up_ownership(owner))


def require_owner(alliance: AllianceContract, key: AccountKey) -> None:
    """Raises ChainError unless `key` is the owner's."""
    owner = alliance.owner()
    if owner is None:
        raise ChainError("the alliance has no owner any more: its rules are frozen")
    if owner != key.address:
        raise ChainError(
            f"{key.address} is not the owner of the alliance: that is {owner}",
            "use the owner's key; a timelock or another contract acts by its own proposals",
        )


def _check_terms(terms: bytes) -> None:
    try:
        text = terms[: MAX_TERMS_BYTES + 1].decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("the terms are no text in UTF-8") from error
    if len(terms) > MAX_TERMS_BYTES or not text.strip():
        raise InputError(f"terms are a text of 1 to {MAX_TERMS_BYTES} bytes, not {len(terms)}")
