"""Who takes part in a year, and what things cost there: the assumptions of the simulation in one place.

Takes nothing. Gives `Cast` (who does what) and `Costs` (gas, work, devices, demand). A figure here is assumed, not
measured, except gas, which is what the contracts' snapshots say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from andel.simulation.economics.draws import below
from andel.simulation.economics.learning import ONE
from andel.simulation.economics.rounds import HONEST, Contributor
from andel.simulation.economics.terms import BPS, COIN, Terms

SEAT: Final = "seat"
WHALE: Final = "whale"
WASHER: Final = "washer"
FLASHER: Final = "flasher"
EXCHANGE: Final = "exchange"
FOUNDER: Final = "founder"
ERRORS: Final = (ONE // 8, ONE // 4, ONE // 2, ONE)
"""How far off contributors' data is, from the best to the worst, in turn."""
NAMES: Final = 5


@dataclass(frozen=True, slots=True)
class Costs:
    """What agents pay. Gas in units of the contracts' snapshots, the rest in wei; `worth` is what a token is held to be
    worth, `call` the price of a prediction, `calls` how many a day are asked for at first and after a year.
    """

    worth: int = COIN
    gas_price: int = 10**12
    entry_gas: int = 27_500
    entry_alone_gas: int = 54_382
    claim_gas: int = 72_026
    revenue_gas: int = 110_789
    vote_gas: int = 100_000
    flash_bps: int = 0
    training: int = COIN // 20
    device_year: int = 20 * COIN
    replay: int = COIN // 2
    call: int = COIN // 100
    calls: tuple[int, int] = (2_000, 6_000)

    def gas(self, amount: int) -> int:
        """Gas in wei."""
        return amount * self.gas_price

    def demand(self, seed: bytes, day: int) -> int:
        """Calls of a day: a line through the year, a fifth less at weekends, a tenth of chance either way."""
        first, last = self.calls
        mean = first + (last - first) * min(day, 365) // 365
        week = mean * (8 if day % 7 >= 5 else 10) // 10
        return week * (9_000 + below(seed, f"calls {day}", 2_001)) // BPS


@dataclass(frozen=True, slots=True)
class Cast:
    """A year's agents. `seat` is the contributor whose conduct is compared; the whale pays `whale_bps` of what the
    other buyers pay, the wash trader
    `wash_share_bps` of it and `wash` wei a day; `lazy` is a validator that copies; `turnout_bps` of holders' tokens and
    `guard_bps` of contributors' come to votes and vetoes.
    """

    seat: str = HONEST
    names: int = 1
    seat_error: int = ONE // 4
    others: int = 16
    buyers: int = 8
    whale_bps: int = 0
    whale_days: tuple[int, ...] = ()
    wash: int = 0
    wash_share_bps: int = 0
    flash: bool = False
    lazy: str = ""
    turnout_bps: int = 3_000
    guard_bps: int = 3_000
    claim_every: int = 7

    def contributors(self) -> list[Contributor]:
        """The seat and the others, whose data is of four qualities."""
        others = [Contributor(f"owner {i + 1}", error=ERRORS[i % len(ERRORS)]) for i in range(self.others)]
        return [*others, Contributor(SEAT, self.seat, error=self.seat_error, names=self.names)]

    def payments(self, terms: Terms, seed: bytes) -> dict[str, int]:
        """What is paid into the offering: the others a fifth more than its target, in uneven parts."""
        target = terms.offered * terms.price // 10**18
        draws = [1 + below(seed, f"buyer {i}", 5) for i in range(self.buyers)]
        whole = target * 12 // 10
        paid = {f"buyer {i + 1}": whole * draw // sum(draws) for i, draw in enumerate(draws)}
        paid[EXCHANGE] = target // 5
        if self.whale_bps:
            paid[WHALE] = (whole + paid[EXCHANGE]) * self.whale_bps // BPS
        if self.wash_share_bps:
            paid[WASHER] = (whole + paid[EXCHANGE]) * self.wash_share_bps // BPS
        return {name: amount for name, amount in paid.items() if amount}
