"""`andel coordinate` as an operator runs it: over a SuperLink with stock SuperNodes, killed twice and started again."""

import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import httpx
import pytest

from andel.ledger.round_state import Status
from andel.simulation.node_app import REFERENCE
from andel.simulation.processes import grid_over_processes, with_few
from andel.simulation.validator_processes import ValidatorProcesses
from andel.training.superlink import SuperLinkDoor, connect
from tests.support.own_data_run import ROOT
from tests.support.patience import PATIENCE
from tests.support.small_run import envelope_scenario


def wait_until(is_so, what):
    """Looks until something is so; fails the test when it does not become so."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, f"not {what} after {PATIENCE:.0f} s"
        time.sleep(0.1)


@pytest.mark.full
def test_killed_while_it_collects_and_while_it_trains_the_round_settles_once(launch_world, tmp_path, monkeypatch):
    small = launch_world("coordinate over superlink", with_few(envelope_scenario()))
    world, manager = small.world, small.world.model.round_manager
    doors: list[SuperLinkDoor] = []

    def remember(door, settings):
        doors.append(door)
        return connect(door, settings)

    monkeypatch.setattr("andel.simulation.processes.connect", remember)
    key_file, log = tmp_path / "coordinator.key", tmp_path / "coordinator.log"
    key_file.write_text(world.actors.coordinator.secret_bytes().hex())

    def start():
        command = [sys.executable, "-m", "andel", "coordinate", "--rpc", world.chain.url, "--model", manager.address]
        command += ["--store", small.store.url, "--key-file", str(key_file), "--superlink", doors[0].address]
        command += ["--superlink-secret", str(doors[0].secret), "--root-certificate", str(doors[0].root_certificate)]
        command += ["--node-app", REFERENCE, "--state", str(tmp_path / "state"), "--quorum", "3"]
        command += ["--phase-seconds", "120", "--round-seconds", "86400", "--budget", "1000", "--until-round", "1"]
        command += ["--metrics-port", "0", "--log-json"]
        with log.open("ab") as file:
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        stack.callback(process.wait)
        stack.callback(process.kill)
        return process

    def kill(process):
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL

    def step(name):
        return f'"step": "{name}"' in log.read_text()

    with ExitStack() as stack:
        grid = stack.enter_context(grid_over_processes(world, tmp_path / "fleet"))
        grid.close()  # one coordinator at a time drives rounds
        first = start()
        wait_until(lambda: manager.rounds_count() == 1, "opened")
        kill(first)
        second = start()
        wait_until(lambda: any(manager.round_of(1).first_seed), "seeded")
        time.sleep(3)
        kill(second)
        validators = stack.enter_context(ValidatorProcesses(world.actors.validators, tmp_path / "validators"))
        validators.start(world.chain.url, manager.address, small.store.url, 1)
        former = len(log.read_text())
        third = start()
        wait_until(lambda: "coordinating 0x" in log.read_text()[former:], "connected")
        port = log.read_text()[former:].split("metrics on http://127.0.0.1:", 1)[1].split("/")[0]
        assert "andel_round" in httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
        assert third.wait(PATIENCE) == 0, log.read_text()[-3_000:]
    assert manager.rounds_count() == 1 and manager.round_of(1).status == Status.FINALISED
    assert manager.round_of(1).attempt == 0 and step("seed 2")
    assert world.model.pool.contributors_minted() == manager.round_of(1).minted > 0
    small.assert_audited()
