"""`andel serve` and `andel keys` as processes: workers, figures, logs, and an end after what is being answered."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from andel.cli.keys import app as keys_app
from andel.serving.prediction_batch import batch_from_json, verify_batch
from tests.support.ports import free_port
from tests.support.small_run import QUESTION, START

GOOD = {"values": QUESTION, "time": START}


class Serving:
    """A running `andel serve` of the finished run's model."""

    def __init__(self, run, folder, *options):
        self.port, self.metrics_port = free_port(), free_port()
        key_file = folder / "server.key"
        self.key = run.small.world.actors.coordinator
        key_file.write_text(self.key.secret_bytes().hex())
        self.log = folder / "serve.log"
        command = ["serve", "--rpc", run.small.local.url, "--model", str(run.deployment)]
        command += ["--store", str(run.small.folder / "content"), "--key-file", str(key_file), "--port", str(self.port)]
        command += ["--metrics-port", str(self.metrics_port), "--log-json", "--log-requests", *options]
        with self.log.open("wb") as log:
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
            self.process = subprocess.Popen([sys.executable, "-m", "andel", *command], env=environment, stderr=log)
        self.url = f"http://127.0.0.1:{self.port}"
        end = time.monotonic() + 90
        while True:
            try:
                httpx.get(self.url + "/health", timeout=30)
                return
            except httpx.TransportError:
                assert time.monotonic() < end and self.process.poll() is None, self.log.read_text()
                time.sleep(0.2)

    def lines(self):
        whole, _, _ = self.log.read_text().rpartition("\n")  # the last line may be half written
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def line_of(self, request_id):
        """The fields that were logged of a request; its line may be written after its answer was sent."""
        end = time.monotonic() + 10
        while True:
            for line in self.lines():
                if line.get("fields", {}).get("id") == request_id:
                    return line["fields"]
            assert time.monotonic() < end, f"{request_id} was not logged"
            time.sleep(0.05)

    def figures(self):
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=30).text

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=60)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    made = CliRunner().invoke(keys_app, ["add", str(path), "--label", "a partner", "--per-day", "500"])
    assert made.exit_code == 0
    return path, next(word for word in made.output.split() if word.startswith("andel_k_"))


@pytest.fixture(scope="module")
def serving(finished_run, keys, tmp_path_factory):
    options = ("--workers", "2", "--keys", str(keys[0]), "--origin", "http://127.0.0.1", "--per-day", "100000")
    serving = Serving(finished_run, tmp_path_factory.mktemp("serve"), *options)
    yield serving
    serving.stop()


def workers_of(process):
    """The server processes of a supervisor, told by their command line; where /proc tells it."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not listed.exists():
        pytest.skip("nothing tells the children of a process here")
    found = [int(pid) for pid in listed.read_text().split()]
    return [pid for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_the_served_model_answers_a_batch_that_its_operator_signed(serving, finished_run):
    answer = httpx.post(serving.url + "/predict", json={"batch": [GOOD] * 2}, timeout=30)
    assert answer.status_code == 200 and '"day"' in answer.headers["RateLimit"]
    domain = finished_run.small.world.model.round_manager.domain
    batch = batch_from_json(answer.json())
    verify_batch(batch, domain, {serving.key.address})
    assert set(batch.answers) == {finished_run.prediction.answer}


def test_figures_are_those_of_all_workers(serving):
    with httpx.Client() as client:
        for _ in range(4):
            assert client.post(serving.url + "/predict", json=GOOD, timeout=30).status_code == 200
    for _ in range(20):
        httpx.get(serving.url + "/health", timeout=30)
    assert httpx.get(serving.url + "/nobody's page", timeout=30).status_code == 404
    end = time.monotonic() + 10
    while time.monotonic() < end:
        text = serving.figures()
        told = re.search(r'andel_requests_total\{route="/health",status="200"\} (\d+)', text)
        if told and int(told[1]) >= 20:
            break
    assert told and int(told[1]) >= 20
    assert re.search(r'andel_request_seconds_bucket\{le="5.0",route="/predict"\} [1-9]', text)
    assert re.search(r'andel_served_version\{version="[0-9a-f]{64}"\} 1', text)
    assert 'andel_refused_requests_total{reason="page"}' in text and 'route="other"' in text
    assert "nobody" not in text


def test_a_request_is_logged_without_question_key_or_address(serving, keys):
    header = {"Authorization": f"Bearer {keys[1]}", "X-Request-Id": "of-a-client"}
    answer = httpx.post(serving.url + "/predict", json=GOOD, headers=header, timeout=30)
    assert answer.status_code == 200
    fields = serving.line_of(answer.headers["x-request-id"])
    assert fields.keys() == {"id", "route", "status", "ms", "caller"}
    assert (fields["route"], fields["status"], fields["caller"]) == ("/predict", 200, "key")
    text = serving.log.read_text()
    assert keys[1].split("_", 3)[3] not in text and "of-a-client" not in text
    assert not re.search(r"temperature|127\.0\.0\.1:\d+ -", text)


def test_a_killed_worker_is_replaced_and_a_removed_key_is_refused(serving, keys):
    victim, *_ = workers_of(serving.process)
    os.kill(victim, signal.SIGKILL)
    end = time.monotonic() + 60
    while time.monotonic() < end and (victim in workers_of(serving.process) or len(workers_of(serving.process)) < 2):
        time.sleep(0.2)
    assert len(workers_of(serving.process)) == 2
    assert httpx.post(serving.url + "/predict", json=GOOD, timeout=30).status_code == 200
    listed = CliRunner().invoke(keys_app, ["list", str(keys[0])]).stdout
    assert "500 a day  a partner" in listed and keys[1].split("_", 3)[3] not in listed
    assert CliRunner().invoke(keys_app, ["remove", str(keys[0]), listed.split()[0]]).exit_code == 0
    time.sleep(1.5)
    header = {"Authorization": f"Bearer {keys[1]}"}
    assert httpx.post(serving.url + "/predict", json=GOOD, headers=header, timeout=30).status_code == 401


def test_a_signal_ends_it_after_what_is_being_answered(serving):
    body = json.dumps(GOOD).encode()
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with socket.create_connection(("127.0.0.1", serving.port), timeout=30) as slow:
        slow.sendall(head % len(body) + body[:10])
        time.sleep(0.5)
        serving.process.terminate()
        time.sleep(0.5)
        slow.sendall(body[10:])
        answer = b""
        while part := slow.recv(65_536):
            answer += part
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert serving.process.wait(timeout=60) in (-signal.SIGTERM, 128 + signal.SIGTERM)
    with pytest.raises(httpx.ConnectError):
        httpx.get(serving.url + "/health")


def test_keys_only_without_keys_is_refused_before_anything_starts(finished_run, tmp_path):
    key_file = tmp_path / "server.key"
    key_file.write_text("11" * 32)
    command = ["serve", "--rpc", finished_run.small.local.url, "--model", str(finished_run.deployment), "--keys-only"]
    command += ["--store", str(finished_run.small.folder / "content"), "--key-file", str(key_file)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-m", "andel", *command], env=environment, capture_output=True, text=True)
    assert ended.returncode == 1 and "--keys-only without --keys" in ended.stderr
    assert "Traceback" not in ended.stderr
