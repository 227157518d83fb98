"""A database that is full, locked, damaged or of another release: one clear error, nothing acknowledged lost."""

import resource
import sqlite3
import subprocess
import sys

import pytest

from andel.data.intake import Intake
from andel.data.store import EvidenceStore
from andel.data.workers import IntakeScope, IntakeWorkers
from andel.errors import SettingsError, StoreError
from tests.support.intake_process import OWNER, RECORDS, SETTINGS, packets


@pytest.fixture
def path(tmp_path):
    return tmp_path / "evidence.db"


def test_a_full_database_is_one_error_and_keeps_what_it_acknowledged(path):
    store = EvidenceStore(f"sqlite:///{path}")
    intake = Intake(OWNER, RECORDS, SETTINGS, store)
    assert intake.take(packets(40)).accepted == 40
    with store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match="full") as caught:
        intake.take(packets(400))
    assert "make room" in caught.value.hint and "kept" in caught.value.hint
    assert store.counts().accepted == 40
    store.close()  # a new connection has no such limit: there is room again
    assert intake.take(packets(400)).accepted == 360
    store.close()


def test_a_disk_that_takes_no_more_is_one_error(path, repo_root):
    """The operating system itself refuses to write beyond a size (RLIMIT_FSIZE)."""
    limit = 200_000
    outcome = subprocess.run(
        [sys.executable, repo_root / "tests/support/intake_process.py", f"sqlite:///{path}", "2000"],
        env={"PYTHONPATH": str(repo_root)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert outcome.returncode == 1
    assert "StoreError: the evidence store failed: disk I/O error" in outcome.stderr
    done = int(outcome.stdout.splitlines()[-1].split()[0])
    assert done > 0
    store = EvidenceStore(f"sqlite:///{path}")
    assert store.counts().accepted == done
    assert Intake(OWNER, RECORDS, SETTINGS, store).take(packets(2_000)).accepted == 2_000 - done
    store.close()


def test_a_locked_database_is_one_error_after_a_bounded_wait(path):
    store = EvidenceStore(f"sqlite:///{path}", wait_seconds=1)
    intake = Intake(OWNER, RECORDS, SETTINGS, store)
    intake.take(packets(10))
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked") as caught:
        intake.take(packets(20))
    assert "another program" in caught.value.hint
    other.rollback()
    other.close()
    assert intake.take(packets(20)).accepted == 10
    store.close()


@pytest.mark.full
def test_a_table_locked_on_postgresql_is_one_error_after_a_bounded_wait(postgres_server):
    url = postgres_server.format(name="postgres")
    store, other = EvidenceStore(url, wait_seconds=1), EvidenceStore(url)
    intake = Intake(OWNER, RECORDS, SETTINGS, store)
    intake.take(packets(10))
    with other.writing(), pytest.raises(StoreError, match="lock timeout"):
        intake.take(packets(20))
    assert intake.take(packets(20)).accepted == 10
    store.close()
    other.close()


def test_a_worker_that_cannot_write_hands_its_error_on(path):
    url = f"sqlite:///{path}"
    with IntakeWorkers(IntakeScope(OWNER, RECORDS, SETTINGS), url, 1) as workers:
        assert workers.take(packets(10)).accepted == 10
        damaged = sqlite3.connect(path)
        damaged.execute("ALTER TABLE accepted RENAME TO elsewhere")
        with pytest.raises(StoreError, match="no such table"):
            workers.take(packets(20))
        damaged.execute("ALTER TABLE elsewhere RENAME TO accepted")
        damaged.close()
    store = EvidenceStore(url)
    assert store.counts().accepted == 10
    store.close()


def test_a_file_that_is_no_database_is_a_settings_error(path):
    path.write_bytes(b"this is no database, however long it may be" * 100)
    with pytest.raises(SettingsError, match="not a database"):
        EvidenceStore(f"sqlite:///{path}")


def test_a_store_of_another_release_is_told_apart(path):
    old = sqlite3.connect(path)
    old.execute("CREATE TABLE accepted (id INTEGER PRIMARY KEY, device BLOB, timestamp INTEGER, digest BLOB, raw BLOB)")
    old.close()
    with pytest.raises(SettingsError, match="another release"):
        EvidenceStore(f"sqlite:///{path}")
