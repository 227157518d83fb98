"""Many connections that come at once are let in at once, not one after each round of answers."""

import asyncio
import socket
import threading
from contextlib import ExitStack

from starlette.responses import Response

from andel.serving.http_edge import make_app, serve_in_thread

BURST = 128
TURNS_MAX = 32
REQUEST = b"GET /turn HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class Turns:
    """An endpoint that holds the loop up until told to go on, then counts the turns that it makes."""

    def __init__(self):
        self.held, self.released = threading.Event(), threading.Event()
        self.count, self.answered_at = 0, []

    async def hold(self, _):
        self.held.set()
        self.released.wait(60)
        self.tick(asyncio.get_running_loop())
        return Response()

    def tick(self, loop):
        self.count += 1
        loop.call_soon(self.tick, loop)

    async def turn(self, _):
        self.answered_at.append(self.count)
        return Response()


def read_all(wire):
    return b"".join(iter(lambda: wire.recv(65_536), b""))


def test_a_burst_of_connections_is_let_in_within_a_few_turns():
    turns = Turns()
    app = make_app([("GET", "/hold", turns.hold), ("GET", "/turn", turns.turn)], "two pages")
    with serve_in_thread(app) as server, ExitStack() as stack:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))

        def connected():
            return stack.enter_context(socket.create_connection(address, timeout=60))

        first = connected()
        first.sendall(REQUEST.replace(b"/turn", b"/hold"))
        assert turns.held.wait(60)
        burst = [connected() for _ in range(BURST)]
        for wire in burst:
            wire.sendall(REQUEST)
        turns.released.set()
        assert all(read_all(wire).startswith(b"HTTP/1.1 200 ") for wire in [first, *burst])
    assert len(turns.answered_at) == BURST
    assert turns.answered_at[-1] - turns.answered_at[0] <= TURNS_MAX


def test_the_port_is_free_again_after_the_server_stopped():
    app = make_app([("GET", "/turn", Turns().turn)], "one page")
    with serve_in_thread(app) as server:
        port = int(server.url.rpartition(":")[2])
    with serve_in_thread(app, port=port) as server, socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        wire.sendall(REQUEST)
        assert read_all(wire).startswith(b"HTTP/1.1 200 ")
