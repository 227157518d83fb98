"""What one account holds of a model, may claim and has agreed to.

Takes a memory and an account. Gives plain values: tokens and votes from the chain, what was earned with its proof from
the running state, revenue by payment token, devices, consent, the pass. Never claims anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.errors import InputError
from andel.ledger.payment import COIN
from andel.ledger.receipt import Event
from andel.roles.account_state import account_state
from andel.roles.revenue import payment_tokens
from andel.roles.showing.followed import Followed
from andel.roles.showing.kept import Kept
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts, hex_of
from andel.roles.showing.shares import headers_of
from andel.units import Address

DEVICES_MOST = 100
"""Devices of one account that are told."""


class OwnDevices:
    """Which devices an account was given or has claimed, as far back as events are looked for."""

    def __init__(self, memory: Memory) -> None:
        """Reads nothing yet."""
        self._memory = memory
        self._claimed: Kept[Address, Followed] = Kept(256)
        self._given: Kept[Address, Followed] = Kept(256)

    def of(self, account: Address) -> tuple[list[Address], bool]:
        """Its devices now, and whether events tell them all. Raises ChainError."""
        memory, newest = self._memory, self._memory.head.block().number
        registry = memory.model.device_registry  # older than the model, as its devices may be
        claimed = self._claimed.get(account, lambda: Followed(registry, ["DeviceClaimed"], owner=account))
        given = self._given.get(account, lambda: Followed(registry, ["DeviceTransferred"], to=account))
        named = _devices([*claimed.read(newest), *given.read(newest)])
        brought = headers_of(memory, memory.newest_final(), account) or ()
        found = list(dict.fromkeys([*named, *(header.device for header in brought)]))
        statuses = registry.statuses_of(found)
        own = [device for device, status in zip(found, statuses, strict=True) if status.owner == account]
        return own, claimed.whole and given.whole


def account_facts(memory: Memory, devices: OwnDevices, account: Address) -> Facts:
    """What the account has. Amounts are smallest units. Raises ChainError, ContentUnreachable."""
    return memory.head.get(("account", account), lambda: _read(memory, devices, account))


def _read(memory: Memory, devices: OwnDevices, account: Address) -> Facts:
    model, state = memory.model, account_state(memory.model, account)
    claim = _claim(memory, account)
    claimed = model.pool.claimed(account)
    earned = None if claim is None else int(claim["cumulative"])
    return {
        "account": account,
        "symbol": memory.symbol,
        "decimals": 18,
        "balance": str(state.balance),
        "held_supply": str(state.held_supply),
        "set_aside": state.set_aside,
        "earned": None if earned is None else str(earned),
        "claimed": str(claimed),
        "claimable": None if earned is None else str(max(earned - claimed, 0)),
        "operator_claimable": str(model.pool.operator_balance(account)),
        "claim": claim if claim and claim["proof"] is not None else None,
        "delegate": state.delegate,
        "votes": str(state.votes),
        "threshold": None if state.threshold is None else str(state.threshold),
        "nonces": _nonces(memory, account),
        "revenue": _revenue(memory, account),
        "redeemable": _redeemable(memory, account, state.balance),
        **_own_devices(memory, devices, account),
        "consent": _consent(memory, account),
        "pass": _pass(memory, account),
        "coins": str(memory.chain.balance(account)),
    }


def _claim(memory: Memory, account: Address) -> Facts | None:
    """What the pool pays against; None where the store does not hold the state that it pays by."""
    tree = memory.claims()
    if tree is None:
        return None
    try:
        found = tree.claim(account)
    except InputError:
        return {"cumulative": "0", "running_sum": None, "proof": None}
    return {
        "cumulative": str(found.cumulative),
        "running_sum": str(found.running_sum),
        "proof": [hex_of(each) for each in found.proof],
    }


def _nonces(memory: Memory, account: Address) -> Facts:
    token, governor = memory.model.token, memory.governor
    return {
        "token": str(token.chain.call(token.contract, "nonces", account)),
        "alliance": str(memory.model.alliance.nonce_of(account)),
        "devices": str(memory.model.device_registry.nonce_of(account)),
        "votes": None if governor is None else str(governor.nonce_of(account)),
    }


def _revenue(memory: Memory, account: Address) -> list[Facts]:
    vault, found = memory.model.vault, []
    for token in payment_tokens(memory.model):
        due = vault.claimable(account, token)
        if due or token == COIN:
            found.append(
                {"token": memory.token(token), "claimable": str(sum(due.values())), "epochs": [*due]},
            )
    return found


def _redeemable(memory: Memory, account: Address, balance: int) -> list[Facts]:
    """What burning all of the account's tokens would pay now, by payment token; nothing of empty pots."""
    model, found = memory.model, []
    if not balance:
        return []
    supply, vault = model.token.total_supply(), model.vault
    for token in payment_tokens(model):
        if paid := int(vault.chain.call(vault.contract, "redeemable", token, balance, supply)):
            found.append({"token": memory.token(token), "amount": str(paid)})
    return found


def _own_devices(memory: Memory, devices: OwnDevices, account: Address) -> Facts:
    own, whole = devices.of(account)
    shown = own[:DEVICES_MOST]
    admitted = memory.model.alliance.are_admitted(shown, memory.head.block().time + 1)
    told = [{"device": device, "admitted": is_admitted} for device, is_admitted in zip(shown, admitted, strict=True)]
    note = None if whole and len(own) <= DEVICES_MOST else "there may be more: see `andel device list --owner`"
    return {"devices": told, "devices_note": note}


def _consent(memory: Memory, account: Address) -> Facts:
    """Whether its consent covers a round opened now. `until` is the end it set when it withdrew, None otherwise."""
    _, terms, _, _ = memory.rules_text()
    alliance = memory.model.alliance
    accepted = alliance.have_accepted([account], terms, memory.head.block().time + 1)[0]
    return {"accepted": accepted, "terms_hash": hex_of(terms), "until": None}


def _pass(memory: Memory, account: Address) -> Facts | None:
    """The account's pass, live or not; None where it never had one, or nobody knows where passes are sold."""
    if memory.model.access_pass is None:
        return None
    found = memory.model.access_pass.pass_of(memory.manager.address, account)
    if not found.expiry:
        return None
    return {
        "plan": found.plan.rstrip(b"\0").decode("utf-8", "backslashreplace"),
        "expiry": found.expiry,
        "live": found.is_live(memory.head.block().time),
    }


def _devices(events: Sequence[Event]) -> list[Address]:
    ordered = sorted(events, key=lambda event: event.block)
    return list(dict.fromkeys(Address(event.arguments["device"]) for event in ordered))
