"""The whole command on a small table of one's own, in a process of its own: `andel demo --csv … --json`, run once.

The table is a synthetic climate with bad rows in it. `own_data_run` gives what the process printed and left; many
tests read it. `small_table` writes the table for tests that run the command otherwise.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from andel.cli.app import main
from andel.errors import NodeMissing
from andel.hashing import sha256
from andel.ledger.connection import Chain
from andel.simulation.local_chain import find_anvil
from tests.support.small_run import climate

ROOT = Path(__file__).resolve().parents[2]
SEED = 3
ROUNDS = 2
BAD_ROWS = {
    "missing value": 2,
    "not a number": 2,
    "not a time": 1,
    "row has another number of cells than the header": 1,
    "device and time seen before": 1,
    "no device": 1,
}
"""How many refusals of each reason the table of `small_table(bad_rows=True)` holds."""


@dataclass(frozen=True, slots=True)
class OwnDataRun:
    """A finished `andel demo`: the keys came from `SEED`."""

    folder: Path
    stdout: str
    stderr: str
    outcome: Mapping[str, Any]


def run_andel(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    seconds: float = 120.0,
) -> subprocess.CompletedProcess[str]:
    """`andel` with these arguments as a user would run it; `environment` replaces that of this process."""
    base = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src"), "TERM": "dumb", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "andel", *arguments]
    return subprocess.run(
        command,
        env={**base, **(environment or {})},
        cwd=folder or ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def call_main(
    arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> subprocess.CompletedProcess[str]:
    """As `run_andel`, in this process: quick, for commands that end early."""
    capsys.readouterr()
    opened: list[Chain] = []
    code: object = 0
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["andel", *arguments])
        connect = Chain.connect

        def kept_connect(url, **options):
            opened.append(connect(url, **options))
            return opened[-1]

        patch.setattr(Chain, "connect", kept_connect)
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    for chain in opened:
        chain.close()  # as the end of a process does
    shown = capsys.readouterr()
    return subprocess.CompletedProcess(["andel", *arguments], int(str(code or 0)), shown.out, shown.err)


def small_table(path: Path, *, bad_rows: bool = False) -> Path:
    """Ten weeks of one station as CSV: station, time, temperature, humidity."""
    series = climate(sites=1, weeks=10).series[0]
    columns = series.values["temperature"], series.values["humidity"]
    lines = ["station,time,temperature,humidity"]
    for time, temperature, humidity in zip(series.timestamps, *columns, strict=True):
        text = datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(f"roof,{text},{temperature / 100:.2f},{humidity / 100:.2f}")
    if bad_rows:
        lines[50] = lines[50].rsplit(",", 1)[0] + ","
        lines[60] = lines[60].rsplit(",", 1)[0] + ",NA"
        lines[70] = lines[70].rsplit(",", 1)[0] + ",wet"
        lines[80] = lines[80].rsplit(",", 1)[0] + ",1e999"
        lines[90] = "roof,yesterday,1.00,2.00"
        lines[100] = lines[100] + ",7"
        lines[110] = lines[109]
        lines[120] = lines[120].removeprefix("roof")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def table_options(path: Path, *, owners: int = 2) -> list[str]:
    """The options of `andel demo` that read the table."""
    options = ["--csv", str(path), "--device-column", "station", "--time-column", "time"]
    options += ["--features", "temperature,humidity", "--target", "temperature", "--horizon", "3"]
    return [*options, "--owners", str(owners), "--rounds", str(ROUNDS), "--seed", str(SEED)]


def run_seed(seed: int = SEED) -> bytes:
    """What all keys of `andel demo --seed …` are derived from."""
    return sha256(b"andel.demo", seed.to_bytes(8, "big"))


_DONE = pytest.StashKey[OwnDataRun]()


@pytest.fixture(scope="session")
def own_data_run(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnDataRun]:
    """One run of the command with `--verbose` and `--json` on the table with bad rows; without anvil it is skipped.

    Change nothing in it: where tests run in several processes, all read the one run.
    """
    if _DONE not in pytestconfig.stash:
        try:
            find_anvil()
        except NodeMissing as error:
            pytest.skip(f"{error.message} ({error.hint})")
        base = tmp_path_factory.getbasetemp()
        if hasattr(pytestconfig, "workerinput"):  # xdist: the folder above is everybody's, and of this session only
            base = base.parent
        folder = base / "own-data"
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            pytestconfig.stash[_DONE] = _run_once(folder)
    yield pytestconfig.stash[_DONE]


def _run_once(folder: Path) -> OwnDataRun:
    """The run in that folder, made by whoever comes first."""
    kept = folder / "printed.json"
    if not kept.exists():
        table = small_table(folder / "roof.csv", bad_rows=True)
        arguments = ["--verbose", "demo", *table_options(table), "--json", "--folder", str(folder / "run")]
        ended = run_andel(arguments)
        assert ended.returncode == 0, ended.stderr
        kept.write_text(json.dumps([ended.stdout, ended.stderr]))
    stdout, stderr = json.loads(kept.read_text())
    return OwnDataRun(folder / "run", stdout, stderr, json.loads(stdout))
