"""A node's address that passes everything on and keeps the names of the methods that were called."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


class CountingProxy:
    """Listens on loopback while it is open; `methods` counts the calls."""

    def __init__(self, target: str) -> None:
        self.methods: Counter[str] = Counter()
        self._target = target
        self._client = httpx.Client(trust_env=False, timeout=30.0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """What to give as the RPC's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # head and body in one segment: two would wait for each other

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked = json.loads(body)
                proxy.methods.update(item["method"] for item in (asked if isinstance(asked, list) else [asked]))
                kind = {"Content-Type": "application/json"}
                answer = proxy._client.post(proxy._target, content=body, headers=kind).content
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: tests print nothing."""

        return Handler

    def start(self) -> None:
        """Begins to serve."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._client.close()


@contextmanager
def counting(target: str) -> Iterator[CountingProxy]:
    """A proxy before the node at `target`."""
    proxy = CountingProxy(target)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
