"""Devices that have a part in the model: whose they are, and how many days of readings they brought.

Takes a memory and a page. Gives what the registry and the alliance say of each device on it, and what its owner's
batches say. A position is one of a packet that was opened to everybody, coarsened (`opened`), or none.
"""

from __future__ import annotations

from collections.abc import Sequence

from andel.data.batch import BatchHeader
from andel.roles.showing.memory import Memory
from andel.roles.showing.opened import Opened, position_facts
from andel.roles.showing.plain import Facts, page_of, places
from andel.roles.showing.shares import headers_of
from andel.units import DAY_SECONDS, Address


def devices_page(memory: Memory, opened: Opened, first: int, count: int) -> Facts:
    """A page of devices, by address. Times are seconds. Raises ChainError, ContentUnreachable."""
    earned = memory.earned()
    if earned is None:
        return page_of([], None, first) | {"note": "the store does not hold the running state"}
    devices = [earned.devices[place] for place in places(first, count, len(earned.devices))]
    model, at = memory.model, memory.head.block().time + 1
    name = tuple(devices)
    owners = memory.head.get(("owners", name), lambda: model.device_registry.statuses_of(devices))
    admitted = memory.head.get(("admitted", name), lambda: model.alliance.are_admitted(devices, at))
    newest = memory.newest_final()
    brought: dict[Address, Sequence[BatchHeader] | None] = {}
    for status in owners:
        if status.owner is not None and status.owner not in brought:
            brought[status.owner] = headers_of(memory, newest, status.owner)
    items = [
        {
            "device": device,
            "owner": status.owner,
            "position": position_facts(opened.of(device, status.owner)) if status.owner else None,
            **_days(device, brought.get(status.owner) if status.owner else None),
            "slots": earned.slots.get(device),
            "admitted": is_admitted,
        }
        for device, status, is_admitted in zip(devices, owners, admitted, strict=True)
    ]
    return page_of(items, len(earned.devices), first) | {"note": None}


def _days(device: Address, headers: Sequence[BatchHeader] | None) -> Facts:
    """Of the batches that its owner brought to the last final round; None where that is not known."""
    if headers is None:
        return {"days": None, "last_day": None}
    days = [header.day for header in headers if header.device == device]
    return {"days": len(days), "last_day": max(days) * DAY_SECONDS if days else None}
