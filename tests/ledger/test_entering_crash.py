"""kill -9 while batches are made and entered: started again, the rest is entered, and each batch once."""

import os
import signal
import subprocess
import sys

import pytest

from andel.hashing import sha256
from andel.keys import address_bytes, recoverable_signature
from andel.units import DAY_SECONDS
from andel.value.proof import is_entered
from tests.device.actors import NOON, Pebble
from tests.support.entering_process import DEVICE, ENTRIES_PER_CALL, OWNER, contributor

DAYS = 10


@pytest.mark.full
def test_batches_are_entered_once_whenever_their_owner_is_killed(local_chain, chain, shared, tmp_path, repo_root):
    local_chain.fund([OWNER.address])
    now = chain.block_time()
    message = address_bytes(OWNER.address) + now.to_bytes(4, "big")
    signature = recoverable_signature(sha256(message), DEVICE.sign_sha256(message), DEVICE.address)
    shared.device_registry.claim(OWNER, DEVICE.address, now, signature)
    url = f"sqlite:///{tmp_path}/evidence.db"
    pebble = Pebble()
    pebble.key = DEVICE
    member = contributor(url)
    times = [NOON + day * DAY_SECONDS + hour * 3_600 for day in range(DAYS) for hour in range(3)]
    packets = [(DEVICE.address, pebble.packet(time, temperature=100 + n)) for n, time in enumerate(times)]  # not stuck
    assert member.take(packets).accepted == 3 * DAYS

    def run(place):
        command = [sys.executable, repo_root / "tests/support/entering_process.py"]
        arguments = [local_chain.url, shared.batch_registry.address, url, place]
        environment = os.environ | {"PYTHONPATH": str(repo_root)}
        return subprocess.run([*command, *arguments], env=environment, capture_output=True, text=True, timeout=120)

    assert run("made").returncode == -signal.SIGKILL
    assert len(member.missing_entries(shared.batch_registry)) == DAYS
    assert run("sent").returncode == -signal.SIGKILL
    assert len(member.missing_entries(shared.batch_registry)) == DAYS - ENTRIES_PER_CALL
    ended = run("-")
    assert (ended.returncode, ended.stdout.strip()) == (0, str(DAYS - ENTRIES_PER_CALL)), ended.stderr
    assert member.missing_entries(shared.batch_registry) == []
    assert run("-").stdout.strip() == "0"
    standing = shared.batch_registry.entries_of([(entry.device, entry.day) for entry in member.entries()])
    for batch, entry in zip(member.all_batches(), standing, strict=True):
        assert is_entered(entry, batch.root, OWNER.address, chain.block_time())
