"""Intake on several cores: processes that judge and store, and one that hands them packets.

Takes what `Intake` takes, with the URL of the store; gives the same counts. Each device always goes to the same
process, so its packets are judged in the order of arrival; all write into one store, whose unique index holds a device
and timestamp once whoever writes. Never keeps more than a few chunks per process: a source that is faster than the
curve waits. Processes are spawned and share nothing; keys and settings are sent once.
"""

from __future__ import annotations

import gc
import multiprocessing
import pickle
import signal
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Final, Self

from andel.data.intake import CHUNK_BYTES, CHUNK_PACKETS, DeviceRecord, Intake, IntakeCounts, IntakeSettings
from andel.data.store import EvidenceStore
from andel.errors import AndelError, SettingsError, StoreError
from andel.units import Address

MAX_WORKERS: Final = 256
WAITING_CHUNKS: Final = 2
"""Chunks that a process has at hand: one in work and one to go on with."""

_END_SECONDS: Final = 60
_Packets = Iterable[tuple[Address, bytes]]


@dataclass(frozen=True, slots=True)
class IntakeScope:
    """What an intake judges by: whose packets it takes, the devices as they are now, and the bounds."""

    owner: Address
    devices: Mapping[Address, DeviceRecord]
    settings: IntakeSettings


@dataclass(slots=True)
class _Worker:
    number: int
    process: SpawnProcess
    pipe: Connection
    chunk: list[tuple[Address, bytes]] = field(default_factory=list)
    size: int = 0
    full: int = CHUNK_PACKETS
    waiting: int = 0


class IntakeWorkers:
    """The intake of one owner on `workers` processes. Use it in a `with` block; the processes end with it.

    The guarantee is that of `Intake`: what `acknowledge` was told of, or `take` returned, is on disk. A process that
    dies or fails ends the intake with StoreError; everything not acknowledged is to be given again, and what was kept
    of it is then a replay.
    """

    def __init__(self, scope: IntakeScope, store_url: str, workers: int) -> None:
        """Opens the store once, to make it or to refuse its URL (SettingsError), and starts the processes."""
        if not 0 < workers <= MAX_WORKERS:
            raise SettingsError(f"{workers} intake processes; it takes 1 to {MAX_WORKERS}")
        EvidenceStore(store_url).close()
        # devices in turn, so that equally busy ones load the processes equally
        self._turn = {device: number % workers for number, device in enumerate(sorted(scope.devices))}
        self._open = True
        self._workers: list[_Worker] = []
        context = multiprocessing.get_context("spawn")
        for number in range(workers):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work,
                args=(theirs, scope, store_url),
                name=f"andel intake {number}",
                daemon=True,
            )
            process.start()
            theirs.close()  # only the process holds its end now, so its death is seen here at once
            self._workers.append(_Worker(number, process, ours))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The processes, for whoever measures or watches them."""
        return tuple(worker.process.pid or 0 for worker in self._workers)

    def take(self, packets: _Packets, acknowledge: Callable[[IntakeCounts], None] | None = None) -> IntakeCounts:
        """As `Intake.take`: judges and keeps every packet, and counts what is durable."""
        if not self._open:
            raise StoreError("the intake processes have ended", "start the intake again")
        tally = _Tally(acknowledge)
        for worker in self._workers:
            # first chunks of different sizes, so that the processes come to write one after the other from then on
            worker.full = CHUNK_PACKETS * (worker.number + 1) // len(self._workers)
        try:
            for packet in packets:
                worker = self._workers[self._number(packet[0])]
                worker.chunk.append(packet)
                worker.size += len(packet[1])
                if len(worker.chunk) >= worker.full or worker.size >= CHUNK_BYTES:
                    self._send(worker, tally)
            for worker in self._workers:
                self._send(worker, tally)
            while any(worker.waiting for worker in self._workers):
                self._receive(self._workers, tally)
        except BaseException:
            # answers to this call must not be taken for those of the next one
            self.close()
            raise
        return tally.total

    def close(self) -> None:
        """Ends the processes after what they have at hand."""
        self._open = False
        for worker in self._workers:
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join(_END_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def _number(self, device: Address) -> int:
        turn = self._turn.get(device)
        # an unknown name, of any text, is refused by whoever gets it; always by the same one
        return zlib.crc32(device.encode("utf-8", "replace")) % len(self._workers) if turn is None else turn

    def _send(self, worker: _Worker, tally: _Tally) -> None:
        while worker.waiting >= WAITING_CHUNKS:
            self._receive([worker], tally)
        if not worker.chunk:
            return
        try:
            worker.pipe.send_bytes(pickle.dumps(worker.chunk, protocol=pickle.HIGHEST_PROTOCOL))
        except OSError as error:
            raise _dead(worker) from error
        worker.chunk, worker.size, worker.full = [], 0, CHUNK_PACKETS
        worker.waiting += 1

    def _receive(self, workers: Sequence[_Worker], tally: _Tally) -> None:
        pipes = {worker.pipe: worker for worker in workers if worker.waiting}
        for pipe in wait(list(pipes)):
            worker = pipes[pipe]  # type: ignore[index]  # only connections were given
            try:
                answer = worker.pipe.recv()
            except (EOFError, OSError) as error:
                raise _dead(worker) from error
            worker.waiting -= 1
            if isinstance(answer, IntakeCounts):
                tally.count(answer)
            else:
                raise StoreError(*answer)


class _Tally:
    """Adds what processes report, and passes it on."""

    def __init__(self, acknowledge: Callable[[IntakeCounts], None] | None) -> None:
        self.total = IntakeCounts(0, {})
        self._acknowledge = acknowledge

    def count(self, counts: IntakeCounts) -> None:
        self.total += counts
        if self._acknowledge is not None:
            self._acknowledge(counts)


def _dead(worker: _Worker) -> StoreError:
    worker.process.join(1)
    code = worker.process.exitcode
    how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    return StoreError(
        f"intake process {worker.number} ended by {how}",
        "what was acknowledged is kept; start again and give the rest again",
    )


def _work(pipe: Any, scope: IntakeScope, store_url: str) -> None:
    """What each process does: takes chunks from the pipe until it is closed, and answers each when it is on disk."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the one who started us decides
    store = None
    try:
        store = EvidenceStore(store_url)
        intake = Intake(scope.owner, scope.devices, scope.settings, store)
        gc.freeze()  # modules and devices stay: the collector need not look through them after every few packets
        while True:
            pipe.send(intake.take(pickle.loads(pipe.recv_bytes())))
    except (EOFError, ConnectionError):
        pass  # whoever started us has closed the pipe, or is gone
    except AndelError as error:
        pipe.send((error.message, error.hint))
    finally:
        if store is not None:
            store.close()
