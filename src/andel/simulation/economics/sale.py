"""The offering on paper: one price for all, pro rata when too much was paid, everything back when too little was.

Takes payments. Gives what `ModelOffering` gives: tokens, refunds, and proceeds released by finalised rounds. Rounds
down for what goes to buyers; what so remains goes to the treasury, or is burned.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from andel.fixed_point import mul_div_down, mul_div_up
from andel.simulation.economics.breach import Breach
from andel.simulation.economics.terms import BPS, Terms
from andel.simulation.economics.token import TokenBooks
from andel.units import TOKEN

OFFERING = "offering"


@dataclass(slots=True)
class SaleBooks:
    """An offering from its opening to its last release. `status` is open, failed or succeeded."""

    token: TokenBooks
    terms: Terms
    opens: int = 0
    status: str = "open"
    raised: int = 0
    proceeds: int = 0
    refunded: int = 0
    released: int = 0
    sold: int = 0
    rounds: int = 0
    paid: dict[str, int] = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    returned: set[str] = field(default_factory=set)

    @property
    def target(self) -> int:
        """What all tokens cost."""
        return mul_div_up(self.terms.offered, self.terms.price, TOKEN)

    @property
    def held(self) -> int:
        """Payment that lies here."""
        return self.raised - self.refunded - self.released

    def buy(self, now: int, name: str, amount: int) -> None:
        """Books a payment. Breach outside the window."""
        if self.status != "open" or not self.opens <= now <= self.opens + self.terms.window or amount <= 0:
            raise Breach(f"the offering takes no {amount} at second {now}")
        self.raised += amount
        self.paid[name] = self.paid.get(name, 0) + amount

    def settle(self, now: int) -> None:
        """Ends the window. What is not sold is burned."""
        if self.status != "open" or now <= self.opens + self.terms.window:
            raise Breach("the offering is settled, or still open")
        offered, price = self.terms.offered, self.terms.price
        if self.raised < mul_div_down(self.target, self.terms.minimum_bps, BPS):
            self.status, self.sold = "failed", 0
        else:
            self.status, self.proceeds = "succeeded", min(self.raised, self.target)
            full = self.raised >= self.target
            self.sold = offered if full else mul_div_down(self.raised, TOKEN, price)
        self.token.burn(now, OFFERING, offered - self.sold)

    def claim(self, now: int, name: str) -> int:
        """Gives a buyer its tokens, once."""
        if self.status != "succeeded" or name in self.given or name not in self.paid:
            return 0
        self.given.add(name)
        tokens = self.tokens_of(self.paid[name])
        self.token.move(now, OFFERING, name, tokens)
        return tokens

    def refund(self, name: str) -> int:
        """Pays back what a buyer's payment had too much, once."""
        if self.status == "open" or name in self.returned or name not in self.paid:
            return 0
        self.returned.add(name)
        back = self.excess_of(self.paid[name])
        self.refunded += back
        return back

    def tokens_of(self, paid: int) -> int:
        """Tokens for a payment."""
        if self.raised >= self.target:
            return mul_div_down(self.terms.offered, paid, self.raised)
        return mul_div_down(paid, TOKEN, self.terms.price)

    def excess_of(self, paid: int) -> int:
        """What is paid back of a payment."""
        return paid if self.status == "failed" else mul_div_down(paid, self.raised - self.proceeds, self.raised)

    def count(self, now: int) -> None:
        """A round that minted something was finalised."""
        deadline = self.opens + self.terms.window + self.terms.milestone_deadline
        if self.status == "succeeded" and now <= deadline:
            self.rounds = min(self.rounds + 1, self.terms.milestone_rounds)

    def releasable(self) -> int:
        """What the treasury may have now."""
        if self.status != "succeeded":
            return 0
        first = mul_div_down(self.proceeds, self.terms.first_bps, BPS)
        wanted = self.terms.milestone_rounds
        due = first + mul_div_down(self.proceeds - first, self.rounds, wanted) if wanted else self.proceeds
        return due - self.released

    def release(self) -> int:
        """Pays the treasury what is due."""
        amount = self.releasable()
        self.released += amount
        return amount
