"""From scores to integer shares: debt first, then merit, then an exact split.

A contributor is paid for the part of its score that lies above its debt: with a cumulative score c before the
round and s in it, merit is max(0, min(s, c + s)). A negative score is kept as debt against the devices that
made it; it is never set to zero at the end of a round.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from andel.fixed_point import split_exactly
from andel.keys import address_bytes
from andel.units import Address, BaseUnits


def merits(scores: Sequence[int], cumulative: Sequence[int]) -> list[int]:
    """What of each score is paid for; `cumulative` are the sums before this round."""
    return [max(0, min(score, before + score)) for score, before in zip(scores, cumulative, strict=True)]


def score_by_device(score: int, slots: Mapping[Address, int]) -> dict[Address, int]:
    """A contributor's score over its devices, in proportion to their proven slots, summing exactly."""
    devices = sorted(slots, key=address_bytes)
    parts = split_exactly(abs(score), [slots[device] for device in devices])
    sign = -1 if score < 0 else 1
    return {device: sign * part for device, part in zip(devices, parts, strict=True)}


def split_reward(amount: BaseUnits, merit: Sequence[int]) -> list[BaseUnits]:
    """`amount` in base units by merit, summing to it exactly (to zero where nobody has merit)."""
    return [BaseUnits(part) for part in split_exactly(amount, merit)]
