"""`benchmarks/value.py` runs, small, and ends in its one JSON line; only what must hold anywhere is asserted."""

import json
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*options):
    """The finished process."""
    command = [sys.executable, str(ROOT / "benchmarks" / "value.py"), "--quick", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.full
def test_the_benchmark_of_value_measures_and_ends_in_one_json_line():
    done = run("--sets", "nyc", "--parts", "fidelity,scale,retraining")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["gradients"] == 2
    assert 0 < found["median_error"] <= found["worst_error"] < 0.2
    assert all(-1 <= found[name] <= 1 for name in ("spearman", "spearman_worst", "spearman_retraining"))
    assert found["seconds_10000"] > 0 and found["quick"]


def test_a_part_that_does_not_exist_is_named():
    done = run("--parts", "fidelty")
    assert done.returncode == 2
    assert "no part is called fidelty" in done.stderr


def test_the_environment_of_pydvl_locks_all_that_a_game_imports():
    """It is installed from a lock of its own, where a new import of the product is easily forgotten."""
    code = "import sys, andel.value.round_game; print(*{name.split('.')[0] for name in sys.modules})"
    imported = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    lines = (ROOT / "requirements" / "pydvl.lock").read_text().splitlines()
    locked = {line.split("==")[0] for line in lines if "==" in line} | {"andel"}
    known = packages_distributions()
    found = {name: {one.lower().replace("_", "-") for one in known[name]} for name in imported if name in known}
    found.pop("coverage", None)  # where the tests are measured, every process imports it
    assert [name for name, distributions in sorted(found.items()) if not distributions & locked] == []
