"""The Andel side's view of a FEDn network, over what FEDn serves: its REST API, and its combiner's model service.

Takes the controller's URL and the combiner's address. Gives sessions of one round, what each client answered (FEDn's
audit statuses), the models that clients uploaded, and the model trail. Waits are bounded; what comes is data only.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Sequence
from typing import Any

import fedn.network.grpc.fedn_pb2 as messages
import fedn.network.grpc.fedn_pb2_grpc as services
import grpc
import httpx

from andel.errors import InputError
from integrations.fedn import wire
from integrations.fedn.wire import ClientUpdate, FednPeer

POLL_SECONDS = 0.25
_LATE_SECONDS = 10.0  # a client's last status may come after its round ended
_MAX_MODEL = 256 * 1024 * 1024


class FednApi:
    """A FEDn network seen from outside; `token` where its controller asks for one."""

    def __init__(self, controller: str, combiner: str, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(base_url=f"{controller}/api/v1/", headers=headers, timeout=60, trust_env=False)
        self._channel = _channel(combiner, token)
        self._models = services.ModelServiceStub(self._channel)

    def close(self) -> None:
        """Ends both connections."""
        self._http.close()
        self._channel.close()

    def clients(self) -> list[FednPeer]:
        """The clients that are online, by name."""
        listed = self._get("clients/", params={"status": "online"})["result"]
        return sorted((FednPeer(item["client_id"], item["name"]) for item in listed), key=lambda peer: peer.name)

    def add_model(self, model: io.BytesIO, name: str) -> str:
        """Puts a model into the trail; returns its id."""
        self._checked(self._http.post("models/", files={"file": ("model.npz", model)}, data={"name": name}))
        newest = {"X-Limit": "1", "X-Sort-Key": "committed_at", "X-Sort-Order": "desc"}
        return str(self._get("models/", headers=newest)["result"][0]["model_id"])

    def model(self, identity: str) -> bytes:
        """A model of the trail."""
        return self._checked(self._http.get(f"models/{identity}/download")).content

    def run_round(self, model: str, functions: str, clients: Sequence[FednPeer], seconds: float) -> str:
        """One FEDn round from `model` with these clients alone; returns its session. Raises InputError.

        `functions` are the session's server functions; clients' models stay with the combiner, to be verified.
        """
        config = {
            "aggregator": "fedavg",
            "round_timeout": int(seconds),
            "buffer_size": -1,
            "model_id": model,
            "delete_models_storage": False,
            "clients_required": 1,
            "requested_clients": len(clients),
            "validate": False,
            "helper_type": "numpyhelper",
            "server_functions": functions,
        }
        made = self._http.post("sessions/", json={"name": "andel", "seed_model_id": model, "session_config": config})
        session = str(self._checked(made).json()["session_id"])
        asked = {"session_id": session, "rounds": 1, "client_ids": ",".join(peer.client_id for peer in clients)}
        until = time.monotonic() + seconds
        while (started := self._http.post("sessions/start", json=asked)).status_code != 200:
            # a finished session is busy for a moment after it says so
            if "already running" not in started.text or time.monotonic() > until:
                raise InputError(f"FEDn did not start a round: {started.text.strip()[:200]}")
            time.sleep(POLL_SECONDS)
        while self._get(f"sessions/{session}")["status"] != "Finished":
            if time.monotonic() > until + _LATE_SECONDS:
                raise InputError(f"FEDn's round was not finished after {seconds:.0f} s")
            time.sleep(POLL_SECONDS)
        return session

    def result(self, session: str) -> str:
        """The id of the model that the session added to the trail, or "" where its round failed."""
        listed = self._get("models/", params={"session_id": session})["result"]
        return str(listed[0]["model_id"]) if listed else ""

    def updates(self, session: str, expected: int) -> list[ClientUpdate]:
        """What clients reported in a session's audit statuses; waits a moment for as many as `expected`."""
        until = time.monotonic() + _LATE_SECONDS
        while True:
            found = self._updates(session)
            if len(found) >= expected or time.monotonic() > until:
                return found
            time.sleep(POLL_SECONDS)

    def client_model(self, identity: str) -> bytes:
        """The model that a client uploaded to the combiner. Raises InputError."""
        request = messages.ModelRequest(id=identity)
        request.sender.role = messages.CLIENT
        data = bytearray()
        try:
            for part in self._models.Download(request, timeout=60, metadata=[("client", "andel")]):
                data += part.data
                if part.status == messages.ModelStatus.FAILED or len(data) > _MAX_MODEL:
                    raise InputError(f"the combiner does not give the model {identity[:64]}")
        except grpc.RpcError as error:
            raise InputError(f"the combiner does not give the model {identity[:64]}: {error.code()}") from error
        return bytes(data)

    def _updates(self, session: str) -> list[ClientUpdate]:
        asked = {"session_id": session, "log_level": "AUDIT", "type": "MODEL_UPDATE"}
        listed = self._checked(self._http.post("statuses/list", json=asked)).json()["result"]
        found = {}
        for status in listed:
            try:
                told = json.loads(status["data"])
                metadata = json.loads(told["meta"])[wire.METADATA]
                client = str(told["sender"]["name"])
                found[client] = ClientUpdate(client, dict(metadata), str(told["modelUpdateId"]))
            except (TypeError, ValueError, KeyError):
                continue  # a status of another kind, or none that can be read: this client has not answered
        return [found[name] for name in sorted(found)]

    def _get(self, path: str, **options: Any) -> Any:
        return self._checked(self._http.get(path, **options)).json()

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.status_code >= 400:
            raise InputError(
                f"FEDn answered {response.status_code} to {response.url.path}: {response.text.strip()[:200]}"
            )
        return response


def _channel(combiner: str, token: str) -> grpc.Channel:
    """As FEDn's own client: TLS on port 443, plain on every other."""
    if not combiner.endswith(":443"):
        return grpc.insecure_channel(combiner)
    credentials = grpc.ssl_channel_credentials()
    if token:
        credentials = grpc.composite_channel_credentials(credentials, grpc.access_token_call_credentials(token))
    return grpc.secure_channel(combiner, credentials)
