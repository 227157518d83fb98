"""What looking back and a schedule of steps give on New York's weather, rounds off chain, some seeds each.

Prints a table for docs/tasks.md and ends in one JSON line: mean absolute errors (degC) on the report weeks, those of
"no change" on the same rows, and the part of the rows that is left when a row needs what was measured before.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from statistics import mean
from typing import Any

from datasets import new_york

from andel.data.feature_spec import FeatureSpec
from andel.hashing import sha256
from andel.simulation.offchain_rounds import found_offchain
from andel.simulation.outcome import persistence_errors
from andel.simulation.scenario import Scenario, weather_scenario
from andel.training.schedule import Change

HOUR = 3_600
ROUNDS = (5, 10, 15)
CHANNELS = (
    ("temperature", -2_500, 4_500, 800),
    ("humidity", -1_000, 12_000, 3_000),
    ("pressure", 98_000, 105_000, 500),
)


def lag(hours: int) -> tuple[FeatureSpec, ...]:
    """Temperature so many hours before."""
    return (FeatureSpec(f"temperature {hours} h before", "lag", "temperature", -2_500, 4_500, seconds=hours * HOUR),)


def change(hours: int) -> tuple[FeatureSpec, ...]:
    """What temperature, humidity and pressure changed by in so many hours."""
    return tuple(
        FeatureSpec(f"change of {name} in {hours} h", "difference", name, -swing, swing, seconds=hours * HOUR)
        for name, _, _, swing in CHANNELS
    )


def averages(hours: int) -> tuple[FeatureSpec, ...]:
    """The means of temperature, humidity and pressure over so many hours."""
    return tuple(
        FeatureSpec(f"mean of {name}, {hours} h", "mean", name, low, high, seconds=hours * HOUR, samples=hours)
        for name, low, high, _ in CHANNELS
    )


SLOWING = (Change(6, 20, 3), Change(11, 20, 4))

WAYS: dict[str, dict[str, Any]] = {
    "now only": {},
    "lags of 1 and 3 h": {"more": lag(1) + lag(3)},
    "changes of 1 h": {"more": change(1)},
    "changes of 3 h": {"more": change(3)},
    "changes of 1 and 3 h": {"more": change(1) + change(3)},
    "means of 6 h": {"more": averages(6)},
    "lag of 24 h": {"more": lag(24)},
    "changes of 3 h, rate halved from rounds 6 and 11": {"more": change(3), "schedule": SLOWING},
    "now only, rate halved from rounds 6 and 11": {"schedule": SLOWING},
}


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(1, parser.parse_args().seeds + 1)
    found = {way: [_errors(_scenario(seed, **changes), seed) for seed in seeds] for way, changes in WAYS.items()}
    rows = {way: runs[0]["rows"] for way, runs in found.items()}
    heads = ["features", "rows left", "no change", *(f"MAE at round {number}" for number in ROUNDS)]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    summary = {}
    for way, runs in found.items():
        errors = [mean(run[str(number)] for run in runs) for number in ROUNDS]
        still = mean(run["persistence"] for run in runs)
        left = rows[way] / rows["now only"]
        summary[way] = {
            "rows": round(left, 3),
            "persistence": round(still, 3),
            **{f"mae_{n}": round(e, 3) for n, e in zip(ROUNDS, errors, strict=True)},
        }
        print(f"| {way} | {left:.0%} | {still:.3f} | {' | '.join(f'{error:.3f}' for error in errors)} |", flush=True)
    print(json.dumps(summary))


def _scenario(seed: int, more: tuple[FeatureSpec, ...] = (), schedule: tuple[Change, ...] = ()) -> Scenario:
    given = weather_scenario(new_york(), ROUNDS[-1], seed, dishonest=False)
    task = replace(given.task, features=(*given.task.features, *more), schedule=schedule)
    return replace(given, task=task)


def _errors(scenario: Scenario, seed: int) -> dict[str, float]:
    rounds = found_offchain(scenario, sha256(b"bench features", seed.to_bytes(8, "big")))
    found: dict[str, float] = {"rows": sum(len(member.change) for member in rounds.members)}
    found["persistence"] = persistence_errors(scenario.task, rounds.reference.report).mae
    for number in range(1, ROUNDS[-1] + 1):
        rounds.play()
        if number in ROUNDS:
            found[str(number)] = rounds.errors().mae
    return found


if __name__ == "__main__":
    main()
