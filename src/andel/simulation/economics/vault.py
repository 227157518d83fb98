"""Revenue on paper: what each holder is paid of an epoch's revenue, by the time its tokens were held.

Takes payments, claims and burns. Gives what `RevenueVault` gives, to the unit: shares rounded down to 2**-32 of a unit,
whose rest is kept for the account's next claim. `rule` "snapshot" shares by balances at the claim instead, as
ERC-7641's published code does: only to show what that costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from andel.simulation.economics.breach import Breach
from andel.simulation.economics.terms import BPS
from andel.simulation.economics.token import TokenBooks

FRACTION_BITS = 32
PAGE = 224
HELD = "held"
SNAPSHOT = "snapshot"


@dataclass(slots=True)
class VaultBooks:
    """One payment coin's books: revenue by epoch, the pot that burning redeems, and who was paid."""

    token: TokenBooks
    redeemable_bps: int
    rule: str = HELD
    received: int = 0
    pot: int = 0
    redeemed: int = 0
    revenue: dict[int, int] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    left: dict[tuple[str, int], int] = field(default_factory=dict)
    claims: set[tuple[str, int]] = field(default_factory=set)

    @property
    def paid_in_all(self) -> int:
        """What all claims paid."""
        return sum(self.paid.values())

    def epoch(self, now: int) -> int:
        """The epoch of a second."""
        return now // self.token.epoch_length

    def deposit(self, now: int, amount: int) -> None:
        """Revenue arrives, in the epoch of this second."""
        self.token.advance(now)
        to_pot = amount * self.redeemable_bps // BPS
        epoch = self.epoch(now)
        self.received += amount
        self.pot += to_pot
        self.revenue[epoch] = self.revenue.get(epoch, 0) + amount - to_pot

    def claim(self, now: int, name: str, epoch: int) -> int:
        """Pays a holder its part of an epoch's revenue; 0 where it was paid or has none. Breach before the epoch's
        end.
        """
        self.token.advance(now)
        if epoch >= self.epoch(now):
            raise Breach(f"epoch {epoch} is not over")
        if (name, epoch) in self.claims:
            return 0
        own, everybody = self._parts(name, epoch)
        share = (self.revenue.get(epoch, 0) * own << FRACTION_BITS) // everybody if everybody else 0
        if not share:
            return 0
        self.claims.add((name, epoch))
        page = (name, epoch // PAGE)
        share += self.left.get(page, 0)
        self.left[page] = share & ((1 << FRACTION_BITS) - 1)
        whole = share >> FRACTION_BITS
        self.paid[name] = self.paid.get(name, 0) + whole
        return whole

    def carry(self, now: int, epoch: int) -> int:
        """Moves the revenue of a finished epoch that nobody held anything in to the present one."""
        if epoch >= self.epoch(now) or self.token.weight_of_all(epoch):
            raise Breach(f"epoch {epoch} is not over, or has holders")
        amount = self.revenue.pop(epoch, 0)
        present = self.epoch(now)
        self.revenue[present] = self.revenue.get(present, 0) + amount
        return amount

    def redeem(self, now: int, name: str, amount: int) -> int:
        """Burns tokens; what that is paid of the pot. What is set aside redeems nothing."""
        supply = self.token.supply
        self.token.burn(now, name, amount)
        if name in self.token.set_aside or not supply:
            return 0
        paid = self.pot * amount // supply
        self.pot -= paid
        self.redeemed += paid
        return paid

    def _parts(self, name: str, epoch: int) -> tuple[int, int]:
        if self.rule == HELD:
            return self.token.weight(name, epoch), self.token.weight_of_all(epoch)
        return self.token.balance(name), self.token.supply
