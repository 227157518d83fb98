"""Attack: a client of the intake over HTTP sends bodies meant to break it, fill its memory, or never end.

The server in these tests is the real one, on a socket, with the real intake. After every attack it must take an
honest packet.
"""

import base64
import itertools
import json
import socket

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from andel.data.bundle import pack_packets
from andel.data.intake import IntakeSettings
from andel.data.workers import IntakeScope
from andel.roles.collector import Collector, WitnessedStore, records_of_book
from andel.serving.http_edge import serve_in_thread
from andel.serving.packet_api import MAX_BATCH_BYTES, MAX_BATCH_PACKETS, build_packet_app
from tests.device.actors import NOON, Pebble
from tests.roles.test_collector import BOOK, IMEI, OWNER, PEBBLE

PATIENCE_SECONDS = 0.4
"""What the attacked server grants; in operation it is 10."""

JSON = {"Content-Type": "application/json"}
BUNDLE = {"Content-Type": "application/octet-stream"}
SECONDS = itertools.count()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = WitnessedStore(f"sqlite:///{tmp_path_factory.mktemp('batches')}/evidence.db")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def server(store):
    settings = IntakeSettings((NOON, NOON + 100_000))
    collector = Collector(BOOK, lambda: IntakeScope(OWNER, records_of_book(BOOK, OWNER), settings), store)
    app = build_packet_app(collector.take_each, body_seconds=PATIENCE_SECONDS)
    with serve_in_thread(app, head_seconds=PATIENCE_SECONDS) as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    with httpx.Client(base_url=server.url, timeout=20, headers=JSON) as client:
        yield client


@pytest.fixture(autouse=True)
def still_takes(client):
    """Whatever a test did: an honest packet is accepted afterwards."""
    yield
    entry = {"device": IMEI, "packet": base64.b64encode(PEBBLE.packet(NOON + next(SECONDS))).decode()}
    assert client.post("/packets", json={"packets": [entry]}).json()["fates"] == ["accepted"]


@pytest.fixture
def wire(server):
    url = httpx.URL(server.url)
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        yield connection


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe{\x00}\x00",
        b'{"packets": {}}',
        b'{"packets": [], "more": 1}',
        b"[" * 1_000_000,
        b'{"packets":' * 100_000,
        b'{"packets": ' + b"9" * 1_000_000 + b"}",
        b'{"packets": [NaN]}',
        b'{"packets": [{"device": "\\ud800", "packet": "AA=="}]}',
        json.dumps({"packets": [0] * (MAX_BATCH_PACKETS + 1)}).encode(),
        b'{"packets": [' + b",".join([b"{}"] * 1_000_000) + b"]}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_is_no_batch_is_refused_whole(client, store, body):
    before = len(store.refused())
    answer = client.post("/packets", content=body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "hint"}
    assert "Traceback" not in answer.text
    assert len(store.refused()) == before


@pytest.mark.parametrize(
    "entry",
    [
        None,
        7,
        [],
        {},
        {"device": "a"},
        {"device": "a", "packet": "?"},
        "x" * 99_999,
    ],
    ids=lambda entry: repr(entry)[:24],
)
def test_an_entry_that_is_no_packet_spoils_no_other(client, entry):
    good = {"device": IMEI, "packet": base64.b64encode(PEBBLE.packet(NOON + next(SECONDS))).decode()}
    answer = client.post("/packets", content=json.dumps({"packets": [good, entry, good]}))
    assert answer.json()["fates"] == ["accepted", "unreadable", "replay"]


@given(st.binary(max_size=500))
def test_bytes_that_say_they_are_a_bundle_are_refused_or_judged(client, data):
    for body in (data, b"andel-packets/1\x00" + data, pack_packets([data or b"x"])):
        answer = client.post(f"/devices/{IMEI}/packets", content=body, headers=BUNDLE)
        assert answer.status_code == 400 or "accepted" not in answer.json()["fates"]


def test_packets_of_others_and_forged_ones_are_refused_each(client):
    stranger = Pebble("stranger")
    raws = [stranger.packet(), PEBBLE.packet()[:-1] + b"\x00", b"\x00" * 4_096]
    answer = client.post(f"/devices/{IMEI}/packets", content=pack_packets(raws), headers=BUNDLE)
    assert answer.json()["fates"] == ["bad-signature", "bad-signature", "malformed"]


@pytest.mark.parametrize("size", [MAX_BATCH_BYTES + 1, 10**9, 10**30])
def test_a_body_that_says_it_is_too_long_is_not_read(wire, size):
    wire.sendall(b"POST /packets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
    wire.sendall(b"Content-Length: %d\r\n\r\n" % size)
    assert wire.recv(65_536).split(b"\r\n")[0] in (
        b"HTTP/1.1 413 Request Entity Too Large",
        b"HTTP/1.1 400 Bad Request",
        b"HTTP/1.1 413 Content Too Large",
    )


def test_a_body_without_an_announced_end_is_cut_at_the_limit(server):
    def endless():
        while True:
            yield b"[" * 65_536

    try:
        answer = httpx.post(f"{server.url}/packets", content=endless(), headers=JSON, timeout=20)
        assert answer.status_code in (408, 413)
    except httpx.TransportError:
        pass  # it closed the connection while the body was still coming


def test_a_body_that_comes_a_byte_at_a_time_is_given_up(wire):
    wire.sendall(b"POST /packets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
    assert wire.recv(65_536).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "path", ["/devices//packets", "/devices/a/b/packets", "/devices/" + "9" * 65 + "/packets", "/packets/"]
)
def test_paths_of_other_shapes_lead_nowhere(client, path):
    assert client.post(path, content=pack_packets([b"x"]), headers=BUNDLE).status_code in (400, 404)


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {**JSON, "Content-Encoding": "gzip"}])
def test_a_body_announced_as_something_else_or_compressed_is_refused(client, headers):
    assert client.post("/packets", content=b"{}", headers=headers).status_code == 415
