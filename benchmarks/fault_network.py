"""Machines of a network of its own: Linux network namespaces that end with the process that made them.

Takes a command. Runs it in a namespace for network and mounts of its own, as the hub; there each `Machine` is a further
namespace at the end of its own line, which can be cut, made slow, and joined again. Nothing of it is seen outside.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

HUB = "10.77.0.1"
_SETUP = """
set -e
ip link set lo up
ip addr add {hub}/32 dev lo
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns
"""


def why_not() -> str:
    """Why namespaces cannot be made here; empty when they can."""
    missing = [program for program in ("unshare", "ip", "tc", "mount") if shutil.which(program) is None]
    if missing:
        return f"no {', '.join(missing)} on this machine (Debian: apt-get install iproute2)"
    tried = _run([*inside(), "sh", "-c", _SETUP.format(hub=HUB) + "ip netns add tried"], check=False)
    return "" if tried.returncode == 0 else f"network namespaces are not allowed here: {tried.stderr.strip()[:200]}"


def inside() -> list[str]:
    """What stands before a command that is to be the hub; it ends with the command."""
    return ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]


def become_hub() -> None:
    """Sets up the namespace that this process was started in."""
    _run(["sh", "-c", _SETUP.format(hub=HUB)])


@dataclass(frozen=True, slots=True)
class Machine:
    """A namespace on a line of its own to the hub, reached from it as 10.77.`number`.2."""

    number: int

    @classmethod
    def make(cls, number: int) -> Machine:
        """A new one, whose line works."""
        name, near = f"machine{number}", f"line{number}"
        for command in (
            f"ip netns add {name}",
            f"ip link add {near} type veth peer name far netns {name}",
            f"ip addr add 10.77.{number}.1/24 dev {near}",
            f"ip link set {near} up",
            f"ip -n {name} addr add 10.77.{number}.2/24 dev far",
            f"ip -n {name} link set lo up",
            f"ip -n {name} link set far up",
            f"ip -n {name} route add default via 10.77.{number}.1",
        ):
            _run(command.split())
        return cls(number)

    def cut(self) -> None:
        """Nothing passes any more."""
        _run(["ip", "link", "set", f"line{self.number}", "down"])

    def join(self) -> None:
        """The line works again."""
        _run(["ip", "link", "set", f"line{self.number}", "up"])

    def slow(self, kbit: int) -> None:
        """So many kbit a second pass, each way."""
        shape = f"root tbf rate {kbit}kbit burst 8kb latency 4s"
        _run(f"tc qdisc add dev line{self.number} {shape}".split())
        _run(f"ip netns exec machine{self.number} tc qdisc add dev far {shape}".split())

    def command(self, words: Sequence[str]) -> list[str]:
        """The command as it runs on this machine, in the process that is started."""
        return ["ip", "netns", "exec", f"machine{self.number}", *words]


class Relay:
    """Hands connections at the hub's address on to a port of its loopback, byte by byte; ends with the process."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server((HUB, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            line, _ = self._listener.accept()
            try:
                behind = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            except OSError:
                line.close()
                continue
            behind.settimeout(None)
            for source, target in ((line, behind), (behind, line)):
                threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            target.sendall(part)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _run(command: Sequence[str], check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=check, capture_output=True, text=True, timeout=30)
