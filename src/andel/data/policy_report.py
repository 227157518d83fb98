"""What an alliance's policy would say of the packets in a store, before any of them is committed.

Takes an evidence store, a policy and days. Gives for each device how many of its accepted packets would fail, why, and
on which days: one opened reading that fails costs its contributor the weight of the whole set. Every packet is read
again, which takes time; memory grows with the days alone. Never changes the store, and never tells a position.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from andel.data.policy import Policy
from andel.data.store import EvidenceStore
from andel.device.packets import reread_packet
from andel.device.reading import SignedReading
from andel.units import Address, day_of


@dataclass(frozen=True, slots=True)
class PolicyVerdict:
    """One device: packets looked at, how many fail by reason, and the days that hold one that fails, rising."""

    device: Address
    packets: int
    reasons: Mapping[str, int]
    days: tuple[int, ...]

    @property
    def failing(self) -> int:
        """How many packets fail, each counted once, by its first reason."""
        return sum(self.reasons.values())


def judge_by_policy(store: EvidenceStore, policy: Policy, first_day: int, last_day: int) -> tuple[PolicyVerdict, ...]:
    """A verdict for each device with packets in those days (days since 1970, both included), in order of its bytes.

    Packets whose bytes were deleted are passed over: no round gets them any more. Raises StoreError.
    """
    verdicts = []
    for device, known in store.devices().items():
        packets, reasons, days = 0, Counter[str](), set[int]()
        for kept in store.stream(device, first_day, last_day):
            if kept.raw is None:
                continue
            packets += 1
            if fault := _fault(policy, reread_packet(kept.raw, known.public_key, known.epoch)):
                reasons[fault] += 1
                days.add(day_of(kept.timestamp))
        if packets:
            verdicts.append(PolicyVerdict(device, packets, dict(sorted(reasons.items())), tuple(sorted(days))))
    return tuple(verdicts)


def _fault(policy: Policy, reading: SignedReading) -> str:
    if missing := policy.missing_channel(reading):
        return f"the reading has no channel {missing}"
    return policy.outside(reading)
