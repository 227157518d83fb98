"""A coordinator's and a server's figures for Prometheus, on a loopback port of their own.

Takes the events of rounds (`andel.training.events`), or the requests that a server answered. Gives counters and gauges
in Prometheus' text form over HTTP, to this machine only: who watches from elsewhere asks through what it trusts. Every
label has few values (phases, kinds, reasons, pages), none a name, an address or a contributor. Never holds anything up.
Workers of one server count into files of one folder, which Prometheus' client takes from its environment when it is
first imported (`PROMETHEUS_MULTIPROC_DIR`); the figures are their sum.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

from andel.errors import PortInUse, SettingsError
from andel.serving.request_log import Seen
from andel.serving.service import Served
from andel.training.events import (
    AnswerRefused,
    AnswerTaken,
    Event,
    PhaseBegun,
    PhaseEnded,
    RoundEnded,
    RoundMoved,
    StepFailed,
)
from andel.units import TOKEN

HOST: Final = "127.0.0.1"
_ANSWER_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
_REASONS: Final = {
    400: "form",
    401: "unproven",
    402: "unpaid",
    404: "page",
    405: "method",
    408: "slow",
    413: "size",
    415: "type",
    429: "rate",
    499: "cut-off",
    500: "defect",
    503: "busy",
}
_SECONDS: Final = (0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3_600)


class RoundMetrics:
    """The figures of one coordinator; a listener of its rounds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self.registry}
        self._round = Gauge("andel_round", "The round under way.", **made)
        self._attempt = Gauge("andel_attempt", "Its attempt, from 0.", **made)
        self._deadline = Gauge("andel_round_deadline_timestamp_seconds", "Its deadline, the chain's clock.", **made)
        self._steps = Counter("andel_steps", "Steps made or seen on chain.", ["step"], **made)
        self._ended = Counter("andel_attempts_ended", "Attempts by how they ended.", ["outcome"], **made)
        self._minted = Counter("andel_minted_tokens", "What final rounds minted for contributors.", **made)
        self._evaluation = Gauge("andel_evaluation", "The last final version's evaluation, in the task's unit.", **made)
        self._phases = Histogram("andel_phase_seconds", "Seconds of a phase.", ["phase"], buckets=_SECONDS, **made)
        self._asked = Gauge("andel_nodes_asked", "Nodes asked in the newest phase of a kind.", ["phase"], **made)
        self._answered = Gauge("andel_contributors", "Answers taken in the newest phase of a kind.", ["phase"], **made)
        self._silent = Counter("andel_unanswered", "Messages without an answer in time.", ["phase"], **made)
        self._bytes = Counter("andel_answer_bytes", "Bytes of the answers taken.", ["phase"], **made)
        self._refused = Counter("andel_refusals", "Answers refused, by reason.", ["phase", "reason"], **made)
        self._failed = Counter("andel_failed_steps", "Steps that failed for now, by kind of error.", ["kind"], **made)

    def __call__(self, event: Event) -> None:
        """Counts an event."""
        match event:
            case PhaseBegun():
                self._asked.labels(event.phase).set(event.asked)
                self._answered.labels(event.phase).set(0)
            case AnswerTaken():
                self._answered.labels(event.phase).inc()
                self._bytes.labels(event.phase).inc(event.size)
            case AnswerRefused():
                self._refused.labels(event.refused.phase, event.kind.value).inc()
            case PhaseEnded():
                self._phases.labels(event.phase).observe(event.seconds)
                self._silent.labels(event.phase).inc(max(event.asked - event.answered, 0))
            case RoundMoved():
                self._round.set(event.round)
                self._attempt.set(event.attempt)
                self._deadline.set(event.deadline)
                self._steps.labels(event.step).inc()
            case RoundEnded():
                self._ended.labels(event.void_reason or "final").inc()
                if not event.void_reason:
                    self._minted.inc(event.minted / TOKEN)
                    self._evaluation.set(event.evaluation)
            case StepFailed():
                self._failed.labels(event.kind).inc()


class ServingMetrics:
    """The figures of one server process; `seen` and `served` are its listeners."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self.registry}
        newest: dict[str, Any] = made | {"multiprocess_mode": "mostrecent"}
        self._requests = Counter("andel_requests", "Requests answered.", ["route", "status"], **made)
        self._seconds = Histogram("andel_request_seconds", "Seconds.", ["route"], buckets=_ANSWER_SECONDS, **made)
        self._callers = Counter("andel_callers", "Requests by the way their caller came in.", ["kind"], **made)
        self._refused = Counter("andel_refused_requests", "Requests refused, by reason.", ["reason"], **made)
        self._version = Gauge("andel_served_version", "1 for the version that answers.", ["version"], **newest)
        self._waiting = Gauge("andel_version_waiting", "1 while the current version cannot be loaded.", **newest)
        self._swaps = Counter("andel_version_swaps", "Versions swapped in, in each process.", **made)
        self._standing: Served | None = None

    def seen(self, request: Seen) -> None:
        """Counts a request."""
        self._requests.labels(request.route, str(request.status)).inc()
        self._seconds.labels(request.route).observe(request.ms / 1_000)
        if request.caller:
            self._callers.labels(request.caller).inc()
        if request.status >= 400:
            self._refused.labels(_REASONS.get(request.status, "other")).inc()

    def served(self, standing: Served) -> None:
        """Tells which version answers."""
        former, self._standing = self._standing, standing
        if former is not None and former.version != standing.version:
            self._version.labels(former.version.hex()).set(0)
            self._swaps.inc()
        self._version.labels(standing.version.hex()).set(1)
        self._waiting.set(standing.waiting is not None)


def registry_of_workers(folder: str) -> CollectorRegistry:
    """What all workers counted into `folder`, added up at every look."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]  # its stubs leave this out
    return registry


@contextmanager
def served_metrics(registry: CollectorRegistry, port: int) -> Iterator[int]:
    """Serves figures on this loopback port for the time of the block (0 takes a free one); gives the port.

    Raises PortInUse, SettingsError.
    """
    if not 0 <= port <= 65_535:
        raise SettingsError(f"port {port} is not in 0..65535")
    try:
        server, thread = start_http_server(port, addr=HOST, registry=registry)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port) from error
        raise SettingsError(f"cannot listen on {HOST} port {port}: {error.strerror}", "choose another port") from error
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
