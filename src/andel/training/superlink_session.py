"""One run of ours on a SuperLink: the calls that a ServerApp makes, made from this process, each bounded in time.

Takes a `SuperLinkDoor`. Gives a `Session`: an open run with its token, and the client to speak with. Never retries what
SuperLink refuses: Flower's own retry ends the whole process on a refusal, so none of it is used here.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar

import httpx

from andel.errors import SettingsError, TrainingError
from andel.training.certificates import context_trusting
from andel.training.flower_deployment import (
    AcquireTaskRequest,
    ControlHttpClient,
    Fab,
    HttpGrid,
    PullTaskInputRequest,
    PushTaskOutputRequest,
    RegisterNodeRequest,
    RetryInvoker,
    RuntimeHttpClient,
    RuntimeTokenHttpInterceptor,
    SendTaskHeartbeatRequest,
    StartRunRequest,
    SuperExecAuthHttpInterceptor,
    TaskIdentity,
    UnregisterNodeRequest,
    run_from_proto,
)

REQUEST_SECONDS: Final = 30.0
SERVER_APP: Final = "flwr-serverapp"  # flwr's TaskType.SERVER_APP
ACQUIRE_TASK: Final = "/flwr.proto.Runtime/AcquireTask"
COMPLETED: Final = "completed"  # flwr's SubStatus.COMPLETED
_FOREIGN_TASKS_MAX = 64
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0
_MAX_FILE_BYTES = 64 * 1024

AnyClient = TypeVar("AnyClient", ControlHttpClient, RuntimeHttpClient)
Interceptor = RuntimeTokenHttpInterceptor | SuperExecAuthHttpInterceptor


@dataclass(frozen=True, slots=True)
class SuperLinkDoor:
    """How this process reaches a SuperLink: `address` (host:port), the authority its certificate is from (PEM file;
    None: plain HTTP), and the file of the secret that only whoever drives rounds may know.
    """

    address: str
    root_certificate: Path | None
    secret: Path


@dataclass(frozen=True, slots=True)
class Session:
    """An open run: its number, its series (in which nodes keep their state), and what speaks for it."""

    run: int
    series: int
    grid: HttpGrid
    client: RuntimeHttpClient


def register_node(door: SuperLinkDoor, public_key: bytes, outage_seconds: float = 10.0) -> int:
    """Lets the node with this public key (PEM, P-256) in; returns its number. Raises TrainingError."""
    with _speaking(door, ControlHttpClient, outage_seconds) as client, superlink_errors(door):
        return int(client.RegisterNode(RegisterNodeRequest(public_key=public_key)).node_id)


def unregister_node(door: SuperLinkDoor, node: int, outage_seconds: float = 10.0) -> None:
    """Shuts a node out for ever. Raises TrainingError."""
    with _speaking(door, ControlHttpClient, outage_seconds) as client, superlink_errors(door):
        client.UnregisterNode(UnregisterNodeRequest(node_id=node))


def open_session(door: SuperLinkDoor, fab: bytes, series: int, outage_seconds: float) -> Session:
    """Starts a run of `fab` and takes its ServerApp's place. `series` 0 begins a new one. Raises TrainingError."""
    with _speaking(door, ControlHttpClient, outage_seconds) as control, superlink_errors(door):
        request = StartRunRequest(fab=Fab(hash_str=sha256(fab).hexdigest(), content=fab))
        if series:
            request.series_id = series
        started = control.StartRun(request)
    if not started.run_id:
        raise TrainingError(f"SuperLink at {door.address} started no run", "see its log")
    token = _acquire(door, started.run_id, outage_seconds)
    client = _client(door, RuntimeHttpClient, outage_seconds, RuntimeTokenHttpInterceptor(token))
    try:
        with superlink_errors(door):
            given = client.PullTaskInput(PullTaskInputRequest())
        grid = HttpGrid(door.address, door.root_certificate is None, None, token=token)
        grid._client = client  # its own would end this process when SuperLink refuses it
        grid.set_run(run_from_proto(given.run))
    except BaseException:
        client.close()
        raise
    assert TaskIdentity is not None  # every Flower with these insides has it
    TaskIdentity.task_id, TaskIdentity.run_id = given.task_id, given.run.run_id
    TaskIdentity.node_id = given.context.node_id
    return Session(int(started.run_id), int(started.series_id), grid, client)


def close_session(session: Session) -> None:
    """Tells SuperLink that the run is done, if it still listens, and closes the connection."""
    with contextlib.suppress(httpx.HTTPError, ValueError):
        session.client.PushTaskOutput(PushTaskOutputRequest(sub_status=COMPLETED, details=""))
    session.grid.close()


class Heartbeat:
    """Keeps a run alive from a thread of its own until `stop`; what goes wrong is left for the next call to find."""

    def __init__(self, session: Session, seconds: float) -> None:
        self._ended = threading.Event()
        self._session, self._seconds = session, seconds
        self._thread = threading.Thread(target=self._beat, name="superlink-heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends it; a beat under way may last on for a moment."""
        self._ended.set()

    def _beat(self) -> None:
        while not self._ended.wait(self._seconds):
            with contextlib.suppress(
                httpx.HTTPError, ValueError, RuntimeError
            ):  # a client closed meanwhile says Runtime
                self._session.client.SendTaskHeartbeat(SendTaskHeartbeatRequest())


@contextlib.contextmanager
def superlink_errors(door: SuperLinkDoor) -> Iterator[None]:
    """Turns what goes wrong on the way into TrainingError."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        said = error.response.text[:200]
        raise TrainingError(f"SuperLink at {door.address} refused: {error.response.status_code} {said}") from error
    except (httpx.HTTPError, ValueError) as error:
        raise TrainingError(f"SuperLink at {door.address} does not answer: {error}", "is it running?") from error


def trusting(root_certificate: Path | None) -> ssl.SSLContext | bool:
    """What a client verifies the server by: this authority and no other. Raises SettingsError."""
    if root_certificate is None:
        return True
    try:
        with root_certificate.open("rb") as file:
            return context_trusting(file.read(_MAX_FILE_BYTES))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise SettingsError(f"{root_certificate} holds no certificate: {error}", "give the authority's PEM") from error


def _acquire(door: SuperLinkDoor, run: int, outage_seconds: float) -> str:
    """The token of this run's ServerApp. Tasks of other runs, left by whoever died, are passed over and expire."""
    try:
        secret = door.secret.read_bytes()[:_MAX_FILE_BYTES]
    except OSError as error:
        raise SettingsError(f"{door.secret} cannot be read: {error.strerror}", "SuperLink's own secret file") from error
    signing = SuperExecAuthHttpInterceptor(master_secret=secret, protected_methods=[ACQUIRE_TASK])
    with _speaking(door, RuntimeHttpClient, outage_seconds, signing) as client, superlink_errors(door):
        for _ in range(_FOREIGN_TASKS_MAX):
            given = client.AcquireTask(AcquireTaskRequest(supported_task_types=[SERVER_APP]))
            if not given.token:
                break
            if given.task.run_id == run:
                return str(given.token)
    raise TrainingError(f"SuperLink at {door.address} gave the run to another", "does a second coordinator use it?")


@contextlib.contextmanager
def _speaking(
    door: SuperLinkDoor, kind: type[AnyClient], outage_seconds: float, interceptor: Interceptor | None = None
) -> Iterator[AnyClient]:
    client = _client(door, kind, outage_seconds, interceptor)
    try:
        yield client
    finally:
        client.close()


def _client(
    door: SuperLinkDoor, kind: type[AnyClient], outage_seconds: float, interceptor: Interceptor | None = None
) -> AnyClient:
    scheme = "http" if door.root_certificate is None else "https"
    client = kind(
        f"{scheme}://{door.address}",
        interceptors=[interceptor] if interceptor else [],
        retry_invoker=_retrying(outage_seconds),
    )
    client._client.close()
    # SuperLink is on this machine: no proxy on the way, and no other address that it could send us to
    client._client = httpx.Client(
        verify=trusting(door.root_certificate), timeout=REQUEST_SECONDS, trust_env=False, follow_redirects=False
    )
    return client


def _retrying(seconds: float) -> RetryInvoker:
    """Asks again while nothing answers, for `seconds` at most; what is refused is not asked again."""
    return RetryInvoker(
        wait_gen_factory=_waits,  # type: ignore[arg-type]  # any iterator of seconds does
        recoverable_exceptions=httpx.TransportError,
        max_tries=None,
        max_time=seconds,
        should_giveup=_is_final,
        jitter=None,
    )


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    while True:
        yield wait
        wait = min(2 * wait, _LONGEST_WAIT)


def _is_final(error: Exception) -> bool:
    return "certificate" in str(error).lower()
