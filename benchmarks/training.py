"""What the protocol costs beside bare Flower: a round's overhead, a whole embedded round, and sums of large updates.

Everything is measured in this one run, the compared parts by turns; medians, by the wall's clock and by this process's
processor time. Ends in one JSON line. `--parts overhead,embedded,aggregate` chooses; `--quick` takes little of each.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from training_embedded import measure_embedded
from training_rounds import BareRounds, SettledRounds, waiting_mod, weather_16

from andel.content import ContentStore
from andel.simulation.offchain_rounds import found_offchain

PARTS = ("overhead", "embedded", "aggregate")
LOCAL_TRAINING_SECONDS = 1.0
PARAMETERS = 25_000_000
_AGGREGATE = Path(__file__).parent / "training_aggregate.py"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--turns", type=int, default=0, help="rounds of each kind; 0: as many as is usual")
    chosen = parser.parse_args()
    parts = chosen.parts.split(",")
    if unknown := [part for part in parts if part not in PARTS]:
        parser.error(f"no part is called {unknown[0]}")
    logging.getLogger("flwr").setLevel(logging.WARNING)
    turns = chosen.turns or (3 if chosen.quick else 25)
    found: dict[str, Any] = {}
    if "overhead" in parts:
        found |= measure_overhead(turns, max(turns // 3, 2))
    if "embedded" in parts:
        found |= measure_embedded(turns)
    if "aggregate" in parts:
        found |= measure_aggregate(1_000_000 if chosen.quick else PARAMETERS, 2 if chosen.quick else 9)
    print(json.dumps(found | ({"quick": True} if chosen.quick else {})))


def measure_overhead(turns: int, long_turns: int) -> dict[str, Any]:
    """Rounds of ours and of bare Flower by turns; then the same when everybody's training together takes a second."""
    longer = [0.0]
    mods = [waiting_mod(lambda: longer[0])]
    with tempfile.TemporaryDirectory() as folder:
        scenario = weather_16()
        ours = SettledRounds(found_offchain(scenario, b"bench"), ContentStore(folder), mods)
        bare = BareRounds(found_offchain(scenario, b"bench"), mods)
        members = len(scenario.participants)
        short = _by_turns(bare.play, ours.play, turns)
        # so that training takes a second in a round of bare Flower, and not a moment less in ours
        longer[0] = max(LOCAL_TRAINING_SECONDS - median(item[0] for item in short[0]), 0) / members
        long = _by_turns(bare.play, ours.play, long_turns)
    figures = {
        "overhead_ms": _difference(short, 0),
        "overhead_processor_ms": _difference(short, 1),
        "bare_ms": round(1_000 * median(item[0] for item in short[0]), 1),
        "overhead_ratio": round(median(item[0] for item in long[1]) / median(item[0] for item in long[0]), 3),
    }
    print(
        f"overhead: {figures['overhead_ms']} ms a round over bare Flower's {figures['bare_ms']} ms "
        f"({figures['overhead_processor_ms']} ms of processor), {figures['overhead_ratio']} x with 1 s of training; "
        + ", ".join(f"{name} {1_000 * seconds:.0f} ms" for name, seconds in ours.seconds.items())
    )
    return figures


def _by_turns(
    first: Callable[[], None], second: Callable[[], None], turns: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """(wall, processor) seconds of each; one turn before that warms both up."""
    found: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    first()
    second()
    for turn in range(turns):
        for place in (0, 1) if turn % 2 else (1, 0):
            start, spent = time.perf_counter(), time.process_time()
            (first, second)[place]()
            found[place].append((time.perf_counter() - start, time.process_time() - spent))
    return found


def _difference(found: tuple[list[tuple[float, float]], list[tuple[float, float]]], clock: int) -> float:
    theirs, ours = (median(item[clock] for item in side) for side in found)
    return round(1_000 * (ours - theirs), 1)


def measure_aggregate(parameters: int, turns: int) -> dict[str, Any]:
    """Exact sums from files beside FedAvg's over its messages; memory in fresh processes."""
    with tempfile.TemporaryDirectory() as folder:
        _part("write", folder, parameters)
        timed = _part("time", folder, parameters, turns)
        few, many = (_part("memory", folder, parameters, count) for count in (32, 128))
    print(
        f"aggregate: {timed['seconds']:.2f} s ({timed['processor']:.2f} of processor), FedAvg "
        f"{timed['flower_seconds']:.2f} s ({timed['flower_processor']:.2f}); the hash {timed['hash_seconds']:.2f} s; "
        f"clipped {timed['clipped_seconds']:.2f} s; compiled: {timed['compiled']}; apart {timed['apart']:.1e}"
    )
    return {
        "aggregate_speedup_flower": round(timed["speedup"], 2),
        "aggregate_speedup_processor": round(timed["speedup_processor"], 2),
        "aggregate_compiled": timed["compiled"],
        "aggregate_peak_mb_32": few["peak_mb"],
        "aggregate_peak_mb_128": many["peak_mb"],
    }


def _part(*arguments: object) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(_AGGREGATE), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))} failed: {done.stderr[-600:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


if __name__ == "__main__":
    main()
