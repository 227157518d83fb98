"""Validators as operating-system processes: each is given the RPC address, the model, the store and its own key.

They run the command a validator would run on its own machine, `andel validate`, and share no memory with the run.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from andel.errors import TrainingError
from andel.keys import AccountKey
from andel.units import Address

_STOP_SECONDS = 10.0
_SHOWN_LOG_BYTES = 500


class ValidatorProcesses:
    """Running validators; a context manager that ends them."""

    def __init__(self, keys: Sequence[AccountKey], folder: Path) -> None:
        self._keys = keys
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        self._logs: list[Path] = []

    def start(self, rpc_url: str, model: Address, store_url: str, last_round: int) -> None:
        """Starts one process per key; each serves until `last_round` is final."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for number, key in enumerate(self._keys, start=1):
            key_file = self._folder / f"validator-{number}.key"
            key_file.touch(mode=0o600)
            key_file.write_text(key.secret_bytes().hex())
            log_path = self._folder / f"validator-{number}.log"
            command = [sys.executable, "-m", "andel", "--verbose", "validate", "--rpc", rpc_url, "--model", model]
            command += ["--store", store_url, "--key-file", str(key_file), "--until-round", str(last_round)]
            with log_path.open("wb") as log:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
                )
            self._running.append(process)
            self._logs.append(log_path)

    def check(self, quorum: int) -> None:
        """Raises TrainingError, with the end of a log, when too many ended before their time for `quorum` to agree."""
        ended = [number for number, process in enumerate(self._running) if process.poll() not in (None, 0)]
        if len(self._running) - len(ended) < quorum:
            last = ended[-1]
            tail = self._logs[last].read_bytes()[-_SHOWN_LOG_BYTES:].decode("utf-8", "replace").strip()
            raise TrainingError(
                f"{len(ended)} of {len(self._running)} validators ended early, number {last + 1} with code "
                f"{self._running[last].returncode}",
                tail,
            )

    def stop(self) -> None:
        """Ends all processes, politely first."""
        for process in self._running:
            if process.poll() is None:
                process.terminate()
        for process in self._running:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def __enter__(self) -> ValidatorProcesses:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
