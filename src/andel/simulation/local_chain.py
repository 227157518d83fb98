"""A chain of one's own on this machine: anvil, started and stopped by the program.

Takes a folder for its log and, if wanted, a port and real block time. Gives the address of a node, accounts with
coins, blocks on demand, and time that moves: each block stands a fixed step after the one before (or comes in real
time). The node ends with this process, however that ends. Never holds a key, reads no environment, listens on
loopback only.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from andel.errors import ChainError, NodeMissing, PortInUse, RpcUnreachable
from andel.ledger.answers import quantity
from andel.ledger.connection import Chain
from andel.ledger.rpc import Rpc
from andel.units import Address

HOST: Final = "127.0.0.1"
CHAIN_ID: Final = 31_337
COINS: Final = 10_000 * 10**18
"""What `fund` gives each account, wei."""

_START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 5.0
_BLOCKS_AT_ONCE: Final = 100

# The watcher waits at the pipe's end that this process holds; when that closes, for whatever reason, the node goes.
_WATCHED: Final = 'exec 3<&0; (read -r _ <&3; kill $$) 2>/dev/null & exec 3<&-; exec "$@" </dev/null'


def find_anvil(folders: Sequence[Path] | None = None) -> Path:
    """The anvil program: on the search path, else in `node_modules` of one of `folders` (default: see below).

    The default folders are the working folder and the checkout this file lies in, each with its `contracts`.
    Raises NodeMissing.
    """
    on_path = shutil.which("anvil")
    if on_path is not None:
        return Path(on_path)
    roots = [Path.cwd(), Path(__file__).resolve().parents[3]] if folders is None else folders
    for root in roots:
        for modules in (root / "contracts" / "node_modules", root / "node_modules"):
            for found in sorted(modules.glob("@foundry-rs/anvil-*/bin/anvil")):
                return found
    raise NodeMissing(
        "no `anvil` on this machine: it serves the embedded chain",
        "install Foundry, run `npm ci` in contracts/, or name a chain of your own with --rpc",
    )


class LocalChain:
    """A running anvil. Use as a context manager, or call `stop`."""

    def __init__(
        self,
        log_folder: Path,
        *,
        port: int | None = None,
        step_seconds: int = 5,
        block_seconds: int | None = None,
        start_time: int | None = None,
        chain_id: int = CHAIN_ID,
        anvil: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the node and returns when it answers.

        `port` None takes a free one. Blocks come with each transaction, `step_seconds` of chain time apart, from
        `start_time` (unix seconds; None: now); with `block_seconds` they come in real time instead. The log is
        `anvil.log` in `log_folder`. Raises NodeMissing, PortInUse, ChainError.
        """
        program = find_anvil() if anvil is None else anvil
        self.port = _free_port() if port is None else port
        require_free(self.port)
        log_folder.mkdir(parents=True, exist_ok=True)
        self.log_path = log_folder / "anvil.log"
        self.url = f"http://{HOST}:{self.port}"
        self._real_time = block_seconds is not None
        self._rpc = Rpc(self.url, sleep=sleep)
        self._sleep = sleep
        self._clock = clock
        command = [str(program), "--host", HOST, "--port", str(self.port), "--accounts", "0"]
        command += ["--chain-id", str(chain_id), "--no-cors"]
        # nothing here asks for the past, and otherwise the node writes each block's state to disk and leaves it there
        command += ["--prune-history", "8"]
        if block_seconds is not None:
            command += ["--block-time", str(block_seconds)]
        if start_time is not None:
            command += ["--timestamp", str(start_time)]
        with self.log_path.open("wb") as log:
            try:
                self._process = subprocess.Popen(
                    ["/bin/sh", "-c", _WATCHED, "sh", *command],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C is for this process, which then stops the node in order
                )
            except OSError as error:
                raise NodeMissing(f"{program} cannot be started: {error.strerror}") from error
        try:
            self._wait_until_up()
            if not self._real_time:
                self._rpc.request("anvil_setBlockTimestampInterval", step_seconds)
        except BaseException:
            self.stop()
            raise

    def connect(self, *, timeout_seconds: float = 60.0) -> Chain:
        """The chain through this node; waiting for a block makes it, unless blocks come in real time."""
        mine = None if self._real_time else self.mine
        return Chain.connect(self.url, sleep=self._sleep, clock=self._clock, timeout_seconds=timeout_seconds, mine=mine)

    def mine(self, blocks: int = 1) -> None:
        """Makes empty blocks, each the fixed step after the one before."""
        for start in range(0, blocks, _BLOCKS_AT_ONCE):  # a long answer would be taken for none
            self._rpc.request("anvil_mine", hex(min(_BLOCKS_AT_ONCE, blocks - start)))

    def advance(self, seconds: int) -> None:
        """Makes one block whose time is `seconds` after the newest one's (at least one)."""
        newest = self._rpc.request("eth_getBlockByNumber", "latest", False)
        self._rpc.request("evm_setNextBlockTimestamp", quantity(newest.get("timestamp")) + max(seconds, 1))
        self._rpc.request("evm_mine")

    def fund(self, accounts: Iterable[Address], wei: int = COINS) -> None:
        """Sets the balance of each account to `wei`."""
        for answer in self._rpc.batch([("anvil_setBalance", (account, hex(wei))) for account in accounts]):
            if isinstance(answer, ChainError):
                raise answer

    def stop(self) -> None:
        """Ends the node. Calling it again does nothing."""
        self._rpc.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait_until_up(self) -> None:
        end = self._clock() + _START_SECONDS
        while True:
            try:
                self._rpc.request("eth_chainId")
                return
            except RpcUnreachable:
                if self._process.poll() is not None or self._clock() > end:
                    raise ChainError(
                        f"anvil did not start: {self._last_words()}", f"its log is {self.log_path}"
                    ) from None
            self._sleep(0.02)

    def _last_words(self) -> str:
        lines = self.log_path.read_text(encoding="utf-8", errors="replace")[-2_000:].split("\n")
        return next((line.strip()[:200] for line in reversed(lines) if line.strip()), "no answer in time")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int) -> None:
    """Raises PortInUse when another program listens on this loopback port."""
    with socket.socket() as probe:
        # ports of connections that ended a moment ago are free to listen on
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortInUse(port) from error
