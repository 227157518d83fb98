"""`andel coordinate`, `andel status --model` and the JSON log, as a user meets them."""

import io
import json
import logging

import pytest
from rich.console import Console
from rich.progress import Progress

from andel.cli.coordinate import read_days
from andel.cli.logs import JsonLines, log_as_json, log_event
from andel.cli.round_progress import RoundProgress, shown_progress
from andel.errors import InputError
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
    nobody,
)
from andel.training.result import Refused
from andel.units import TOKEN

EVENTS: list[Event] = [
    RoundMoved(3, 0, "opened", 9),
    PhaseBegun("train", 2),
    AnswerTaken("train", 1, 5),
    AnswerRefused(Refused("node 2", "train", "no answer record"), RefusalKind.MALFORMED),
    PhaseEnded("train", 2, 2, 1.25),
    StepFailed(3, 0, "QuorumMissed", "1 contributors answered, 2 are needed"),
    RoundEnded(3, 0, "", 2 * TOKEN, -7),
]


def test_a_days_option_is_read_strictly():
    assert read_days(["1970-01-02..1970-01-03", "1970-01-05..1970-01-05"]) == ((1, 2), (4, 4))
    for wrong in (
        ["1970-01-02"],
        ["x..y"],
        ["1970-01-03..1970-01-02"],
        ["1970-01-05..1970-01-06", "1970-01-01..1970-01-02"],
    ):
        with pytest.raises(InputError):
            read_days(wrong)


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    path.write_text("11" * 32)
    return path


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--phase-seconds", "900", "--round-seconds", "3600"), "do not fit into a round"),
        (("--propose",), "--plant-every"),
        (("--train-days", "2024-01-01"), "not a range of days"),
        ((), "no chain answers"),
    ],
)
def test_what_cannot_be_run_is_told_in_one_line(andel, tmp_path, key_file, more, says):
    options = ["--rpc", "http://127.0.0.1:9", "--model", "0x" + "11" * 20, "--store", str(tmp_path)]
    options += ["--key-file", str(key_file), "--superlink", "127.0.0.1:9", "--superlink-secret", str(key_file)]
    told = andel("coordinate", *options, "--state", str(tmp_path / "state"), *more)
    assert told.returncode == 1 and "Traceback" not in told.stderr
    assert says in told.stderr and told.stderr.splitlines()[0].startswith("andel: ")


def test_json_log_lines_carry_an_events_values():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    log = logging.getLogger("andel.rounds")
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        for event in EVENTS:
            log_event(event)
        log.error("failed", exc_info=ValueError("why"))
    finally:
        log.removeHandler(handler)
        log.setLevel(logging.NOTSET)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert len(lines) == len(EVENTS)  # single answers only in detail, and one error more
    assert lines[0]["fields"] == {"round": 3, "attempt": 0, "step": "opened", "deadline": 9}
    refused = next(line for line in lines if line["message"].startswith("answer_refused"))
    assert refused["level"] == "warning" and refused["fields"]["kind"] == "malformed"
    assert lines[-1]["error"] == "ValueError: why"
    assert {"time", "level", "logger", "message"} <= set(lines[-1])


def test_without_the_option_the_log_stays_as_it_is():
    before = list(logging.getLogger().handlers)
    log_as_json(False)
    assert logging.getLogger().handlers == before


def test_progress_is_quiet_without_a_terminal_and_tells_each_phase_on_one():
    with shown_progress(True) as listener:
        assert listener is nobody  # pytest's standard error is no terminal
    stream = io.StringIO()
    with Progress(console=Console(file=stream, force_terminal=True, width=120)) as progress:
        shown = RoundProgress(progress)
        for event in EVENTS:
            shown(event)
    text = stream.getvalue()
    assert "training: 2 of 2 answered in 1.2 s (1 answers refused)" in text
    assert "it is tried again" in text and "2.00 tokens minted, evaluation -7" in text


def test_a_models_state_is_shown_from_the_chain_alone(andel, finished_run):
    chain, manager = finished_run.world.chain, finished_run.world.model.round_manager
    told = andel("status", "--model", manager.address, "--rpc", chain.url)
    assert told.returncode == 0, told.stderr
    assert f"round {manager.rounds_count()}: final" in told.stdout and "coordinator" in told.stdout
    state = json.loads(andel("status", "--model", manager.address, "--rpc", chain.url, "--json").stdout)
    newest = manager.round_of(manager.rounds_count())
    assert state["round"]["status"] == "finalised" and state["round"]["state_hash"] == newest.state_hash.hex()
    assert state["minted"] == str(finished_run.world.model.pool.minted())
    assert [each["role"] for each in state["operators"]] == ["coordinator", "validator", "validator", "validator"]
    assert all(each["is_bonded"] for each in state["operators"])


@pytest.mark.parametrize(
    "given", [(), ("--model", "0x00"), ("--rpc", "x"), ("--model", "0x", "--rpc", "x", "--store", "y")]
)
def test_a_status_of_nothing_or_of_two_things_is_told(andel, given):
    told = andel("status", *given)
    assert told.returncode == 1 and "andel: " in told.stderr and "Traceback" not in told.stderr
