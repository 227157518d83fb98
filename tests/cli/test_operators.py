"""`validate`, `serve`, `claim` and `audit` as operators run them: processes with an address, a store and a key."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import IO

import httpx
import pytest

from andel.content import cid_of_digest
from andel.ledger.round_state import Status
from andel.units import TOKEN
from tests.support.own_data_run import ROOT
from tests.support.small_run import START

PATIENCE_SECONDS = 60.0


@pytest.fixture
def started(tmp_path):
    """Starts `andel …` in a process of its own; all are ended, and their logs are at hand."""
    running: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []

    def start(*arguments):
        log = (tmp_path / f"log-{len(running)}").open("w+b")
        environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1"}
        command = [sys.executable, "-m", "andel", *map(str, arguments)]
        # a test run in the background of a shell hands its ignored SIGINT down
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=subprocess.STDOUT, preexec_fn=_heed_interrupts
        )
        running.append((process, log))
        return process

    yield start
    for process, log in running:
        process.kill()
        process.wait()
        log.close()


def _heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until(what, seconds=PATIENCE_SECONDS):
    """Waits for something to become true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def key_file(folder, key):
    """A key in a file."""
    path = folder / f"{key.address}.key"
    path.write_text(key.secret_bytes().hex())
    path.chmod(0o600)
    return path


def at(finished_run):
    """The options that say which model."""
    return ["--rpc", finished_run.world.chain.url, "--model", finished_run.deployment]


def test_an_audit_of_a_whole_run_counts_and_holds(andel, finished_run, tmp_path):
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps(finished_run.prediction.to_json()))
    arguments = ["audit", *at(finished_run), "--store", finished_run.store_folder, "--prediction", answer]
    told = andel(*arguments)
    assert told.returncode == 0
    assert told.stdout.splitlines()[-1] == "everything holds"
    found = json.loads(andel(*arguments, "--json").stdout)
    assert (found["ok"], found["failure"], found["rests_on"]) == (True, "", [])
    assert found["checked"]["rounds"] == 2 and found["checked"]["answers"] == 1
    assert set(found["checked"]) == {"packets", "openings", "updates", "rounds", "claims", "answers", "objects"}


def test_an_audit_prints_what_rests_on_whom_and_goes_on_where_it_stopped(andel, finished_run, tmp_path):
    manager = finished_run.world.model.round_manager.address
    options = ["--rpc", finished_run.world.chain.url, "--store", finished_run.store_folder]
    options += ["--checkpoint", tmp_path / "rounds.jsonl", "--second-rpc", finished_run.world.chain.url]
    told = andel("audit", manager, *options)
    assert told.returncode == 0, told.stderr
    for title in ("what", "recomputed", "on signatures", "on the node", "deleted", "withheld"):
        assert title in told.stdout.splitlines()[0]
    assert re.search(r"^attestations of validators +6 ", told.stdout, re.MULTILINE)
    assert "signatures: 2 of 3 validators of the last round; what the chain holds rests on two nodes" in told.stdout
    again = json.loads(andel("audit", manager, *options, "--json").stdout)
    assert (again["ok"], again["resumed_rounds"], again["nodes"]) == (True, 2, 2)
    assert {row["kind"] for row in again["table"]} >= {"devices", "entries", "openings", "results", "credits", "blocks"}
    fresh = json.loads(andel("audit", manager, *options, "--json", "--fresh").stdout)
    assert (fresh["resumed_rounds"], fresh["checked"]) == (0, again["checked"])


def test_an_audit_with_a_validators_key_file_and_with_none(andel, finished_run, tmp_path):
    manager = finished_run.world.model.round_manager.address
    options = ["--rpc", finished_run.world.chain.url, "--store", finished_run.store_folder, "--round", "1", "--json"]
    key = tmp_path / "validator"
    key.write_text(finished_run.world.actors.validators[0].secret_bytes().hex())
    assert json.loads(andel("audit", manager, *options, "--validator-key", key).stdout)["ok"]
    told = andel("audit", manager, *options, "--validator-key", tmp_path / "none")
    assert told.returncode != 0 and "Traceback" not in told.stderr and "key file" in told.stderr


def test_an_audit_of_one_round_and_misuse(andel, finished_run, tmp_path):
    manager = finished_run.world.model.round_manager.address
    options = ["--rpc", finished_run.world.chain.url, "--store", finished_run.store_folder]
    found = json.loads(andel("audit", manager, *options, "--round", "2", "--json").stdout)
    assert found["ok"] and found["checked"]["rounds"] == 1
    assert (
        andel("audit", manager, *options, "--round", "7").stdout.splitlines()[-1].startswith("does not hold: round 7")
    )
    for arguments in (["audit", *options], ["audit", manager, *options, "--model", manager]):
        assert "name one model" in andel(*arguments).stderr
    answer = tmp_path / "answer.json"
    both = andel("audit", manager, *options, "--round", "1", "--prediction", answer)
    assert both.returncode == 1 and "do not go together" in both.stderr


def test_an_audit_needs_only_the_models_address_and_says_what_it_could_not_check(andel, finished_run):
    manager = finished_run.world.model.round_manager.address
    told = andel(
        "audit", "--rpc", finished_run.world.chain.url, "--model", manager, "--store", finished_run.store_folder
    )
    assert told.returncode == 0
    assert "not replayed: no version is known to be published on chain: no answer was checked" in told.stdout


def test_an_audit_of_altered_evidence_names_the_place_and_ends_with_one(andel, finished_run, tmp_path):
    folder = finished_run.copied_store(tmp_path)
    path = folder / cid_of_digest(finished_run.small.results[0].updates[0].update_hash)
    data = bytearray(path.read_bytes())
    data[77] ^= 4
    path.write_bytes(bytes(data))
    told = andel("audit", *at(finished_run), "--store", folder)
    assert told.returncode == 1 and "Traceback" not in told.stderr
    assert told.stdout.splitlines()[-1].startswith("does not hold: round 1, update of 0x")
    found = json.loads(andel("audit", *at(finished_run), "--store", folder, "--json").stdout)
    assert not found["ok"] and found["failure"].startswith("round 1, update of 0x")


def test_an_audit_of_an_altered_answer_names_it(andel, finished_run, tmp_path):
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps(finished_run.prediction.to_json() | {"answer": finished_run.prediction.answer + 1}))
    told = andel("audit", *at(finished_run), "--store", finished_run.store_folder, "--prediction", answer)
    assert told.returncode == 1
    assert "does not hold: prediction: the signature is not" in told.stdout


@pytest.mark.full
def test_an_owner_claims_once_and_anybody_may_pay(andel, launch_world, tmp_path):
    small = launch_world("claims by command")
    small.play()
    rpc, manager = small.world.chain.url, small.world.model.round_manager.address
    store = ["--rpc", rpc, "--model", manager, "--store", small.folder / "content"]
    first, second = (member.contributor for member in small.honest()[:2])
    told = andel("claim", *store, "--key-file", key_file(tmp_path, first.key))
    balance = small.world.model.token.balance_of(first.address)
    assert told.returncode == 0 and balance > 0
    assert told.stdout.startswith(f"{first.address} received {balance / TOKEN:,.6f} tokens ({balance} base units)")
    assert (
        "received 0.000000 tokens (0 base units)"
        in andel("claim", *store, "--key-file", key_file(tmp_path, first.key)).stdout
    )
    for_other = andel("claim", *store, "--key-file", key_file(tmp_path, first.key), "--account", second.address)
    assert for_other.stdout.startswith(f"{second.address} received ")
    assert small.world.model.token.balance_of(second.address) > 0
    refused = andel("claim", *store, "--key-file", key_file(tmp_path, small.world.actors.consumer))
    assert refused.returncode == 1
    assert refused.stderr == f"andel: {small.world.actors.consumer.address} has earned nothing yet\n"


def test_the_api_answers_what_the_chain_answers(started, finished_run, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    key = key_file(tmp_path, finished_run.world.actors.coordinator)
    store = ["--store", finished_run.store_folder, "--key-file", key]
    server = started("serve", *at(finished_run), *store, "--port", port)
    question = {"values": {"temperature": "15.5", "humidity": "61.0"}, "time": START}

    def ask():
        try:
            return httpx.post(f"http://127.0.0.1:{port}/predict", json=question, trust_env=False, timeout=5.0)
        except httpx.TransportError:
            assert server.poll() is None
            return None

    until(lambda: ask() is not None)
    answered = ask()
    assert answered.status_code == 200
    assert answered.json()["answer"] == finished_run.prediction.answer
    assert answered.json()["signer"] == finished_run.world.actors.coordinator.address
    server.send_signal(signal.SIGINT)
    assert server.wait(20) in (0, 130)
    assert b"Traceback" not in (tmp_path / "log-0").read_bytes()


def test_the_api_does_not_start_where_it_cannot_answer(andel, finished_run, launch_world, tmp_path):
    key = key_file(tmp_path, finished_run.world.actors.coordinator)
    store = ["--store", finished_run.store_folder, "--key-file", key]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = andel("serve", *at(finished_run), *store, "--port", port)
    assert (told.returncode, told.stderr.splitlines()[0]) == (1, f"andel: port {port} is in use")
    bare = finished_run.world.model.round_manager.address
    told = andel("serve", "--rpc", finished_run.world.chain.url, "--model", bare, *store)
    assert told.returncode == 1 and "hint: name its deployment file with --model" in told.stderr
    altered = finished_run.copied_store(tmp_path)
    version = finished_run.world.model.round_manager.current_version()
    (altered / cid_of_digest(version)).write_bytes(b"not the version")
    told = andel("serve", *at(finished_run), "--store", altered, "--key-file", key)
    assert told.returncode == 1 and "does not match its name" in told.stderr and "Traceback" not in told.stderr


@pytest.mark.full
def test_a_validator_killed_between_commit_and_reveal_reveals_after_a_restart(started, launch_world, tmp_path):
    small = launch_world("killed validator")
    small.close_round()
    manager, account = small.world.model.round_manager, small.world.actors.validators[0]
    arguments = ["--verbose", "validate", "--rpc", small.world.chain.url, "--model", manager.address]
    arguments += ["--store", small.folder / "content", "--key-file", key_file(tmp_path, account), "--until-round", 1]
    first = started(*arguments)
    until(lambda: any(manager.ballot_of(1, 0, account.address).commitment))
    first.kill()  # no time to say or keep anything
    first.wait()
    others = small.validators[1:]
    assert all(validator.step() for validator in others)
    assert not any(manager.ballot_of(1, 0, account.address).revealed)
    again = started(*arguments)
    until(lambda: any(manager.ballot_of(1, 0, account.address).revealed))
    small.settle(others)
    assert manager.round_of(1).status == Status.FINALISED
    assert manager.ballot_of(1, 0, account.address).revealed == manager.round_of(1).agreed
    assert again.wait(PATIENCE_SECONDS) == 0


@pytest.mark.full
def test_a_validator_that_is_stopped_says_so_and_no_more(started, launch_world, tmp_path):
    small = launch_world("stopped validator")
    key = key_file(tmp_path, small.world.actors.validators[0])
    manager = small.world.model.round_manager.address
    arguments = ["--rpc", small.world.chain.url, "--model", manager, "--store", small.folder / "content"]
    process = started("validate", *arguments, "--key-file", key)
    log = tmp_path / "log-0"
    until(lambda: b"validating" in log.read_bytes())
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert log.read_text().splitlines()[0] == f"validating {manager} as {small.world.actors.validators[0].address}"
    assert b"Traceback" not in log.read_bytes()


def test_a_validator_whose_key_is_no_operators_is_told(started, launch_world, tmp_path):
    small = launch_world("unknown validator")
    manager = small.world.model.round_manager.address
    arguments = ["--rpc", small.world.chain.url, "--model", manager, "--store", small.folder / "content"]
    consumer = small.world.actors.consumer
    started("validate", *arguments, "--key-file", key_file(tmp_path, consumer))
    log = tmp_path / "log-0"
    until(lambda: f"{consumer.address} is not among the model's validators" in log.read_text())
