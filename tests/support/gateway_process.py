"""`andel serve`, or `andel page`, as a process with a page, which can be killed and started again on its port."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from andel.keys import AccountKey
from tests.support.ports import free_port

_START_SECONDS = 120


@dataclass(slots=True)
class GatewayProcess:
    """A gateway of one model; `key` None serves the page alone."""

    rpc: str
    model: Path
    store: Path
    folder: Path
    key: AccountKey | None
    options: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What it said."""
        return self.folder / f"gateway-{self.port}.log"

    def start(self) -> GatewayProcess:
        """Starts it, and waits until it answers."""
        command = ["page" if self.key is None else "serve", "--rpc", self.rpc, "--model", str(self.model)]
        command += ["--store", str(self.store), "--port", str(self.port), *self.options]
        if self.key is not None:
            key_file = self.folder / f"gateway-{self.port}.key"
            key_file.write_text(self.key.secret_bytes().hex())
            command += ["--key-file", str(key_file)]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "andel", *command], env=environment, stdout=log, stderr=log
            )
        end = time.monotonic() + _START_SECONDS
        while True:
            try:
                httpx.get(self.url + "/", timeout=30)
                return self
            except httpx.TransportError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise AssertionError(f"the gateway did not start: {self.log.read_text()}") from None
                time.sleep(0.1)

    def kill(self) -> None:
        """Ends it as a crash does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def stop(self) -> int:
        """Ends it as an operator does; its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.terminate()
        return self._process.wait(60)
