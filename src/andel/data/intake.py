"""Intake: judges packets as they arrive and keeps each, accepted or refused with its reason.

Takes packets with the device that their topic announces, the devices as the chain knows them, and an evidence
store. What is counted as accepted is on disk. Memory is bounded by the chunk, whatever the number of packets.
Cheap checks come first, so that a flood from unknown devices costs no curve arithmetic.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from andel.data.bounds import Ranges, check_bounds, find_fault
from andel.data.store import EvidenceStore, KnownDevice, RefusedPacket
from andel.device.epochs import Epoch
from andel.device.known_keys import is_publicly_known
from andel.device.packets import read_packets
from andel.device.reading import PacketRefused, Refusal, SignedReading
from andel.units import Address

CHUNK_PACKETS: Final = 4_000
"""Most packets of one transaction: few enough waits for the disk."""

CHUNK_BYTES: Final = 4 << 20
"""Bytes after which a transaction ends early, so that long packets cost no memory."""


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """A device as the chain knows it; `public_key` is any SEC 1 form.

    `epoch` is that of its firmware (`epochs.epoch_of_firmware`), where the owner knows it.
    """

    public_key: bytes
    owner: Address
    revoked: bool = False
    epoch: Epoch | None = None


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """What the owner accepts: times (unix seconds, end excluded), and ranges per channel in hundredths."""

    accepted_time: tuple[int, int]
    ranges: Ranges = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_bounds(self.accepted_time, self.ranges)


@dataclass(frozen=True, slots=True)
class IntakeCounts:
    """What became of the packets of one `take`; `refused` names only reasons that occurred."""

    accepted: int
    refused: Mapping[Refusal, int]

    def __add__(self, other: IntakeCounts) -> IntakeCounts:
        refused = Counter(self.refused) + Counter(other.refused)
        return IntakeCounts(self.accepted + other.accepted, dict(sorted(refused.items())))


class Intake:
    """The intake of one owner: their devices' packets into their store."""

    def __init__(
        self,
        owner: Address,
        devices: Mapping[Address, DeviceRecord],
        settings: IntakeSettings,
        store: EvidenceStore,
    ) -> None:
        self._devices = devices
        self._settings = settings
        self._store = store
        # what the registry says of a device is the same for every packet of it, and so is what reading takes
        own = {
            device: KnownDevice(record.public_key, record.epoch)
            for device, record in devices.items()
            if record.owner == owner and not record.revoked and not is_publicly_known(device)
        }
        self._own = {device: (known.public_key, known.epoch) for device, known in own.items()}
        store.remember(own)

    def take(
        self,
        packets: Iterable[tuple[Address, bytes]],
        acknowledge: Callable[[IntakeCounts], None] | None = None,
    ) -> IntakeCounts:
        """Judges and keeps every (announced device, raw bytes); counts what is durable.

        Bad packets never raise; StoreError says that the database failed. `acknowledge` is called with the counts of
        each chunk once it is on disk, and so is told of everything that was kept before an error. After a crash in
        the middle everything can be given again: what was kept is then counted as a replay.
        """
        total = IntakeCounts(0, {})
        for chunk in chunks(packets):
            refusals: list[RefusedPacket] = []
            with _collector_at_rest():
                replays = self._store.add(self._judge_all(chunk, refusals), refusals)
            refused = Counter(packet.reason for packet in (*refusals, *replays))
            counts = IntakeCounts(len(chunk) - refused.total(), dict(sorted(refused.items())))
            total += counts
            if acknowledge is not None:
                acknowledge(counts)
        return total

    def _judge_all(
        self, chunk: Sequence[tuple[Address, bytes]], refusals: list[RefusedPacket]
    ) -> Iterator[SignedReading]:
        own = self._own
        accepted_time, ranges = self._settings.accepted_time, self._settings.ranges
        start, end = accepted_time
        found = iter(read_packets([(raw, *own[device]) for device, raw in chunk if device in own]))
        for device, raw in chunk:
            reading = next(found) if device in own else self._stranger(device)
            if isinstance(reading, PacketRefused):
                refusals.append(RefusedPacket(device, reading.reason, reading.message, raw))
            elif reading.device != device:
                detail = f"signed by {reading.device}, announced as {device}"
                refusals.append(RefusedPacket(device, Refusal.BAD_SIGNATURE, detail, raw))
            elif start <= reading.timestamp < end and not ranges:  # what `find_fault` would say, without the call
                yield reading
            elif fault := find_fault(reading, accepted_time, ranges):
                refusals.append(RefusedPacket(device, *fault, raw))
            else:
                yield reading

    def _stranger(self, device: Address) -> PacketRefused:
        record = self._devices.get(device)
        if record is None:
            return PacketRefused(Refusal.UNKNOWN_DEVICE, "the registry does not know this device")
        if is_publicly_known(device):
            return PacketRefused(Refusal.PUBLICLY_KNOWN_KEY, "the device's private key is public")
        if record.revoked:
            return PacketRefused(Refusal.REVOKED, "the device's owner revoked it")
        return PacketRefused(Refusal.FOREIGN_OWNER, f"the device belongs to {record.owner}")


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    # thousands of readings wait for their rows, and none is in a circle: looking for circles among them again and again
    # would cost a packet 1 to 2 us
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def chunks(packets: Iterable[tuple[Address, bytes]]) -> Iterator[list[tuple[Address, bytes]]]:
    """The packets in lists of one transaction each: 4,000, or fewer where their bytes come to 4 MiB."""
    chunk: list[tuple[Address, bytes]] = []
    size = 0
    for packet in packets:
        chunk.append(packet)
        size += len(packet[1])
        if len(chunk) >= CHUNK_PACKETS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
