"""Bonds on paper: what operators have at stake, what an offence takes, and what a round may mint against it.

Takes offences and deposits. Gives what `Operators` and `Disputes` give: at most a bond an offence, half to a reporter
that is not the offender, the rest burned; and no round whose budget is worth more than k bonds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from andel.simulation.economics.terms import Terms
from andel.units import TOKEN

TENTH = 10


@dataclass(slots=True)
class BondBooks:
    """Bonds by operator, rewards by reporter, and what is burned for ever. Wei."""

    terms: Terms
    bonded: dict[str, int] = field(default_factory=dict)
    rewards: dict[str, int] = field(default_factory=dict)
    deposited: int = 0
    withdrawn: int = 0
    burned: int = 0

    def deposit(self, name: str, amount: int) -> None:
        """Adds to a bond."""
        self.deposited += amount
        self.bonded[name] = self.bonded.get(name, 0) + amount

    def is_bonded(self, name: str) -> bool:
        """Whether an operator counts."""
        return self.bonded.get(name, 0) >= self.terms.bond

    def slash(self, name: str, part: int, reporter: str = "") -> int:
        """Takes a bond divided by `part`, or what is left; half, rounded down, is the reporter's."""
        taken = min(self.terms.bond // part, self.bonded.get(name, 0))
        self.bonded[name] = self.bonded.get(name, 0) - taken
        reward = taken // 2 if reporter and reporter != name else 0
        self.rewards[reporter] = self.rewards.get(reporter, 0) + reward
        self.burned += taken - reward
        return taken

    def withdraw(self, name: str) -> int:
        """An operator leaves with what it has."""
        amount = self.bonded.pop(name, 0)
        self.withdrawn += amount
        return amount

    def budget(self, available: int) -> int:
        """What a round may be opened with: what has accrued, as far as k bonds cover it."""
        return min(available, self.terms.covered)

    def challenge_bond(self, budget: int) -> int:
        """What challenging a round of this budget costs: a tenth of its stated worth, at least the floor."""
        return max(budget * self.terms.coin_per_token // TOKEN // TENTH, self.terms.challenge_floor)
