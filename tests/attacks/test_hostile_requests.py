"""Attack: a client that sends JSON meant to break the server, bodies without end, or a byte at a time.

The server in these tests is the real one, on a socket. After every attack it must answer the next question.
"""

import json
import socket
import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from andel.serving.api import MAX_BODY_BYTES, build_app
from andel.serving.http_edge import serve_in_thread
from tests.serving.test_predictor import NOON, PREDICTOR, VALUES

PATIENCE_SECONDS = 0.4
"""What the attacked server grants; in operation it is 10."""

GOOD = {"values": VALUES, "time": NOON}
EXPECTED = PREDICTOR.ask_values(VALUES, NOON).to_json()
JSON = {"Content-Type": "application/json"}
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CLIENT = TestClient(build_app(PREDICTOR), headers=JSON)


@pytest.fixture(scope="module")
def server():
    app = build_app(PREDICTOR, body_seconds=PATIENCE_SECONDS)
    with serve_in_thread(app, head_seconds=PATIENCE_SECONDS) as running:
        yield running


@pytest.fixture(scope="module")
def client(server):
    """Sends each request on a connection of its own."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=server.url, limits=limits, headers=JSON) as client:
        yield client


@pytest.fixture(autouse=True)
def still_answers(client):
    """Whatever a test did: an honest client is served afterwards."""
    yield
    assert client.post("/predict", json=GOOD).json() == EXPECTED


@pytest.fixture
def wire(server):
    """A bare connection to the server, for what no client library would send."""
    url = httpx.URL(server.url)
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        yield connection


def read_all(connection):
    """What the server sends until it closes; a connection that it reset has simply ended."""
    received = b""
    try:
        while chunk := connection.recv(65_536):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def read_answer(connection):
    """One whole answer: head and JSON body may come apart."""
    received = b""
    while not received.endswith(b"}"):
        chunk = connection.recv(65_536)
        assert chunk, received
        received += chunk
    return received


def drip(connection, data, pause=0.05):
    """Sends byte by byte until the server has had enough; returns how many it took."""
    connection.settimeout(pause)
    for sent in range(len(data)):
        try:
            connection.sendall(data[sent : sent + 1])
            if connection.recv(1, socket.MSG_PEEK) is not None:
                return sent
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            return sent
    return len(data)


def refused(response, status=400):
    """The error told, after checking that it is one sentence of JSON with a hint and no trace."""
    assert response.status_code == status, response.text
    record = response.json()
    assert set(record) == {"error", "hint"}
    assert 0 < len(record["error"]) < 400
    assert "Traceback" not in response.text
    assert "File " not in response.text
    return record["error"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"17",
        b'"values"',
        b"{",
        b"{}{}",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        b'{"question": "\xff"}',
        b"[" * MAX_BODY_BYTES,
        b'{"values":' * 1_600,
        b'{"values": {"a": ' + b"[" * 8_000 + b"]" * 8_000 + b"}}",
        b'{"time": ' + b"9" * 16_000 + b"}",
        b'{"time": 1e99999999999999999999}',
        b'{"time": NaN, "values": {}}',
        b'{"time": 0, "values": {"temperature": Infinity, "humidity": 1, "latitude": 1}}',
        b'{"time": 0, "time": 1, "values": {"temperature": 1, "humidity": 1, "latitude": 1}}',
        b'{"time": 0, "values": {"temperature": 1, "latitude": 1, "humidity": 1, "humidity": 1}}',
        b'{"time": 0, "values": {"temperature": 1, "latitude": 1, "humidity": 1, "h\\u0075midity": 1}}',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_is_no_single_strict_json_object_is_refused(client, body):
    assert "JSON" in refused(client.post("/predict", content=body))


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"values": VALUES},
        {"time": NOON},
        {**GOOD, "question": EXPECTED["question"]},
        {"question": EXPECTED["question"], "time": NOON},
        {**GOOD, "model": "another"},
        {**GOOD, "\ud800": 1},
        {**GOOD, "__proto__": {}},
        {str(number): 0 for number in range(1_000)},
    ],
    ids=lambda record: " ".join(ascii(name)[:12] for name in list(record)[:4]),
)
def test_missing_and_unknown_fields_are_refused(client, record):
    assert "fields" in refused(client.post("/predict", content=json.dumps(record)))


@pytest.mark.parametrize(
    "value",
    [
        *("null", "true", "[]", "{}", '""', '"NaN"', '"1e9999"', '"\\ud800"', '"\\u0661"', '" 1"', '"1_0"', "-1e17"),
        *("1e999999", "-1e999999", "9" * 4_000, "1" + "0" * 4_299, "0." + "0" * 100 + "1e400", '"' + "1" * 200 + '"'),
    ],
    ids=lambda value: value[:12],
)
@pytest.mark.parametrize("channel", ["temperature", "humidity"])
def test_a_value_that_is_no_number_in_range_is_refused(client, channel, value):
    values = ", ".join(f'"{name}": {value if name == channel else 1}' for name in VALUES)
    body = f'{{"time": 0, "values": {{{values}}}}}'
    refused(client.post("/predict", content=body))


@pytest.mark.parametrize("values", [None, [], "text", 7, {}, {"\ud800": 1}, {**VALUES, "\ud800" * 400: 1}])
def test_values_of_another_kind_are_refused(client, values):
    body = json.dumps({"values": values, "time": NOON})
    refused(client.post("/predict", content=body))


@pytest.mark.parametrize(
    "when",
    [
        *(None, True, 1.5, -1, 2**48, 10**4_000, [], {}, "", "now", "2013-07-04", "2013-07-04T12:00:00", "12:00Z"),
        *("9999-12-31T23:59:59-23:59:59", "2013-07-04T12:00:00+99:00", "\ud800", "2013-07-04\x00T12:00Z", "0" * 9_000),
    ],
    ids=lambda when: ascii(when)[:20] if isinstance(when, str) else type(when).__name__,
)
@pytest.mark.parametrize("field", ["time", "issued_at"])
def test_a_time_of_another_form_is_refused(client, field, when):
    if field == "time" and when == "9999-12-31T23:59:59-23:59:59":
        return  # a time like any other, if a late one
    refused(client.post("/predict", content=json.dumps({**GOOD, field: when})))


@pytest.mark.parametrize(
    "question",
    [
        *(None, 7, [], {}, "", "0x", "00" * 32, "0x" + "00" * 31, "0x" + "00" * 33, "0x" + "zz" * 32),
        *("0x" + "00" * 32 + "\n", "0x" + "٠" * 64, "0x" + "00" * 6 + "01" + "00" * 25, "0x" + "0" * 15_000),
    ],
    ids=lambda question: f"{type(question).__name__}-{len(str(question))}",
)
def test_a_question_of_another_form_is_refused(client, question):
    refused(client.post("/predict", json={"question": question}))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.text() | st.sampled_from(["values", "time", "question", "issued_at", *VALUES]), inner)
        ),
    )
)
def test_any_json_is_refused_or_answered(record):
    body = json.dumps(record).encode()
    response = CLIENT.post("/predict", content=body)
    assert response.status_code in (200, 400, 413)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(body):
    refused(CLIENT.post("/predict", content=body))


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": ""},
        {**JSON, "Content-Encoding": "gzip"},
    ],
    ids=str,
)
def test_a_body_that_is_not_plain_json_is_refused_unread(client, headers):
    refused(client.post("/predict", content=json.dumps(GOOD), headers=headers), 415)


def test_a_body_of_the_greatest_size_is_read_and_one_byte_more_is_refused(client):
    body = json.dumps(GOOD).encode()
    full = body.ljust(MAX_BODY_BYTES)
    assert client.post("/predict", content=full).json() == EXPECTED
    refused(client.post("/predict", content=full + b" "), 413)


def test_a_body_of_ten_megabytes_is_refused(client):
    refused(client.post("/predict", content=b" " * 10_000_000), 413)


def test_a_huge_announced_body_is_refused_before_any_of_it_is_sent(wire):
    wire.sendall(HEAD + b"Content-Length: 999999999999999999\r\n\r\n")
    assert read_answer(wire).startswith(b"HTTP/1.1 413 ")


def test_a_huge_body_of_unannounced_length_is_refused_when_it_passes_the_limit(wire):
    chunk = b"1000\r\n" + b" " * 4_096 + b"\r\n"
    wire.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 65)
    assert read_answer(wire).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_keeps_coming_after_its_refusal_is_cut_off(wire):
    wire.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    chunk = b"1000\r\n" + b" " * 4_096 + b"\r\n"
    end = time.monotonic() + 20 * PATIENCE_SECONDS
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        while time.monotonic() < end:
            wire.sendall(chunk)
            time.sleep(PATIENCE_SECONDS / 100)


def test_a_body_that_comes_a_byte_at_a_time_is_refused_in_time(wire):
    wire.sendall(HEAD + b"Content-Length: 10000\r\n\r\n")
    assert 1 < drip(wire, b" " * 400) < 100
    wire.settimeout(10)
    answer = read_all(wire)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()


def test_a_head_that_comes_a_byte_at_a_time_is_cut_off(wire):
    assert 1 < drip(wire, HEAD + b"X: " + b"x" * 400) < 100
    assert read_all(wire) == b""


def test_a_connection_that_says_nothing_is_cut_off(wire):
    assert read_all(wire) == b""


def test_a_second_head_on_a_kept_connection_is_bounded_too(wire):
    wire.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert read_answer(wire).startswith(b"HTTP/1.1 200 ")
    assert 1 < drip(wire, HEAD + b"X: " + b"x" * 400) < 100
    assert read_all(wire) == b""


def test_a_client_that_hangs_up_half_way_harms_nobody(server):
    url = httpx.URL(server.url)
    for _ in range(20):
        with socket.create_connection((url.host, url.port)) as connection:
            connection.sendall(HEAD + b"Content-Length: 10000\r\n\r\n{")


def test_many_silent_connections_do_not_keep_others_out(server, client):
    url = httpx.URL(server.url)
    silent = [socket.create_connection((url.host, url.port)) for _ in range(100)]
    try:
        assert client.post("/predict", json=GOOD).json() == EXPECTED
    finally:
        for connection in silent:
            connection.close()


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        HEAD + b"Content-Length: -1\r\n\r\n{}",
        HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
        HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        HEAD + b"X: " + b"x" * 1_000_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
        b"POST /predict\r\n\r\n",
    ],
    ids=[
        "two-lengths",
        "negative-length",
        "immense-length",
        "two-framings",
        "broken-chunk",
        "huge-head",
        "tls",
        "no-version",
    ],
)
def test_what_is_not_http_is_refused_and_the_connection_closed(wire, sent):
    wire.sendall(sent)
    answer = read_all(wire)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


def test_a_request_hidden_behind_another_is_a_request_of_its_own(wire):
    body = json.dumps(GOOD).encode()
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    wire.sendall(request + b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = read_all(wire)
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert answer.index(b"signature") < answer.index(b'"status":"ok"')
