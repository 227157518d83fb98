"""Flower's own programs as processes: started quietly, watched, ended.

Takes a program's name, its arguments and a folder. Gives a running process with a log. Its environment is made here
and inherits nothing: no telemetry, no update check, no run-time installs, no proxy, no secret of whoever started it.
It ends with this process, however that ends.
"""

from __future__ import annotations

import socket
import subprocess
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from andel.errors import SettingsError, TrainingError
from andel.training.flower_quiet import QUIET

HOST: Final = "127.0.0.1"
_STOP_SECONDS = 5.0
_SHOWN_LOG_BYTES = 2_000

# The watcher waits at the pipe's end that this process holds; when that closes, for whatever reason, the program goes.
_WATCHED: Final = 'exec 3<&0; (read -r _ <&3; kill $$) 2>/dev/null & exec 3<&-; exec "$@" </dev/null'


def flower_program(name: str) -> Path:
    """The path of a program that Flower installs. Raises SettingsError."""
    path = Path(sysconfig.get_path("scripts")) / name
    if not path.is_file():
        raise SettingsError(f"there is no {name} beside this Python", "install flwr into the same environment")
    return path


def flower_environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """All that a program is told by its environment; `folder` is its home. `more` cannot undo what is turned off."""
    programs = sysconfig.get_path("scripts")
    return {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",  # Flower starts its own programs by name
        "LANG": "C.UTF-8",
        "FLWR_SUPEREXEC_TASK_POLL_INTERVAL": "0.2",  # seconds; by default 1
        **(more or {}),
        "HOME": str(folder),
        "FLWR_HOME": str(folder / "flower"),
        **QUIET,
    }


class FlowerProcess:
    """A running program of Flower's. Use as a context manager, or call `stop`."""

    def __init__(
        self, program: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        """Starts it; its log is `<program>.log` in `folder`. Raises SettingsError."""
        self.program = program
        command = [str(flower_program(program)), *arguments]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.log_path = folder / f"{program}.log"
            with self.log_path.open("ab") as log:
                self._process = subprocess.Popen(
                    ["/bin/sh", "-c", _WATCHED, "sh", *command],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=flower_environment(folder.resolve(), environment),
                    start_new_session=True,  # Ctrl-C is for this process, which then ends the others in order
                )
        except OSError as error:
            raise SettingsError(f"{program} cannot be started: {error.strerror}", "is the folder writable?") from error

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def check(self) -> None:
        """Raises TrainingError with the last line of its log when it has ended."""
        if not self.running:
            raise TrainingError(
                f"{self.program} ended with code {self._process.returncode}: {self.last_words()}",
                f"its log is {self.log_path}",
            )

    def last_words(self) -> str:
        """The last line of its log."""
        data = self.log_path.read_bytes()[-_SHOWN_LOG_BYTES:]
        lines = [line.strip() for line in data.decode("utf-8", "replace").split("\n")]
        return next((line[:200] for line in reversed(lines) if line), "nothing")

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self._process.kill()
        self._process.wait()
        self._close()

    def stop(self) -> None:
        """Ends it, politely first. Calling it again does nothing."""
        if self.running:
            self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()

    def _close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port() -> int:
    """A port of loopback on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
