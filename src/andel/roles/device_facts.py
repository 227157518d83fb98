"""What the chain says of devices: owner, since when, who lists them.

Takes a registry and addresses, or the owner or lister whose devices are looked for by events. Gives plain values.
Events are read from a block on; what happened before is not seen, and the caller says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from andel.device.did import did_of
from andel.errors import InputError
from andel.ledger.bound import Bound
from andel.ledger.contracts import DeviceRegistryContract
from andel.units import Address

MAX_DEVICES: Final = 1_000
"""Most devices told of at once."""

MAX_BLOCKS: Final = 5_000_000
"""Most blocks searched for events: 2,500 requests of a node that gives 2,000 blocks each."""

_AT_ONCE = 100  # devices in one filter of events


@dataclass(frozen=True, slots=True)
class DeviceListing:
    """From when to when (seconds; None: still) a lister vouches for a device."""

    lister: Address
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """A device as the registry has it; `since` is its last claim, transfer, release or revocation (None: never)."""

    device: Address
    did: str
    owner: Address | None
    since: int | None
    revoked: bool
    publicly_known: bool
    listings: tuple[DeviceListing, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values for one JSON object."""
        return asdict(self)


def device_facts(
    registry: DeviceRegistryContract, devices: Sequence[Address], from_block: int
) -> tuple[DeviceFacts, ...]:
    """What the registry says of each device, in their order. Raises InputError when they are too many, ChainError."""
    if len(devices) > MAX_DEVICES:
        raise InputError(f"{len(devices)} devices at once are over {MAX_DEVICES}", "name some of them")
    check_span(registry, from_block)
    pairs: dict[Address, list[Address]] = {device: [] for device in devices}
    for start in range(0, len(devices), _AT_ONCE):
        for event in registry.logs("DeviceListed", from_block, device=list(devices[start : start + _AT_ONCE])):
            pairs[event.arguments["device"]].append(event.arguments["lister"])
    statuses = registry.statuses_of(devices)
    facts = []
    for device, status in zip(devices, statuses, strict=True):
        spans = [(lister, *registry.listing_of(lister, device)) for lister in pairs[device]]
        listings = tuple(DeviceListing(lister, since, until or None) for lister, since, until in spans)
        facts.append(
            DeviceFacts(
                device=device,
                did=did_of(device),
                owner=status.owner,
                since=status.last_change or None,
                revoked=status.revoked,
                publicly_known=registry.is_known_key(device),
                listings=listings,
            )
        )
    return tuple(facts)


def devices_of_owner(registry: DeviceRegistryContract, owner: Address, from_block: int) -> list[Address]:
    """The devices that `owner` has now, of those it claimed or was given from a block on, in the chain's order."""
    check_span(registry, from_block)
    events = registry.logs("DeviceClaimed", from_block, owner=owner)
    events += registry.logs("DeviceTransferred", from_block, to=owner)
    found = list(dict.fromkeys(event.arguments["device"] for event in sorted(events, key=lambda item: item.block)))
    statuses = registry.statuses_of(found)
    return [device for device, status in zip(found, statuses, strict=True) if status.owner == owner]


def devices_of_lister(registry: DeviceRegistryContract, lister: Address, from_block: int) -> list[Address]:
    """The devices that `lister` ever listed from a block on, stopped ones too, in the chain's order."""
    check_span(registry, from_block)
    events = registry.logs("DeviceListed", from_block, lister=lister)
    return list(dict.fromkeys(event.arguments["device"] for event in events))


def check_span(contract: Bound, from_block: int) -> None:
    """Raises InputError when more blocks would be searched for the contract's events than are."""
    newest = contract.chain.block_number()
    if newest - from_block > MAX_BLOCKS:
        raise InputError(
            f"{newest - from_block} blocks are more than are searched for events ({MAX_BLOCKS})",
            "name --from-block, say the block in which the contract was deployed",
        )
