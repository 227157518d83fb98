"""Emission on paper: what a round mints, and what contributors and operators are paid of it.

Takes amounts that a round earned. Gives what `RewardPool` gives: nothing beyond what has accrued, one credit a round,
payments up to a cumulative sum. Operators' part counts as minted at once and comes into being when it is pulled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from andel.simulation.economics.breach import Breach
from andel.simulation.economics.token import TokenBooks
from andel.value.emission import EmissionSchedule

POOL = "pool"


@dataclass(slots=True)
class PoolBooks:
    """The pool over its token. `earned` is what the root in force says of each contributor, `claimed` what it was paid;
    `owed` what operators have not pulled.
    """

    token: TokenBooks
    schedule: EmissionSchedule
    last_round: int = 0
    for_contributors: int = 0
    for_operators: int = 0
    earned: dict[str, int] = field(default_factory=dict)
    claimed: dict[str, int] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)

    @property
    def minted(self) -> int:
        """Contributors' and operators' part together."""
        return self.for_contributors + self.for_operators

    @property
    def claimed_in_all(self) -> int:
        """What contributors were paid."""
        return sum(self.claimed.values())

    def available(self, now: int) -> int:
        """What has accrued and was not minted."""
        return self.schedule.accrued(now) - self.minted

    def credit(self, now: int, number: int, parts: Mapping[str, int], operators: Mapping[str, int]) -> None:
        """Mints what round `number` earned. Breach for a round credited before, or more than is available."""
        amount, operator_amount = sum(parts.values()), sum(operators.values())
        if number <= self.last_round:
            raise Breach(f"round {number} was credited; the last was {self.last_round}")
        if amount + operator_amount > self.available(now):
            raise Breach(f"{amount + operator_amount} is over the {self.available(now)} that has accrued")
        self.last_round = number
        self.for_contributors += amount
        self.for_operators += operator_amount
        if amount:
            self.token.mint(now, POOL, amount)
        for name, part in parts.items():
            self.earned[name] = self.earned.get(name, 0) + part
        for name, part in operators.items():
            self.owed[name] = self.owed.get(name, 0) + part

    def claim(self, now: int, name: str) -> int:
        """Pays a contributor up to its cumulative sum; 0 where nothing is new. Breach beyond what lies here."""
        due = self.earned.get(name, 0) - self.claimed.get(name, 0)
        if due <= 0:
            return 0
        self.token.move(now, POOL, name, due)
        self.claimed[name] = self.claimed.get(name, 0) + due
        return due

    def claim_operator(self, now: int, name: str) -> int:
        """Pays an operator what it is owed."""
        due = self.owed.pop(name, 0)
        if due:
            self.token.mint(now, name, due)
        return due
