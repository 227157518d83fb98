"""Rounds of an audit in several processes, their outcomes in the order of the rounds.

Takes what a process needs to come to chain and store itself. Gives outcomes one by one, in order, whatever process was
first; no more rounds are under way than twice the processes, so memory does not grow with the model's age. Processes
are forked from one that has imported everything and nothing else (imports cost more than a round), share nothing, and
end with the iteration.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Final

from andel.content_remote import open_content
from andel.errors import AndelError
from andel.ledger.connection import Chain
from andel.ledger.deployment import find_model
from andel.roles.auditing.attempts import Outcome, RoundTurns, Scope
from andel.roles.auditing.checkpoint import Record
from andel.units import Address

_AHEAD: Final = 2  # rounds under way for each process


@dataclass(frozen=True, slots=True)
class Source:
    """Where a process finds what it audits: addresses of one or two nodes, the model, the store's URL."""

    rpc: str
    model: Address
    store: str
    second_rpc: str | None = None


_turns: RoundTurns | None = None  # one for each process, made when it starts


def outcomes_of(
    numbers: Sequence[int], record_of: Callable[[int], Record | None], source: Source, scope: Scope, processes: int
) -> Iterator[Outcome]:
    """The outcome of each round, in the order of `numbers`. Raises AndelError when a process dies."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=(source, scope))
    try:
        waiting: deque[Future[Outcome]] = deque()
        for number in numbers:
            waiting.append(pool.submit(_take, number, record_of(number)))
            if len(waiting) >= processes * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise AndelError("a process of the audit ended by itself", "start it again: what was proven is kept") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start(source: Source, scope: Scope) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the one who started us decides
    global _turns
    model = find_model(Chain.connect(source.rpc), source.model)
    second = Chain.connect(source.second_rpc) if source.second_rpc else None
    _turns = RoundTurns(model, open_content(source.store), scope, second)


def _take(number: int, known: Record | None) -> Outcome:
    assert _turns is not None, "the process was started by `_start`"
    return _turns.take(number, known)
