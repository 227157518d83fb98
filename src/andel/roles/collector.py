"""The collector: what runs beside the data, takes in what every source brings, and keeps it.

Wires a source's arrivals to intake (packets), to the kept claims (confirmations) and to the store (lines that could
not be read). What `take` returns is durable. Who owns a device, and whether it is revoked, comes from the device
book or from the chain, which is asked again from time to time. Safe to call from several threads.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Final, Self

from andel.data.arrivals import Arrival, Kind
from andel.data.confirmations import ConfirmationStore
from andel.data.device_book import DeviceBook
from andel.data.intake import CHUNK_PACKETS, DeviceRecord, Intake, IntakeCounts
from andel.data.refused_limits import DEFAULT_LIMITS, RefusedKeeper, RefusedLimits
from andel.data.store import EvidenceStore, RefusedPacket
from andel.data.workers import IntakeScope, IntakeWorkers
from andel.device.reading import Refusal, SignedReading
from andel.errors import ChainError, SourceError
from andel.ledger.contracts import DeviceRegistryContract
from andel.units import Address

ACCEPTED: Final = "accepted"
CONFIRMATION: Final = "confirmation"
UNREADABLE: Final = "unreadable"


_log = logging.getLogger(__name__)


class WitnessedStore(EvidenceStore):
    """An evidence store that can also tell the fate of each packet that is added."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._witnessed: defaultdict[tuple[str, bytes], deque[str]] | None = None

    def add(self, accepted: Iterable[SignedReading], refused: Iterable[RefusedPacket]) -> tuple[RefusedPacket, ...]:
        """As `EvidenceStore.add`."""
        fates = self._witnessed
        if fates is None:
            return super().add(accepted, refused)
        readings = list(accepted)  # read first: intake judges while they are read, and `refused` grows
        refusals = list(refused)
        replays = super().add(readings, refusals)
        copies: Counter[tuple[str, bytes]] = Counter((reading.device, reading.raw) for reading in readings)
        copies.subtract((packet.device, packet.raw) for packet in replays)
        for reading in readings:  # of equal packets the first is the one that was kept
            key = (str(reading.device), reading.raw)
            fates[key].append(ACCEPTED if copies[key] > 0 else Refusal.REPLAY.value)
            copies[key] -= 1
        for packet in refusals:
            fates[packet.device, packet.raw].append(packet.reason.value)
        return replays

    @contextmanager
    def witnessing(self) -> Iterator[Callable[[Address, bytes], str]]:
        """While it lasts, the given function tells the fate of a packet: of equal ones one after the other."""
        fates = self._witnessed = defaultdict(deque)
        try:
            yield lambda device, raw: fates[device, raw].popleft()
        finally:
            self._witnessed = None


class Collector:
    """One owner's way in for packets from everywhere. Use it in a `with` block, which ends its processes."""

    def __init__(
        self,
        book: DeviceBook,
        scope: Callable[[], IntakeScope],
        store: WitnessedStore,
        workers: int = 0,
        limits: RefusedLimits = DEFAULT_LIMITS,
    ) -> None:
        """`scope` gives owner, devices and bounds as they are now; it is asked here, and by `renew`.

        With `workers`, `take` judges on as many processes beside this one. Of what is refused, `limits` say how much is
        kept. Raises ChainError or StoreError.
        """
        self._book = book
        self._scope = scope
        self._store = store
        self._workers = workers
        self._confirmations = ConfirmationStore(store)
        self._lock = threading.Lock()
        self._tally: Counter[str] = Counter()
        self._refused = 0
        self._known = scope()
        self._intake = self._judge()
        self._keeper = RefusedKeeper(store, limits)
        self._keeper.hold(self._known.devices)  # what an earlier intake left when it was killed
        self._processes = self._start() if workers else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:  # else what went wrong is to be told, not what follows from it
            with self._lock:
                self._keeper.hold(self._known.devices)

    def close(self) -> None:
        """Ends the processes, after what they have at hand."""
        if self._processes is not None:
            self._processes.close()

    @property
    def chunk(self) -> int:
        """How many arrivals are worth one call of `take`."""
        return CHUNK_PACKETS if self._processes is None else CHUNK_PACKETS * (self._workers + 1)

    @property
    def tally(self) -> Mapping[str, int]:
        """What was taken so far, by fate: `accepted`, a reason of refusal, `confirmation` or `unreadable`."""
        with self._lock:
            return dict(sorted(self._tally.items()))

    def take(self, arrivals: Sequence[Arrival]) -> None:
        """Keeps all arrivals, each with its fate; when this returns, they are durable.

        Nothing that arrives raises. StoreError says that the database failed; then everything can be given again.
        """
        with self._lock:
            intake = self._processes or self._intake
            packets = ((self._book.resolve(name), raw) for name, raw, kind, _ in arrivals if kind is Kind.DATA)
            intake.take(packets, self._count)
            self._tally.update(fate for fate in self._keep_others(arrivals) if fate)
            self._hold_limits()

    def take_each(self, arrivals: Sequence[Arrival]) -> tuple[str, ...]:
        """As `take`, on this process alone; gives the fate of each arrival, in their order.

        That is `accepted` or the reason of refusal for a packet, `confirmation` for a claim, else `unreadable`.
        """
        packets = [(self._book.resolve(name), raw) for name, raw, kind, _ in arrivals if kind is Kind.DATA]
        with self._lock, self._store.witnessing() as fate_of:
            self._intake.take(packets, self._count)
            others = self._keep_others(arrivals)
            self._tally.update(fate for fate in others if fate)
            judged = (fate_of(device, raw) for device, raw in packets)
            fates = tuple(fate or next(judged) for fate in others)
            self._hold_limits()
            return fates

    def renew(self) -> None:
        """Asks for devices and bounds again; when the chain does not answer, those of before stay, which is logged."""
        try:
            known = self._scope()
        except ChainError as error:
            _log.warning("devices_not_renewed kind=%s", type(error).__name__)
            return
        with self._lock:
            if known == self._known:
                return
            self._known = known
            self._intake = self._judge()
            if self._processes is not None:
                self._processes.close()
                self._processes = self._start()
        _log.info("devices_renewed devices=%d", len(known.devices))

    def _judge(self) -> Intake:
        return Intake(self._known.owner, self._known.devices, self._known.settings, self._store)

    def _start(self) -> IntakeWorkers:
        return IntakeWorkers(self._known, self._store.url, self._workers)

    def _hold_limits(self) -> None:
        refused = self._tally.total() - self._tally[ACCEPTED] - self._tally[CONFIRMATION]
        self._keeper.count(refused - self._refused, self._known.devices)
        self._refused = refused

    def _count(self, counts: IntakeCounts) -> None:
        self._tally[ACCEPTED] += counts.accepted
        self._tally.update({str(reason): count for reason, count in counts.refused.items()})

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
        address: DeviceRecord(device.public_key, device.owner or owner, device.revoked, device.epoch)
        for address, device in book.devices.items()
    }


def records_of_chain(book: DeviceBook, registry: DeviceRegistryContract) -> Mapping[Address, DeviceRecord]:
    """The devices with public keys of the book, owners and revocations of the chain; nobody's are left out.

    Raises ChainError.
    """
    devices = list(book.devices)
    return {
        device: DeviceRecord(book.devices[device].public_key, status.owner, status.revoked, book.devices[device].epoch)
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
                if len(gathered) < collector.chunk:
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


@contextmanager
def renewing(collector: Collector, stop: threading.Event, seconds: float) -> Iterator[None]:
    """While the context lasts, `collector` is renewed every so many seconds; `stop` ends that early."""
    left = threading.Event()

    def renew() -> None:
        while not left.wait(seconds) and not stop.is_set():
            collector.renew()

    thread = threading.Thread(target=renew, name="andel-renew", daemon=True)
    thread.start()
    try:
        yield
    finally:
        left.set()
        thread.join()
