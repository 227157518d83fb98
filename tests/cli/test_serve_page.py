"""The page of `andel serve` as a process: served unless it is not wanted, over a model that was really trained."""

import json
import signal

import httpx
import pytest
from typer.testing import CliRunner

from andel.cli.app import app
from tests.cli.test_serve_command import GOOD, Serving
from tests.support.pages import Stream

TOLD = "https://node.example/rpc"


@pytest.fixture(scope="module")
def serving(finished_run, tmp_path_factory):
    serving = Serving(finished_run, tmp_path_factory.mktemp("page"), "--page-rpc", TOLD)
    yield serving
    serving.stop()


def test_the_page_tells_what_the_chain_knows_of_the_served_model(serving, finished_run):
    world = finished_run.small.world
    network = httpx.get(f"{serving.url}/page/api/network", timeout=30).json()
    assert network["model"] == world.model.round_manager.address
    assert network["chain"]["rpc"] == TOLD
    assert network["gateway"]["signer"] == serving.key.address
    assert network["gateway"]["audits"] is True
    rounds = httpx.get(f"{serving.url}/page/api/rounds", timeout=30).json()
    assert [item["round"] for item in rounds["items"]] == [2, 1]
    health = httpx.get(f"{serving.url}/page/api/operator", timeout=30).json()["health"]
    assert health.keys() == {"status", "version", "swaps", "waiting_version", "trouble"}


def test_a_page_without_a_wallet_reads_the_chain_through_its_gateway(serving, finished_run):
    call = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    answer = httpx.post(f"{serving.url}/page/chain", json=call, timeout=30).json()
    assert int(answer["result"], 16) == finished_run.small.world.chain.chain_id


def test_an_answer_is_audited_step_by_step(serving):
    answer = httpx.post(f"{serving.url}/predict", json=GOOD, timeout=30).json()
    with httpx.stream("POST", f"{serving.url}/page/api/audit", json=answer, timeout=120) as response:
        told = Stream(response).until("done")
    steps = [event[1] for event in told[:-1]]
    assert [step["name"] for step in steps] == [
        "the answer's signature",
        "founding",
        "round 1",
        "round 2",
        "money",
        "model and answer",
        "every object of the store",
    ]
    assert {step["verdict"] for step in steps} == {"pass"}
    assert "opened packets" in steps[2]["detail"] and "answers (1)" in steps[5]["detail"]
    done = told[-1][1]
    assert done["ok"] is True and done["json"]["checked"]["rounds"] == 2


def test_an_answer_that_was_altered_fails_at_its_signature(serving):
    answer = httpx.post(f"{serving.url}/predict", json=GOOD, timeout=30).json()
    answer["answer"] += 1
    with httpx.stream("POST", f"{serving.url}/page/api/audit", json=answer, timeout=120) as response:
        told = Stream(response).until("done")
    assert [(event[0], event[1].get("verdict")) for event in told] == [("step", "fail"), ("done", None)]
    assert told[-1][1]["ok"] is False


def test_the_server_ends_in_order_while_pages_are_open(finished_run, tmp_path):
    serving = Serving(finished_run, tmp_path)
    with httpx.stream("GET", f"{serving.url}/page/events", timeout=30) as response:
        stream = Stream(response)
        stream.until("block")
        serving.process.send_signal(signal.SIGTERM)
        while stream.next() is not None:
            pass  # an end of the answer, no cut
    serving.stop()
    assert not [line for line in serving.lines() if line["level"].lower() == "error"], json.dumps(serving.lines())


def test_without_the_page_there_is_the_api_alone(finished_run, tmp_path):
    serving = Serving(finished_run, tmp_path, "--no-page")
    try:
        for path in ("/", "/page/api/network", "/page/events"):
            assert httpx.get(serving.url + path, timeout=30).status_code == 404
        assert httpx.get(serving.url + "/health", timeout=30).status_code == 200
    finally:
        serving.stop()


@pytest.mark.parametrize(
    "options", [["--no-page", "--page-rpc", TOLD], ["--page-rpc", "https://me:secret@node.example"]]
)
def test_what_the_page_would_tell_is_judged_before_anything_is_served(options, tmp_path):
    key = tmp_path / "key"
    key.write_text("11" * 32)
    common = [
        "--rpc",
        "http://127.0.0.1:1",
        "--model",
        "0x" + "11" * 20,
        "--store",
        str(tmp_path),
        "--key-file",
        str(key),
    ]
    result = CliRunner().invoke(app, ["serve", *common, *options])
    assert result.exit_code != 0
    assert "--page-rpc" in str(result.exception or result.output)
    assert "secret" not in result.output
