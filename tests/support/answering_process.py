"""A market's sidecar as a process that can be killed.

Takes a node, the addresses of market, model and code, the folder of versions, and a key. Steps until nothing is due for
a while. With `die_after` it kills itself with SIGKILL when the node has taken so many transactions: their receipts are
never read. With `die_at` it does so before the first call of that function is sent: nothing is cleaned up.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from andel.content import ContentStore
from andel.keys import AccountKey
from andel.ledger.connection import Call, Chain
from andel.ledger.deployment import find_model
from andel.ledger.market import InferenceMarketContract
from andel.ledger.onchain_models import OnchainModelsContract
from andel.ledger.receipt import Receipt
from andel.roles.answering.answers import ModelAnswers
from andel.roles.answering.sidecar import Habits, Sidecar
from andel.units import Address

_SENT = ("eth_sendRawTransaction", "eth_sendRawTransactionSync")
_IDLE_LOOKS = 20


@dataclass(frozen=True, slots=True)
class Orders:
    """What the process is to do; `looks` are those without work after which it ends."""

    rpc: str
    market: Address
    model: Address
    models: Address
    store: Path
    secret: bytes
    log: Path
    die_after: int = 0
    die_at: str = ""
    looks: int = _IDLE_LOOKS


def main(orders: Orders) -> None:
    """Answers, or dies; what it says goes to the end of the log."""
    log = orders.log.open("ab", buffering=0)
    for stream in (1, 2):
        os.dup2(log.fileno(), stream)
    chain = Chain.connect(orders.rpc)
    market = InferenceMarketContract(chain, orders.market)
    model = find_model(chain, orders.model)
    answers = ModelAnswers(model, ContentStore(str(orders.store)))
    models = OnchainModelsContract(chain, orders.models)
    habits = Habits(confirmations=0, stagger_seconds=0.0)
    sidecar = Sidecar(AccountKey(orders.secret), market, {orders.model: answers}, models, time.monotonic, habits)
    taken, idle = [0], 0

    def listen(method: str, _: object, answer: object) -> None:
        taken[0] += method in _SENT and isinstance(answer, str)
        if orders.die_after and taken[0] == orders.die_after:
            os.kill(os.getpid(), signal.SIGKILL)

    chain.tell(listen)
    send_many = chain.send_many

    def dying(calls: Sequence[Call]) -> list[Receipt]:
        if orders.die_at in [call.function for call in calls]:
            os.kill(os.getpid(), signal.SIGKILL)
        return send_many(calls)

    setattr(chain, "send_many", dying)  # noqa: B010  # stands in for the method
    while idle < orders.looks:
        idle = 0 if sidecar.step() else idle + 1
        time.sleep(0.02)
