"""What the chain says of an alliance: owner, rules, listers, and the devices it admits or bars by their addresses.

Takes an alliance and a block to look from. Gives plain values as they count for a round opened now. The contract keeps
no list of devices, so they are found by events; what was done before that block is not seen, and the caller says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from andel.ledger.alliance import AllianceContract, AllianceRules
from andel.ledger.receipt import Event
from andel.roles.device_facts import check_span
from andel.units import Address

_ADMISSION: Final = ("DeviceAdmitted", "DeviceDismissed")
_BAR: Final = ("DeviceBarred", "DeviceUnbarred")


@dataclass(frozen=True, slots=True)
class AllianceFacts:
    """An alliance at the time `at` (seconds): a round opened now is judged by this. `owner` None: frozen for ever."""

    at: int
    owner: Address | None
    pending_owner: Address | None
    listers: tuple[Address, ...]
    rules: AllianceRules


def alliance_facts(alliance: AllianceContract) -> AllianceFacts:
    """What needs no events. Raises ChainError."""
    at = alliance.chain.block_time() + 1
    return AllianceFacts(at, alliance.owner(), alliance.pending_owner(), alliance.listers_at(at), alliance.rules_at(at))


def named_devices(alliance: AllianceContract, from_block: int) -> tuple[tuple[Address, ...], tuple[Address, ...]]:
    """The devices admitted here by their address, and those barred, of what was done from `from_block` on.

    Raises InputError when that is too far back, ChainError.
    """
    check_span(alliance, from_block)
    events = alliance.logs((*_ADMISSION, *_BAR), from_block)
    return _in_force(events, *_ADMISSION), _in_force(events, *_BAR)


def _in_force(events: Iterable[Event], begin: str, end: str) -> tuple[Address, ...]:
    """The devices whose last event of the two is a beginning."""
    last = {event.arguments["device"]: event.name for event in events if event.name in (begin, end)}
    return tuple(sorted(device for device, name in last.items() if name == begin))
