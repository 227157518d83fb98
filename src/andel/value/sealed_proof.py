"""Which batches have to be opened outside open mode, under which seeds, and what is believed of openings unseen.

Takes the headers of a committed list, the registry's entries, the state before the round and the chain's seeds. A batch
is opened under one seed for ever: the first seed 1 since the last final round of a round that was open when the batch
stood in the registry already; the state keeps it until the openings hold. Whoever cannot unseal openings believes
something else in their place, and says so. Never judges a leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from andel.data.batch import BatchHeader
from andel.data.sealed_draws import LEAST_LEAVES, Asked
from andel.errors import InputError
from andel.units import Address, Digest
from andel.value.history import History
from andel.value.opened_days import Origin, holds
from andel.value.standing import CLEAN

_TIME_BYTES = 8

Seeds = tuple[tuple[int, Origin], ...]
"""(when its round opened, the seed) of rounds since the last final one, oldest first; of each its first seed 1."""

Believe = Callable[[History, Mapping[Address, Sequence[int]]], frozenset[Address] | None]
"""Of the days asked for, by device: the devices whose openings are taken to hold; None where they are taken to fail."""


def as_arrived(_: History, days: Mapping[Address, Sequence[int]]) -> frozenset[Address]:
    """A coordinator's belief: sealed openings that arrived hold, until validators say otherwise."""
    return frozenset(days)


def as_attested(after: History) -> Believe:
    """An auditor's belief: what the attested state after the round says of them."""

    def believe(before: History, days: Mapping[Address, Sequence[int]]) -> frozenset[Address] | None:
        held = {
            device for device, asked in days.items() if all(holds(after.opened.get(device, ()), day) for day in asked)
        }
        failed = any(
            after.standing.get(device, CLEAN).halved_until > before.standing.get(device, CLEAN).halved_until
            for device in days
        )
        return None if failed and not held else frozenset(held)

    return believe


def check_leaves(headers: Sequence[BatchHeader]) -> None:
    """Raises InputError for a batch of which a fifth is too little to check."""
    for header in headers:
        if header.count < LEAST_LEAVES:
            raise InputError(
                f"batch of {header.device}, day {header.day}: it has {header.count} readings; outside open mode, where"
                f" a fifth is opened at most, {LEAST_LEAVES} are needed"
            )


def to_open(
    headers: Sequence[BatchHeader], entries: Mapping[tuple[Address, int], bytes], history: History, seeds: Seeds
) -> tuple[Asked, ...]:
    """The batches that were never opened, each under its seed; in the order of rounds and seeds."""
    found: dict[tuple[int, Digest], list[int]] = {}
    for index, header in enumerate(headers):
        day = header.device, header.day
        if holds(history.opened.get(header.device, ()), header.day):
            continue
        origin = history.pending.get(day) or _first_seed(entries.get(day, b""), seeds)
        found.setdefault((origin.round, origin.seed), []).append(index)
    return tuple(Asked(number, seed, tuple(found[number, seed])) for number, seed in sorted(found))


def _first_seed(entry: bytes, seeds: Seeds) -> Origin:
    """The oldest that nobody could know when the batch was entered."""
    entered_at = int.from_bytes(entry[-_TIME_BYTES:], "big")
    return next((origin for opened_at, origin in seeds if entered_at <= opened_at), seeds[-1][1])
