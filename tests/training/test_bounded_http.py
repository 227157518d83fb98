"""A node's requests: no redirect, no oversized, packed or endless answer, and errors that say which of them it was."""

import socket
import threading
import time

import pytest

from andel.errors import LinkError, MessageLost, NodeUnknown, SettingsError
from andel.training.bounded_http import BoundedFleetClient, BoundedHttp, HttpBounds, trusting
from andel.training.flower_fleet import Node, PullMessagesRequest, PullMessagesResponse

BOUNDS = HttpBounds(answer_bytes=1_000, answer_seconds=1.0, silence_seconds=0.5)


class Server:
    """A listener on loopback that answers each connection with fixed bytes, some of them slowly."""

    def __init__(self, answer: bytes, drip: float = 0.0) -> None:
        self._answer, self._drip = answer, drip
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(65_536))
                try:
                    for start in range(0, len(self._answer), 64 if self._drip else 1 << 20):
                        connection.sendall(self._answer[start : start + (64 if self._drip else 1 << 20)])
                        time.sleep(self._drip)
                except OSError:
                    pass


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def ask():
    opened: list[object] = []
    counted: list[int] = []

    def one(answer: bytes, drip: float = 0.0):
        server = Server(answer, drip)
        bounded = BoundedHttp(None, BOUNDS, time.monotonic, counted.append)
        client = BoundedFleetClient(f"http://{server.address}", bounded)
        opened.extend((client, bounded, server))
        one.server, one.counted = server, counted  # type: ignore[attr-defined]
        return client.PullMessages(PullMessagesRequest(node=Node(node_id=7)))

    yield one
    for item in opened:
        item.close()  # type: ignore[attr-defined]


def test_an_answer_is_read_and_counted_with_its_question(ask):
    body = PullMessagesResponse().SerializeToString()
    assert len(ask(http("200 OK", body)).messages_list) == 0
    assert sum(ask.counted) == len(PullMessagesRequest(node=Node(node_id=7)).SerializeToString()) + len(body)
    assert b"accept-encoding: identity" in ask.server.requests[0].lower()


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("200 OK", bytes(1_001)), MessageLost),
        (http("200 OK", b"\x1f\x8b", "content-encoding: gzip"), LinkError),
        (http("307 Temporary Redirect", b"", "location: http://127.0.0.1:9/"), LinkError),
        (http("401 Unauthorized", b"who"), NodeUnknown),
        (http("403 Forbidden", b"no"), MessageLost),
        (http("404 Not Found", b"no"), MessageLost),
        (http("503 Service Unavailable", b"later"), LinkError),
        (b"not http at all\r\n\r\n", LinkError),
        (http("200 OK", b"\xff\xff\xff"), LinkError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n", LinkError),
    ],
    ids=["big", "packed", "redirect", "401", "403", "404", "503", "garbage", "no protobuf", "silence"],
)
def test_any_other_answer_is_an_error_of_the_tree(ask, answer, error):
    with pytest.raises(LinkError) as caught:
        ask(answer)
    assert type(caught.value) is error and len(caught.value.message) < 400


def test_an_answer_that_drips_is_left_in_its_time(ask):
    started = time.monotonic()
    with pytest.raises(LinkError, match="took over"):
        ask(http("200 OK", bytes(900)), drip=0.3)
    assert time.monotonic() - started < 4


def test_nobody_there_is_an_error_of_the_tree():
    bounded = BoundedHttp(None, BOUNDS, time.monotonic, lambda _: None)
    client = BoundedFleetClient("http://127.0.0.1:1", bounded)
    with pytest.raises(LinkError, match="no answer from 127.0.0.1:1"):
        client.PullMessages(PullMessagesRequest())
    client.close()
    bounded.close()


@pytest.mark.parametrize("ask_for", ["GetFab", "GetRun", "UnregisterNode"])
def test_the_line_carries_no_question_for_an_app(ask_for):
    counted: list[int] = []
    bounded = BoundedHttp(None, BOUNDS, time.monotonic, counted.append)
    client = BoundedFleetClient("http://127.0.0.1:1", bounded)
    with pytest.raises(LinkError, match="does not ask for /v1/fleet/"):
        getattr(client, ask_for)(PullMessagesRequest())
    assert counted == []
    client.close()
    bounded.close()


@pytest.mark.parametrize("data", [b"", b"x", b"\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_a_root_certificate_that_is_none_is_refused(data):
    with pytest.raises(SettingsError):
        trusting(data)
