"""The owner of devices: claims them, hands them on, gives them up, and consents to a model's terms.

Takes the owner's key, what a device signed, and contracts. Gives receipts. What the registry or an alliance would
refuse is told in one sentence with what to do about it. Never makes a device's signature and never keeps a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from andel.device.pebble import Confirmation
from andel.errors import ChainError, Reverted
from andel.keys import AccountKey, Curve, curve_of
from andel.ledger.alliance import AllianceContract
from andel.ledger.contracts import DeviceRegistryContract
from andel.ledger.receipt import Receipt
from andel.p256 import point_of
from andel.typed_data import sign_typed
from andel.units import Address

Answer = TypeVar("Answer")
Sentence = tuple[Callable[..., str], str]
"""Words from an error's own values, and what a person can do."""

OWNERS_SIGNATURE_SECONDS: Final = 600
"""How long an owner's signature counts that somebody else brings to the chain."""


def claim_device(
    registry: DeviceRegistryContract,
    owner: AccountKey,
    confirmation: Confirmation,
    public_key: bytes,
    payer: AccountKey | None = None,
) -> Receipt:
    """Claims a device for `owner` with what it signed; where another account pays, the owner signs the claim as well.

    Raises ChainError, in words where the registry refuses.
    """
    device, signed_owner, timestamp = confirmation.device, confirmation.owner, confirmation.timestamp
    if signed_owner != owner.address:
        raise ChainError(
            f"the device signed the owner {signed_owner}, not {owner.address}",
            "claim with that owner's key, or press the device's button for yours",
        )
    on_p256 = curve_of(public_key) == Curve.P256
    if payer is None or payer.address == owner.address:
        if on_p256:
            return told(lambda: registry.claim_p256(owner, point_of(public_key), timestamp, confirmation.signature))
        return told(lambda: registry.claim(owner, device, timestamp, confirmation.signature))
    deadline = registry.chain.block_time() + OWNERS_SIGNATURE_SECONDS
    message = {"device": device, "owner": signed_owner, "timestamp": timestamp, "deadline": deadline}
    will = sign_typed(owner, "DeviceClaim", registry.domain, message)
    rest = (signed_owner, timestamp, confirmation.signature, deadline, will)
    if on_p256:
        return told(lambda: registry.claim_p256_for(payer, point_of(public_key), *rest))
    return told(lambda: registry.claim_for(payer, device, *rest))


def transfer_device(
    registry: DeviceRegistryContract, owner: AccountKey, device: Address, to: Address, payer: AccountKey | None = None
) -> Receipt:
    """Gives a device on; where another account pays, it brings the owner's signature. Raises ChainError, in words."""
    if payer is None or payer.address == owner.address:
        return told(lambda: registry.transfer(owner, device, to))
    message = _change(registry, owner.address, device) | {"to": to}
    signature = sign_typed(owner, "DeviceTransfer", registry.domain, message)
    deadline = int(message["deadline"])
    return told(lambda: registry.transfer_for(payer, device, owner.address, to, deadline, signature))


def release_device(
    registry: DeviceRegistryContract, owner: AccountKey, device: Address, payer: AccountKey | None = None
) -> Receipt:
    """Gives a device up, as `transfer_device`."""
    if payer is None or payer.address == owner.address:
        return told(lambda: registry.release(owner, device))
    message = _change(registry, owner.address, device)
    signature = sign_typed(owner, "DeviceRelease", registry.domain, message)
    return told(lambda: registry.release_for(payer, device, owner.address, int(message["deadline"]), signature))


def revoke_device(
    registry: DeviceRegistryContract, owner: AccountKey, device: Address, payer: AccountKey | None = None
) -> Receipt:
    """Declares a device's key worthless, for ever, as `transfer_device`."""
    if payer is None or payer.address == owner.address:
        return told(lambda: registry.revoke(owner, device))
    message = _change(registry, owner.address, device)
    signature = sign_typed(owner, "DeviceRevocation", registry.domain, message)
    return told(lambda: registry.revoke_for(payer, device, owner.address, int(message["deadline"]), signature))


def accept_terms(alliance: AllianceContract, owner: AccountKey, terms: bytes, payer: AccountKey | None) -> Receipt:
    """Accepts terms; where another account pays, it brings the owner's signature. Raises ChainError, in words."""
    if payer is None or payer.address == owner.address:
        return told(lambda: alliance.accept(owner, terms))
    message = _consent(alliance, owner.address, terms)
    signature = sign_typed(owner, "TermsAcceptance", alliance.domain, message)
    deadline = int(message["deadline"])
    return told(lambda: alliance.accept_for(payer, owner.address, terms, deadline, signature))


def withdraw_consent(
    alliance: AllianceContract, owner: AccountKey, terms: bytes, until: int, payer: AccountKey | None
) -> Receipt:
    """Ends the consent for rounds opened after `until` (seconds; 0: now). Raises ChainError, in words."""
    if payer is None or payer.address == owner.address:
        return told(lambda: alliance.withdraw(owner, terms, until))
    message = _consent(alliance, owner.address, terms) | {"until": until}
    signature = sign_typed(owner, "TermsWithdrawal", alliance.domain, message)
    deadline = int(message["deadline"])
    return told(lambda: alliance.withdraw_for(payer, owner.address, terms, until, deadline, signature))


def told(send: Callable[[], Answer], sentences: Mapping[str, Sentence] | None = None) -> Answer:
    """What `send` gives. Raises ChainError that says in words what was refused, and a hint.

    `sentences` None are those of the registry of devices and of alliances; what has none is raised as Reverted.
    """
    try:
        return send()
    except Reverted as refusal:
        sentence = (OWNER_SENTENCES if sentences is None else sentences).get(refusal.error)
        if sentence is None:
            raise
        values: tuple[Any, ...] = refusal.arguments
        text, hint = sentence
        raise ChainError(text(*values), hint) from refusal


def _consent(alliance: AllianceContract, owner: Address, terms: bytes) -> dict[str, Any]:
    deadline = alliance.chain.block_time() + OWNERS_SIGNATURE_SECONDS
    return {"owner": owner, "termsHash": terms, "nonce": alliance.nonce_of(owner), "deadline": deadline}


def _change(registry: DeviceRegistryContract, owner: Address, device: Address) -> dict[str, Any]:
    deadline = registry.chain.block_time() + OWNERS_SIGNATURE_SECONDS
    return {"device": device, "owner": owner, "nonce": registry.nonce_of(owner), "deadline": deadline}


def clock_text(seconds: int) -> str:
    """A time of the chain as people write it, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


_AGAIN = "press the device's button again, and claim within the hour"

OWNER_SENTENCES: Final[Mapping[str, Sentence]] = {
    "DeviceRegistry_ZeroDevice": (lambda: "the zero address is no device", ""),
    "DeviceRegistry_KnownKey": (
        lambda device: f"the private key of {device} is public: what it signs proves nothing",
        "update the device's firmware, which gives it a key of its own",
    ),
    "DeviceRegistry_StoppedForGood": (
        lambda lister, device: f"{lister} stopped {device} for good and cannot list it again",
        "list it under another lister, if it is sound",
    ),
    "DeviceRegistry_NotListed": (lambda lister, device: f"{lister} never listed {device}", ""),
    "DeviceRegistry_AlreadyOwned": (
        lambda device, owner: f"{device} belongs to {owner}",
        "its owner can transfer or release it",
    ),
    "DeviceRegistry_NotOwner": (
        lambda device, owner, sender: (
            f"{device} belongs to {owner}, not to {sender}" if int(owner, 16) else f"{device} belongs to nobody"
        ),
        "use the owner's key",
    ),
    "DeviceRegistry_Revoked": (lambda device: f"{device} was revoked, for ever", ""),
    "DeviceRegistry_AmbiguousOwner": (
        lambda owner: f"{owner} begins with the bytes of a packet type: a reading could be passed off as its claim",
        "use another account as the owner",
    ),
    "DeviceRegistry_StaleTimestamp": (
        lambda device, signed, now: (
            f"the device signed at {clock_text(signed)}, and the chain's clock says {clock_text(now)}: a claim counts "
            "from an hour before it to two minutes after"
        ),
        _AGAIN,
    ),
    "DeviceRegistry_OldTimestamp": (
        lambda device, signed, changed: (
            f"the device signed at {clock_text(signed)}, not after its last change of owner at {clock_text(changed)}: "
            "this claim was used, or is older"
        ),
        _AGAIN,
    ),
    "DeviceRegistry_BadDeviceSignature": (
        lambda device, owner: f"the signature is not that of {device} for the owner {owner}",
        "check the device's key or address",
    ),
    "DeviceRegistry_BadOwnerSignature": (lambda owner: f"what was brought does not carry {owner}'s signature", ""),
    "DeviceRegistry_Expired": (lambda deadline, now: f"the owner's signature ended at {clock_text(deadline)}", ""),
    "Alliance_Empty": (lambda: "the zero address, or a hash of zeros, is nothing that an alliance can name", ""),
    "Alliance_KnownKey": (
        lambda device: f"the private key of {device} is public: what it signs proves nothing",
        "update the device's firmware, which gives it a key of its own",
    ),
    "Alliance_TooManyListers": (
        lambda count: f"an alliance can have trusted 64 listers in all, former ones included, and this makes {count}",
        "admit devices by their address, or let fewer listers vouch for more devices",
    ),
    "Alliance_NotInForce": (
        lambda account: f"{account} is not trusted, admitted here or barred: there is nothing to end",
        "see `andel alliance show`; devices that a lister vouches for are kept out by `bar`",
    ),
    "Alliance_NoConsent": (lambda owner, terms: f"{owner} has not accepted the terms {terms.hex()}", ""),
    "Alliance_InThePast": (
        lambda until, now: f"{clock_text(until)} has passed ({clock_text(now)}): consent never ends in the past",
        "leave --until out to end it now",
    ),
    "Alliance_BadSignature": (
        lambda owner, nonce: f"the signature is not {owner}'s with its present nonce {nonce}",
        "another acceptance or withdrawal came between; try again",
    ),
    "Alliance_Expired": (lambda deadline, now: f"the owner's signature ended at {clock_text(deadline)}", ""),
}
"""What each refusal means, from the error's own values, and what a person can do."""
