"""The whole study: years of learning, the honest year, every attack, every sweep.

Takes terms, a seed and how many days. Gives `Findings`, which `report` writes down. Says what it is at; prints nothing
itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

from andel.fixed_point import div_nearest
from andel.hashing import sha256
from andel.simulation.economics.attacks import (
    SEATS,
    UNCHECKED,
    Verdict,
    collusion_verdicts,
    flash_verdicts,
    lazy_verdict,
    operator_income,
    seat_verdicts,
    wash_verdict,
)
from andel.simulation.economics.cast import SEAT, Cast, Costs
from andel.simulation.economics.learning import ONE, World
from andel.simulation.economics.rounds import COPY, ValuedRound, value_rounds
from andel.simulation.economics.sweeps import (
    BondPoint,
    WhalePoint,
    best_by_day,
    collusion_by_watch,
    lazy_by_plants,
    minted_by_bond,
    stalling,
    wash_by_boost,
    whale_points,
    worth_that_pays,
)
from andel.simulation.economics.terms import Terms, require_sound
from andel.simulation.economics.year import DayLine, Stage, Year, play_year, seat_tokens

CHANGING: Final = 2 * ONE
STILL: Final = ONE // 2
AUDITS: Final = (0, 1, 3, 6)
LOW, MIDDLE = 1_000, 3_000
WHALES: Final[Mapping[str, tuple[int, Mapping[str, int]]]] = {
    "default": (MIDDLE, {}),
    "default, a tenth come": (LOW, {}),
    "no veto": (MIDDLE, {"veto_bps": 0}),
    "quorum of a tenth, a tenth come": (LOW, {"quorum_bps": 1_000}),
    "released by 180 rounds": (MIDDLE, {"milestone_rounds": 180}),
    "released by 180 rounds, no veto": (MIDDLE, {"milestone_rounds": 180, "veto_bps": 0}),
    "all released at success": (MIDDLE, {"milestone_rounds": 0, "first_bps": 10_000}),
}
"""What else a founder could have set, and how many of ten thousand holders' and contributors' tokens come."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything the study found. Wei, base units, and by name what `docs/economics.md` explains."""

    terms: Terms
    costs: Costs
    seed: int
    lines: tuple[DayLine, ...]
    verdicts: tuple[Verdict, ...]
    earned: Mapping[str, int]
    still_minted: int
    still_seat: int
    copy_by_audits: Mapping[int, int]
    whales: Mapping[str, tuple[WhalePoint, ...]]
    lazy: Mapping[int, int]
    bonds: tuple[BondPoint, ...]
    watch: Mapping[int, tuple[int, int]]
    worth: Mapping[int, int]
    boost: Mapping[int, int]
    stalling: Mapping[str, object]
    operator_yield: int

    def whale_by_day(self, name: str, kept_bps: int = 0) -> dict[int, int]:
        """The most any stake leaves beyond holding on, by day, if tokens keep so much of their worth."""
        return best_by_day(self.whales[name], kept_bps)

    def figures(self) -> dict[str, object]:
        """The JSON line: whole coins and tokens."""
        last = self.lines[-1]
        whole = {verdict.name: div_nearest(verdict.net - verdict.honest, 10**18) for verdict in self.verdicts}
        return {
            "days": len(self.lines),
            "accrued": last.accrued // 10**18,
            "minted": last.minted // 10**18,
            "revenue": last.revenue // 10**18,
            "operator_yield_bps": self.operator_yield,
            "over_honesty": whole,
            "whale_best": {name: max(self.whale_by_day(name).values(), default=0) // 10**18 for name in self.whales},
            "copy_by_audits": {str(audits): part / 10_000 for audits, part in self.copy_by_audits.items()},
            "invariants": "held",
        }

    def values(self) -> dict[str, object]:
        """All of it for JSON, amounts as decimal text."""
        return {
            **self.figures(),
            "terms": {name: str(value) for name, value in asdict(self.terms).items()},
            "costs": {name: str(value) for name, value in asdict(self.costs).items()},
            "seed": self.seed,
            "lines": [{name: str(value) for name, value in asdict(line).items()} for line in self.lines],
            "verdicts": [verdict.values() for verdict in self.verdicts],
            "earned": {name: str(value) for name, value in self.earned.items()},
            "still_world": {"minted": str(self.still_minted), "seat": str(self.still_seat)},
            "whales": {name: [_point(point) for point in points] for name, points in self.whales.items()},
            "lazy_by_plants_bps": {str(key): str(value) for key, value in self.lazy.items()},
            "bonds": [{key: str(value) for key, value in asdict(point).items()} for point in self.bonds],
            "collusion_by_watch": {str(key): [str(one), str(both)] for key, (one, both) in self.watch.items()},
            "worth_that_pays": {str(key): value for key, value in self.worth.items()},
            "wash_by_boost_bps": {str(key): value for key, value in self.boost.items()},
            "stalling": dict(self.stalling),
        }


def study(terms: Terms, seed: int, days: int, say: Say) -> Findings:
    """The findings. Breach where an invariant does not hold, SettingsError for terms no contract would take."""
    require_sound(terms)
    secret = sha256(b"andel.economics", seed.to_bytes(8, "big"))
    stage = Stage(terms, Cast(), Costs(), secret)
    learned: dict[str, list[ValuedRound]] = {}
    for name, (conduct, names, _) in SEATS.items():
        say(f"{days} rounds, the seat is: {name}")
        learned[name] = _learn(stage, replace(stage.cast, seat=conduct, names=names), days)
    rounds = learned["honest"]
    say("the honest year, with every invariant at every step")
    year = play_year(stage, rounds)
    say("attacks")
    wash = wash_verdict(stage, rounds)
    verdicts = [
        *seat_verdicts(stage, learned),
        *flash_verdicts(stage, rounds),
        wash,
        lazy_verdict(stage, rounds),
        *collusion_verdicts(stage, year),
    ]
    still = play_year(stage, _learn(stage, stage.cast, days, STILL))
    say("sweeps")
    return Findings(
        terms,
        stage.costs,
        seed,
        tuple(year.lines),
        tuple(verdicts),
        dict(year.economy.pool.earned),
        still.economy.pool.minted,
        seat_tokens(still),
        _copies(stage, days),
        {name: tuple(_whales(stage, rounds, come, changes)) for name, (come, changes) in WHALES.items()},
        lazy_by_plants(stage, rounds),
        tuple(minted_by_bond(stage, rounds)),
        collusion_by_watch(stage, year),
        worth_that_pays(stage, year),
        wash_by_boost((wash.gain - wash.honest) * 10_000 // max(wash.cost, 1)),
        stalling(terms, terms.covered),
        _operator_yield(stage, year),
    )


def _learn(stage: Stage, cast: Cast, days: int, swing: int = CHANGING, audits: int | None = None) -> list[ValuedRound]:
    rules = stage.terms.rules if audits is None else replace(stage.terms.rules, audits=audits)
    return value_rounds(World(stage.seed, swing), rules, cast.contributors(), days)


def _copies(stage: Stage, days: int) -> dict[int, int]:
    """What a copycat earns by how many trainings a round are done again, in 1/10000 of the honest others' mean."""
    found = {}
    for audits in AUDITS:
        cast = replace(stage.cast, seat=COPY)
        year = play_year(replace(stage, cast=cast, rules=UNCHECKED), _learn(stage, cast, days, audits=audits))
        others = [part for name, part in year.economy.pool.earned.items() if name != SEAT]
        found[audits] = seat_tokens(year) * 10_000 * len(others) // max(sum(others), 1)
    return found


def _whales(stage: Stage, rounds: list[ValuedRound], come: int, changes: Mapping[str, int]) -> list[WhalePoint]:
    cast = replace(stage.cast, turnout_bps=come, guard_bps=come)
    return whale_points(replace(stage, cast=cast), rounds, **changes)


def _operator_yield(stage: Stage, year: Year) -> int:
    left = operator_income(stage, year) - stage.costs.replay * len(year.lines)
    return left * 10_000 // stage.terms.bond


def _point(point: WhalePoint) -> dict[str, str]:
    return {**{key: str(value) for key, value in asdict(point).items()}, "net": str(point.net())}
