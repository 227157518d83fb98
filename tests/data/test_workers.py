"""Intake on several processes: the same counts as on one, bounded, and one clear error when something fails."""

import threading

import pytest

from andel.data import workers as workers_module
from andel.data.intake import DeviceRecord, Intake, IntakeCounts, IntakeSettings
from andel.data.store import EvidenceStore
from andel.data.workers import IntakeScope, IntakeWorkers
from andel.device.reading import Refusal
from andel.errors import SettingsError, StoreError
from andel.units import Address
from tests.device.actors import NOON, Pebble, account

OWNER = account("owner")
PEBBLES = [Pebble(str(number)) for number in range(5)]
DEVICES = {device.address: DeviceRecord(device.public_key, OWNER) for device in PEBBLES}
SETTINGS = IntakeSettings((0, 2**40))


def mixed():
    """Good packets, replays, forgeries and strangers, in one order."""
    for number in range(60):
        pebble = PEBBLES[number % 5]
        raw = pebble.packet(NOON + number // 10)  # each device and time comes twice
        yield pebble.address, raw
        yield pebble.address, raw[:-1] + bytes([raw[-1] ^ 1])
        yield Address(f"nobody {number}\ud800"), raw


def test_several_processes_come_to_what_one_comes_to(url, tmp_path):
    alone = EvidenceStore(f"sqlite:///{tmp_path}/alone.db")
    expected = Intake(OWNER, DEVICES, SETTINGS, alone).take(mixed())
    told: list[IntakeCounts] = []
    with IntakeWorkers(IntakeScope(OWNER, DEVICES, SETTINGS), url, 3) as workers:
        assert workers.take(mixed(), told.append) == expected
        assert workers.take(iter(())) == IntakeCounts(0, {})
        assert workers.take(mixed()).accepted == 0
    assert sum(told, IntakeCounts(0, {})) == expected
    assert expected.accepted == 30 and expected.refused[Refusal.UNKNOWN_DEVICE] == 60
    together = EvidenceStore(url)
    assert together.counts().accepted == 30
    for device in DEVICES:
        assert together.readings(device, 0, 40_000) == alone.readings(device, 0, 40_000)
    alone.close()
    together.close()


def test_a_source_that_is_faster_than_the_curve_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(workers_module, "CHUNK_PACKETS", 10)
    raw, address = PEBBLES[0].packet(), PEBBLES[0].address
    given, done = 0, 0
    ahead = []

    def feed():
        nonlocal given
        for _ in range(500):
            given += 1
            ahead.append(given - done)
            yield address, raw

    def acknowledge(counts):
        nonlocal done
        done += counts.accepted + sum(counts.refused.values())

    with IntakeWorkers(IntakeScope(OWNER, DEVICES, SETTINGS), f"sqlite:///{tmp_path}/x.db", 1) as workers:
        workers.take(feed(), acknowledge)
    assert done == 500
    assert max(ahead) <= 10 * (workers_module.WAITING_CHUNKS + 1) + 1


def test_a_feed_that_breaks_leaves_no_answers_behind(tmp_path):
    def feed():
        yield from mixed()
        raise ConnectionError("the feed broke")

    with IntakeWorkers(IntakeScope(OWNER, DEVICES, SETTINGS), f"sqlite:///{tmp_path}/x.db", 2) as workers:
        with pytest.raises(ConnectionError):
            workers.take(feed())
        with pytest.raises(StoreError, match="have ended"):
            workers.take(mixed())


def test_the_processes_end_with_the_block(tmp_path):
    with IntakeWorkers(IntakeScope(OWNER, DEVICES, SETTINGS), f"sqlite:///{tmp_path}/x.db", 2) as workers:
        processes = [worker.process for worker in workers._workers]
        assert all(process.is_alive() for process in processes)
    assert not any(process.is_alive() for process in processes)
    assert threading.active_count() == 1


@pytest.mark.parametrize("number", [0, -1, 1_000])
def test_a_number_of_processes_that_makes_no_sense_is_refused(tmp_path, number):
    with pytest.raises(SettingsError):
        IntakeWorkers(IntakeScope(OWNER, DEVICES, SETTINGS), f"sqlite:///{tmp_path}/x.db", number)
