"""The attack table: what attackers earn beside what their weight would give them, and what they cost everybody.

Plays rounds without a chain (real rows, real training, real `settle`, default rules) over seeds, with owners who
hold weeks in turn or seasons, on New York weather, and on Beijing where its files lie beside the checkout. Prints the
tables of docs/rooms/value.md and ends in one JSON line. `--quick` is for a look: one seed, three rounds.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from dataclasses import asdict, replace
from typing import Any

from attack_moves import (
    DUST,
    Move,
    alie,
    backdoor,
    mixed_steps,
    noise,
    replayed_step,
    scaled,
    stale_copy,
    zero,
)
from attack_runs import PAY_RULES, Played, play_run
from attack_tables import AWAY, print_tables, summary
from attack_worlds import (
    BEIJING_NAME,
    IN_TURN,
    NEW_YORK,
    SEASONS,
    Grounds,
    Setting,
    grounds_of,
    limit_threads,
    other_names,
    second_name,
    twin_of,
)
from datasets import beijing_files
from validation_ways import compare_ways

from andel.simulation.offchain_rounds import BUDGET, OPERATOR_SHARE_BPS, OffchainMember, OffchainRounds

ALONE: dict[str, Move] = {
    "zero": zero,
    "noise, 1 % of the median length": noise(DUST),
    "noise of the median length": noise(1),
    "last public step again": replayed_step,
    "mix of the last 4 steps": mixed_steps,
    "stale copy of the best update": stale_copy,
    "sign-flip": scaled(-1),
    "scaled, x 10": scaled(10),
    "scaled, x -10": scaled(-10),
    "ALIE, 1.5 deviations": alie,
    "backdoor": backdoor,
}
WHOLE = BUDGET * (10_000 - OPERATOR_SHARE_BPS) // 10_000
TOGETHER: dict[str, Move] = {
    name: ALONE[name]
    for name in (
        "sign-flip",
        "scaled, x 10",
        "scaled, x -10",
        "noise of the median length",
        "ALIE, 1.5 deviations",
        "backdoor",
    )
}


def main() -> None:
    """Plays every setting and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first-seed", type=int, default=21, help="rules were chosen in view of 1 to 12")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--beijing-seeds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--quick", action="store_true")
    chosen = parser.parse_args()
    began = time.monotonic()
    settings = _settings(chosen.first_seed, chosen.seeds, chosen.beijing_seeds, chosen.rounds)
    if chosen.quick:
        settings = [Setting(NEW_YORK, IN_TURN, 1, 3)]
    limit_threads()
    jobs = []
    with multiprocessing.get_context("spawn").Pool(min(chosen.processes, len(settings))) as pool:
        for job in pool.imap_unordered(play_setting, settings):
            place = job["setting"]
            print(f"{place['data']}, {place['deal']}, seed {place['seed']}: {job['seconds']:.0f} s", file=sys.stderr)
            jobs.append(job)
    jobs.sort(key=lambda job: (job["setting"]["data"], job["setting"]["deal"], job["setting"]["seed"]))
    print_tables(jobs)
    print(json.dumps(summary(jobs) | {"seconds": round(time.monotonic() - began)}))


def _settings(first: int, seeds: int, beijing_seeds: int, rounds: int) -> list[Setting]:
    """The longest jobs first."""
    data = [(BEIJING_NAME, beijing_seeds if beijing_files() else 0), (NEW_YORK, seeds)]
    return [
        Setting(name, deal, seed, rounds)
        for name, count in data
        for seed in range(first, first + count)
        for deal in (IN_TURN, SEASONS)
    ]


def play_setting(setting: Setting) -> dict[str, Any]:
    """All runs of one data set, deal and seed, as plain values."""
    began = time.monotonic()
    grounds = grounds_of(setting)
    clean = play_run(_anew(grounds), setting.rounds)
    one = (grounds.attacker,)
    return {
        "setting": asdict(setting),
        "nobody": _figures(clean, ()),
        "honest": _figures(clean, one),
        "alone": {
            name: _figures(play_run(_anew(grounds), setting.rounds, one, move), one) for name, move in ALONE.items()
        },
        "names": _names(grounds, setting.rounds),
        "late": _late(grounds, setting.rounds),
        "together": _together(grounds, setting.rounds),
        "ways": [asdict(ways) for ways in compare_ways(_anew(grounds), setting.rounds)],
        "seconds": time.monotonic() - began,
    }


def _names(grounds: Grounds, count: int) -> dict[str, dict[str, float]]:
    """Share over fair share of the attacker, honest, in other guises."""
    own = (grounds.attacker,)
    others = tuple(member for member in grounds.founded.members if member is not grounds.attacker)
    ten, copy = other_names(grounds), second_name(grounds)

    def same(scene: Any, member: OffchainMember) -> Any:
        return scene.rounds.trained(grounds.attacker)

    guises = {
        "ten names, one update": (play_run(_with(grounds, (*others, *ten)), count, ten, same), ten),
        "ten names, each its own training": (play_run(_with(grounds, (*others, *ten)), count, ten), ten),
        "one data set under two names": (
            play_run(_with(grounds, (*grounds.founded.members, copy)), count),
            (*own, copy),
        ),
        "inflated weight, x 10": (play_run(_anew(grounds), count, own, inflate=True), own),
    }
    found = {}
    for name, (played, members) in guises.items():
        accounts = [member.address for member in members]
        found[name] = {rule: played.over_fair(rule, accounts) for rule in PAY_RULES}
    return found


def _late(grounds: Grounds, count: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Mean pay a round of a contributor that joins half-way, and of its twin from the beginning: each over the rounds
    it was active in, over those of them that minted anything, and both over the rounds that they shared.
    """
    twin, joins = twin_of(grounds), count // 2 + 1
    played = play_run(_with(grounds, (*grounds.founded.members, twin)), count, late=twin, joins=joins)
    late, early = twin.address, grounds.attacker.address
    return {
        "late joiner, each active round": {
            rule: (played.a_round(rule, late, joins), played.a_round(rule, early)) for rule in PAY_RULES
        },
        "late joiner, each active round that minted": {
            rule: (played.a_round(rule, late, joins, minted=True), played.a_round(rule, early, minted=True))
            for rule in PAY_RULES
        },
        "late joiner, rounds that both were in": {
            rule: (played.a_round(rule, late, joins), played.a_round(rule, early, joins)) for rule in PAY_RULES
        },
    }


def _together(grounds: Grounds, count: int) -> dict[str, dict[str, Any]]:
    bad = grounds.poisoners
    rest = tuple(member for member in grounds.founded.members if member not in bad)
    found = {AWAY: _figures(play_run(_with(grounds, rest), count), ())}
    for name, move in TOGETHER.items():
        found[name] = _figures(play_run(_anew(grounds), count, bad, move), bad)
    return found


def _figures(played: Played, attackers: tuple[OffchainMember, ...]) -> dict[str, Any]:
    """`unpaid`, `least`, `most` are of honest contributors, `dropped` is honest updates a round, `minted` a part."""
    bad = {member.address for member in attackers}
    good = [account for account in played.weights if account not in bad]
    count = len(played.pays)
    return {
        "over": {rule: played.over_fair(rule, bad) if bad else 0.0 for rule in PAY_RULES},
        "audited": played.over_fair("default", bad, drawn=1) if bad else 0.0,
        "unpaid": {rule: sum(played.paid(rule, [account]) == 0 for account in good) for rule in PAY_RULES},
        "least": {rule: min(played.over_fair(rule, [account]) for account in good) for rule in PAY_RULES},
        "most": {rule: max(played.over_fair(rule, [account]) for account in good) for rule in PAY_RULES},
        "minted": {rule: played.paid(rule, played.weights) / (count * WHOLE) for rule in PAY_RULES},
        "dropped": sum(played.dropped.get(account, 0) for account in good) / count,
        "attackers_dropped": sum(played.dropped.get(account, 0) for account in bad) / count,
        "weight": sum(played.weights[account] for account in bad) / sum(played.weights.values()),
        "error": played.error,
        "triggered": played.triggered,
    }


def _anew(grounds: Grounds) -> OffchainRounds:
    return _with(grounds, grounds.founded.members)


def _with(grounds: Grounds, members: tuple[OffchainMember, ...]) -> OffchainRounds:
    return replace(grounds.founded).founded_with(members)


if __name__ == "__main__":
    main()
