"""What a person types: every command explains itself, and what can be mended is one line with a hint, no traceback."""

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from andel import __version__
from andel.cli.commands import COMMANDS as LISTED
from andel.cli.commands import load
from andel.simulation import local_chain
from tests.support.own_data_run import ROOT, run_andel, small_table, table_options

COMMANDS = [each.name for each in LISTED if not each.place.endswith(":app")]
NOBODY = "http://127.0.0.1:9"
SOMEBODY = "0x" + "11" * 20
KEY = "22" * 32


@pytest.fixture
def table(tmp_path):
    return small_table(tmp_path / "roof.csv")


@pytest.fixture
def taken_port():
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def refused(ended, says, hint=None, code=1):
    """It ended with that code, one line that says so, at most one hint, and no traceback."""
    assert ended.returncode == code, ended.stderr
    told = [line for line in ended.stderr.splitlines() if line.startswith("andel: ")]
    assert len(told) == 1 and re.search(says, told[0]), ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    hints = [line for line in ended.stderr.splitlines() if line.startswith("hint: ")]
    assert len(hints) <= 1
    if hint is not None:
        assert hints and re.search(hint, hints[0]), ended.stderr


@pytest.mark.parametrize("command", LISTED, ids=[each.name for each in LISTED])
def test_a_command_is_listed_with_its_own_first_sentence(command):
    found = load(command)
    assert found.name == command.name
    assert " ".join((found.help or "").split("\n\n")[0].split()) == command.line


def test_the_list_of_commands_loads_none_of_them():
    code = "import sys; from andel.cli.app import app; app(['--help'], standalone_mode=False); print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.splitlines()[-1].split())
    assert not loaded & {"numpy", "flwr", "eth_abi", "matplotlib", "andel.ledger", "andel.roles"}


def test_a_command_that_only_asks_the_chain_loads_neither_flower_nor_keystores():
    code = "import sys; from andel.cli import claim, status, vote; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(ended.stdout.split()) & {"flwr", "eth_account", "web3", "matplotlib"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_its_options(andel, command):
    ended = andel(command, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"andel {command} [OPTIONS]" in ended.stdout
    documented = [line for line in ended.stdout.splitlines() if re.search(r"--[a-z-]+ ", line)]
    assert len(documented) > 2


def test_the_program_explains_itself_and_tells_its_version(andel):
    ended = andel("--help")
    assert ended.returncode == 0 and all(command in ended.stdout for command in COMMANDS)
    assert andel("--version").stdout == f"andel {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["demo", "--nonsense"], ["demo", "--rounds", "0"], ["demo", "--port", "70000"], ["audit"]],
    ids=" ".join,
)
def test_misuse_ends_with_two(andel, arguments):
    ended = andel(*arguments)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr and "--help" in ended.stderr


@pytest.mark.parametrize("address", [NOBODY, "http://nobody.invalid:8545", "nonsense", "ftp://127.0.0.1", "http://"])
def test_an_rpc_that_nobody_answers_at(andel, table, tmp_path, monkeypatch, address):
    monkeypatch.setenv("ANDEL_FUNDER_KEY", KEY)
    refused(andel("audit", "--rpc", address, "--model", SOMEBODY, "--store", tmp_path), "no chain answers at")
    demo = andel("demo", *table_options(table), "--rpc", address, "--folder", tmp_path / "run")
    refused(demo, "no chain answers at", "check the address")


def test_an_address_that_is_no_model(andel, tmp_path, finished_run):
    wrong = andel("audit", "--rpc", finished_run.world.chain.url, "--model", SOMEBODY, "--store", tmp_path)
    refused(wrong, SOMEBODY + "|founding|RoundManager")
    refused(andel("audit", "--rpc", finished_run.world.chain.url, "--model", "zzz", "--store", tmp_path), "zzz")


def test_an_own_chain_without_a_funder(andel, table, tmp_path):
    demo = andel("demo", *table_options(table), "--rpc", NOBODY, "--folder", tmp_path / "run")
    refused(demo, "ANDEL_FUNDER_KEY is not set", "export ANDEL_FUNDER_KEY=")


def test_a_chain_port_in_use(andel, table, tmp_path, taken_port):
    demo = andel("demo", *table_options(table), "--chain-port", taken_port, "--folder", tmp_path / "run")
    refused(demo, f"port {taken_port} is in use", "choose another")


def test_an_api_port_in_use_is_told_before_anything_is_done(andel, table, tmp_path, taken_port):
    demo = andel("demo", *table_options(table), "--port", taken_port, "--folder", tmp_path / "run")
    refused(demo, f"port {taken_port} is in use", "choose another")
    assert "anvil listens" not in demo.stdout + demo.stderr


def test_a_machine_without_anvil(tmp_path):
    """The package alone, as installed from a wheel, with nothing on the search path and no node_modules around."""
    shutil.copytree(ROOT / "src" / "andel", tmp_path / "lib" / "python" / "andel")
    table = small_table(tmp_path / "roof.csv")
    arguments = ["demo", *table_options(table), "--folder", str(tmp_path / "run")]
    environment = {"PATH": str(tmp_path), "PYTHONPATH": str(tmp_path / "lib" / "python")}
    ended = run_andel(arguments, environment=environment, folder=tmp_path)
    refused(ended, "no `anvil` on this machine", "npm ci.*--rpc")


def test_a_missing_anvil_is_told_in_this_checkout_too(andel, table, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local_chain, "__file__", str(tmp_path / "a" / "b" / "c" / "local_chain.py"))
    refused(andel("demo", *table_options(table), "--folder", tmp_path / "run"), "no `anvil` on this machine")


def test_a_folder_that_already_holds_a_run(andel, table, tmp_path):
    (tmp_path / "run" / "content").mkdir(parents=True)
    (tmp_path / "run" / "content" / "something").touch()
    demo = andel("demo", *table_options(table), "--folder", tmp_path / "run")
    refused(demo, "already holds a run", "name an empty folder")


def test_a_folder_that_cannot_be_made(andel, table):
    demo = andel("demo", *table_options(table), "--folder", table)
    refused(demo, "roof.csv cannot be made: File exists", "--folder")
    refused(andel("demo", *table_options(table), "--folder", table / "in a file"), "cannot be made: Not a directory")


TABLES = {
    "a missing file": (lambda o: [*o[:1], "/nowhere.csv", *o[2:]], "nowhere.csv cannot be read"),
    "a missing device column": (lambda o: [*o[:3], "nope", *o[4:]], "has no column 'nope'; its columns are: station"),
    "a missing time column": (lambda o: [*o[:5], "nope", *o[6:]], "has no column 'nope'"),
    "a missing feature": (lambda o: [*o[:7], "temperature,nope", *o[8:]], "has no column 'nope'"),
    "a missing target": (lambda o: [*o[:9], "nope", *o[10:]], "has no column 'nope'"),
    "two time columns": (lambda o: [*o[:5], "time,humidity", *o[6:]], "2 time columns were given"),
    "too many owners": (lambda o: [*o, "--owners", "30"], "8 training weeks for 32 owners"),
    "a horizon beyond the data": (lambda o: [*o, "--horizon", "8000"], "no two rows of a device lie 8000 hours apart"),
    "half of the options": (lambda o: o[:4], "own data takes --csv, --device-column, --time-column, --features"),
}


@pytest.mark.parametrize("case", TABLES)
def test_a_table_that_cannot_serve(andel, table, tmp_path, case):
    change, says = TABLES[case]
    refused(andel("demo", *change(table_options(table)), "--folder", tmp_path / "run"), says)


def test_a_table_without_weeks_to_score_on(andel, tmp_path):
    table = small_table(tmp_path / "roof.csv")
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join(lines[: 1 + 3 * 7 * 24]))
    demo = andel("demo", *table_options(table), "--folder", tmp_path / "run")
    refused(demo, "temperature has no value in the founder's weeks|the data has no week to")


@pytest.mark.parametrize("content", [b"", b"11" * 31, b"zz" * 32, b"00" * 32, b"ff" * 32, b"\xff\xfe", None])
def test_a_bad_key_file(andel, tmp_path, content):
    path = tmp_path / "some.key"
    if content is not None:
        path.write_bytes(content)
    for command in ("validate", "serve", "claim"):
        ended = andel(command, "--rpc", NOBODY, "--model", SOMEBODY, "--store", tmp_path, "--key-file", path)
        refused(ended, "key file .*some.key (does not hold a secret key|cannot be read)", "64 hex digits")


def test_a_store_that_is_not_there(andel, finished_run, tmp_path):
    arguments = ["audit", "--rpc", finished_run.world.chain.url, "--model", finished_run.deployment]
    refused(andel(*arguments, "--store", tmp_path / "nowhere"), "there is no content store at")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b"{" * 70_000, b"[" * 60_000])
def test_a_file_that_is_no_answer(andel, finished_run, tmp_path, content):
    path = tmp_path / "answer.json"
    path.write_bytes(content)
    arguments = ["audit", "--rpc", finished_run.world.chain.url, "--model", finished_run.deployment]
    refused(andel(*arguments, "--store", finished_run.store_folder, "--prediction", path), "prediction|JSON|object")


def test_a_file_that_is_no_deployment(andel, finished_run, tmp_path):
    path = tmp_path / "deployment.json"
    path.write_text("{}")
    ended = andel("audit", "--rpc", finished_run.world.chain.url, "--model", path, "--store", tmp_path)
    refused(ended, "is no deployment file")


def test_a_full_disk_or_a_forbidden_folder_is_one_line(andel, table, tmp_path, monkeypatch):
    def no_space(*_args, **_kwargs):
        raise OSError(28, "No space left on device", "content/bafkrei")

    monkeypatch.setattr(Path, "mkdir", no_space)
    refused(andel("demo", *table_options(table), "--folder", tmp_path / "run"), "No space left on device")
    monkeypatch.undo()
    monkeypatch.setattr("andel.cli.audit.open_model", no_space)
    monkeypatch.setattr(sys, "argv", ["andel"])
    arguments = ["audit", "--rpc", NOBODY, "--model", SOMEBODY, "--store", tmp_path]
    refused(andel(*arguments), "No space left on device: 'content/bafkrei'")
