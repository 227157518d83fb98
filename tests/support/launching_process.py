"""A launch as a process of its own, for tests that kill it.

python launching_process.py RPC LOCK NUMBER: it kills itself (as kill -9 would) at the NUMBER-th of the places where
that could matter (before and after each write of the lock file, before and after each sending); 0 for never.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from andel.keys import AccountKey, derive_secret
from andel.ledger.connection import Chain
from andel.ledger.receipt import Receipt
from andel.ledger.sending import Prepared
from andel.roles.launching.launcher import Launcher
from andel.roles.launching.lock import Lock, held, read_lock, write_lock
from tests.ledger.actors import Actors
from tests.support.launches import governed

FOUNDER = AccountKey(derive_secret(b"launching process", "founder"))


class _Places:
    def __init__(self, number: int) -> None:
        self._left = number

    def pass_by(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class _Chain(Chain):
    places: _Places

    def deliver(self, prepared: Prepared) -> Receipt:
        self.places.pass_by()
        receipt = super().deliver(prepared)
        self.places.pass_by()
        return receipt


def main(rpc: str, path: Path, number: int) -> None:
    """Launches, or goes on."""
    chain = _Chain.connect(rpc)
    chain.places = places = _Places(number)
    founding = governed(Actors.make(b"launching process"), chain.block_time())

    def keep(lock: Lock) -> None:
        places.pass_by()
        write_lock(path, lock)
        places.pass_by()

    with held(path):
        lock = read_lock(path) or Lock(chain.chain_id, FOUNDER.address)
        Launcher(chain, FOUNDER, founding, lock, keep, lambda _: None).run()
    print(chain.next_nonce(FOUNDER.address))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
