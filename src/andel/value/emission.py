"""How much a model's emission has accrued, from the schedule alone.

Takes a schedule as `IRewardPool.sol` founds it. Gives base units, to the unit what the contract counts while nobody
lowered or paused it, and never less afterwards. Seconds and base units. Never asks a chain.
"""

from __future__ import annotations

from dataclasses import dataclass

from andel.units import BaseUnits


@dataclass(frozen=True, slots=True)
class EmissionSchedule:
    """First second; base units a second at first; the most that ever accrues; seconds until the rate is halved, rounded
    down, again and again (0: never); base units a second at which halving stops.
    """

    start: int
    rate: int
    ceiling: int
    halving_period: int = 0
    tail_rate: int = 0

    def rate_at(self, second: int) -> BaseUnits:
        """What the second that begins at `second` accrues, the ceiling aside; 0 before the start."""
        if second < self.start:
            return BaseUnits(0)
        halvings = (second - self.start) // self.halving_period if self.halving_period else 0
        return BaseUnits(max(self.rate >> halvings, self.tail_rate))

    def accrued(self, at: int) -> BaseUnits:
        """What has accrued by the second `at`, period by period."""
        total, second = 0, self.start
        while second < at and total < self.ceiling:
            rate = self.rate_at(second)
            last = rate == self.tail_rate or not self.halving_period
            until = at if last else min(at, second + self.halving_period)
            total += rate * (until - second)
            second = until
        return BaseUnits(min(total, self.ceiling))
