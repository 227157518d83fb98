"""The HTTP edge: what friendly clients get, over Starlette's client and over a real socket."""

import dataclasses
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest
from starlette.testclient import TestClient

from andel.errors import PortInUse, RpcUnreachable, SettingsError
from andel.serving.api import build_app
from andel.serving.http_edge import serve, serve_in_thread
from andel.serving.prediction import Prediction, verify_prediction
from tests.serving.test_predictor import DOMAIN, NOON, NOW, OPERATOR, PREDICTOR, VALUES, weather_predictor

ENVIRONMENT = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
NUMBERS = {"temperature": 21.37, "humidity": 55, "latitude": 40.6413111}
EXPECTED = PREDICTOR.ask_values(VALUES, NOON)


@pytest.fixture(scope="module")
def client():
    with TestClient(build_app(PREDICTOR)) as client:
        yield client


@pytest.fixture(scope="module")
def server():
    with serve_in_thread(build_app(PREDICTOR)) as running:
        yield running


def answers_within(port, seconds):
    """Whether a server on this machine answers before that many seconds are over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/health?token=hidden").json()["status"] == "ok"
        except httpx.ConnectError:
            time.sleep(0.05)
    return False


def unreachable():
    raise RpcUnreachable("https://node.example/v3/secret-project-key", "no answer")


def defective():
    raise RuntimeError("temperature was 21.37")


def asked(clock):
    """The response of an operator whose clock fails."""
    with TestClient(build_app(weather_predictor(clock=clock))) as client:
        return client.post("/predict", json={"values": NUMBERS, "time": NOON})


@pytest.mark.parametrize(
    "when",
    [NOON, "2013-07-04T12:00:00Z", "2013-07-04T14:00+02:00", "2013-07-04T12:00:00.9Z", "20130704T120000Z"],
)
@pytest.mark.parametrize("values", [NUMBERS, VALUES], ids=["numbers", "texts"])
def test_values_are_answered_with_a_signed_prediction(client, values, when):
    response = client.post("/predict", json={"values": values, "time": when})
    assert response.status_code == 200
    prediction = Prediction.from_json(response.json())
    assert prediction == EXPECTED
    verify_prediction(prediction, DOMAIN, {OPERATOR.address}, NOW, 60)


def test_a_packed_question_is_answered_alike(client):
    for question in ("0x" + EXPECTED.question.hex(), "0x" + EXPECTED.question.hex().upper()):
        assert client.post("/predict", json={"question": question}).json() == EXPECTED.to_json()


def test_a_number_reaches_the_model_as_it_was_written(client):
    body = b'{"values": {"temperature": 21.3749999999999999999999, "humidity": 55, "latitude": 40.6413111}, "time": 0}'
    response = client.post("/predict", content=body, headers={"Content-Type": "application/json"})
    assert Prediction.from_json(response.json()).question[-4:] == (2_137).to_bytes(4, "big")


@pytest.mark.parametrize("asked", [{"values": NUMBERS, "time": NOON}, {"question": "0x" + EXPECTED.question.hex()}])
def test_the_asker_may_date_the_answer(client, asked):
    assert client.post("/predict", json={**asked, "issued_at": NOW - 7}).json()["issued_at"] == NOW - 7
    response = client.post("/predict", json={**asked, "issued_at": NOW - 61})
    assert response.status_code == 400
    assert response.json() == {
        "error": f"issued_at {NOW - 61} is over 60 s from the chain's time {NOW}",
        "hint": "leave it out, or take the time from the chain",
    }


def test_the_model_describes_itself(client):
    assert client.get("/model").json() == PREDICTOR.describe()


def test_health_is_told_without_the_chain():
    with TestClient(build_app(weather_predictor(clock=unreachable))) as client:
        version = "0x" + PREDICTOR.model_file.version.hex()
        assert client.get("/health").json() == {"status": "ok", "version": version, "swaps": 0}


def test_missing_channels_are_named_with_their_units(client):
    response = client.post("/predict", json={"values": {"latitude": 40}, "time": NOON})
    assert response.status_code == 400
    assert response.json() == {
        "error": "the question lacks humidity (%), temperature (degC)",
        "hint": "needed are humidity (%), latitude, temperature (degC)",
    }


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'])
def test_json_may_name_its_charset(client, content_type):
    body = httpx.Request("POST", "http://x", json={"values": NUMBERS, "time": NOON}).content
    assert client.post("/predict", content=body, headers={"Content-Type": content_type}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/predict", 405),
        ("POST", "/predict/", 404),
        ("POST", "/model", 405),
        ("DELETE", "/health", 405),
        ("OPTIONS", "/predict", 405),
        ("GET", "/../../etc/passwd", 404),
        ("POST", "/predict", 415),
    ],
)
def test_every_error_is_json_with_a_hint(client, method, path, status):
    response = client.request(method, path)
    assert response.status_code == status
    assert set(response.json()) == {"error", "hint"}
    assert all(response.json().values())
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(("method", "path"), [("GET", "/model"), ("GET", "/"), ("PUT", "/model"), ("POST", "/predict")])
def test_every_answer_has_the_security_headers(server, method, path):
    headers = httpx.request(method, server.url + path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-type"] == "application/json"
    assert "server" not in headers


def test_a_chain_that_does_not_answer_is_told_without_its_address(caplog):
    response = asked(unreachable)
    assert response.status_code == 503
    assert response.json() == {"error": "the chain cannot be read", "hint": "try again later"}
    assert "RpcUnreachable" in caplog.text
    assert "secret-project-key" not in caplog.text


def test_a_defect_is_told_without_a_trace_and_logged_without_what_was_asked(caplog):
    response = asked(defective)
    assert response.status_code == 500
    assert set(response.json()) == {"error", "hint"}
    assert "RuntimeError" not in response.text
    assert "kind=RuntimeError" in caplog.text
    assert " defective" in caplog.text
    assert "was 21.37" not in caplog.text


def test_nothing_that_was_asked_nor_the_key_is_logged(caplog):
    caplog.set_level(logging.DEBUG)
    with serve_in_thread(build_app(PREDICTOR)) as running:
        httpx.post(f"{running.url}/predict?token=hidden", json={"values": NUMBERS, "time": NOON})
        httpx.post(f"{running.url}/predict", json={"values": {**NUMBERS, "humidity": "8713"}, "time": "?"})
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    for secret in ("40.6413111", "8713", "hidden", OPERATOR.secret_bytes().hex()):
        assert not any(secret in line for line in ours)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_served_app_stops_at_a_signal_and_logs_no_request(repo_root, number, code):
    program = (
        "import logging, sys\nfrom andel.serving.api import build_app\nfrom andel.serving.http_edge import serve\n"
        "from tests.serving.test_predictor import PREDICTOR\n"
        "logging.basicConfig(level='DEBUG')\n"
        "serve(build_app(PREDICTOR), '127.0.0.1', int(sys.argv[1]), 'debug')"
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", program, str(port)]
    with subprocess.Popen(command, cwd=repo_root, env=ENVIRONMENT, stderr=subprocess.PIPE) as process:
        try:
            assert answers_within(port, seconds=30)
            process.send_signal(number)
            _, logged = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == code
    assert b"Shutting down" in logged
    assert b"hidden" not in logged


def test_the_server_in_a_thread_answers_and_frees_its_port():
    running = serve_in_thread(build_app(PREDICTOR))
    port = int(running.url.rpartition(":")[2])
    assert httpx.get(running.url + "/health").json()["status"] == "ok"
    running.stop()
    running.stop()
    assert not running.thread.is_alive()
    with serve_in_thread(build_app(PREDICTOR), port=port) as again:
        assert again.url == running.url
        assert httpx.get(again.url + "/health").status_code == 200


def test_a_server_that_is_stopped_at_once_stops():
    running = serve_in_thread(build_app(PREDICTOR))
    running.stop()
    assert not running.thread.is_alive()


def test_many_clients_at_once_get_the_same_answer(server):
    answers = []

    def ask():
        with httpx.Client() as client:
            for _ in range(20):
                answers.append(client.post(server.url + "/predict", json={"values": NUMBERS, "time": NOON}).json())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [EXPECTED.to_json()] * 80


@pytest.mark.parametrize("start", [serve, serve_in_thread])
def test_a_port_in_use_is_told_before_anything_starts(start):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        before = threading.active_count()
        with pytest.raises(PortInUse, match=f"^port {port} is in use$") as caught:
            start(build_app(PREDICTOR), "127.0.0.1", port)
        assert caught.value.port == port
        assert threading.active_count() == before


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 65_536), ("127.0.0.1", -1), ("192.0.2.1", 0), ("a..b", 0), ("x" * 70, 0)]
)
def test_a_place_where_nothing_can_listen_is_a_setting_that_is_refused(host, port):
    with pytest.raises(SettingsError):
        serve_in_thread(build_app(PREDICTOR), host, port)


def test_the_description_is_that_of_the_version_that_answers():
    newer = dataclasses.replace(PREDICTOR.model_file, version=b"\x07" * 32)
    with TestClient(build_app(weather_predictor(model_file=newer))) as client:
        version = client.get("/model").json()["version"]
        assert version == "0x" + "07" * 32
        assert client.post("/predict", json={"values": NUMBERS, "time": NOON}).json()["version"] == version
