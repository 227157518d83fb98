"""kill -9 while a launch is sent, at every place where it could matter: begun again, it ends as if never stopped."""

import fcntl
import os
import signal
import subprocess
import sys

import pytest

from andel.errors import SettingsError
from andel.ledger.factory import IMPLEMENTATIONS
from andel.roles.launching.checking import Findings, check_bonds, check_model, check_shared
from andel.roles.launching.lock import held, read_lock
from andel.simulation.local_chain import LocalChain
from tests.support.launching_process import FOUNDER

TRANSACTIONS = 7 + len(IMPLEMENTATIONS) + 1 + 1 + 4
PLACES = 6
"""Where a transaction passes by: the lock file written twice, each with a before and an after, and the sending."""


@pytest.fixture
def run(shared_node, tmp_path, repo_root):
    """A process over a node of its own, killed at a place; the node, the lock file, and what runs."""
    with LocalChain(tmp_path / "chain") as node:
        node.fund([FOUNDER.address])
        path = tmp_path / "model.lock.json"

        def process(number):
            command = [sys.executable, repo_root / "tests/support/launching_process.py", node.url, path, str(number)]
            environment = os.environ | {"PYTHONPATH": str(repo_root)}
            return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

        yield node, path, process


def assert_whole(node, path, ended):
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) == TRANSACTIONS
    lock, told, chain = read_lock(path), Findings(), node.connect()
    assert lock is not None
    check_shared(told, chain, dict(lock.shared))
    check_model(told, chain, lock, None)
    check_bonds(told, chain, lock)
    assert [each for each in told.lines if not each.ok] == []
    done = [each for each in lock.tries if each.block and not each.failed]
    assert len({each.step for each in done}) == len(done) == TRANSACTIONS
    chain.close()


def test_killed_a_few_times_it_ends_as_if_nothing_had_happened(run):
    node, path, process = run
    for number in (3, 4, 40):  # before the first sending, after it, and somewhere among the implementations
        assert process(number).returncode == -signal.SIGKILL
    assert_whole(node, path, process(0))


@pytest.mark.full
def test_killed_at_every_place_it_ends_as_if_nothing_had_happened(run):
    node, path, process = run
    kills = 0
    # one transaction more each time, and then a death at the next of its places
    while (ended := process(PLACES + kills % PLACES + 1)).returncode == -signal.SIGKILL:
        kills += 1
        assert kills <= 2 * TRANSACTIONS
    assert kills > TRANSACTIONS // 2
    assert_whole(node, path, ended)


def test_two_processes_do_not_launch_by_one_lock_file(tmp_path):
    path = tmp_path / "model.lock.json"
    with (tmp_path / ".model.lock.json.held").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(SettingsError, match="another process launches"), held(path):
            pass
    with held(path):
        pass
