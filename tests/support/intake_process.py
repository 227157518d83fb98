"""An intake as a process of its own, for tests that kill it: python intake_process.py URL COUNT [PLACE NUMBER].

Takes COUNT packets in chunks of 50 and prints, after each chunk is acknowledged, how many were accepted and refused
so far. PLACE is where it kills itself (as kill -9 would) at the NUMBER-th time: `before-commit`, `after-commit` or
`judging`.
"""

import os
import signal
import sys
from collections.abc import Iterator

import sqlalchemy as sa

from andel.data import intake as intake_module
from andel.data.intake import DeviceRecord, Intake, IntakeCounts, IntakeSettings
from andel.data.store import EvidenceStore
from andel.units import Address
from tests.device.actors import NOON, Pebble, account

OWNER = account("owner")
DEVICES = [Pebble(f"crash {number}") for number in range(4)]
RECORDS = {device.address: DeviceRecord(device.public_key, OWNER) for device in DEVICES}
SETTINGS = IntakeSettings((0, 2**40))
CHUNK = 50


def packets(count: int) -> Iterator[tuple[Address, bytes]]:
    """The same packets in every process, each device and time once."""
    for number in range(count):
        device = DEVICES[number % len(DEVICES)]
        yield device.address, device.packet(NOON + number // len(DEVICES))


def main(url: str, count: int, place: str = "", number: int = 0) -> None:
    """Takes the packets and tells of each acknowledgement."""
    intake_module.CHUNK_PACKETS = CHUNK  # type: ignore[misc]  # so that there are many commits to die in
    store = EvidenceStore(url)
    times = {"before-commit": 0, "after-commit": 0, "judging": 0}
    accepted = refused = 0

    def die_at(here: str) -> None:
        times[here] += 1
        if here == place and times[here] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def acknowledge(counts: IntakeCounts) -> None:
        nonlocal accepted, refused
        die_at("after-commit")
        accepted += counts.accepted
        refused += sum(counts.refused.values())
        print(accepted, refused, flush=True)  # noqa: T201

    def watched() -> Iterator[tuple[Address, bytes]]:
        for packet in packets(count):
            die_at("judging")
            yield packet

    intake = Intake(OWNER, RECORDS, SETTINGS, store)
    sa.event.listen(store._engine, "commit", lambda _: die_at("before-commit"))
    intake.take(watched(), acknowledge)
    store.close()


if __name__ == "__main__":
    words = [*sys.argv[3:], "", "0"]
    main(sys.argv[1], int(sys.argv[2]), words[0], int(words[1]))
