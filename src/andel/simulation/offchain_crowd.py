"""A crowd for rounds without a chain: as many members as wanted, made of the few that measure something.

Takes a founded model. Gives it with members that have keys, a device and a week of days of their own, and part of
another's rows to train on: what a round costs follows from how many there are, not from what they measured.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from andel.hashing import sha256
from andel.keys import AccountKey, DeviceKey, derive_secret
from andel.simulation.offchain_rounds import OffchainMember, OffchainRounds

DAYS: Final = 7
"""Of each member."""
_ROWS: Final = 150
_APART: Final = 61  # rows between where one member's begin and the next one's


def crowded(rounds: OffchainRounds, size: int) -> OffchainRounds:
    """The model, before its round 1, with so many members: its own over and over, each with other keys and one week."""
    like = rounds.members
    return rounds.founded_with(tuple(_alike(like[number % len(like)], number, len(like)) for number in range(size)))


def _alike(member: OffchainMember, number: int, turns: int) -> OffchainMember:
    """A member with keys of its own, a week of the other's days and a part of its rows."""
    device = DeviceKey(derive_secret(b"offchain crowd device", number))
    first = number // turns * DAYS % max(len(member.headers) - DAYS, 1)
    headers = tuple(
        replace(
            header,
            device=device.address,
            public_key=device.public_key,
            root=sha256(b"offchain crowd", device.public_key, header.day.to_bytes(8, "big")),
        )
        for header in member.headers[first : first + DAYS]
    )
    start = number * _APART % max(len(member.change) - _ROWS, 1)
    rows = slice(start, start + _ROWS)
    key = AccountKey(derive_secret(b"offchain crowd owner", number))
    participant = replace(member.participant, number=number)
    return OffchainMember(participant, key, device, headers, member.codes[rows], member.change[rows])
