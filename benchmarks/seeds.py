"""The demo over several seeds, one process each: skill beside persistence and central training, shares, gas.

Prints a table for docs/results.md and ends in one JSON line. `--beijing` runs the UCI stations beside the checkout.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BEIJING = ROOT.parent / "shared" / "data" / "beijing"
BEIJING_OPTIONS = "--device-column station --time-column year,month,day,hour --target PM2.5 --horizon 6 --owners 3"
BEIJING_FEATURES = "PM2.5,TEMP,PRES,DEWP,WSPM"


def main() -> None:
    """Runs the seeds and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--beijing", action="store_true")
    parser.add_argument("--seeds", type=int, default=5)
    chosen = parser.parse_args()
    options = _beijing_options() if chosen.beijing else []
    runs = {seed: _run(seed, options) for seed in range(1, chosen.seeds + 1)}
    print(_skill_table(runs))
    print(_share_table(runs))
    print(_cost_table(runs))
    print(json.dumps(_summary(runs)))


def _beijing_options() -> list[str]:
    files = sorted(BEIJING.glob("*.csv.gz"))
    if not files:
        print(json.dumps({"skipped": f"no station files in {BEIJING.name} beside the checkout"}))
        raise SystemExit(0)
    named = [part for file in files for part in ("--csv", str(file))]
    return [*named, *BEIJING_OPTIONS.split(), "--features", BEIJING_FEATURES]


def _run(seed: int, options: list[str]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "andel", "demo", "--json", "--seed", str(seed), "--folder", f"{folder}/run"]
        timed = ["/usr/bin/env", "python3", "-c", _MEASURE, *command, *options]
        done = subprocess.run(timed, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"seed {seed} failed: {done.stderr[-600:]}")
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-2])
    outcome["peak_mb"] = float(done.stdout.splitlines()[-1])
    print(f"seed {seed}: {outcome['seconds']} s", file=sys.stderr)
    return outcome


_MEASURE = (
    "import resource,subprocess,sys;"
    "code=subprocess.run(sys.argv[1:]).returncode;"
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss/1024,flush=True);"
    "sys.exit(code)"
)


def _closed(run: dict[str, Any], measure: str) -> float:
    persistence, central, model = (run[f"{name}_{measure}"] for name in ("persistence", "central", "model"))
    return float((persistence - model) / (persistence - central))


def _skill_table(runs: dict[int, dict[str, Any]]) -> str:
    lines = [
        "| seed | persistence MAE / RMSE | round 1 MAE | this model MAE / RMSE | central MAE / RMSE | gap closed |",
        "|---|---|---|---|---|---|",
    ]
    for seed, run in runs.items():
        lines.append(
            f"| {seed} | {run['persistence_mae']:.3f} / {run['persistence_rmse']:.3f} | {run['round_mae'][0]:.3f} "
            f"| {run['model_mae']:.3f} / {run['model_rmse']:.3f} "
            f"| {run['central_mae']:.3f} / {run['central_rmse']:.3f} "
            f"| {_closed(run, 'mae'):.0%} / {_closed(run, 'rmse'):.0%} |"
        )
    return "\n".join(lines) + "\n"


def _share_table(runs: dict[int, dict[str, Any]]) -> str:
    names = [(item["name"], item["kind"]) for item in next(iter(runs.values()))["participants"]]
    lines = ["| participant | kind | share over seeds: least, mean, most |", "|---|---|---|"]
    for index, (name, kind) in enumerate(names):
        shares = []
        for run in runs.values():
            total = sum(item["share"] for item in run["participants"]) or 1
            shares.append(run["participants"][index]["share"] / total)
        lines.append(f"| {name} | {kind} | {min(shares):.1%}, {mean(shares):.1%}, {max(shares):.1%} |")
    return "\n".join(lines) + "\n"


def _cost_table(runs: dict[int, dict[str, Any]]) -> str:
    names = list(next(iter(runs.values()))["gas"])
    lines = ["| seed | seconds | peak MB | " + " | ".join(f"gas {name}" for name in names) + " |"]
    lines.append("|---" * (len(names) + 3) + "|")
    for seed, run in runs.items():
        gas = " | ".join(f"{run['gas'][name]:,}" for name in names)
        lines.append(f"| {seed} | {run['seconds']:.0f} | {run['peak_mb']:.0f} | {gas} |")
    return "\n".join(lines) + "\n"


def _summary(runs: dict[int, dict[str, Any]]) -> dict[str, Any]:
    everyone = list(runs.values())
    return {
        "seeds": len(everyone),
        "gap_closed_min": round(min(_closed(run, "mae") for run in everyone), 3),
        "gap_closed_rmse_min": round(min(_closed(run, "rmse") for run in everyone), 3),
        "round_one_beats_persistence": all(run["round_mae"][0] < run["persistence_mae"] for run in everyone),
        "dishonest_share": sum(
            item["share"] for run in everyone for item in run["participants"] if item["kind"] != "honest"
        ),
        "honest_unpaid": sum(
            item["share"] == 0 for run in everyone for item in run["participants"] if item["kind"] == "honest"
        ),
        "audits_ok": all(run["audit"]["ok"] for run in everyone),
        "seconds_max": max(run["seconds"] for run in everyone),
        "peak_mb_max": round(max(run["peak_mb"] for run in everyone)),
    }


if __name__ == "__main__":
    main()
