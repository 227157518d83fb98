"""What `make bench-http` measures with: servers as processes on one core, and wrk on another.

wrk (Debian's package of that name) is one thread of C, which asks some 100,000 times a second of a server that does
nothing; how busy it was is measured with every run. A server's time of processor is that of all its processes.

wrk counts a connection's first answer from when the kernel took the connection, so a server that lets it in late is
slow; and for each answer that took more than twice the mean it adds those that a steady asker would have waited for
meanwhile. So few connections that wait long weigh as many requests.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%s]==]
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests": %%d, "microseconds": %%d, "p50": %%d, "p99": %%d, "errors": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers: where, and the process that its others descend from."""

    url: str
    process: int

    def processor_seconds(self) -> float:
        """Of all its processes that live, since they began."""
        return sum((int(fields[11]) + int(fields[12])) / _TICKS for fields in self._processes())

    def waited_seconds(self) -> float:
        """How long its processes were ready to run and had no core, since they began; other work on it had."""
        nanoseconds = 0
        for number in self.processes():
            for path in Path(f"/proc/{number}/task").glob("*/schedstat"):
                with suppress(OSError):  # it has just ended
                    nanoseconds += int(path.read_text(encoding="utf-8").split()[1])
        return nanoseconds / 1e9

    def resident_mb(self) -> float:
        """Memory that its processes hold, in MB; pages that they share count for each."""
        return sum(int(fields[21]) for fields in self._processes()) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def _processes(self) -> Iterator[list[str]]:
        for number in self.processes():
            try:
                path = Path(f"/proc/{number}/stat")
                yield path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended

    def processes(self) -> list[int]:
        """The numbers of its processes, the first one's descendants after it; some make sessions of their own."""
        children: dict[int, list[int]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(path.parent.name))
        found = [self.process]
        for number in found:
            found += children.get(number, [])
        return found


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of wrk."""

    rate: float
    """Requests answered in a second."""
    p99_ms: float
    errors: int
    microseconds: float
    """Of the server's processors, for one request."""
    busy: float
    """The share of its core that wrk took."""
    waited: float
    """The share of the time that the server was ready to run and other work had its core."""


def cores() -> tuple[str, str]:
    """The server's core, and wrk's."""
    usable = sorted(os.sched_getaffinity(0))
    return str(usable[0]), str(usable[-1])


def missing() -> str:
    """What is not installed that is needed, or nothing."""
    return next((name for name in ("wrk", "taskset") if shutil.which(name) is None), "")


def free_port() -> int:
    """A port that nobody listened at a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    path: str,
    body: str,
    patience: float,
    more: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """The server that `command` starts on the first core, from its first good answer to `body` on."""
    full = ["taskset", "-c", cores()[0], *command]
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            full,
            env={**os.environ, **(more or {})},
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
        try:
            server = Server(f"http://127.0.0.1:{port}{path}", process.pid)
            end = time.monotonic() + patience
            while ask(server.url, body) is None:
                if process.poll() is not None or time.monotonic() > end:
                    told.seek(0)
                    raise RuntimeError(f"{command[0]} does not answer: {told.read()[-2_000:].decode(errors='replace')}")
                time.sleep(0.2)
            yield server
        finally:
            left = Server("", process.pid).processes()
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            for number in left:
                with suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            process.wait()


def ask(url: str, body: str) -> bytes | None:
    """The answer to one request, None where there is no good one. By hand: a client library would be another load."""
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    head = f"POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    try:
        with socket.create_connection((name, int(port)), timeout=20) as wire:
            wire.sendall(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
            received = b"".join(iter(lambda: wire.recv(65_536), b""))
    except OSError:
        return None
    return received.partition(b"\r\n\r\n")[2] if received.startswith(b"HTTP/1.1 200") else None


def load(server: Server, body: str, connections: int, seconds: float) -> Measured:
    """One run of wrk on the last core."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT % body)
        script.flush()
        command = ["taskset", "-c", cores()[1], "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        before, waited, started = server.processor_seconds(), server.waited_seconds(), time.monotonic()
        process = subprocess.Popen(
            [*command, "--timeout", "30s", "-s", script.name, server.url], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        told = process.stdout.read().splitlines()[-1]
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        took, waited = server.processor_seconds() - before, server.waited_seconds() - waited
        record, passed = json.loads(told), time.monotonic() - started
    requests = max(1, record["requests"])
    return Measured(
        rate=record["requests"] / record["microseconds"] * 1e6,
        p99_ms=record["p99"] / 1_000,
        errors=record["errors"],
        microseconds=took / requests * 1e6,
        busy=(usage.ru_utime + usage.ru_stime) / passed,
        waited=waited / passed,
    )
