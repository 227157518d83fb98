"""A new SQLite file is put in write-ahead mode by all who open it at once; who waits in vain is told so."""

import multiprocessing
import sqlite3
import time
from contextlib import closing

import pytest

from andel.write_ahead import write_ahead

PROCESSES = 6
FILES = 40


def opened_by_one(folder, barrier, told):
    """Opens every file at the same moment as the other processes, and writes a row into each."""
    try:
        for number in range(FILES):
            barrier.wait(60)
            with closing(sqlite3.connect(folder / f"{number}.sqlite", timeout=20, isolation_level=None)) as file:
                write_ahead(file)
                file.execute("CREATE TABLE IF NOT EXISTS rows (row INTEGER)")
                file.execute("INSERT INTO rows VALUES (1)")
    except Exception as error:
        barrier.abort()
        told.put(repr(error))
    else:
        told.put("")


def test_processes_that_open_a_new_file_at_once_all_write_ahead(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier, told = context.Barrier(PROCESSES), context.Queue()
    processes = [context.Process(target=opened_by_one, args=(tmp_path, barrier, told)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    failures = [told.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(60)
    assert failures == [""] * PROCESSES
    for number in range(FILES):
        with closing(sqlite3.connect(tmp_path / f"{number}.sqlite")) as file:
            assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert file.execute("SELECT count(*) FROM rows").fetchone() == (PROCESSES,)


@pytest.fixture
def held(tmp_path):
    """A file that another connection is writing, in the mode that SQLite begins with."""
    path = tmp_path / "held.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE rows (row INTEGER)")
        other.execute("BEGIN EXCLUSIVE")
        yield path, other


def test_a_file_that_is_let_go_within_the_patience_is_taken(held):
    path, other = held
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        if len(waits) == 3:
            other.execute("COMMIT")

    with closing(sqlite3.connect(path, timeout=0)) as file:
        write_ahead(file, sleep=sleep)
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert waits == sorted(waits) and len(waits) == 3


def test_a_file_that_is_held_longer_than_the_patience_is_told_as_locked(held):
    path, _ = held
    now = [time.monotonic()]

    def sleep(seconds):
        now[0] += seconds

    with closing(sqlite3.connect(path, timeout=0)) as file:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_ahead(file, 2, clock=lambda: now[0], sleep=sleep)


def test_what_is_no_lock_is_told_at_once(tmp_path):
    def never(_seconds):
        raise AssertionError("waited")

    (tmp_path / "no database").write_bytes(b"something else" * 100)
    with closing(sqlite3.connect(tmp_path / "no database")) as file:
        with pytest.raises(sqlite3.DatabaseError, match="not a database"):
            write_ahead(file, sleep=never)


def test_a_database_in_memory_stays_as_it_is():
    with closing(sqlite3.connect(":memory:")) as file:
        write_ahead(file)
        assert file.execute("PRAGMA journal_mode").fetchone() == ("memory",)
