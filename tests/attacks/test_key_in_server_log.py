"""Attack: a key, a session or a question is read from a server's log, figures, answers or files.

Who: whoever sees those. What stops it: requests are logged by their page, status, time and kind of caller alone;
figures have the same labels; the file of keys holds hashes, the file of counts salted ones; refusals repeat no
header.
"""

import logging

import pytest
from starlette.testclient import TestClient

from andel.serving.admission import pass_header
from andel.serving.api import build_app
from andel.serving.api_keys import ApiKeys, add_key
from andel.serving.door import Door
from andel.serving.limits import Counts, Rate
from andel.serving.metrics import ServingMetrics
from andel.serving.request_log import log_request, watch_requests
from andel.serving.sign_in import SignIn
from tests.serving.test_predictor import DOMAIN, NOON, NOW, OPERATOR, VALUES, weather_predictor

SECRET_PATH = "secret-in-a-path"


def defective():
    raise RuntimeError("temperature was 21.37")


@pytest.mark.parametrize("clock", [lambda: NOW, defective], ids=["answered", "failed"])
def test_nothing_that_lets_in_and_nothing_that_was_asked_is_told(tmp_path, caplog, clock):
    caplog.set_level(logging.DEBUG)
    key, _ = add_key(tmp_path / "keys.json", "a partner", 3, NOW)
    counts, metrics = Counts(tmp_path / "counts.db", lambda: NOW), ServingMetrics()
    sign_in = SignIn(OPERATOR, DOMAIN, "https://weather.example", lambda: NOW, counts.use_once)
    door = Door(None, ApiKeys(tmp_path / "keys.json", lambda: 0), sign_in, counts, Rate(burst=40))
    app = watch_requests(build_app(weather_predictor(clock=clock), door), [log_request, metrics.seen])
    other = "andel_k_" + "0" * 12 + "_" + "S" * 43
    session = "andel_s_" + "T" * 80
    shown = pass_header(OPERATOR, DOMAIN, DOMAIN.contract, NOW)
    headers = [f"Bearer {key}", f"Bearer {other}", f"Bearer {session}", shown]
    told = ""
    with TestClient(app) as client:
        for header in headers * 5:
            response = client.post("/predict", json={"values": VALUES, "time": NOON}, headers={"Authorization": header})
            told += "" if response.status_code == 200 else response.text
            told += str({name: value for name, value in response.headers.items()})
        client.get(f"/{SECRET_PATH}/{key}?token={key}", headers={"X-Request-Id": SECRET_PATH, "Cookie": key})
    counts.close()
    # the asker's own client logs what it asks
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(("andel", "uvicorn")))
    told += ours + str([sample for each in metrics.registry.collect() for sample in each.samples])
    told += "".join(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir())
    assert "route=/predict" in told and "caller=key" in told and "route=other" in told
    signature = shown.rpartition("0x")[2]
    for secret in (key.split("_", 3)[3], "S" * 43, "T" * 80, signature, SECRET_PATH, "21.37", "testclient"):
        assert secret not in told, secret
