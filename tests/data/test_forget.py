"""Deletion takes the bytes away, from the file too, and leaves what committed roots rest on."""

from pathlib import Path

import pytest

from andel.data.batch import make_batch
from andel.data.forget import forget, header_of_kept
from andel.data.intake import DeviceRecord, Intake, IntakeSettings
from andel.data.store import EvidenceStore, RefusedPacket
from andel.device.reading import Refusal
from andel.errors import InputError, StoreError
from andel.units import DAY_SECONDS
from tests.device.actors import NOON, Pebble, account, other_signature

PEBBLE, OTHER = Pebble(), Pebble("other")
DAY = NOON // DAY_SECONDS
TIMES = [NOON, NOON + 3_600, NOON + 7_200, NOON + DAY_SECONDS]
OWNER = account("owner")
DEVICES = {device.address: DeviceRecord(device.public_key, OWNER) for device in (PEBBLE, OTHER)}


def fill(store):
    intake = Intake(OWNER, DEVICES, IntakeSettings((0, 2**40)), store)
    intake.take((device.address, device.packet(time)) for device in (PEBBLE, OTHER) for time in TIMES)
    return intake


def test_only_the_bytes_of_the_device_and_days_asked_for_go(store):
    fill(store)
    gone = forget(store, PEBBLE.address, DAY, DAY)
    assert (gone.accepted, gone.days) == (3, 1)
    assert store.readings(PEBBLE.address, DAY, DAY + 1) == (PEBBLE.packet(TIMES[3]),)
    assert len(store.readings(OTHER.address, DAY, DAY + 1)) == 4
    assert store.forgotten_days() == ((PEBBLE.address, DAY),)
    assert (PEBBLE.address, DAY) not in store.days() and (PEBBLE.address, DAY + 1) in store.days()
    assert store.counts().accepted == 8


def test_the_committed_root_can_still_be_made(store):
    fill(store)
    committed = make_batch([PEBBLE.read(PEBBLE.packet(time)) for time in TIMES[:3]], PEBBLE.public_key)
    assert header_of_kept(store.stream(PEBBLE.address, DAY, DAY), PEBBLE.public_key) == committed.header
    forget(store, PEBBLE.address, DAY, DAY)
    kept = list(store.stream(PEBBLE.address, DAY, DAY))
    assert [packet.raw for packet in kept] == [None] * 3
    assert header_of_kept(kept, PEBBLE.public_key) == committed.header


def test_what_was_deleted_is_not_taken_in_again(store):
    intake = fill(store)
    forget(store, PEBBLE.address, DAY, DAY)
    packets = [(PEBBLE.address, PEBBLE.packet(time)) for time in TIMES]
    assert intake.take(packets).refused == {Refusal.REPLAY: 4}


def test_copies_among_the_refused_go_too(store):
    intake = fill(store)
    raw = PEBBLE.packet(NOON)
    intake.take([(PEBBLE.address, raw), (PEBBLE.address, other_signature(raw)), (OTHER.address, raw)])
    store.add([], [RefusedPacket(OTHER.address, Refusal.MALFORMED, "its own", b"another")])
    assert forget(store, PEBBLE.address, DAY, DAY).refused == 3
    assert [packet.raw for packet in store.refused()] == [b"", b"", b"", b"another"]


def test_giving_the_request_again_changes_nothing(store):
    fill(store)
    forget(store, PEBBLE.address, DAY, DAY)
    again = forget(store, PEBBLE.address, DAY, DAY)
    assert (again.accepted, again.refused, again.days) == (0, 0, 0)


@pytest.mark.parametrize("days", [(2, 1), (-1, 1)])
def test_an_empty_range_is_refused(store, days):
    with pytest.raises(InputError):
        forget(store, PEBBLE.address, *days)


def test_the_bytes_are_in_no_file_of_the_database_any_more(tmp_path):
    store = EvidenceStore(f"sqlite:///{tmp_path}/evidence.db")
    intake = fill(store)
    raws = [PEBBLE.packet(time) for time in TIMES[:3]]
    intake.take([(PEBBLE.address, raws[0])])  # a replay, kept as well
    assert all(raw in everything(tmp_path) for raw in raws)
    forget(store, PEBBLE.address, DAY, DAY)
    left = everything(tmp_path)
    assert not any(raw in left or raw[-64:] in left for raw in raws)
    assert PEBBLE.packet(TIMES[3]) in left and OTHER.packet(NOON) in left
    store.close()
    assert not any(raw in everything(tmp_path) for raw in raws)


def test_a_reader_that_keeps_old_pages_is_reported(tmp_path):
    url = f"sqlite:///{tmp_path}/evidence.db"
    store, reader = EvidenceStore(url, wait_seconds=1), EvidenceStore(url)
    fill(store)
    with reader.reading() as connection:
        connection.exec_driver_sql("BEGIN")
        connection.exec_driver_sql("SELECT count(*) FROM accepted").fetchall()
        with pytest.raises(StoreError, match=r"old pages|locked"):
            forget(store, PEBBLE.address, DAY, DAY)
        connection.exec_driver_sql("ROLLBACK")
    forget(store, PEBBLE.address, DAY, DAY)
    assert PEBBLE.packet(NOON) not in everything(tmp_path)
    store.close()
    reader.close()


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
