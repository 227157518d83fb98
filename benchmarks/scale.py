"""Rounds of 10 to 10,000 contributors: seconds, processor seconds and memory, each size in a fresh process.

Three parts (`--parts embedded,settle,chain`). `embedded`: a whole round to 1,000 contributors, chain apart: every
message over the grid, training, signed and verified, the evidence written, read again and settled; its second round,
when everybody stands in the state. `settle` (`scale_settle`): to 10,000, one process writes the evidence of two rounds
with opened packets and drawn updates, another settles them. `chain` (`scale_chain`): 1,000 on anvil, from devices to
claims. Ends in one JSON line; `power` is the slope of processor seconds against contributors over the two largest
sizes, 1 where they grow alike.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PARTS = "embedded,settle,chain"
EMBEDDED = "10,100,1000"
SETTLED = "10,100,1000,10000"
ON_CHAIN = 1_000


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", default=PARTS)
    parser.add_argument("--sizes", default="", help=f"of embedded ({EMBEDDED}) and settle ({SETTLED})")
    parser.add_argument("--chain", type=int, default=ON_CHAIN, help="contributors on chain")
    parser.add_argument("--one", default="", help="measure one thing in this process: embedded, make, settle or chain")
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(_one(chosen.one, int(chosen.sizes), chosen.folder)))
        return
    summary: dict[str, Any] = {}
    for part in chosen.parts.split(","):
        if part == "chain":
            summary |= _on_chain(chosen.chain)
            continue
        names, measure = (EMBEDDED_NAMES, _embedded) if part == "embedded" else (SETTLED_NAMES, _settled)
        sizes = [int(size) for size in (chosen.sizes or (EMBEDDED if part == "embedded" else SETTLED)).split(",")]
        found = {size: measure(size) for size in sizes}
        _table(part, names, found)
        summary |= _summary(part, names, found)
    print(json.dumps(summary))


EMBEDDED_NAMES = ("seconds", "processor", "settle_processor", "mb_before", "mb")
SETTLED_NAMES = (
    "opened_seconds",
    "opened_processor",
    "settled_seconds",
    "settled_processor",
    "settled_read_processor",
    "mb_before",
    "mb",
)


def _one(what: str, size: int, folder: Path) -> dict[str, Any]:
    """One measure; each needs a process of its own, so what the others import is not imported here."""
    if what == "embedded":
        return measure(size)
    if what == "chain":
        from scale_chain import measure_chain

        return measure_chain(size)
    import scale_settle

    return scale_settle.make(folder, size) if what == "make" else scale_settle.settle_rounds(folder)


def _embedded(size: int) -> dict[str, Any]:
    return _apart("embedded", size)


def _settled(size: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        made = _apart("make", size, name)
        return {**made, **_apart("settle", size, name)}


def _on_chain(size: int) -> dict[str, Any]:
    found = _apart("chain", size)
    print(f"| {size:,} on chain | s | processor s | MB |\n" + "|---" * 4 + "|")
    for name, stage in found["stages"].items():
        print(f"| {name} | {stage['seconds']} | {stage['processor']} | {stage['mb']} |")
    stages = found.pop("stages")
    said = {f"{name}_{unit}": stage[unit] for name, stage in stages.items() for unit in ("seconds", "processor")}
    peak = max(stage["mb"] for stage in stages.values())
    return {f"chain_{name}_{size}": value for name, value in {**said, **found, "mb": peak}.items()}


def _apart(what: str, size: int, folder: str = "") -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", what, "--sizes", str(size), "--folder", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{size} contributors failed ({what}): {done.stderr[-600:]}")
    said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _table(part: str, names: Sequence[str], found: Mapping[int, Mapping[str, Any]]) -> None:
    print(f"| {part} | " + " | ".join(name.replace("_", " ") for name in names) + " |")
    print("|---" * (len(names) + 1) + "|")
    for size, said in found.items():
        print(f"| {size:,} | " + " | ".join(str(said[name]) for name in names) + " |", flush=True)


def _summary(part: str, names: Sequence[str], found: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    said = {f"{part}_{name}_{size}": figures[name] for size, figures in found.items() for name in names}
    spent = "processor" if part == "embedded" else "settled_processor"
    if len(found) > 1:
        (less, first), (more, then) = list(found.items())[-2:]
        said[f"{part}_power"] = round(math.log(then[spent] / first[spent]) / math.log(more / less), 2)
    return said


def measure(size: int) -> dict[str, Any]:
    """The second round of so many: the first warms up, and leaves a state with everybody in it."""
    from training_aggregate import peak_mb
    from training_rounds import SettledRounds

    from andel.content import ContentStore

    with tempfile.TemporaryDirectory() as folder:
        rounds = SettledRounds(crowd(size), ContentStore(folder), [])
        before = peak_mb()
        rounds.play()
        start, spent = time.perf_counter(), time.process_time()
        rounds.play()
        seconds, processor = time.perf_counter() - start, time.process_time() - spent
    parts = {name: round(value, 3) for name, value in rounds.seconds.items()}
    figures = {"seconds": round(seconds, 3), "processor": round(processor, 3)}
    return {**figures, **parts, "mb": peak_mb(), "mb_before": before}


def crowd(size: int) -> Any:
    """A founded model with so many members: the weather's owners over and over, each with own keys and a week."""
    from training_rounds import weather_16

    from andel.simulation.offchain_crowd import crowded
    from andel.simulation.offchain_rounds import found_offchain

    return crowded(found_offchain(weather_16(), b"scale"), size)


if __name__ == "__main__":
    main()
