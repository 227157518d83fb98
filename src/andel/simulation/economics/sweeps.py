"""The value of a parameter at which an attack would begin to pay: sweeps around the defaults.

Takes a stage and a year of learning. Gives rows of figures, wei and ten-thousandths, for docs/economics.md and its
pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from andel.simulation.economics.attacks import UNCHECKED, Spoils, lazy_verdict, operator_income
from andel.simulation.economics.bonds import BondBooks
from andel.simulation.economics.cast import WHALE
from andel.simulation.economics.draws import below
from andel.simulation.economics.economy import tokens_worth
from andel.simulation.economics.rounds import ValuedRound
from andel.simulation.economics.terms import BPS, Terms
from andel.simulation.economics.year import Stage, Year, play_year
from andel.units import DAY_SECONDS

WHALE_DAYS: Final = (8, 30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 330, 360)
STAKES: Final = (1_765, 2_500, 3_333, 3_889, 4_286, 4_925, 5_625, 6_393, 7_241, 8_182, 10_000)
"""What a whale pays, in 1/10000 of what the others pay: 15 to 50 % of what is sold."""
PLANTS: Final = (0, 1, 3, 10, 30, 100, 300)
SEEDS: Final = 64


@dataclass(frozen=True, slots=True)
class WhalePoint:
    """A whale's vote on a day: its part of all held tokens, what they are worth and what the treasury holds (wei)."""

    day: int
    stake_bps: int
    stake: int
    treasury: int
    executed: bool
    why: str

    def net(self, kept_bps: int = 0) -> int:
        """Over holding on: the treasury, less what its tokens lose by the theft, all but `kept_bps` of their worth; 0
        where the vote fails.
        """
        return self.treasury - self.stake * (BPS - kept_bps) // BPS if self.executed else 0


def whale_points(stage: Stage, rounds: Sequence[ValuedRound], **changes: int) -> list[WhalePoint]:
    """All stakes on all days, under terms with `changes`."""
    terms = replace(stage.terms, **changes)
    found = []
    for bps in STAKES:
        days = tuple(day for day in WHALE_DAYS if day < len(rounds))
        cast = replace(stage.cast, whale_bps=bps, whale_days=days)
        year = play_year(replace(stage, terms=terms, cast=cast, rules=UNCHECKED), rounds)
        tokens = year.economy.token.balance(WHALE)
        stake = tokens_worth(tokens, stage.costs.worth)
        for attempt in year.attempts:
            share = tokens * BPS // max(year.lines[attempt.day].held, 1)
            # What is released while the vote goes on is taken as well.
            last = min(attempt.day + -(-terms.shortest_takeover // DAY_SECONDS), len(year.lines) - 1)
            treasury = year.lines[last].treasury
            found.append(WhalePoint(attempt.day, share, stake, treasury, attempt.executed, attempt.why))
    return found


def best_by_day(points: Sequence[WhalePoint], kept_bps: int = 0) -> dict[int, int]:
    """The most any stake leaves over holding on, by day; 0 where no theft leaves more."""
    found: dict[int, int] = {}
    for point in points:
        found[point.day] = max(found.get(point.day, 0), point.net(kept_bps))
    return found


def lazy_by_plants(stage: Stage, rounds: Sequence[ValuedRound]) -> dict[int, int]:
    """What copying leaves beyond replaying, mean over seeds, by tests in ten thousand rounds (wei a year)."""
    honest = lazy_verdict(replace(stage, rules=UNCHECKED), rounds)
    days, replay, bond = len(rounds), stage.costs.replay, stage.terms.bond
    income = (honest.honest + replay * days) // days
    found = {}
    for plants in PLANTS:
        left = 0
        for number in range(SEEDS):
            first = next((day for day in range(days) if below(stage.seed, f"{number} {day}", BPS) < plants), days)
            left += replay * days - (days - first) * (income if first < days else 0) - (bond if first < days else 0)
        found[plants] = left // SEEDS
    return found


@dataclass(frozen=True, slots=True)
class BondPoint:
    """A bond (wei): what was minted in the year, and what an operator earned beyond replaying, in 1/10000 of it."""

    bond: int
    minted: int
    yield_bps: int


def minted_by_bond(stage: Stage, rounds: Sequence[ValuedRound]) -> list[BondPoint]:
    """Bonds cap what a round may mint: a quarter of the default to four times it."""
    found = []
    for quarters in (1, 2, 4, 8, 16):
        terms = replace(stage.terms, bond=stage.terms.bond * quarters // 4)
        played = replace(stage, terms=terms, rules=UNCHECKED)
        year = play_year(played, rounds)
        left = operator_income(played, year) - stage.costs.replay * len(rounds)
        found.append(BondPoint(terms.bond, year.economy.pool.minted, left * BPS // terms.bond))
    return found


def collusion_by_watch(stage: Stage, year: Year) -> dict[int, tuple[int, int]]:
    """What k liars gain on the mean if a lie is looked at in so many of a hundred rounds: with the round's budget
    alone, and with what is unclaimed, which a contract can be shown (wei).
    """
    spoils, terms = Spoils.of(stage, year), stage.terms
    stands = terms.k >= terms.deciding
    bonds = terms.k * terms.bond
    kept = terms.k * operator_income(stage, year) // max(len(year.lines), 1)
    return {
        seen: (
            spoils.budget if stands else (spoils.budget * (100 - seen) - kept * seen) // 100,
            (spoils.both * (100 - seen) - bonds * seen) // 100,
        )
        for seen in range(0, 101, 5)
    }


def worth_that_pays(stage: Stage, year: Year) -> dict[int, int]:
    """By how often a lie is looked at (percent): the worth of a token, in hundredths of `coin_per_token`, from which
    taking a round's budget and what is unclaimed pays k validators.
    """
    terms = stage.terms
    tokens = max(line.budget + line.unclaimed for line in year.lines)
    stated = tokens_worth(tokens, terms.coin_per_token)
    return {
        seen: terms.k * terms.bond * seen * 100 // (stated * (100 - seen)) for seen in (1, 5, 10, 25, 50, 75, 90, 99)
    }


def wash_by_boost(share_bps: int) -> dict[int, int]:
    """What a coin of wash trading leaves, in ten-thousandths, if emission paid so much for a coin of fees."""
    return {boost: boost + share_bps - BPS for boost in range(0, BPS + 1, 1_000)}


def stalling(terms: Terms, budget: int) -> Mapping[str, object]:
    """What it takes to stall a round, a vote and a claim: wei, seconds, people and base units."""
    challenge = BondBooks(terms).challenge_bond(budget)
    return {
        "challenge_bond_wei": str(challenge),
        "challenge_upheld_costs_wei": str(challenge),
        "challenge_undecided_costs_wei": str(challenge // 20),
        "hearing_seconds": 2 * terms.hearing_period,
        "validators_that_stall_a_round": terms.validators - terms.k + 1,
        "validators_that_stall_a_hearing": terms.validators - terms.deciding + 1,
        "validators_that_win_a_hearing": terms.deciding,
        "silence_after_commit_wei": str(terms.bond // 100),
        "silence_in_hearing_wei": str(terms.bond // 100),
        "proposal_threshold": str(terms.cap * terms.threshold_bps // BPS),
        "shortest_takeover_seconds": terms.shortest_takeover,
        "least_veto": str(terms.cap // 100) if terms.veto_bps else "none",
    }
