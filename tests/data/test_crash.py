"""kill -9, in real processes: nothing acknowledged is lost, nothing is accepted twice, the rest can come again."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from andel.data.batch import make_batch
from andel.data.intake import Intake, IntakeCounts
from andel.data.store import EvidenceStore
from andel.data.workers import IntakeScope, IntakeWorkers
from andel.device.packets import reread_packet
from andel.device.reading import Refusal
from andel.errors import StoreError
from andel.units import Address
from tests.support.intake_process import CHUNK, OWNER, RECORDS, SETTINGS, packets

COUNT = 400


def start(repo_root, *arguments):
    command = [sys.executable, repo_root / "tests/support/intake_process.py", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(repo_root)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def acknowledged(process):
    lines = process.stdout.read().splitlines()
    process.stdout.close()
    process.wait()
    return int(lines[-1].split()[0]) if lines else 0


def check_after_crash(url, kept_at_least):
    """What the promise is: all that was acknowledged is there, whole, and the rest comes in once when given again."""
    store = EvidenceStore(url)
    before = store.counts().accepted
    assert before >= kept_at_least and before % CHUNK == 0
    counts = Intake(OWNER, RECORDS, SETTINGS, store).take(packets(COUNT))
    assert counts.accepted == COUNT - before
    assert counts.refused == ({Refusal.REPLAY: before} if before else {})
    given: dict[Address, list[bytes]] = {}
    for device, raw in packets(COUNT):
        given.setdefault(device, []).append(raw)
    for device, raws in given.items():
        assert list(store.readings(device, 0, 40_000)) == raws
    assert Intake(OWNER, RECORDS, SETTINGS, store).take(packets(COUNT)).accepted == 0
    store.close()


@pytest.mark.parametrize("place", ["before-commit", "after-commit", "judging"])
def test_a_process_killed_at_the_worst_place_loses_nothing_it_acknowledged(repo_root, url, place):
    process = start(repo_root, url, COUNT, place, 120 if place == "judging" else 3)
    done = acknowledged(process)
    assert process.returncode == -signal.SIGKILL
    assert done == 2 * CHUNK
    store = EvidenceStore(url)
    assert store.counts().accepted == (3 if place == "after-commit" else 2) * CHUNK
    store.close()
    check_after_crash(url, done)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_a_process_killed_at_any_moment_loses_nothing_it_acknowledged(repo_root, url, seed):
    process = start(repo_root, url, COUNT)
    first = process.stdout.readline()  # it has begun
    time.sleep(random.Random(seed).uniform(0, 0.1))
    process.kill()
    check_after_crash(url, max(acknowledged(process), int(first.split()[0])))


def test_a_worker_killed_is_an_error_and_what_was_acknowledged_stays(url):
    told: list[IntakeCounts] = []
    with IntakeWorkers(IntakeScope(OWNER, RECORDS, SETTINGS), url, 2) as workers:
        workers.take(packets(CHUNK), told.append)
        victim = workers.process_ids[0]

        def feed():
            for number, packet in enumerate(packets(COUNT)):
                if number == CHUNK:
                    os.kill(victim, signal.SIGKILL)
                yield packet

        with pytest.raises(StoreError, match="ended by signal 9"):
            workers.take(feed(), told.append)
        with pytest.raises(StoreError, match="have ended"):
            workers.take(packets(1))
    store = EvidenceStore(url)
    kept = store.counts().accepted
    assert kept >= sum(counts.accepted for counts in told) >= CHUNK
    assert Intake(OWNER, RECORDS, SETTINGS, store).take(packets(COUNT)).accepted == COUNT - kept
    store.close()


def test_batches_made_after_a_crash_have_the_roots_they_would_have_had(repo_root, tmp_path):
    undisturbed, crashed = (f"sqlite:///{tmp_path}/{name}.db" for name in ("undisturbed", "crashed"))
    assert acknowledged(start(repo_root, undisturbed, COUNT)) == COUNT
    acknowledged(start(repo_root, crashed, COUNT, "before-commit", 4))
    check_after_crash(crashed, 3 * CHUNK)
    assert roots(undisturbed) == roots(crashed)


def roots(url):
    store = EvidenceStore(url)
    found = []
    for device, day in store.days():
        key = RECORDS[device].public_key
        found.append(make_batch([reread_packet(raw, key) for raw in store.readings(device, day, day)], key).header)
    store.close()
    return found
