"""What happens is told to every open page; who is slow, too many, or comes back; and how the server ends."""

import socket
import threading
import time
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from andel.serving.page import events
from tests.support.pages import START, Stream


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A look at the chain every twentieth of a second."""
    defaults = events.Events.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "poll_seconds", 0.05)
    monkeypatch.setitem(defaults, "heartbeat_seconds", 0.3)


@contextmanager
def opened(running, **headers):
    with httpx.stream("GET", f"{running.url}/page/events", headers=headers, timeout=20, trust_env=False) as response:
        assert response.status_code == 200, response.read()
        yield Stream(response)


def names(found):
    return [event[0] for event in found]


def test_a_stream_begins_with_where_the_chain_stands(page_at):
    with page_at() as running, opened(running) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert stream.response.headers["cache-control"] == "no-store"
        hello, block = stream.until("block")
        assert hello[1].keys() == {"instance", "block", "time"} and hello[1]["block"] == 10
        assert block == ("block", {"block": 10, "time": START + 10}, "10")


def test_what_happens_is_told_to_every_reader(page_at, source):
    with page_at() as running, opened(running) as one, opened(running) as other:
        one.until("block"), other.until("block")
        source.happen("round", round=3, status="finalised")
        for stream in (one, other):
            round_told, block = stream.until("block")
            assert round_told == ("round", {"round": 3, "status": "finalised"}, None)
            assert block[2] == "11"


def test_who_comes_back_is_told_what_it_missed(page_at, source):
    with page_at() as running:
        with opened(running) as stream:
            last = stream.until("block")[-1][2]
        source.happen("claim", account="a", amount="1")
        source.happen("version", version="0x01")
        with opened(running, **{"Last-Event-ID": last}) as stream:
            assert names(stream.until("block")) == ["hello", "claim", "version", "block"]
            source.happen("offering", raised="5")
            assert names(stream.until("block")) == ["offering", "block"]


def test_an_id_is_sent_only_when_all_of_its_block_was(page_at, source):
    with page_at() as running, opened(running) as stream:
        stream.until("block")
        source.happen("claim", account="a", amount="1")
        source.happen("claim", account="b", amount="1")
        told = stream.until("block")
        assert [event[2] for event in told if event[0] != "block"] == [None] * (len(told) - 1)
        assert told[-1][2] is not None


@pytest.mark.parametrize("last", ["x", "-1", "9" * 30, "99999", "1e3"])
def test_an_id_of_another_server_begins_anew(page_at, last):
    with page_at() as running, opened(running, **{"Last-Event-ID": last}) as stream:
        assert names(stream.until("block")) == ["hello", "block"]


def test_an_idle_stream_beats(page_at):
    with page_at() as running, opened(running) as stream:
        stream.until("block")
        assert stream.next() == (None, None, None)


def test_a_node_that_fails_for_a_while_ends_no_stream(page_at, source, monkeypatch):
    monkeypatch.setattr(events, "_TROUBLE_SECONDS", 0.05)
    with page_at() as running, opened(running) as stream:
        stream.until("block")
        source.broken = True
        time.sleep(0.3)
        source.broken = False
        source.happen("version", version="0x02")
        assert names(stream.until("block")) == ["version", "block"]


def test_one_thread_asks_for_all_and_ends_with_the_last_reader(page_at):
    def askers():
        return [thread for thread in threading.enumerate() if thread.name == "andel-events"]

    with page_at() as running:
        assert askers() == []
        with opened(running) as one, opened(running) as other:
            one.until("block"), other.until("block")
            assert len(askers()) == 1
        end = time.monotonic() + 10
        while askers() and time.monotonic() < end:
            time.sleep(0.02)
        assert askers() == []
        with opened(running) as stream:
            assert names(stream.until("block")) == ["hello", "block"]
            assert len(askers()) == 1


def test_one_network_leaves_streams_to_others(page_at):
    with page_at() as running, ExitStack() as held:
        host, port = running.url.removeprefix("http://").split(":")

        def ask(source):
            try:
                each = socket.create_connection((host, int(port)), 10, (source, 0))
            except OSError:
                pytest.skip(f"this machine has no address {source}")
            held.callback(each.close)
            each.sendall(b"GET /page/events HTTP/1.1\r\nHost: x\r\n\r\n")
            return each.recv(64)[9:12]

        assert {ask("127.0.0.1") for _ in range(32)} == {b"200"}
        assert ask("127.0.0.1") == b"503"
        assert ask("127.0.0.2") == b"200"


def test_the_sixty_fifth_stream_is_told_to_come_again(page_at, monkeypatch):
    monkeypatch.setitem(events.Events.__init__.__kwdefaults__, "network_max", 64)
    with page_at() as running:
        address = tuple(running.url.removeprefix("http://").split(":"))
        held = [socket.create_connection((address[0], int(address[1]))) for _ in range(64)]
        for each in held:
            each.sendall(b"GET /page/events HTTP/1.1\r\nHost: x\r\n\r\n")
            assert each.recv(64).startswith(b"HTTP/1.1 200")
        refused = httpx.get(f"{running.url}/page/events", trust_env=False)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert httpx.get(f"{running.url}/page/api/model", trust_env=False).status_code == 200
        held.pop().close()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with httpx.stream("GET", f"{running.url}/page/events", trust_env=False) as response:
                if response.status_code == 200:
                    break
            time.sleep(0.02)
        else:
            raise AssertionError("a place that was left is not taken again")
        for each in held:
            each.close()


def test_a_reader_that_takes_nothing_is_cut_off_and_others_are_told_on(page_at, source):
    with page_at(send_seconds=1.0) as running, opened(running) as quick_reader:
        quick_reader.until("block")
        host, port = running.url.removeprefix("http://").split(":")
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            slow.connect((host, int(port)))
            slow.sendall(b"GET /page/events HTTP/1.1\r\nHost: x\r\n\r\n")
            end = time.monotonic() + 20
            cut = False
            while not cut and time.monotonic() < end:
                source.happen("proposal", id="1", state="x" * 100_000)
                assert names(quick_reader.until("block")) == ["proposal", "block"]
                try:
                    # what it asks for is never read; the server's end of it goes all the same
                    slow.sendall(b" ")
                except OSError:
                    cut = True
            assert cut


def test_open_streams_do_not_hold_up_the_servers_end(page_at):
    with page_at() as running, opened(running) as stream:
        stream.until("block")
        running.stop()
        assert not running.thread.is_alive()
        while (event := stream.next()) is not None:  # the answer has a whole end: what is cancelled has none
            assert event[0] is None


def test_a_head_of_the_events_is_no_stream(page_at):
    with page_at() as running:
        assert httpx.head(f"{running.url}/page/events", trust_env=False, timeout=5).status_code == 200
