"""A launch with everything a file can ask for, and programs around one: a killed one, a signer elsewhere."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from eth_account import Account

from andel.hashing import sha256
from andel.keys import AccountKey, derive_secret
from andel.ledger.launching import Allocation, GovernanceConfig, OfferingConfig
from andel.roles.launching.founding import Founding, Published
from andel.units import TOKEN
from tests.ledger.actors import Actors, model_config

DAY = 86_400
BENEFICIARY = AccountKey(derive_secret(b"launches", "beneficiary")).address


def governed(actors: Actors, now: int, **changes: Any) -> Founding:
    """A model that its holders govern, with an offering, a founder's allocation and a price, at second `now`."""
    objects = tuple(Published(name, f"the {name} of the model".encode()) for name in ("task", "terms", "policy"))
    config = replace(
        model_config(actors),
        owner=None,
        start=None,
        task_hash=sha256(objects[0].data),
        terms_hash=sha256(objects[1].data),
        policy_hash=sha256(objects[2].data),
        offering=OfferingConfig(
            offered=100_000 * TOKEN, price=10**15, minimum=10**18, opens=now + DAY, closes=now + 8 * DAY
        ),
        allocations=(Allocation(BENEFICIARY, 50_000 * TOKEN, 365 * DAY, 90 * DAY),),
        governance=GovernanceConfig(
            voting_delay=DAY,
            voting_period=5 * DAY,
            extension=DAY,
            proposal_threshold=1_000 * TOKEN,
            timelock_delay=2 * DAY,
            shortest=DAY,
            quorum_bps=2_000,
            veto_bps=3_000,
            training_policy=sha256(b"training policy"),
        ),
    )
    return Founding(replace(config, **changes), objects, sha256(b"the file").hex())


class SmallSigner:
    """A signer elsewhere, on loopback. `methods` is what it understands; `alter` changes what it is asked to sign."""

    def __init__(self, secrets: list[bytes], methods: tuple[str, str]) -> None:
        self.methods = methods
        self.alter: dict[str, Any] = {}
        self.signs_as: bytes | None = None
        self.refuses = ""
        self.garbles = False
        self.asked: list[str] = []
        self._keys = {Account.from_key(secret).address: secret for secret in secrets}
        signer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                content = json.dumps({"jsonrpc": "2.0", "id": body["id"], **signer.answer(body)}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """What it says to one request."""
        listing, signing = self.methods
        self.asked.append(body["method"])
        if body["method"] == listing:
            return {"result": list(self._keys)}
        if body["method"] != signing:
            return {"error": {"code": -32601, "message": "the method does not exist"}}
        if self.refuses:
            return {"error": {"code": -32000, "message": self.refuses}}
        if self.garbles:
            return {"result": "0x02c0"}
        (asked,) = body["params"]
        fields = {name: value for name, value in {**asked, **self.alter}.items() if name != "from"}
        if "maxFeePerGas" in fields:
            fields["type"] = 2
        signed = Account.sign_transaction(fields, self.signs_as or self._keys[asked["from"]])
        raw = "0x" + bytes(signed.raw_transaction).hex()
        return {"result": {"raw": raw, "tx": {}} if signing == "account_signTransaction" else raw}

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
