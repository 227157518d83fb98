"""One recorded game, valued by the round's own functions and by pyDVL's samplers, side by side in one process.

Run by `benchmarks/value.py` in an environment of its own (requirements/pydvl.lock). Takes a file with games; each has
the round (`RoundGame`) and its reference values. Both sides use the same integer loss, and both are given what the game
holds ready (updates times weights); ours pays for adding everybody's up, as every call of the utility does for its
coalition. For every sampler of pyDVL the smallest budget is searched whose median error over the seeds is no larger
than ours: doubled until it is, then halved in. Both sides take turns: before each of a sampler's runs ours are timed,
and what is compared are the medians of these turns. Time is processor time of one thread, so that what else the machine
does weighs on neither side. Ends in one JSON line: per game our seconds and error, and what each sampler needed.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from statistics import median
from typing import Any

import numpy as np

with warnings.catch_warnings():
    # pyDVL 0.10 uses names that its own dependency (pyDeprecate) calls old
    warnings.simplefilter("ignore", FutureWarning)
    from pydvl.valuation import Dataset, ShapleyValuation
    from pydvl.valuation import samplers as sampling
    from pydvl.valuation.stopping import MinUpdates, NoStopping
    from pydvl.valuation.utility.base import UtilityBase

from andel.value.round_game import RoundGame

MOST = 1 << 12
"""Where budgets end."""
FINENESS = 8
"""The smallest budget is found to an eighth of it, or to 1."""
OUR_RUNS = 15
"""Our runs in each turn."""
ALL = "all subsets"
HOPELESS = 3.0
"""A first run that errs so many times as much as we do is not repeated with other seeds."""
MARGIN = 1.25
"""A sampler that takes so many times as long as the best so far, in one run, is left."""


class Utility(UtilityBase):  # type: ignore[type-arg]
    """The game as pyDVL asks it, nobody worth 0; `asked` counts, over the copies that pyDVL makes."""

    def __init__(self, game: RoundGame) -> None:
        self.game, self.nobody, self.asked = game, game(()), [0]

    def __call__(self, sample: Any) -> float:
        if sample is None or len(sample.subset) == 0:
            return 0.0
        self.asked[0] += 1
        return float(self.game(sample.subset) - self.nobody)


def main() -> None:
    """Reads the games, measures, prints."""
    with open(sys.argv[1], "rb") as file:
        recorded = pickle.load(file)
    warnings.filterwarnings("ignore", module="pydvl")
    print(json.dumps([_compared(item, recorded["seeds"], recorded["seconds"]) for item in recorded["games"]]))


def _compared(item: dict[str, Any], seeds: int, seconds: float) -> dict[str, Any]:
    game, exact = item["game"], np.asarray(item["exact"])
    ours, found = _timed(lambda: _scores(game), OUR_RUNS)
    error = _distance(found / float(game.as_scores([Fraction(1)])[0]), exact)
    call, _ = _timed(lambda: game(range(game.players)), OUR_RUNS)
    print(f"{item['name']} ours {ours:.5f} s, error {error:.5f}, a call {call:.5f} s", file=sys.stderr, flush=True)
    tried: dict[str, dict[str, Any]] = {}
    reached: dict[str, float] = {}
    for name, make in _samplers(game.players).items():
        limit = min([seconds, *(MARGIN * taken for taken in reached.values())])
        if name == ALL and game.players * 2**game.players * call > limit:
            continue  # it cannot be stopped half-way, and its time is known
        tried[name] = _smallest(game, exact, error, seeds, limit, make)
        if tried[name]["reached"]:
            reached[name] = tried[name]["seconds"]
        print(item["name"], name, tried[name], file=sys.stderr, flush=True)
    best = min(reached, key=lambda name: reached[name], default="")
    return {
        "name": item["name"],
        "players": game.players,
        "our_seconds": tried[best]["our_seconds"] if best else ours,
        "our_error": error,
        "call_seconds": call,
        "best": best,
        "speedup": reached[best] / tried[best]["our_seconds"] if best else None,
        "samplers": tried,
    }


def _scores(game: RoundGame) -> Any:
    """In the unit of `as_scores`."""
    game.total(range(game.players))  # the aggregate holds it already: done again so that it is paid for
    return np.array(game.scores(), float)


def _timed(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """(median seconds, the last result)."""
    work()
    taken = []
    for _ in range(times):
        start = time.process_time()
        result = work()
        taken.append(time.process_time() - start)
    return median(taken), result


def _distance(found: Any, exact: Any) -> float:
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


Make = Callable[[int, int], tuple[Any, Any]]
"""(budget, seed) to a sampler and where it stops."""


def _samplers(players: int) -> dict[str, Make]:
    finite = sampling.FiniteSequentialIndexIteration
    grid = sampling.GridOwenStrategy
    found: dict[str, Make] = {
        "antithetic permutations": lambda k, seed: (
            sampling.AntitheticPermutationSampler(seed=seed),
            MinUpdates(2 * k),
        ),
        "permutations": lambda k, seed: (sampling.PermutationSampler(seed=seed), MinUpdates(k)),
        "antithetic Owen": lambda k, seed: (
            sampling.AntitheticOwenSampler(grid(k + 1), n_samples_inner=1, index_iteration=finite, seed=seed),
            NoStopping(),
        ),
        "Owen": lambda k, seed: (
            sampling.OwenSampler(grid(k + 1), n_samples_inner=2, index_iteration=finite, seed=seed),
            NoStopping(),
        ),
        "antithetic subsets": lambda k, seed: (sampling.AntitheticSampler(seed=seed), MinUpdates(2 * k)),
        "stratified": lambda k, seed: (
            sampling.StratifiedSampler(
                sample_sizes=sampling.ConstantSampleSize(n_samples=k),
                sample_sizes_iteration=sampling.FiniteSequentialSizeIteration,
                index_iteration=finite,
                seed=seed,
            ),
            NoStopping(),
        ),
    }
    if players <= 12:
        found[ALL] = lambda k, seed: (sampling.DeterministicUniformSampler(), NoStopping())
    return found


def _smallest(game: RoundGame, exact: Any, error: float, seeds: int, seconds: float, make: Make) -> dict[str, Any]:
    """What the smallest sufficient budget took, or the largest tried when a run passed `seconds`."""

    def outcome_of(budget: int) -> dict[str, Any]:
        runs = list(_runs(game, exact, seeds, budget, make, (seconds, error)))
        outcome = {name: median(run[at] for run in runs) for at, name in enumerate(MEASURED)}
        done = len(runs) == seeds and outcome["error"] <= error
        return {"reached": done, "budget": budget, **outcome, "calls": round(outcome["calls"])}

    failed, budget = 0, 1
    while not (outcome := outcome_of(budget))["reached"]:
        if outcome["seconds"] > seconds or budget >= MOST:
            return outcome
        failed, budget = budget, 2 * budget
    while budget - failed > max(1, budget // FINENESS):
        middle = (failed + budget) // 2
        if (found := outcome_of(middle))["reached"]:
            budget, outcome = middle, found
        else:
            failed = middle
    return outcome


MEASURED = ("error", "seconds", "calls", "our_seconds")


def _runs(
    game: RoundGame, exact: Any, seeds: int, budget: int, make: Make, limits: tuple[float, float]
) -> Iterator[tuple[float, float, int, float]]:
    """`MEASURED` per seed, until a run passes the limit of seconds or the median can no longer be within
    that of error.
    """
    nothing = np.zeros((game.players, 1))
    data = Dataset(nothing, np.zeros(game.players))
    seconds, most = limits
    misses = 0
    for seed in range(seeds):
        ours, _ = _timed(lambda: _scores(game), OUR_RUNS)
        utility = Utility(game)
        sampler, stop = make(budget, seed)
        valuation = ShapleyValuation(utility, sampler, is_done=stop, show_warnings=False)
        start = time.process_time()
        valuation.fit(data)
        taken = time.process_time() - start
        values = np.zeros(game.players)
        values[valuation.result.indices] = valuation.result.values
        error = _distance(values, exact)
        yield error, taken, utility.asked[0], ours
        misses += error > most
        if taken > seconds or error > HOPELESS * most or misses > seeds // 2:
            return


if __name__ == "__main__":
    main()
