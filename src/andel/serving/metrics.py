"""A coordinator's figures for Prometheus, on a loopback port of their own.

Takes the events of rounds (`andel.training.events`). Gives counters and gauges in Prometheus' text form over HTTP, to
this machine only: who watches from elsewhere asks through what it trusts. Every label has few values (phases, kinds,
reasons), none a name, an address or a contributor. Never holds up a round.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from andel.errors import PortInUse, SettingsError
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


@contextmanager
def served_metrics(metrics: RoundMetrics, port: int) -> Iterator[int]:
    """Serves them on this loopback port for the time of the block (0 takes a free one); gives the port.

    Raises PortInUse, SettingsError.
    """
    if not 0 <= port <= 65_535:
        raise SettingsError(f"port {port} is not in 0..65535")
    try:
        server, thread = start_http_server(port, addr=HOST, registry=metrics.registry)
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
