"""The served model: promotions and rollbacks under load, and versions that cannot be loaded."""

import dataclasses
import threading
import time

import httpx
import pytest

from andel.errors import ContentMissing, RpcUnreachable, SettingsError
from andel.hashing import sha256
from andel.serving.api import build_app
from andel.serving.http_edge import serve_in_thread
from andel.serving.prediction import Prediction, verify_prediction
from andel.serving.service import Served, Service
from andel.units import Digest
from tests.serving.random_models import filled_model
from tests.serving.test_predictor import DOMAIN, NOON, NOW, OPERATOR, PREDICTOR, TASK, VALUES, weather_predictor


def predictor_of_version(number):
    """The weather predictor of a version with parameters of its own."""
    file = dataclasses.replace(
        filled_model(number, len(TASK.features), 32),
        features=tuple(feature.name for feature in TASK.features),
        task=sha256(TASK.to_bytes()),
        version=Digest(sha256(b"version", bytes([number]))),
    )
    return weather_predictor(model_file=file)


PREDICTORS = {each.model_file.version: each for each in map(predictor_of_version, (1, 2, 3))}
VERSIONS = list(PREDICTORS)


class FakeRegistry:
    """What the chain says, to be changed by a test."""

    def __init__(self):
        self.version = VERSIONS[0]

    def current(self):
        return self.version


@pytest.fixture
def registry():
    return FakeRegistry()


@pytest.fixture
def service(registry):
    return Service(PREDICTORS[VERSIONS[0]], registry.current, PREDICTORS.__getitem__)


def test_a_promotion_is_served_from_the_next_look_on(service, registry):
    assert not service.look()
    registry.version = VERSIONS[1]
    assert service.look()
    assert service.predictor is PREDICTORS[VERSIONS[1]]
    assert service.served.to_json() == {"version": "0x" + VERSIONS[1].hex(), "swaps": 1}


def test_a_rollback_is_served_as_a_promotion_is(service, registry):
    for version in (VERSIONS[1], VERSIONS[0]):
        registry.version = version
        assert service.look()
    assert service.predictor is PREDICTORS[VERSIONS[0]] and service.served.swaps == 2


def test_without_any_current_version_the_former_one_answers(service, registry):
    registry.version = None
    assert not service.look()
    assert service.served.version == VERSIONS[0]


@pytest.mark.parametrize("wrong", ["missing", "other"])
def test_a_version_that_cannot_be_loaded_leaves_the_former_one_serving_and_is_told(registry, caplog, wrong):
    told: list[Served] = []

    def load(version):
        if wrong == "missing":
            raise ContentMissing("bafy", "not there")
        return PREDICTORS[VERSIONS[0]]

    service = Service(PREDICTORS[VERSIONS[0]], registry.current, load, told.append)
    registry.version = VERSIONS[2]
    assert not service.look()
    assert service.predictor is PREDICTORS[VERSIONS[0]]
    assert told[-1].waiting == VERSIONS[2]
    assert "version_not_loaded version=" + VERSIONS[2].hex() in caplog.text
    with serve_in_thread(build_app(service)) as running:
        health = httpx.get(running.url + "/health").json()
        assert httpx.post(running.url + "/predict", json={"values": VALUES, "time": NOON}).status_code == 200
    assert health["status"] == "ok" and health["waiting_version"] == "0x" + VERSIONS[2].hex()
    assert health["trouble"] == ("ContentMissing" if wrong == "missing" else "OtherVersion")


def test_a_version_that_was_missing_is_served_once_it_is_there(registry):
    missing = {VERSIONS[1]}

    def load(version):
        if version in missing:
            raise ContentMissing("bafy", "not there")
        return PREDICTORS[version]

    service = Service(PREDICTORS[VERSIONS[0]], registry.current, load)
    registry.version = VERSIONS[1]
    assert not service.look() and service.served.trouble
    missing.clear()
    assert service.look()
    assert not service.served.trouble and service.served.waiting is None


def test_a_chain_that_does_not_answer_changes_nothing_and_its_address_is_not_told(caplog):
    def current():
        raise RpcUnreachable("https://node.example/secret-project-key", "no answer")

    service = Service(PREDICTOR, current, PREDICTORS.__getitem__)
    assert not service.look()
    assert service.served.trouble == "RpcUnreachable" and "secret" not in caplog.text


def test_the_watch_has_bounds(service):
    for seconds in (0, -1, 4_000, float("nan")):
        with pytest.raises(SettingsError):
            service.watch(seconds)


def test_no_request_fails_while_versions_are_promoted_and_rolled_back(service, registry):
    answers: list[httpx.Response] = []
    failures: list[httpx.Response] = []
    over = threading.Event()

    def ask(url):
        with httpx.Client() as client:
            while not over.is_set():
                response = client.post(url, json={"values": VALUES, "time": NOON})
                (answers if response.status_code == 200 else failures).append(response)

    with serve_in_thread(build_app(service)) as running, service.watch(0.05):
        askers = [threading.Thread(target=ask, args=(running.url + "/predict",)) for _ in range(4)]
        for asker in askers:
            asker.start()
        for number in range(12):
            registry.version = VERSIONS[(number + 1) % 3]
            end = time.monotonic() + 10
            while service.served.version != registry.version and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(0.05)
        over.set()
        for asker in askers:
            asker.join()
    assert failures == [] and service.served.swaps == 12
    seen: dict[bytes, set[int]] = {}
    for response in answers:
        prediction = Prediction.from_json(response.json())
        verify_prediction(prediction, DOMAIN, {OPERATOR.address}, NOW, 60)
        seen.setdefault(prediction.version, set()).add(prediction.answer)
    expected = {version: {each.ask_values(VALUES, NOON).answer} for version, each in PREDICTORS.items()}
    assert seen == expected
