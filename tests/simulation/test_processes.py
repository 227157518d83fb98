"""`andel demo --processes`: who takes part, and the whole run over Flower's own programs."""

import json
import subprocess
import sys

import pytest

from andel.simulation.participants import Kind
from andel.simulation.processes import NODES, SETTINGS, with_few
from tests.support.process_watch import PROC, program_of
from tests.support.small_run import envelope_scenario, pebble_scenario


@pytest.mark.parametrize("dishonest", [True, False])
def test_four_take_part_of_all_sites_and_the_poisoner_is_one_of_them(dishonest):
    whole = envelope_scenario(owners=4, dishonest=dishonest)
    few = with_few(whole)
    kinds = [item.kind for item in few.participants]
    assert len(kinds) == NODES and kinds.count(Kind.POISONER) == dishonest
    assert {item.site for item in few.participants} == {0, 1}
    assert [item.number for item in few.participants] == list(range(NODES)), "keys go by number"
    assert {item.name for item in few.participants} <= {item.name for item in whole.participants}
    assert few.task == whole.task and few.rules == whole.rules


def test_a_poisoner_that_is_found_out_and_left_out_stops_no_round():
    honest = [item for item in with_few(pebble_scenario()).participants if item.kind == Kind.HONEST]
    assert SETTINGS.quorum == len(honest)


def test_each_sites_first_owner_comes_before_any_second():
    names = [item.name for item in with_few(pebble_scenario()).participants if item.kind == Kind.HONEST]
    assert names == ["site0-1", "site1-1", "site0-2"]


@pytest.mark.full
@pytest.mark.demo
def test_the_demo_over_processes_settles_pays_audits_and_leaves_nothing_running(tmp_path):
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "andel", "demo", "--processes", "--json", "--folder", str(folder)]
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=1_500)
    assert outcome.returncode == 0, outcome.stderr[-2_000:]
    told = json.loads(outcome.stdout)
    assert told["rounds"] == 2 and told["audit"]["ok"]
    assert told["model_mae"] < told["persistence_mae"]
    shares = {item["kind"]: item["share"] for item in told["participants"]}
    assert shares == {"honest": shares["honest"], "poisoner": 0} and shares["honest"] > 0
    assert len(told["participants"]) == 4
    assert len(list((folder / "fleet").glob("node-*/flower-supernode.log"))) == NODES
    left = [pid for pid in PROC.iterdir() if pid.name.isdigit() and runs_below(int(pid.name), str(folder))]
    assert left == []


def runs_below(pid: int, folder: str) -> bool:
    """Whether a process is a Flower program whose files lie in the folder."""
    try:
        environment = (PROC / str(pid) / "environ").read_bytes().decode()
    except OSError:
        return False
    return bool(program_of(pid)) and folder in environment
