"""A cover against days of bad air: the contract `BadAirDays`, deployed, shown evidence, and asked.

Takes a chain, the stations that count, and the terms. Gives the bound contract. What is shown are the stations' own
signed packets, whole days of them; nothing here makes a number up, and the contract would not take it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from andel.keys import AccountKey, address_bytes
from andel.ledger.bound import Bound
from andel.ledger.connection import Chain
from andel.ledger.receipt import Receipt
from andel.units import Address

DUST = ("pm2_5", "ug/m3", -1)
"""Channel, unit and exponent, as stations sign fine dust."""


@dataclass(frozen=True, slots=True)
class CoverTerms:
    """What is covered: `docs` of the fields stand at `Cover` in BadAirDays.sol. The threshold is in whole micrograms;
    days count from 1970-01-01, both included; the amount is wei for a bad day.
    """

    batches: Address
    lister: Address
    stations: tuple[Address, ...]
    needed: int
    threshold: int
    first_day: int
    last_day: int
    beneficiary: Address
    sponsor: Address
    amount: int
    most_days: int
    hours_needed: int = 18
    show_within: int = 7 * 86_400

    def values(self) -> tuple[object, ...]:
        """As the constructor takes it; stations in rising order."""
        channel, unit, exponent = DUST
        return (
            self.batches,
            self.lister,
            sorted(self.stations, key=address_bytes),
            self.needed,
            channel,
            unit,
            exponent,
            self.threshold * 10**-exponent,
            self.hours_needed,
            self.first_day,
            self.last_day,
            self.show_within,
            self.beneficiary,
            self.sponsor,
            self.amount,
            self.most_days,
        )


class BadAirDaysContract(Bound):
    """Pays for days on which more than half of its stations measured bad air."""

    NAME = "BadAirDays"

    def show(self, key: AccountKey, day: int, device: Address, packets: Sequence[bytes]) -> Receipt:
        """Shows a station's whole day; anybody may. Raises Reverted with the contract's reason."""
        return self.chain.send(key, self.contract, "show", day, device, list(packets))

    def day_of(self, day: int, device: Address, packets: Sequence[bytes]) -> tuple[float, int]:
        """(mean in micrograms per cubic metre, hours with a value) of a station's packets, entered or not."""
        _, mean, hours = self.chain.call(self.contract, "dayOf", day, device, list(packets))
        return mean * 10.0 ** DUST[2], hours

    def withdraw(self, key: AccountKey, account: Address) -> Receipt:
        """Pays an account its credit; `key` pays the gas."""
        return self.chain.send(key, self.contract, "withdraw", account)

    def close(self, key: AccountKey) -> Receipt:
        """Credits the sponsor what was not paid, once nothing can be shown any more."""
        return self.chain.send(key, self.contract, "close")

    def owed(self, account: Address) -> int:
        """Credit, wei."""
        return int(self.chain.call(self.contract, "owed", account))

    def paid_days(self) -> int:
        """Days paid so far."""
        return int(self.chain.call(self.contract, "paidDays"))

    def bad_stations(self, day: int) -> int:
        """Stations that showed this day as a bad one."""
        return int(self.chain.call(self.contract, "badStations", day))


def deploy_cover(chain: Chain, sponsor: AccountKey, terms: CoverTerms) -> BadAirDaysContract:
    """The cover, paid in full by its sponsor. Raises Reverted for terms that mean nothing, ChainError."""
    made, _ = chain.deploy(sponsor, "BadAirDays", terms.values(), value=terms.amount * terms.most_days)
    return BadAirDaysContract(chain, made.address)
