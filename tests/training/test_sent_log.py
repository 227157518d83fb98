"""The log of what left: nothing before it is written, nothing lost by a crash, nothing rewritten."""

import pytest

from andel.errors import SettingsError
from andel.hashing import sha256
from andel.training.node_limits import Meter, parse_quiet
from andel.training.sent_log import Kind, SentLog, read_sent
from andel.whole_files import write_whole

NOON = 1_700_000_000.0


def log_of(tmp_path):
    return SentLog(tmp_path / "sent.jsonl", lambda: NOON)


def test_an_entry_stands_before_anything_arrived_and_says_so(tmp_path):
    log = log_of(tmp_path)
    first = log.leaving(Kind.OPENINGS, "there:1", 900, sha256(b"a"), round=3, attempt=1, readings=7, note="seven")
    (sent,) = read_sent(tmp_path / "sent.jsonl")
    assert (sent.number, sent.kind, sent.round, sent.attempt, sent.readings) == (first, Kind.OPENINGS, 3, 1, 7)
    assert sent.hash == sha256(b"a").hex() and sent.arrived is None and sent.at == "2023-11-14T22:13:20Z"
    log.arrived(first)
    (sent,) = read_sent(tmp_path / "sent.jsonl")
    assert sent.arrived == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_cut_by_a_crash_costs_that_line_alone(tmp_path, cut):
    log = log_of(tmp_path)
    log.arrived(log.leaving(Kind.BATCHES, "there:1", 1, sha256(b"a")))
    log.leaving(Kind.UPDATE, "there:1", 2, sha256(b"b"))
    path = tmp_path / "sent.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    again = log_of(tmp_path)
    number = again.leaving(Kind.ERROR, "there:1", 3, sha256(b"c"))
    entries = read_sent(path)
    assert entries[0].kind == Kind.BATCHES and entries[0].arrived
    assert (entries[-1].kind, entries[-1].number) == (Kind.ERROR, number)
    assert path.read_bytes().startswith(whole[:-cut])  # what was written stays as it was


def test_no_log_is_an_empty_one(tmp_path):
    assert read_sent(tmp_path / "none.jsonl") == ()


def test_files_of_a_node_are_its_owners_alone(tmp_path):
    log_of(tmp_path).leaving(Kind.ERROR, "there:1", 3, sha256(b"c"))
    write_whole(tmp_path / "whole", b"1")
    write_whole(tmp_path / "whole", b"2")
    assert (tmp_path / "whole").read_bytes() == b"2" and not (tmp_path / "whole.partial").exists()
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("text", "quiet", "loud"),
    [
        ("22:00-07:00", (1_320, 1_439, 0, 419), (420, 720, 1_319)),
        ("01:00-02:00, 12:30-13:00", (60, 119, 750, 779), (0, 120, 749, 780)),
        ("", (), (0, 720, 1_439)),
    ],
)
def test_quiet_hours_hold_their_minutes(text, quiet, loud):
    hours = parse_quiet(text)
    assert all(hours.covers(minute) for minute in quiet)
    assert not any(hours.covers(minute) for minute in loud)


@pytest.mark.parametrize("text", ["22-7", "24:00-01:00", "10:00-10:00", "22:00-07:00,", "22:60-23:00", "x"])
def test_what_is_no_quiet_hours_is_refused(text):
    with pytest.raises(SettingsError):
        parse_quiet(text)


def test_a_meter_gives_what_came_since_it_was_taken():
    meter = Meter()
    meter.count(3)
    meter.count(4)
    assert (meter.take(), meter.take()) == (7, 0)
