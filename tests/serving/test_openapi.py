"""The API's document: the same pages as are routed, valid, and nothing that a generator of requests can break."""

import subprocess
import time

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import Route
from starlette.testclient import TestClient

from andel.serving.api import build_app
from andel.serving.door import Door
from andel.serving.http_edge import serve_in_thread
from andel.serving.limits import Counts, Rate
from andel.serving.sign_in import SignIn
from tests.serving.test_predictor import DOMAIN, NOON, NOW, OPERATOR, PREDICTOR, VALUES


@pytest.fixture
def door(tmp_path):
    counts = Counts(tmp_path / "counts.db", time.time)
    sign_in = SignIn(OPERATOR, DOMAIN, "http://127.0.0.1", lambda: NOW, counts.use_once)
    yield Door(counts=counts, sign_in=sign_in, rate=Rate(0, 1_000_000, 1_000_000))
    counts.close()


def document(app):
    with TestClient(app) as client:
        return client.get("/openapi.json").json()


def resolved(said, schema):
    """A validator of one schema of the document."""
    return Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": said["components"]})


def test_what_is_routed_is_described_and_nothing_else(door):
    app = build_app(PREDICTOR, door)
    said = document(app)
    described = {(method.upper(), path) for path, methods in said["paths"].items() for method in methods}
    routes = [route for route in app.routes if isinstance(route, Route)]
    routed = {(method, route.path) for route in routes for method in (route.methods or set()) - {"HEAD"}}
    assert routed - described == {("GET", "/v2/")} and described - routed == set()


def test_every_schema_is_one_and_every_reference_leads_somewhere(door):
    said = document(build_app(PREDICTOR, door))
    for name, schema in said["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert resolved(said, name)
    text = str(said)
    for name in {part.split("'")[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in said["components"]["schemas"]


def test_questions_and_answers_are_as_described(door):
    app = build_app(PREDICTOR, door)
    said = document(app)
    one = {"values": VALUES, "time": NOON}
    packed = "0x" + PREDICTOR.question_of(VALUES, NOON).hex()
    with TestClient(app) as client:
        for question in (one, {"question": packed}, {"batch": [one] * 2}, {"questions": [packed]}):
            resolved(said, "Question").validate(question)
            resolved(said, "Answer").validate(client.post("/predict", json=question).json())
        resolved(said, "Health").validate(client.get("/health").json())
        example = said["components"]["schemas"]["InferenceRequest"]["examples"][0]
        resolved(said, "InferenceRequest").validate(example)
        answer = client.post(f"/v2/models/{DOMAIN.contract}/infer", json=example)
        assert answer.status_code == 200
        resolved(said, "InferenceResponse").validate(answer.json())


@pytest.mark.full
def test_schemathesis_finds_nothing(repo_root, door, tmp_path):
    ended = subprocess.run([repo_root / "scripts" / "environment", "schemathesis"], capture_output=True)
    if ended.returncode:
        pytest.skip("schemathesis cannot be installed here")
    with serve_in_thread(build_app(PREDICTOR, door)) as running:
        tried = subprocess.run(
            [
                repo_root / ".venv-schemathesis" / "bin" / "schemathesis",
                "run",
                running.url + "/openapi.json",
                "--max-examples=20",
                "--phases=examples,coverage,fuzzing",
                # no schema says that a tensor has as many elements as its shape tells, or a date is the chain's
                "--exclude-checks=positive_data_acceptance",
                "--seed=7",
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
    assert tried.returncode == 0, tried.stdout[-4_000:]
    assert "Selected: 14/14" in tried.stdout
