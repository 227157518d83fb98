"""The embedded chain: found, started, funded, moved in time, and gone when whoever started it is gone."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from andel.errors import ChainError, NodeMissing, PortInUse
from andel.keys import AccountKey, derive_secret
from andel.simulation.local_chain import CHAIN_ID, COINS, LocalChain, find_anvil

SOMEBODY = AccountKey(derive_secret(b"local chain")).address


@pytest.fixture(scope="module")
def anvil() -> Path:
    """The anvil program; without it the test is skipped."""
    try:
        return find_anvil()
    except NodeMissing as error:
        pytest.skip(f"{error.message} ({error.hint})")


@pytest.fixture
def running(anvil, tmp_path):
    with LocalChain(tmp_path, anvil=anvil) as chain:
        yield chain


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_each_block_stands_a_fixed_step_after_the_one_before(anvil, tmp_path):
    with LocalChain(tmp_path, anvil=anvil, step_seconds=7, start_time=1_700_000_000) as running:
        chain = running.connect()
        assert chain.chain_id == CHAIN_ID
        running.mine(250)
        assert chain.block_number() == 250
        assert chain.block_time() - chain.block_time(1) == 249 * 7
        assert chain.block_time() == 1_700_000_000 + 250 * 7
        running.advance(3_600)
        running.mine()
        assert chain.block_time() == 1_700_000_000 + 250 * 7 + 3_600 + 7
        chain.close()


def test_the_chain_begins_now_unless_told(running):
    chain = running.connect()
    assert abs(chain.block_time() - time.time()) < 30
    chain.close()


def test_accounts_get_coins_and_the_log_holds_no_key(running):
    running.fund([SOMEBODY])
    chain = running.connect()
    assert chain.balance(SOMEBODY) == COINS
    running.fund([SOMEBODY], 5)
    assert chain.balance(SOMEBODY) == 5
    log = running.log_path.read_text()
    assert "Listening on 127.0.0.1" in log and "(0) 0x" not in log
    chain.close()


def test_blocks_come_in_real_time_where_wanted(anvil, tmp_path):
    with LocalChain(tmp_path, anvil=anvil, block_seconds=1) as running:
        chain = running.connect()
        number, now = chain.block_number(), chain.block_time()
        chain.wait_for_block(number + 2)
        assert 1 <= chain.block_time() - now <= 5
        chain.close()


def test_two_chains_run_side_by_side(running, anvil, tmp_path):
    with LocalChain(tmp_path / "second", anvil=anvil) as second:
        assert second.url != running.url and second.log_path != running.log_path


def test_a_port_in_use_is_told(anvil, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} is in use") as failure:
            LocalChain(tmp_path, anvil=anvil, port=port)
    assert "another port" in failure.value.hint


def test_a_port_is_free_again_after_the_chain_has_stopped(anvil, tmp_path):
    # below those that a system gives to whoever asks for any, or another test could have it in between
    port = next(port for port in range(20_000 + os.getpid() % 10_000, 32_000) if not listens(port))
    with LocalChain(tmp_path, anvil=anvil, port=port):
        assert listens(port)
    assert not listens(port)
    with LocalChain(tmp_path, anvil=anvil, port=port) as second:
        assert second.port == port
    second.stop()


def test_without_anvil_the_hint_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NodeMissing) as failure:
        find_anvil([tmp_path])
    assert "Foundry" in failure.value.hint and "--rpc" in failure.value.hint


def test_anvil_is_found_on_the_path_and_in_node_modules(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for folder in ("contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin", "bin"):
        program = tmp_path / folder / "anvil"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        assert find_anvil([tmp_path]) == program


def test_a_program_that_does_not_serve_is_told_with_its_last_words(tmp_path):
    program = tmp_path / "anvil"
    program.write_text("#!/bin/sh\necho this machine is too small\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(ChainError, match="this machine is too small") as failure:
        LocalChain(tmp_path, anvil=program)
    assert "anvil.log" in failure.value.hint


@pytest.mark.full
def test_the_node_ends_when_its_process_is_killed(anvil, tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from andel.simulation.local_chain import LocalChain\n"
        "chain = LocalChain(Path(sys.argv[1]), anvil=Path(sys.argv[2])); print(chain.port, flush=True)\n"
        "time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path), str(anvil)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    assert listens(port)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    end = time.monotonic() + 10
    while listens(port) and time.monotonic() < end:
        time.sleep(0.05)
    assert not listens(port)


@pytest.mark.full
def test_blocks_leave_nothing_behind_on_the_disk(anvil, tmp_path, monkeypatch):
    """Left to itself anvil writes old states below the home folder, and stays there for ever when it is killed."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with LocalChain(tmp_path / "log", anvil=anvil) as running:
        running.mine(2_000)
        chain = running.connect()
        assert chain.block_number() == 2_000
        chain.close()
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []
