"""How much of a round's budget its contributors are paid: one part whatever the gain, the rest by gain.

The first part lets a latecomer earn when the model is nearly learnt; the rest pays by gain against the best gain of any
round before, so that the emission is not spent on rounds that moved nothing. What is not paid is not minted: it stays
accrued in the schedule. A gain within the noise pays nothing at all (decision 9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel.units import BaseUnits

_BPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class RoundBudget:
    """What contributors may be paid: at most `whole`, of it `fixed` for any round above its noise and `by_gain` for
    this gain; `best` is the best gain so far, with this round's.
    """

    whole: BaseUnits
    fixed: BaseUnits
    by_gain: BaseUnits
    best: int

    @property
    def paid(self) -> BaseUnits:
        """What is split."""
        return BaseUnits(self.fixed + self.by_gain)


def round_budget(
    budget: int, operator_share_bps: int, round_share_bps: int, gain: int, noise: int, best: int
) -> RoundBudget:
    """The parts of `budget`, each rounded down; `best` is the best gain of the rounds before."""
    whole = budget * (_BPS - operator_share_bps) // _BPS
    if gain <= noise:
        return RoundBudget(BaseUnits(whole), BaseUnits(0), BaseUnits(0), best)
    best = max(best, gain)
    fixed = whole * round_share_bps // _BPS
    return RoundBudget(BaseUnits(whole), BaseUnits(fixed), BaseUnits((whole - fixed) * gain // best), best)
