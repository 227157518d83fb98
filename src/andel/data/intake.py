"""Intake: judges packets as they arrive and keeps each, accepted or refused with its reason.

Takes packets with the device that their topic announces, the devices as the chain knows them, and an evidence
store. What is counted as accepted is on disk. Memory is bounded by the chunk, whatever the number of packets.
Cheap checks come first, so that a flood from unknown devices costs no curve arithmetic.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from andel.data.bounds import Ranges, check_bounds, find_fault
from andel.data.store import EvidenceStore, RefusedPacket
from andel.device.epochs import Epoch
from andel.device.known_keys import is_publicly_known
from andel.device.packets import read_packet
from andel.device.reading import PacketRefused, Refusal, SignedReading
from andel.units import Address

CHUNK_PACKETS: Final = 1_000
"""Packets per transaction: at most 4 MiB in memory, and few enough waits for the disk."""


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


class Intake:
    """The intake of one owner: their devices' packets into their store."""

    def __init__(
        self,
        owner: Address,
        devices: Mapping[Address, DeviceRecord],
        settings: IntakeSettings,
        store: EvidenceStore,
    ) -> None:
        self._owner = owner
        self._devices = devices
        self._settings = settings
        self._store = store

    def take(self, packets: Iterable[tuple[Address, bytes]]) -> IntakeCounts:
        """Judges and keeps every (announced device, raw bytes); counts what is durable.

        Bad packets never raise. After a crash in the middle everything can be given again: what was kept is
        then counted as a replay.
        """
        accepted = 0
        refused: Counter[Refusal] = Counter()
        source = iter(packets)
        while chunk := list(islice(source, CHUNK_PACKETS)):
            readings, refusals = self._judge_all(chunk)
            replays = self._store.add(readings, refusals)
            accepted += len(readings) - len(replays)
            refused.update(packet.reason for packet in refusals)
            refused.update(packet.reason for packet in replays)
        return IntakeCounts(accepted, dict(sorted(refused.items())))

    def _judge_all(self, chunk: list[tuple[Address, bytes]]) -> tuple[list[SignedReading], list[RefusedPacket]]:
        readings, refusals = [], []
        for device, raw in chunk:
            try:
                readings.append(self._judge(device, raw))
            except PacketRefused as refusal:
                refusals.append(RefusedPacket(device, refusal.reason, refusal.message, raw))
        return readings, refusals

    def _judge(self, device: Address, raw: bytes) -> SignedReading:
        record = self._devices.get(device)
        if record is None:
            raise PacketRefused(Refusal.UNKNOWN_DEVICE, "the registry does not know this device")
        if is_publicly_known(device):
            raise PacketRefused(Refusal.PUBLICLY_KNOWN_KEY, "the device's private key is public")
        if record.revoked:
            raise PacketRefused(Refusal.REVOKED, "the device's owner revoked it")
        if record.owner != self._owner:
            raise PacketRefused(Refusal.FOREIGN_OWNER, f"the device belongs to {record.owner}")
        reading = read_packet(raw, record.public_key, record.epoch)
        if reading.device != device:
            raise PacketRefused(Refusal.BAD_SIGNATURE, f"signed by {reading.device}, announced as {device}")
        if fault := find_fault(reading, self._settings.accepted_time, self._settings.ranges):
            raise PacketRefused(*fault)
        return reading
