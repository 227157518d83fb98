"""The journal remembers one attempt's replies over a crash, and trusts nothing that it cannot read."""

import json
from dataclasses import replace
from multiprocessing import get_context

import pytest

from andel.errors import SettingsError
from andel.training import journal as journals
from andel.training.journal import FileJournal
from tests.support.worlds import small_plan, small_task

PLAN = small_plan(small_task())
ENTRIES = [{"phase": "train", "contributor": str(number)} for number in range(3)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal"


def written(path, entries=ENTRIES, plan=PLAN):
    """A journal of the plan with these entries, closed without more ado."""
    journal = FileJournal(path)
    assert journal.begin(plan) == []
    for entry in entries:
        journal.note(entry)
    journal.close()


def test_entries_come_back_for_the_same_attempt(path):
    written(path)
    journal = FileJournal(path)
    assert journal.begin(PLAN) == ENTRIES
    journal.note({"phase": "more"})
    assert journal.begin(PLAN) == [*ENTRIES, {"phase": "more"}]
    journal.close()


@pytest.mark.parametrize("changes", [{"attempt": 1}, {"round": 2}, {"deadline": 1_700_000_001}])
def test_another_attempt_begins_with_nothing_and_the_former_is_forgotten(path, changes):
    written(path)
    journal = FileJournal(path)
    assert journal.begin(replace(PLAN, **changes)) == []
    assert journal.begin(PLAN) == []
    journal.close()


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_that_a_crash_cut_off_is_left_out_and_the_next_one_is_whole(path, cut):
    written(path)
    path.write_bytes(path.read_bytes()[:-cut])
    journal = FileJournal(path)
    kept = journal.begin(PLAN)
    assert kept == ENTRIES[: len(kept)] and len(kept) == (2 if cut < 40 else 1)
    journal.note({"phase": "after"})
    assert journal.begin(PLAN) == [*kept, {"phase": "after"}]
    journal.close()


@pytest.mark.parametrize("line", [b"no json\n", b"[1]\n", b"\xff\xfe\n", b'{"a":' + b" " * 5_000 + b"1}\n"])
def test_what_is_no_entry_ends_what_is_read(path, line):
    written(path, ENTRIES[:1])
    path.write_bytes(path.read_bytes() + line + json.dumps(ENTRIES[1]).encode() + b"\n")
    journal = FileJournal(path)
    assert journal.begin(PLAN) == ENTRIES[:1]
    journal.close()


def test_it_does_not_grow_without_bound(path, monkeypatch):
    monkeypatch.setattr(journals, "MAX_ENTRIES", 2)
    written(path)
    journal = FileJournal(path)
    assert journal.begin(PLAN) == ENTRIES[:2]
    journal.note({"phase": "one too many"})
    assert journal.begin(PLAN) == ENTRIES[:2]
    journal.close()


def hold(path, said):
    """Takes the journal in a process of its own and keeps it."""
    kept = FileJournal(path)
    said.put("held")
    said.get()
    kept.close()


def test_two_processes_cannot_have_one_journal_and_a_killed_one_lets_go(path):
    context = get_context("spawn")
    said = context.Queue()
    process = context.Process(target=hold, args=(path, said), daemon=True)
    process.start()
    assert said.get(timeout=60) == "held"
    with pytest.raises(SettingsError, match="another process has the journal"):
        FileJournal(path)
    process.kill()
    process.join()
    process.close()
    said.close()
    FileJournal(path).close()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SettingsError, match="cannot be written"):
        FileJournal(tmp_path / "no" / "journal")
