"""The evidence store: durable, append-only, in order, and the same on both kinds of database."""

import multiprocessing
import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from andel.data import schema
from andel.data.store import EvidenceStore, RefusedPacket
from andel.device.reading import Refusal
from andel.errors import SettingsError
from andel.units import DAY_SECONDS
from tests.device.actors import NOON, Pebble

PEBBLE, OTHER = Pebble(), Pebble("other")
DAY = NOON // DAY_SECONDS


def readings(device, *times):
    return [device.read(device.packet(time)) for time in times]


def test_readings_come_in_rising_time_of_one_device_and_the_days_asked_for(store):
    midnight = DAY * DAY_SECONDS
    times = [midnight + DAY_SECONDS, midnight + 5, midnight, midnight - 1, midnight + DAY_SECONDS - 1]
    store.add(readings(PEBBLE, *times) + readings(OTHER, midnight), [])
    raws = [PEBBLE.packet(time) for time in sorted(times)]
    assert store.readings(PEBBLE.address, DAY, DAY) == tuple(raws[1:4])
    assert store.readings(PEBBLE.address, DAY - 1, DAY + 1) == tuple(raws)
    assert store.readings(PEBBLE.address, DAY + 2, DAY + 9) == ()


def test_days_name_every_device_and_day_once(store):
    store.add(readings(PEBBLE, NOON, NOON + 1, NOON + DAY_SECONDS) + readings(OTHER, NOON), [])
    expected = {(PEBBLE.address, DAY), (PEBBLE.address, DAY + 1), (OTHER.address, DAY)}
    assert set(store.days()) == expected
    assert len(store.days()) == 3


def test_accepted_and_refused_of_one_call_are_kept_together_or_not_at_all(store):
    unstorable = RefusedPacket("d", Refusal.MALFORMED, "", 5)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        store.add(readings(PEBBLE, NOON), [unstorable])
    assert store.counts().accepted == 0


def test_refused_packets_are_listed_in_order_by_reason_and_with_a_limit(store):
    packets = [RefusedPacket("d", reason, str(i), bytes([i])) for i, reason in enumerate(Refusal)]
    store.add([], packets)
    assert list(store.refused()) == packets
    assert store.refused(Refusal.REVOKED) == tuple(p for p in packets if p.reason == Refusal.REVOKED)
    assert len(store.refused(limit=3)) == 3
    assert store.counts().refused == dict.fromkeys(sorted(Refusal), 1)


def test_hostile_texts_and_long_bytes_are_cut_to_what_a_database_takes(store):
    store.add([], [RefusedPacket("\ud800\x00" * 200, Refusal.MALFORMED, "\udfff\x00" * 500, bytes(9_000))])
    (kept,) = store.refused()
    assert kept.device.isprintable() and len(kept.device) <= 64
    assert kept.detail.isprintable() and len(kept.detail) <= 200
    assert len(kept.raw) == 4_096


def test_the_database_waits_for_the_disk(tmp_path):
    store = EvidenceStore(f"sqlite:///{tmp_path}/evidence.db")
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


def open_new_stores(folder, barrier, told):
    """Opens each of some new stores at the same moment as other processes."""
    try:
        for number in range(10):
            barrier.wait(60)
            EvidenceStore(f"sqlite:///{folder}/{number}.db").close()
    except Exception as error:
        barrier.abort()
        told.put(repr(error))
    else:
        told.put("")


def test_a_new_store_may_be_opened_by_several_processes_at_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier, told = context.Barrier(3), context.Queue()
    processes = [context.Process(target=open_new_stores, args=(tmp_path, barrier, told)) for _ in range(3)]
    for process in processes:
        process.start()
    assert [told.get(timeout=120) for _ in processes] == [""] * 3
    for process in processes:
        process.join(60)


def test_what_add_returned_is_seen_by_another_process(tmp_path):
    store = EvidenceStore(f"sqlite:///{tmp_path}/evidence.db")
    store.add(readings(PEBBLE, NOON), [])
    other = sqlite3.connect(tmp_path / "evidence.db")
    assert other.execute("SELECT count(*) FROM accepted").fetchone() == (1,)
    other.close()
    store.close()


def test_two_writers_do_not_accept_one_packet_twice(url):
    one, two = EvidenceStore(url), EvidenceStore(url)
    assert one.add(readings(PEBBLE, NOON), []) == ()
    (replay,) = two.add(readings(PEBBLE, NOON, NOON + 1), [])
    assert replay.reason == Refusal.REPLAY
    assert one.counts().accepted == 2
    one.close()
    two.close()


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////no/such/folder/x.db", "mysql://x/y", ""])
def test_a_url_that_gives_no_store_is_a_settings_error(url):
    with pytest.raises(SettingsError):
        EvidenceStore(url)


def test_the_same_statements_compile_for_postgresql():
    dialect = postgresql.dialect()
    insert = postgresql.insert(schema.accepted).on_conflict_do_nothing()
    assert "ON CONFLICT DO NOTHING" in str(insert.compile(dialect=dialect))
    for table in (schema.accepted, schema.refused):
        text = str(sa.schema.CreateTable(table).compile(dialect=dialect))
        assert "BIGSERIAL" in text and "BYTEA" in text
