"""Metrics of rounds: what Prometheus reads, on loopback only, with labels that stay few."""

import socket

import httpx
import pytest

from andel.errors import PortInUse, SettingsError
from andel.serving.metrics import HOST, RoundMetrics, served_metrics
from andel.training.events import (
    AnswerRefused,
    AnswerTaken,
    Event,
    PhaseBegun,
    PhaseEnded,
    RefusalKind,
    RoundEnded,
    RoundMoved,
    StepFailed,
)
from andel.training.result import Refused
from andel.units import TOKEN

EVENTS: list[Event] = [
    RoundMoved(7, 1, "opened", 1_700_000_000),
    PhaseBegun("train", 3),
    AnswerTaken("train", 1000, 171),
    AnswerTaken("train", 1001, 172),
    AnswerRefused(Refused("node 1002", "train", "0x00…'s update is unproven"), RefusalKind.UNPROVEN),
    PhaseEnded("train", 4, 3, 0.2),
    RoundEnded(7, 0, "deadline", 0, 0),
    RoundEnded(7, 1, "", 5 * TOKEN, -42),
    StepFailed(8, 0, "QuorumMissed", "0 contributors answered"),
]
WANTED = [
    "andel_round 7.0",
    "andel_attempt 1.0",
    "andel_round_deadline_timestamp_seconds 1.7e+09",
    'andel_steps_total{step="opened"} 1.0',
    'andel_nodes_asked{phase="train"} 3.0',
    'andel_contributors{phase="train"} 2.0',
    'andel_answer_bytes_total{phase="train"} 343.0',
    'andel_refusals_total{phase="train",reason="unproven"} 1.0',
    'andel_unanswered_total{phase="train"} 1.0',
    'andel_phase_seconds_count{phase="train"} 1.0',
    'andel_attempts_ended_total{outcome="deadline"} 1.0',
    'andel_attempts_ended_total{outcome="final"} 1.0',
    "andel_minted_tokens_total 5.0",
    "andel_evaluation -42.0",
    'andel_failed_steps_total{kind="QuorumMissed"} 1.0',
]


def get(port):
    return httpx.get(f"http://{HOST}:{port}/metrics", trust_env=False, timeout=10.0).text


def test_what_happened_is_read_over_http():
    metrics = RoundMetrics()
    for event in EVENTS:
        metrics(event)
    with served_metrics(metrics.registry, 0) as port:
        text = get(port)
    assert [line for line in WANTED if line not in text.splitlines()] == []


def test_no_label_names_a_contributor_or_a_node():
    metrics = RoundMetrics()
    for node in range(50):
        metrics(AnswerTaken("train", node, 1))
        metrics(AnswerRefused(Refused(f"node {node}", "train", f"0x{node:040x} is late"), RefusalKind.LATE))
    with served_metrics(metrics.registry, 0) as port:
        text = get(port)
    assert "0x0" not in text and "node 1" not in text
    assert sum(line.startswith("andel_refusals_total{") for line in text.splitlines()) == 1


def test_it_listens_on_loopback_only_and_lets_go():
    with served_metrics(RoundMetrics().registry, 0) as port:
        with pytest.raises(PortInUse):
            with served_metrics(RoundMetrics().registry, port):
                pass
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
    assert HOST == "127.0.0.1"


def test_a_port_out_of_range_is_told():
    with pytest.raises(SettingsError, match="not in 0..65535"):
        with served_metrics(RoundMetrics().registry, 70_000):
            pass
