"""What each attack costs, brings, and leaves over a year, beside what honesty in the same place would have left.

Takes a stage and the years of learning it needs. Gives `Verdict`s in wei of the payment coin. An attack *pays* where it
leaves more than its honest alternative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from andel.simulation.economics.cast import FLASHER, NAMES, SEAT, WASHER, Costs
from andel.simulation.economics.economy import operators, tokens_worth, validators
from andel.simulation.economics.governor import LIVE
from andel.simulation.economics.rounds import COPY, HONEST, REVERSED, ZERO, ValuedRound
from andel.simulation.economics.terms import BPS, COIN
from andel.simulation.economics.vault import SNAPSHOT
from andel.simulation.economics.year import Rules, Stage, Year, play_year, seat_tokens

WASH: Final = 10 * COIN
WASH_SHARE: Final = 1_000
UNCHECKED: Final = Rules(checked=False)

Play = Callable[[Stage, Sequence[ValuedRound]], Year]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One attack: wei spent, wei gained, and what the honest alternative leaves; `note` says what stopped it."""

    name: str
    cost: int
    gain: int
    honest: int
    note: str

    @property
    def net(self) -> int:
        """What it leaves."""
        return self.gain - self.cost

    @property
    def pays(self) -> bool:
        """Whether it leaves more than honesty."""
        return self.net > self.honest

    def values(self) -> dict[str, object]:
        """For JSON: coin as decimal text of whole wei."""
        return {
            "name": self.name,
            "cost_wei": str(self.cost),
            "gain_wei": str(self.gain),
            "net_wei": str(self.net),
            "honest_wei": str(self.honest),
            "pays": self.pays,
            "note": self.note,
        }


SEATS: Final[Mapping[str, tuple[str, int, str]]] = {
    "honest": (HONEST, 1, ""),
    "sybil, five names": (HONEST, NAMES, "slots are dealt, value is additive, entries and claims cost gas five times"),
    "copycat": (COPY, 1, "novelty pays no step again; a training done again bars the device for 64 rounds"),
    "rider, zero update": (ZERO, 1, "a zero update scores exactly zero"),
    "poisoner, reversed": (REVERSED, 1, "negative score: no pay, and a debt"),
}


def seat_verdicts(stage: Stage, learned: Mapping[str, Sequence[ValuedRound]]) -> list[Verdict]:
    """The attacks of one contributor; `learned` has a year for each of `SEATS`."""
    found: list[Verdict] = []
    honest = 0
    for name, (conduct, names, note) in SEATS.items():
        cast = replace(stage.cast, seat=conduct, names=names)
        rounds = learned[name]
        year = play_year(replace(stage, cast=cast), rounds)
        cost = seat_cost(stage.costs, conduct, names, len(rounds))
        revenue = sum(coin for who, coin in year.economy.coins.items() if who.split("/")[0] == SEAT)
        gain = tokens_worth(seat_tokens(year), stage.costs.worth) + revenue
        honest = gain - cost if not found else honest
        found.append(Verdict(name, cost, gain, honest, note or f"{seat_tokens(year) // 10**18} tokens"))
    return found


def seat_cost(costs: Costs, conduct: str, names: int, days: int) -> int:
    """Device, training, and gas: an entry a day and a claim of tokens and of revenue a week, for each name."""
    training = costs.training * days if conduct in (HONEST, REVERSED) else 0
    weeks = days // 7
    gas = names * (costs.entry_alone_gas * days + (costs.claim_gas + costs.revenue_gas) * weeks)
    return costs.device_year * days // 365 + training + costs.gas(gas)


def flash_verdicts(stage: Stage, rounds: Sequence[ValuedRound]) -> list[Verdict]:
    """Weekly flash loans of all that the exchange holds: under the model's rules, and under those robbed elsewhere."""
    cast = replace(stage.cast, flash=True)
    found = []
    for name, rules in (
        ("flash-loaner", stage.rules),
        ("flash-loaner, if rules were naive", Rules(SNAPSHOT, LIVE, False)),
    ):
        year = play_year(replace(stage, cast=cast, rules=rules), rounds)
        coins = year.economy.coins.get(FLASHER, 0)
        won = sum(proposal.ayes for proposal in year.economy.governor.proposals) // 10**18
        paid = year.economy.vault.paid.get(FLASHER, 0)
        note = f"revenue taken {paid // COIN} coin, votes had {won}"
        found.append(Verdict(name, paid - coins, paid, 0, note))
    return found


def wash_verdict(stage: Stage, rounds: Sequence[ValuedRound]) -> Verdict:
    """Buys its own predictions each day, while holding a part of the tokens; the alternative only holds."""
    holder = replace(stage.cast, wash_share_bps=WASH_SHARE)
    idle = play_year(replace(stage, cast=holder), rounds)
    year = play_year(replace(stage, cast=replace(holder, wash=WASH)), rounds)
    days = sum(1 for line in year.lines if line.held)
    spent = WASH * days
    back = year.economy.vault.paid.get(WASHER, 0)
    without = idle.economy.vault.paid.get(WASHER, 0)
    note = f"{(back - without) * BPS // spent / 100:.1f} % of what it spends comes back" if spent else ""
    return Verdict("wash trader", spent, back, without, note)


def lazy_verdict(stage: Stage, rounds: Sequence[ValuedRound]) -> Verdict:
    """A validator that copies the proposal instead of replaying, until a test shows it."""
    lazy = validators(stage.terms)[-1]
    income, cost = {}, {}
    caught = None
    for who in ("", lazy):
        year = play_year(replace(stage, cast=replace(stage.cast, lazy=who)), rounds)
        tokens = year.economy.token.balance(lazy) + year.economy.pool.owed.get(lazy, 0)
        income[who] = tokens_worth(tokens, stage.costs.worth) + year.economy.coins.get(lazy, 0)
        lost = stage.terms.bond - year.economy.bonds.bonded[lazy]
        cost[who] = lost if who else stage.costs.replay * len(rounds)
        caught = year.caught
    note = "no test this year" if caught is None else f"caught on day {caught}"
    return Verdict("lazy validator", cost[lazy], income[lazy], income[""] - cost[""], note)


def collusion_verdicts(stage: Stage, year: Year) -> list[Verdict]:
    """k - 1 and k validators that lie in the dearest round of a year, and go on earning where they are not found
    out.
    """
    terms = stage.terms
    spoils = Spoils.of(stage, year)
    income = operator_income(stage, year)
    missed = income // max(len(year.lines), 1)
    few, enough = terms.k - 1, terms.k
    void = (
        "void when challenged: two thirds do not agree on it; no bond is lost"
        if enough < terms.deciding
        else ("stands although challenged: they are two thirds")
    )
    unseen = "nobody looked in the window"
    challenged = 0 if enough < terms.deciding else spoils.budget
    return [
        Verdict(f"{few} validators (k - 1)", few * missed, 0, 0, "never final; they miss the round's pay"),
        Verdict(f"{enough} validators (k), challenged: the budget", enough * missed, challenged, 0, void),
        Verdict(
            f"{enough} validators (k), unchallenged: the budget", 0, spoils.budget, 0, "nobody looked in the window"
        ),
        Verdict(
            f"{enough} validators (k), shown: unclaimed too", enough * terms.bond, 0, 0, "a fallen leaf: k bonds lost"
        ),
        Verdict(f"{enough} validators (k), unseen: unclaimed too", 0, spoils.both, 0, unseen),
        Verdict(
            f"{terms.deciding} validators (two thirds), challenged: the budget",
            0,
            spoils.budget,
            0,
            "the hearing is theirs; the challenger loses its bond",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Spoils:
    """What k liars could take in the dearest round of a year, wei: its budget, and with it what nobody had claimed."""

    budget: int
    both: int

    @staticmethod
    def of(stage: Stage, year: Year) -> Spoils:
        """From a year's lines."""
        worth = stage.costs.worth
        return Spoils(
            max(tokens_worth(line.budget, worth) for line in year.lines),
            max(tokens_worth(line.budget + line.unclaimed, worth) for line in year.lines),
        )


def operator_income(stage: Stage, year: Year) -> int:
    """What one operator earned in the year, wei."""
    name = operators(stage.terms)[1]
    tokens = year.economy.token.balance(name) + year.economy.pool.owed.get(name, 0)
    return tokens_worth(tokens, stage.costs.worth)
