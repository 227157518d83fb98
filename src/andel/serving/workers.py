"""Several server processes on one listening socket, watched by the process that started them.

Takes a listening socket and what a worker does with it; gives processes that each accept from it, so a connection waits
in one queue and none is lost with a worker. A worker that ends is started again. A signal ends all after what they are
answering. Never shares state between workers: what must hold over all of them does not belong into one.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import socket
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from types import FrameType
from typing import Final

from andel.errors import SettingsError

MAX_WORKERS: Final = 64
RESTART_SECONDS: Final = 1.0
"""The least time between two starts of one worker."""

_log = logging.getLogger(__name__)


def run_workers(work: Callable[[socket.socket], None], listener: socket.socket, count: int, stop_seconds: float) -> int:
    """Runs `work(listener)` in `count` processes until SIGINT or SIGTERM; returns the signal's number.

    `work` must be importable by name (or a partial of what is), and end at SIGTERM. Who has not ended `stop_seconds`
    after the signal is killed. Raises SettingsError for a count outside 1..64.
    """
    if not 1 <= count <= MAX_WORKERS:
        raise SettingsError(f"{count} workers are not in 1..{MAX_WORKERS}")
    context = multiprocessing.get_context("spawn")  # a fork would copy locks that other threads hold

    def start() -> SpawnProcess:
        process = context.Process(target=work, args=(listener,), daemon=True)
        process.start()
        return process

    stopped: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        stopped.append(number)

    former = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    processes, started = [start() for _ in range(count)], [time.monotonic()] * count
    try:
        while not stopped:
            wait([process.sentinel for process in processes], timeout=0.2)
            for index, process in enumerate(processes):
                if process.is_alive() or stopped or time.monotonic() - started[index] < RESTART_SECONDS:
                    continue
                _log.error("worker_ended code=%s", process.exitcode)
                processes[index], started[index] = start(), time.monotonic()
    finally:
        _end(processes, stop_seconds)
        for number, handler in former.items():
            signal.signal(number, handler)
    return stopped[0]


def _end(processes: list[SpawnProcess], seconds: float) -> None:
    for process in processes:
        process.terminate()
    end = time.monotonic() + seconds
    for process in processes:
        process.join(max(0.0, end - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
