"""Packets over HTTP: each one's fate is told when all are durable; who may not send is told so at once."""

import base64
import threading

import httpx
import orjson
import pytest
from starlette.testclient import TestClient

from andel.data.arrivals import Arrival, Kind
from andel.data.bundle import pack_packets
from andel.serving.http_edge import serve_in_thread
from andel.serving.packet_api import MAX_BATCH_PACKETS, build_packet_app


class Keeper:
    """Keeps what it is given, and says that it was accepted."""

    def __init__(self):
        self.arrivals = []

    def __call__(self, arrivals):
        self.arrivals += arrivals
        return tuple("accepted" if arrival.kind is Kind.DATA else str(arrival.kind) for arrival in arrivals)


@pytest.fixture
def keeper():
    return Keeper()


@pytest.fixture
def client(keeper):
    return TestClient(build_packet_app(keeper))


def entry(raw, **fields):
    return {"device": "a", "packet": base64.b64encode(raw).decode(), **fields}


def test_a_batch_is_kept_and_each_fate_told(client, keeper):
    batch = [entry(b"1"), {"device": "b", "confirm": "Mg=="}, entry(b"3", device=5)]
    answer = client.post("/packets", json={"packets": batch})
    assert answer.status_code == 200
    assert answer.json() == {
        "counts": {"accepted": 1, "confirmation": 1, "unreadable": 1},
        "fates": ["accepted", "confirmation", "unreadable"],
    }
    assert keeper.arrivals[:2] == [Arrival("a", b"1"), Arrival("b", b"2", Kind.CONFIRMATION)]
    assert keeper.arrivals[2].detail.startswith("packet 2 of a request: device is not")


def test_a_bundle_of_one_device_is_kept(client, keeper):
    body = pack_packets([b"1", b"22"])
    answer = client.post("/devices/imei/packets", content=body, headers={"Content-Type": "application/octet-stream"})
    assert answer.json()["fates"] == ["accepted", "accepted"]
    assert keeper.arrivals == [Arrival("imei", b"1"), Arrival("imei", b"22")]


def test_an_empty_batch_is_no_error(client):
    assert client.post("/packets", json={"packets": []}).json() == {"counts": {}, "fates": []}


def test_the_health_page_asks_for_no_token(keeper):
    assert TestClient(build_packet_app(keeper, "secret")).get("/health").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "header", [None, "", "secret", "Bearer", "Bearer wrong", "bearer secret", "Bearer s\u00e9cret"]
)
def test_without_the_token_nothing_is_taken(keeper, header):
    client = TestClient(build_packet_app(keeper, "secret"))
    headers = {} if header is None else {"Authorization": header.encode()}
    for path in ("/packets", "/devices/a/packets"):
        assert client.post(path, json={"packets": [entry(b"1")]}, headers=headers).status_code == 401
    assert keeper.arrivals == []
    good = {"Authorization": "Bearer secret"}
    assert client.post("/packets", json={"packets": [entry(b"1")]}, headers=good).status_code == 200


def test_too_many_packets_are_refused_as_a_whole(client, keeper):
    answer = client.post("/packets", json={"packets": [entry(b"1")] * (MAX_BATCH_PACKETS + 1)})
    assert (answer.status_code, keeper.arrivals) == (400, [])
    body = pack_packets([b"1"] * (MAX_BATCH_PACKETS + 1))
    answer = client.post("/devices/a/packets", content=body, headers={"Content-Type": "application/octet-stream"})
    assert (answer.status_code, keeper.arrivals) == (400, [])


def test_a_store_that_fails_is_no_answer_that_anything_was_kept(caplog):
    def failing(_):
        raise OSError("disk full at 40.6413111")

    answer = TestClient(build_packet_app(failing)).post("/packets", json={"packets": [entry(b"1")]})
    assert answer.status_code == 500
    assert "40.6413111" not in answer.text + caplog.text


def test_bodies_that_are_too_much_together_wait_their_turn(keeper):
    taken, free = threading.Event(), threading.Event()

    def slow(arrivals):
        taken.set()
        free.wait(20)
        return keeper(arrivals)

    body = orjson.dumps({"packets": [entry(b"x" * 3_000)]})
    app = build_packet_app(slow, held_bytes_max=len(body) + 100)
    with serve_in_thread(app) as running, httpx.Client(base_url=running.url, timeout=20) as client:
        answers = []
        json = {"Content-Type": "application/json"}
        first = threading.Thread(target=lambda: answers.append(client.post("/packets", content=body, headers=json)))
        first.start()
        assert taken.wait(20)
        second = client.post("/packets", content=body, headers=json)
        free.set()
        first.join(20)
        third = client.post("/packets", content=body, headers=json)
    assert (second.status_code, second.headers["retry-after"]) == (503, "1")
    assert [answers[0].status_code, third.status_code] == [200, 200]
