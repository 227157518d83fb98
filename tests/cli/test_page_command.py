"""`andel page`: a model's page without a key, before any version answers, and an end that waits for no open stream."""

import time

import httpx
import pytest

from tests.support.gateway_process import GatewayProcess
from tests.support.small_run import envelope_scenario


@pytest.fixture(scope="module")
def page(launch_world, tmp_path_factory):
    """The page of a model that has not played a round."""
    small = launch_world("page of a new model", envelope_scenario(dishonest=False))
    model = small.world.model.round_manager.address
    folder = tmp_path_factory.mktemp("page")
    process = GatewayProcess(small.local.url, model, small.folder / "content", folder, None)
    yield process.start(), model
    process.stop()


def test_a_page_is_served_without_a_key_and_answers_no_questions(page):
    process, model = page
    first = httpx.get(process.url + "/")
    assert first.status_code == 200 and first.headers["content-type"].startswith("text/html")
    network = httpx.get(process.url + "/page/api/network").json()
    assert network["model"] == model and network["gateway"]["signer"] is None
    assert httpx.get(process.url + "/page/api/operator").json()["health"]["version"] is None
    asked = httpx.post(process.url + "/predict", json={"question": "0x" + 32 * "00"})
    assert asked.status_code == 404 and "andel serve" in asked.json()["hint"]


def test_an_open_stream_does_not_hold_up_its_end(page):
    process, _ = page
    with httpx.stream("GET", process.url + "/page/events", timeout=30) as stream:
        lines = stream.iter_lines()
        assert any(line.startswith("event: hello") for line in lines)
        began = time.monotonic()
        process.stop()
        ended = [line for line in lines if line.startswith("data:")]
    assert time.monotonic() - began < 20, ended
