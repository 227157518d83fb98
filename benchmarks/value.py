"""Value on real data: how near the scores are to Shapley's, how fast, and how true to training without a contributor.

Four parts, each by the product's own integer functions; `--parts` chooses among them, `--quick` makes all tiny.

fidelity     scores against exact enumeration of v(S) = U(w + Σ p_i x_i): 12 contributors, three data sets
pydvl        our time against that of pyDVL's best sampler at equal error: same game, same process
scale        10,000 updates of 5,000 parameters: lengths, clip, sum, gradients, scores
retraining   8 contributors of different quality: scores against Shapley's value of training from scratch, 256 times

Prints tables for docs/results.md and ends in one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from value_rounds import Federation, Round, draw, federation, pieces, play, train, uneven
from value_scale import measure_scale

from andel.errors import SettingsError
from andel.training.engine import genesis_parameters
from andel.training.rules import DEFAULT_RULES
from andel.training.updates import flatten
from andel.value.aggregate import aggregate, stepped
from andel.value.coalition_values import antithetic_permutations, exact_shapley
from andel.value.line_search import best_step
from andel.value.reference import draw_rows
from andel.value.round_game import RoundGame

ROOT = Path(__file__).resolve().parents[1]
PYDVL = ROOT / ".venv-pydvl" / "bin" / "python"
GRADIENTS = 2
"""Gradient evaluations of a round's scores: the nodes of the path."""

PARTS = ("fidelity", "pydvl", "scale", "retraining")
SETS = ("digits", "nyc", "beijing")


def main() -> None:
    """Runs the chosen parts and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few contributors, one round, one seed: seconds")
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--sets", default=",".join(SETS), help="data sets of fidelity and pydvl")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    parts = chosen.parts.split(",")
    if unknown := sorted(set(parts) - set(PARTS)):
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    sets = chosen.sets.split(",")
    if unknown := sorted(set(sets) - set(SETS)):
        parser.error(f"no data set is called {', '.join(unknown)}; there are {', '.join(SETS)}")
    seeds, rounds = (1, 1) if chosen.quick else (chosen.seeds, chosen.rounds)
    summary: dict[str, Any] = {"gradients": GRADIENTS, "quick": chosen.quick}
    if "fidelity" in parts:
        summary |= fidelity(sets, seeds, rounds, 4 if chosen.quick else 12)
    if "pydvl" in parts:
        summary |= beside_pydvl(sets, chosen.quick)
    if "scale" in parts:
        summary |= measure_scale(*((200, 500, 3) if chosen.quick else (10_000, 5_000, 21)))
    if "retraining" in parts:
        summary |= retraining(seeds, *((3, 1) if chosen.quick else (8, 5)))
    summary["machine"] = (
        f"{os.cpu_count()} x {_processor()}, Python {platform.python_version()}, NumPy {np.__version__}"
    )
    print(json.dumps(summary))


def game_of(fed: Federation, played: Round) -> RoundGame:
    """The round's game on its scoring rows."""
    return RoundGame(played.before, played.step, fed.task, played.scoring)


def fidelity(sets: Sequence[str], seeds: int, rounds: int, contributors: int) -> dict[str, Any]:
    """Every round of every set and seed; the same rounds' errors by set."""
    errors: dict[str, list[float]] = {}
    ranks: dict[str, list[float]] = {}
    print("| data | seed | relative error by round | Spearman by round |\n|---|---|---|---|")
    for name in sets:
        for seed in range(1, seeds + 1):
            try:
                fed = federation(name, seed).first(contributors)
            except SettingsError as error:
                print(f"{name} left out: {error}", file=sys.stderr)
                break
            found = [_fidelity_of(game_of(fed, played)) for played in play(fed, rounds, seed)]
            errors.setdefault(name, []).extend(error for error, _ in found)
            ranks.setdefault(name, []).extend(rank for _, rank in found)
            shown = " | ".join(", ".join(form.format(item[at]) for item in found) for at, form in enumerate(FORMS))
            print(f"| {name} | {seed} | {shown} |", flush=True)
    flat = [error for values in errors.values() for error in values]
    every_rank = [rank for values in ranks.values() for rank in values]
    return {
        "median_error": round(median(flat), 5),
        "worst_error": round(max(flat), 5),
        "spearman": round(float(np.mean(every_rank)), 4),
        "spearman_worst": round(min(every_rank), 4),
        "median_error_by_set": {name: round(median(values), 5) for name, values in errors.items()},
        "worst_error_by_set": {name: round(max(values), 5) for name, values in errors.items()},
        "rounds_compared": len(flat),
    }


FORMS = ("{:.2%}", "{:.3f}")


def _fidelity_of(game: RoundGame) -> tuple[float, float]:
    exact = _floats(game.as_scores(exact_shapley(game.players, game)))
    found = np.array(game.scores(), float)
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact)), spearman(found, exact)


def spearman(left: Any, right: Any) -> float:
    """Rank correlation; of ties each has the mean rank."""
    ranks = [np.array([((side < value).sum() + (side <= value).sum()) / 2 for value in side]) for side in (left, right)]
    return float(np.corrcoef(*ranks)[0, 1])


def beside_pydvl(sets: Sequence[str], quick: bool) -> dict[str, Any]:
    """Speed at equal error. Says so and gives nothing where pyDVL's environment is not made."""
    if not PYDVL.exists():
        print("pydvl left out: run scripts/environment pydvl first", file=sys.stderr)
        return {"speedup_pydvl_n12": None, "speedup_pydvl_n256": None}
    small, large, pairs = (4, 8, 2) if quick else (12, 256, 96)
    games = []
    for name in sets[:1] if quick else sets:
        try:
            fed = federation(name, 1)
        except SettingsError:
            continue
        game = game_of(few := fed.first(small), list(play(few, 2, 1))[-1])
        games.append({"name": f"{name} n={small}", "game": game, "exact": _floats(exact_shapley(small, game)).tolist()})
    many = pieces(federation("nyc", 1), large)
    game = game_of(many, list(play(many, 2, 1))[-1])
    halves = [_floats(antithetic_permutations(large, game, pairs, seed)) for seed in (b"first", b"second")]
    games.append({"name": f"nyc n={large}", "game": game, "exact": (sum(halves) / 2).tolist()})
    found = _run_pydvl({"games": games, "seeds": 1 if quick else 5, "seconds": 1.0 if quick else 60.0})
    print(
        "| game | our ms | our error | call ms | best sampler | its calls | its error | its ms | times |\n"
        + "|---" * 9
        + "|"
    )
    for item in found:
        best = item["samplers"].get(item["best"], {"calls": 0, "error": float("nan"), "seconds": float("nan")})
        print(
            f"| {item['name']} | {item['our_seconds'] * 1e3:.2f} | {item['our_error']:.2%} "
            f"| {item['call_seconds'] * 1e3:.2f} | {item['best'] or 'none'} | {best['calls']} | {best['error']:.2%} "
            f"| {best['seconds'] * 1e3:.0f} | {item['speedup'] or float('nan'):.0f} |"
        )
    few_players = [item["speedup"] for item in found[:-1] if item["speedup"]]
    return {
        "speedup_pydvl_n12": round(median(few_players), 1) if few_players else None,
        "speedup_pydvl_n12_by_set": {item["name"].split()[0]: item["speedup"] for item in found[:-1]},
        "speedup_pydvl_n256": found[-1]["speedup"],
        "reference_error_n256": float(np.linalg.norm(halves[0] - halves[1]) / np.linalg.norm(sum(halves))),
    }


def _run_pydvl(recorded: dict[str, Any]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "games.pickle"
        file.write_bytes(pickle.dumps(recorded))
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OPENBLAS_NUM_THREADS": "1"}
        command = [str(PYDVL), "-W", "ignore", str(ROOT / "benchmarks" / "value_pydvl.py"), str(file)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit("the comparison with pyDVL failed")
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def retraining(seeds: int, contributors: int, rounds: int) -> dict[str, Any]:
    """Sum of scores over rounds beside Shapley's value of whole trainings, one for each coalition."""
    ranks = []
    print("| data | seed | Spearman | seconds |\n|---|---|---|---|")
    for seed in range(1, seeds + 1):
        start = time.perf_counter()
        fed = uneven(federation("nyc", seed), contributors, seed)
        total = np.zeros(contributors)
        for played in play(fed, rounds, seed):
            total += np.array(game_of(fed, played).scores(), float)
        exact = _floats(exact_shapley(contributors, partial(_trained, fed, rounds, seed)))
        ranks.append(spearman(total, exact))
        print(f"| nyc | {seed} | {ranks[-1]:.3f} | {time.perf_counter() - start:.0f} |", flush=True)
    return {"spearman_retraining": round(float(np.mean(ranks)), 4), "spearman_retraining_min": round(min(ranks), 4)}


def _trained(fed: Federation, rounds: int, seed: int, members: frozenset[int]) -> int:
    """Minus the loss, on all scoring rows, of the model that these members train from the start."""
    parameters = flatten(genesis_parameters(fed.task))
    chosen = fed.only(sorted(members))
    for number in range(1, rounds + 1 if members else 1):
        step = aggregate(train(chosen, parameters, seed, number), chosen.weights)
        steering, _ = draw_rows(fed.score, fed.task, draw(seed, number, b"rows"))
        parameters = stepped(
            parameters, step, best_step(parameters, step, fed.task, DEFAULT_RULES.line_search, steering), 4
        )
    halves = draw_rows(fed.score, fed.task, draw(seed, 0, b"judge"))
    nobody = aggregate(np.zeros((1, len(parameters)), np.int64), [1])
    return sum(RoundGame(parameters, nobody, fed.task, rows)(()) for rows in halves)


def _floats(values: Sequence[Fraction]) -> Any:
    return np.array([float(value) for value in values])


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
