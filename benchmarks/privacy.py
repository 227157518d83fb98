"""What each privacy mode costs and hides: accuracy, epsilon, how far pay moves, and reconstruction attacks.

Rounds of twelve honest contributors on New York's weather and, where its files lie beside the checkout, on Beijing's
air: open and grouped, with and without noise. Prints a table for docs/privacy.md and ends in one JSON line.
`--quick` runs fewer rounds and attacks, `--data nyc` or `beijing` one data set.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from attack_worlds import limit_threads
from datasets import BEIJING_CHOICE, beijing, beijing_files, new_york

from andel.simulation.offchain_rounds import OffchainMember, OffchainRounds, found_offchain
from andel.simulation.outcome import persistence_errors
from andel.simulation.reconstruction import distance_to_rows, guessed_reading, inverted_rows, membership_auc
from andel.simulation.scenario import Scenario, table_scenario, weather_scenario
from andel.training.accountant import loss_alone, loss_in_group
from andel.training.dp_noise import discrete_gaussians, noised
from andel.training.groups import draw_groups
from andel.training.integer_mlp import IntArray
from andel.training.privacy import IN_THE_OPEN, Privacy, quorum
from andel.units import Address

GROUP, LEAST = 4, 3
DELTA_DIGITS = 5
MULTIPLIERS = (50, 200, 1_000)
"""Noise in thousandths of the longest update."""
ROUNDS = 10
POISON = -3


@dataclass(frozen=True, slots=True)
class Run:
    """One model after its rounds: error, each contributor's scores and pay, and how often somebody was left out."""

    error: float
    scores: Mapping[Address, int]
    pay: Mapping[Address, int]
    void: int
    dropped: int


def main() -> None:
    """Runs the modes and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", choices=("nyc", "beijing"), action="append")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--seeds", type=int, default=2)
    chosen = parser.parse_args()
    limit_threads()
    rounds, seeds = (3, 1) if chosen.quick else (ROUNDS, chosen.seeds)
    summary: dict[str, Any] = {"rounds": rounds, "seeds": seeds}
    for data in chosen.data or ("nyc", "beijing"):
        if data == "beijing" and not beijing_files():
            print("beijing: skipped, its files do not lie beside the checkout")
            summary[data] = {"skipped": "no station files beside the checkout"}
            continue
        summary[data] = _measured(data, rounds, range(1, seeds + 1), chosen.quick)
    print(json.dumps(summary))


def _measured(data: str, rounds: int, seeds: range, quick: bool) -> dict[str, Any]:
    started = time.monotonic()
    bases = {seed: found_offchain(_scenario(data, rounds, seed), f"privacy {seed}".encode()) for seed in seeds}
    length = _usual_length(bases[1])
    persistence = persistence_errors(bases[1].task, bases[1].reference.report).mae
    modes = _modes(length, rounds)
    plain = {seed: _run(bases[seed], rounds) for seed in seeds}
    rows: dict[str, Any] = {}
    for name, privacy in modes.items():
        runs = {
            seed: plain[seed] if privacy == IN_THE_OPEN else _run(bases[seed].private(privacy), rounds)
            for seed in seeds
        }
        rows[name] = _row(privacy, rounds, runs, plain) | _attacked(bases[1].private(privacy), quick)
        print(f"{data} {name}: {json.dumps(rows[name])}", file=sys.stderr)
    spoilt = {
        "open, other draws": (IN_THE_OPEN, {seed: _run(_redrawn(bases[seed]), rounds) for seed in seeds}),
        "grouped, one sends garbage": (modes["grouped"], _spoilt(bases, modes["grouped"], rounds, "words")),
        "open, one poisons": (IN_THE_OPEN, _spoilt(bases, IN_THE_OPEN, rounds, "poison")),
        "grouped, one poisons": (modes["grouped"], _spoilt(bases, modes["grouped"], rounds, "poison")),
    }
    for name, (privacy, runs) in spoilt.items():
        rows[name] = _row(privacy, rounds, runs, plain)
        print(f"{data} {name}: {json.dumps(rows[name])}", file=sys.stderr)
    _print_table(data, persistence, rows)
    seconds = round(time.monotonic() - started, 1)
    return {
        "persistence": round(persistence, 4),
        "clip_norm": round(length / 2**24, 4),
        "modes": rows,
        "seconds": seconds,
    }


def _scenario(data: str, rounds: int, seed: int) -> Scenario:
    if data == "nyc":
        return weather_scenario(new_york(), rounds, seed, dishonest=False)
    return table_scenario(beijing(), BEIJING_CHOICE, rounds, seed)


def _usual_length(base: OffchainRounds) -> int:
    """The median length of first updates: what updates are held to where noise is added."""
    return int(np.median([np.linalg.norm(update.astype(np.float64)) for update in base.updates().values()]))


def _modes(length: int, rounds: int) -> dict[str, Privacy]:
    grouped = Privacy("grouped", GROUP, LEAST)
    modes = {"open": IN_THE_OPEN, "grouped": grouped}
    for thousandths in MULTIPLIERS:
        for mode in (IN_THE_OPEN, grouped):
            noisy = replace(
                mode, clip_norm=length, noise_thousandths=thousandths, delta_digits=DELTA_DIGITS, releases=rounds
            )
            modes[f"{mode.mode}, noise {thousandths / 1_000:g}"] = noisy
    return modes


def _run(base: OffchainRounds, rounds: int, spoiler: str = "", kind: str = "") -> Run:
    """The rounds of a model from its first on; `spoiler` does a `kind` of harm in each."""
    played = replace(base, former={}, reports=[])
    scores = {member.address: 0 for member in played.members}
    void = dropped = 0
    for number in range(rounds):
        updates = {
            who: noised(update, played.task.privacy, discrete_gaussians) for who, update in played.updates().items()
        }
        words: dict[Address, IntArray] = {}
        for who in [who for who in updates if who == spoiler]:
            if kind == "words":
                words[who] = np.random.default_rng(number).integers(-(2**62), 2**62, played.task.size)
            else:
                updates[who] = np.clip(POISON * updates[who], -(1 << 26), 1 << 26)
        report = played.play(updates, words=words)
        reasons = [line.reason for line in report.contributors if line.contributor != spoiler]
        void += sum(bool(reason) and not reason.startswith("dropped") for reason in reasons)
        dropped += sum(reason.startswith("dropped") for reason in reasons)
        for line in report.contributors:
            scores[line.contributor] += line.score
    pay = {who: int(played.history.earned.get(who, 0)) for who in scores}
    return Run(played.errors().mae, scores, pay, void, dropped)


def _redrawn(base: OffchainRounds) -> OffchainRounds:
    """The same model under other seeds: what moves between two runs of one mode."""
    return replace(base, seed=b"other minibatches")


def _spoilt(bases: Mapping[int, OffchainRounds], privacy: Privacy, rounds: int, kind: str) -> dict[int, Run]:
    found = {}
    for seed, base in bases.items():
        founded = base if privacy == IN_THE_OPEN else base.private(privacy)
        found[seed] = _run(founded, rounds, founded.members[seed % len(founded.members)].address, kind)
    return found


def _row(privacy: Privacy, rounds: int, runs: Mapping[int, Run], plain: Mapping[int, Run]) -> dict[str, Any]:
    pairs = [(runs[seed], plain[seed]) for seed in runs]
    row: dict[str, Any] = {
        "mae": round(float(np.mean([run.error for run in runs.values()])), 4),
        "spearman": round(float(np.mean([_rank_correlation(a.scores, b.scores) for a, b in pairs])), 3),
        "score_off": _mean_off(pairs),
        "pay_moved": round(float(np.mean([_moved(a.pay, b.pay) for a, b in pairs])), 3),
        "void_a_round": round(float(np.mean([run.void / rounds for run in runs.values()])), 2),
        "dropped_a_round": round(float(np.mean([run.dropped / rounds for run in runs.values()])), 2),
    }
    if privacy.noisy:
        row["epsilon_one"] = loss_alone(privacy, 1).epsilon
        row["epsilon"] = loss_alone(privacy, rounds).epsilon
        if privacy.grouped:
            row["epsilon_in_group"] = loss_in_group(privacy, rounds, quorum(privacy, GROUP)).epsilon
    return row


def _attacked(base: OffchainRounds, quick: bool) -> dict[str, float]:
    """The three reconstruction attacks on the first round's updates as this mode shows them, over some victims."""
    updates = {who: noised(update, base.task.privacy, discrete_gaussians) for who, update in base.updates().items()}
    victims = base.members[: 2 if quick else 6]
    inverted, strange, aucs, misses = [], [], [], []
    for number, victim in enumerate(victims):
        seen = _seen(base, updates, victim)
        other = next(m for m in base.members if m.participant.site == victim.participant.site and m is not victim)
        guesses = inverted_rows(base.task, seen)
        inverted.append(distance_to_rows(guesses, victim.codes))
        strange.append(distance_to_rows(guesses, other.codes))
        count = min(len(victim.change), len(other.change))
        rows = [(member.codes[:count], member.change[:count]) for member in (victim, other)]
        aucs.append(membership_auc(base.task, base.parameters, seen, rows[0], rows[1]))
        if number < (1 if quick else 3):
            misses += [_missed(base, victim, seen, row) for row in range(2)]
    alone = _few_rows(base, victims[0], updates)
    return {
        "inverted": round(float(np.mean(inverted)), 2),
        "inverted_strange": round(float(np.mean(strange)), 2),
        "one_row": round(alone, 2),
        "membership_auc": round(float(np.mean(aucs)), 3),
        "reading_off": round(float(np.mean(misses)), 1),
        "reading_exact": round(float(np.mean([miss == 0 for miss in misses])), 2),
    }


def _seen(base: OffchainRounds, updates: Mapping[Address, IntArray], victim: OffchainMember) -> IntArray:
    """What everybody sees of the victim: its update, or its group's mean."""
    privacy = base.task.privacy
    if not privacy.grouped:
        return updates[victim.address]
    slots = {member.address: member.slots for member in base.members}
    group = next(g for g in draw_groups(base.first_seed, slots, privacy) if victim.address in g)
    total = sum(slots[who] * updates[who].astype(object) for who in group)
    return np.asarray((total // sum(slots[who] for who in group)).astype(np.int64))


def _few_rows(base: OffchainRounds, victim: OffchainMember, updates: Mapping[Address, IntArray]) -> float:
    """How near the inversion comes to the row of a contributor that has only one."""
    codes, change = victim.codes[:1], victim.change[:1]
    alone = noised(base.trained(victim, codes, change), base.task.privacy, discrete_gaussians)
    return distance_to_rows(inverted_rows(base.task, _seen(base, {**updates, victim.address: alone}, victim)), codes)


def _missed(base: OffchainRounds, victim: OffchainMember, seen: IntArray, row: int) -> float:
    """How far, in codes, the best guess at one reading lies from it, with all the victim's other rows known."""
    place = (row * 7, 0)
    given = base.first_seed, victim.address
    guess = guessed_reading(base.task, base.parameters, victim.codes, victim.change, place, seen, *given)
    return float(abs(guess - int(victim.codes[place])))


def _rank_correlation(first: Mapping[Address, int], second: Mapping[Address, int]) -> float:
    ranks = [np.argsort(np.argsort([values[who] for who in sorted(second)])) for values in (first, second)]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _mean_off(pairs: Sequence[tuple[Run, Run]]) -> float | None:
    """The mean of `_off`; None where the scores of some run sum to nothing."""
    mean = float(np.mean([_off(one.scores, two.scores) for one, two in pairs]))
    return None if math.isnan(mean) else round(mean, 3)


def _off(first: Mapping[Address, int], second: Mapping[Address, int]) -> float:
    """Relative L2 distance of scores after each is scaled to its sum."""
    one, two = (np.array([float(values[who]) for who in sorted(second)]) for values in (first, second))
    if one.sum() <= 0 or two.sum() <= 0:
        return math.nan
    one, two = one / one.sum(), two / two.sum()
    return float(np.linalg.norm(one - two) / np.linalg.norm(two))


def _moved(first: Mapping[Address, int], second: Mapping[Address, int]) -> float:
    """Which part of all pay goes to another than in the open."""
    totals = [max(sum(values.values()), 1) for values in (first, second)]
    return sum(abs(first[who] / totals[0] - second[who] / totals[1]) for who in second) / 2


def _print_table(data: str, persistence: float, rows: Mapping[str, Mapping[str, Any]]) -> None:
    columns = list(dict.fromkeys(key for row in rows.values() for key in row))
    print(f"\n{data}: persistence {persistence:.3f}\n")
    print("| mode | " + " | ".join(columns) + " |")
    print("|---|" + "---|" * len(columns))
    for name, row in rows.items():
        print(f"| {name} | " + " | ".join(str(row.get(column, "")) for column in columns) + " |")


if __name__ == "__main__":
    main()
