"""What a test may know of running processes, from /proc: their descendants, environment and listening addresses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from pathlib import Path

PROC = Path("/proc")
_LISTENING = "0A"


def descendants(roots: Iterable[int]) -> set[int]:
    """These processes and all below them."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = set(), list(roots)
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting += children.get(pid, [])
    return found


def program_of(pid: int) -> str:
    """The name of the Flower program that a process runs, or "" for others."""
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\x00")
    except OSError:
        return ""
    names = [Path(word.decode()).name for word in words[:3]]
    return next((name for name in names if name.startswith(("flower-", "flwr-"))), "")


def environment_of(pid: int) -> dict[str, str]:
    """What a process was started with; empty when it is gone."""
    try:
        lines = (PROC / str(pid) / "environ").read_bytes().split(b"\x00")
    except OSError:
        return {}
    return dict(line.decode().split("=", 1) for line in lines if b"=" in line)


def listening_addresses(pids: Iterable[int]) -> set[str]:
    """The addresses (hex, as /proc writes them) on which these processes take TCP connections."""
    inodes = set()
    for pid in pids:
        try:
            inodes |= {link.readlink().name for link in (PROC / str(pid) / "fd").iterdir() if link.is_symlink()}
        except OSError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == _LISTENING and f"socket:[{columns[9]}]" in inodes:
                found.add(columns[1].split(":")[0])
    return found


class Watch:
    """Looks at processes and all below them, many times a second, until `stop`; keeps what each program was told."""

    def __init__(self, roots: Iterable[int]) -> None:
        self.told: dict[str, dict[str, str]] = {}
        self.addresses: set[str] = set()
        self._roots = list(roots)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the looking."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            pids = descendants(self._roots)
            self.addresses |= listening_addresses(pids)
            for pid in pids:
                if name := program_of(pid):
                    self.told.setdefault(name, environment_of(pid))


class Trap:
    """A proxy on loopback that lets nothing through and notes who was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def environment(self) -> dict[str, str]:
        """What sends a program's requests here, but those to this machine."""
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
        return {name: self.url for name in names} | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    def close(self) -> None:
        """Listens no more."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(200).decode("latin-1").split("\r\n")[0])
