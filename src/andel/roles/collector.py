"""The collector: what runs beside the data, takes in what every source brings, and keeps it.

Wires a source's arrivals to intake (packets), to the kept claims (confirmations) and to the store (lines that could
not be read). What `take` returns is durable. Who owns a device, and whether it is revoked, comes from the device
book or from the chain, which is asked again from time to time. Safe to call from several threads.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from andel.data.arrivals import Arrival, Kind
from andel.data.confirmations import ConfirmationStore
from andel.data.device_book import DeviceBook
from andel.data.intake import CHUNK_PACKETS, DeviceRecord, Intake, IntakeSettings
from andel.data.store import EvidenceStore, RefusedPacket
from andel.device.reading import Refusal, SignedReading
from andel.errors import ChainError, SourceError
from andel.ledger.contracts import DeviceRegistryContract
from andel.units import Address

ACCEPTED: Final = "accepted"
CONFIRMATION: Final = "confirmation"
UNREADABLE: Final = "unreadable"


_log = logging.getLogger(__name__)

Records = Callable[[], Mapping[Address, DeviceRecord]]


class WitnessedStore(EvidenceStore):
    """An evidence store that also tells the fate of each packet of the last calls of `add`, once."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._fates: dict[tuple[str, bytes], list[str]] = {}

    def add(self, accepted: Sequence[SignedReading], refused: Sequence[RefusedPacket]) -> tuple[RefusedPacket, ...]:
        """As `EvidenceStore.add`."""
        replays = super().add(accepted, refused)
        replayed = Counter((packet.device, packet.raw) for packet in replays)
        for reading in reversed(accepted):  # of equal packets the first was kept
            key = (reading.device, reading.raw)
            fate = Refusal.REPLAY.value if replayed[key] > 0 else ACCEPTED
            replayed[key] -= 1
            self._fates.setdefault(key, []).append(fate)
        for packet in reversed(refused):
            self._fates.setdefault((packet.device, packet.raw), []).append(packet.reason.value)
        return replays

    def fate_of(self, device: Address, raw: bytes) -> str:
        """`accepted`, or the reason of refusal, of the next of those packets that has not been asked for."""
        return self._fates[device, raw].pop()

    def forget_fates(self) -> None:
        """Forgets what was not asked for."""
        self._fates.clear()


class Collector:
    """One owner's way in for packets from everywhere."""

    def __init__(
        self,
        owner: Address,
        book: DeviceBook,
        records: Records,
        settings: IntakeSettings,
        store: WitnessedStore,
        confirmations: ConfirmationStore,
    ) -> None:
        """`records` gives the devices as they are now; it is called here, and again by `renew`."""
        self._owner = owner
        self._book = book
        self._records = records
        self._settings = settings
        self._store = store
        self._confirmations = confirmations
        self._lock = threading.Lock()
        self._tally: Counter[str] = Counter()
        self._intake = Intake(owner, records(), settings, store)

    @property
    def tally(self) -> Mapping[str, int]:
        """What was taken so far, by fate: `accepted`, a reason of refusal, `confirmation` or `unreadable`."""
        return dict(sorted(self._tally.items()))

    def take(self, arrivals: Sequence[Arrival]) -> tuple[str, ...]:
        """The fate of each arrival, in their order, when all of them are durable.

        A packet's fate is `accepted` or the reason of its refusal; a claim's is `confirmation`. Nothing that
        arrives raises; what does is a database that cannot be written, and then everything can be given again.
        """
        with self._lock:
            packets = [(self._book.resolve(name), raw) for name, raw, kind, _ in arrivals if kind is Kind.DATA]
            judged: list[str] = []
            for start in range(0, len(packets), CHUNK_PACKETS):
                judged += self._judge(packets[start : start + CHUNK_PACKETS])
            fates = judged
            if len(packets) < len(arrivals):
                rest = iter(judged)
                fates = [fate or next(rest) for fate in self._keep_others(arrivals)]
            self._tally.update(fates)
            return tuple(fates)

    def renew(self) -> None:
        """Asks for the devices again; when the chain does not answer, those of before stay, and the log says so."""
        try:
            intake = Intake(self._owner, self._records(), self._settings, self._store)
        except ChainError as error:
            _log.warning("devices_not_renewed kind=%s", type(error).__name__)
            return
        with self._lock:
            self._intake = intake

    def _judge(self, packets: Sequence[tuple[Address, bytes]]) -> list[str]:
        self._store.forget_fates()
        self._intake.take(packets)
        return [self._store.fate_of(device, raw) for device, raw in packets]

    def _keep_others(self, arrivals: Iterable[Arrival]) -> list[str]:
        fates, claims, unreadable = [], [], []
        for name, raw, kind, detail in arrivals:
            if kind is Kind.CONFIRMATION:
                claims.append((self._book.resolve(name), raw))
                fates.append(CONFIRMATION)
            elif kind is Kind.UNREADABLE:
                unreadable.append(RefusedPacket(name, Refusal.MALFORMED, detail, raw))
                _log.warning("line_refused %s", ascii(detail)[1:-1])
                fates.append(UNREADABLE)
            else:
                fates.append("")
        if claims:
            self._confirmations.add(claims, self._public_key_of)
        if unreadable:
            self._store.add((), unreadable)
        return fates

    def _public_key_of(self, device: Address) -> bytes | None:
        booked = self._book.devices.get(device)
        return booked.public_key if booked else None


def records_of_book(book: DeviceBook, owner: Address) -> Mapping[Address, DeviceRecord]:
    """The devices as the book alone knows them; where it names no owner, `owner`."""
    return {
        address: DeviceRecord(device.public_key, device.owner or owner, device.revoked)
        for address, device in book.devices.items()
    }


def records_of_chain(book: DeviceBook, registry: DeviceRegistryContract) -> Mapping[Address, DeviceRecord]:
    """The devices with public keys of the book, owners and revocations of the chain; nobody's are left out.

    Raises ChainError.
    """
    devices = list(book.devices)
    return {
        device: DeviceRecord(book.devices[device].public_key, status.owner, status.revoked)
        for device, status in zip(devices, registry.statuses_of(devices), strict=True)
        if status.owner is not None
    }


def drain(
    arrivals: Iterable[Arrival | None],
    collector: Collector,
    should_stop: Callable[[], bool],
    chunk: int = CHUNK_PACKETS,
) -> bool:
    """Takes everything from a source of files; whether it was read to its end.

    None from the source (nothing came for a while) hands on what has gathered. When `should_stop` says so, what has
    gathered is still taken; so it is when the source fails, whose error then goes on.
    """
    gathered: list[Arrival] = []
    try:
        for arrival in arrivals:
            if arrival is not None:
                gathered.append(arrival)
                if len(gathered) < CHUNK_PACKETS:
                    continue
            full, gathered = gathered, []
            if full:
                collector.take(full)
            if should_stop():
                return False
    except SourceError:
        if gathered:
            collector.take(gathered)
        raise
    if gathered:
        collector.take(gathered)
    return True
