"""A page over a simulated model and a simulated node, served from a thread; and a reader of its events."""

import json
import threading
import time
from contextlib import contextmanager

import orjson
from starlette.responses import Response

from andel.errors import InputError, RpcUnreachable
from andel.ledger.rpc import Rpc
from andel.serving.api import build_app
from andel.serving.http_edge import call_at_end, make_app, serve_in_thread
from andel.serving.limits import Counts
from andel.serving.page.routes import RATE, PageParts, page_of
from tests.serving.test_predictor import PREDICTOR

ACCOUNT = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
START = 1_800_000_000


class SimulatedSource:
    """A model whose blocks and events a test makes; it counts what it is asked."""

    def __init__(self):
        self.block = 10
        self.happened = []  # (block, event)
        self.asked = []
        self.broken = False
        self.gate = None  # what `model` and `proposal` wait for
        self.lock = threading.Lock()

    def happen(self, name, **value):
        with self.lock:
            self.block += 1
            self.happened.append((self.block, (name, value)))

    def head(self):
        if self.broken:
            raise RpcUnreachable("https://node.example/v3/secret-project-key", "no answer")
        return self.block, START + self.block

    def changes(self, since_block):
        self.head()
        with self.lock:
            return self.block, [event for block, event in self.happened if block > since_block]

    def wait(self):
        if self.gate is not None:
            assert self.gate.wait(20)

    def model(self):
        self.asked.append(("model",))
        self.wait()
        return {"name": "weather", "block": self.block}

    def proposal(self, proposal, account):
        self.wait()
        if proposal == 404:
            raise InputError("there is no such proposal", "see the list")
        return {"id": str(proposal), "account": account}

    def refusal(self, contract, data):
        return {"sentence": f"{contract} says 0x{data.hex()}", "hint": ""}

    def words(self, to, data, value):
        return {"words": f"sends {value} and {len(data)} bytes to {to}"}

    def proposal_of(self, file):
        return {"why": file.decode(), "calls": []}

    def operator(self):
        return {"round": None}

    def __getattr__(self, name):
        def fact(*values):
            self.asked.append((name, *values))
            return {"resource": name, "asked": [str(each) for each in values]}

        if name.startswith("_"):
            raise AttributeError(name)
        return fact


class SimulatedNode:
    """A node that says what it was asked; `answers` has what it says to a method instead."""

    def __init__(self):
        self.calls = []
        self.answers = {}

    async def endpoint(self, request):
        sent = orjson.loads(await request.body())
        said = [self.say(call) for call in (sent if isinstance(sent, list) else [sent])]
        return Response(orjson.dumps(said if isinstance(sent, list) else said[0]), media_type="application/json")

    def say(self, call):
        self.calls.append((call["method"], call["params"]))
        part = self.answers.get(call["method"], {"result": call["method"]})
        return {"jsonrpc": "2.0", "id": call["id"], **part}


@contextmanager
def served_page(source, node, folder, *, rate=RATE, audit=None, files=None, body_seconds=10.0, **bounds):
    """Serves a page over both; gives the running server."""
    counts = Counts(folder / "counts.db", time.time)
    with serve_in_thread(make_app([("POST", "/", node.endpoint)], "")) as behind:
        rpc = Rpc(behind.url, timeout_seconds=5)
        page = page_of(
            PageParts(
                source=source,
                rpc=rpc,
                spend=lambda name, requests: counts.spend(name, 0, rate, requests),
                health=lambda: {"status": "ok"},
                clock=time.monotonic,
                audit=audit,
                files=files,
                body_seconds=body_seconds,
            )
        )
        app = build_app(PREDICTOR, more=page.routes)
        call_at_end(app, page.end)
        with serve_in_thread(app, **bounds) as running:
            yield running
        rpc.close()
    counts.close()


class Stream:
    """An open stream, read event by event."""

    def __init__(self, response):
        self.response = response
        self._lines = response.iter_lines()

    def next(self):
        """(event, data, id) of the next event; a heartbeat is (None, None, None)."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line == "":
                if fields.keys() == {"retry"}:
                    fields = {}
                    continue
                return fields.get("event"), json.loads(fields["data"]) if "data" in fields else None, fields.get("id")
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        return None

    def until(self, name):
        """Everything up to the next event of that name, heartbeats left out."""
        found = []
        while (event := self.next()) is not None:
            if event[0] is not None:
                found.append(event)
            if event[0] == name:
                return found
        raise AssertionError(f"the stream ended before {name}: {found}")
