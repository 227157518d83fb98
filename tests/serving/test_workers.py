"""Several processes behind one port: they share the work, are replaced when one dies, and end after their answers."""

import os
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest

from andel.errors import SettingsError
from andel.serving.api import build_app
from andel.serving.http_edge import serve
from andel.serving.workers import run_workers
from tests.serving.test_predictor import PREDICTOR

PROGRAM = """
import asyncio, os, sys
from andel.serving.http_edge import json_response, make_app, serve

async def who(_):
    return json_response({"process": os.getpid()})

async def slow(_):
    await asyncio.sleep(1.5)
    return json_response({"process": os.getpid()})

def app():
    return make_app([("GET", "/who", who), ("GET", "/slow", slow)], "there are /who and /slow")

if __name__ == "__main__":
    serve(app, "127.0.0.1", int(sys.argv[1]), workers=2)
"""


@pytest.fixture
def served(tmp_path):
    """A server of two workers as a process, and its address."""
    program = tmp_path / "served.py"
    program.write_text(PROGRAM, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, str(program), str(port)], env=environment) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            workers_of(url, 2)
            yield process, url
        finally:
            process.terminate()  # and its workers with it, which a kill would leave behind
            process.wait(60)


def workers_of(url, count, seconds=60):
    """The numbers of the processes that answer, as soon as there are so many."""
    seen: set[int] = set()
    end = time.monotonic() + seconds
    while len(seen) < count:
        assert time.monotonic() < end, seen
        try:
            seen.add(httpx.get(url + "/who").json()["process"])
        except httpx.TransportError:
            time.sleep(0.05)
    return seen


def gone(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_worker_that_is_killed_is_replaced_while_the_other_answers(served):
    _, url = served
    first, other = sorted(workers_of(url, 2))
    os.kill(first, signal.SIGKILL)
    seen: set[int] = set()
    end = time.monotonic() + 30
    while not seen - {first, other}:
        assert time.monotonic() < end
        with httpx.Client() as client:
            try:
                seen.add(client.get(url + "/who").json()["process"])
            except httpx.TransportError:
                continue  # it was the killed one's
    assert other in workers_of(url, 2)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)])
def test_a_signal_ends_all_after_what_they_are_answering(served, number, code):
    process, url = served
    workers = workers_of(url, 2)
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=20) as wire:
        wire.sendall(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.4)
        process.send_signal(number)
        assert wire.recv(65_536).startswith(b"HTTP/1.1 200 ")
    assert process.wait(20) == code
    assert all(gone(worker) for worker in workers)


def test_an_app_cannot_be_shared_by_several_processes():
    with pytest.raises(SettingsError, match="a function that makes the app"):
        serve(build_app(PREDICTOR), "127.0.0.1", 0, workers=2)


@pytest.mark.parametrize("count", [0, -1, 65])
def test_a_number_of_workers_out_of_bounds_is_refused(count):
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(SettingsError, match="workers"):
        run_workers(print, listener, count, 1)
