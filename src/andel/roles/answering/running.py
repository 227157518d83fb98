"""A sidecar that runs until it is told to stop, by itself or beside a server of HTTP.

Takes a sidecar and what wakes it. A node or a content store that hiccups costs a look, never the process; looks that
fail come less often. While only the chain's time must pass, a chain that makes no blocks of its own is moved. Never
decides what to answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol, Self

from andel.content import ContentStore
from andel.errors import AndelError, SettingsError
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.market import InferenceMarketContract
from andel.ledger.standstill import Standstill
from andel.roles.answering.answers import Answers, ModelAnswers
from andel.roles.answering.sidecar import Habits, Sidecar
from andel.units import Address

_LONGEST_REST_SECONDS: Final = 60.0

log = logging.getLogger(__name__)


def market_of(model: ModelContracts) -> InferenceMarketContract:
    """Where the model is asked for pay. Raises SettingsError when no deployment file named it."""
    if model.market is None:
        raise SettingsError(
            "nothing says where this model is asked for pay",
            "name the chain's InferenceMarket with --market, or a lock or deployment file that does with --model",
        )
    return model.market


def sidecar_of(
    key: AccountKey,
    model: ModelContracts,
    store: ContentStore,
    habits: Habits | None = None,
    clock: Callable[[], float] = time.monotonic,
    answers: Answers | None = None,
) -> Sidecar:
    """A sidecar for one model; `answers` None evaluates the version's model file. Raises SettingsError, ChainError."""
    by_model: Mapping[Address, Answers] = {model.round_manager.address: answers or ModelAnswers(model, store)}
    return Sidecar(key, market_of(model), by_model, model.onchain_models, clock, habits)


class Stepping(Protocol):
    """What is run: a `Sidecar`, or several as one."""

    awaits_time: bool

    def step(self) -> bool:
        """Whether anything was done."""


def run_answering(
    sidecar: Stepping,
    standstill: Standstill,
    stop: threading.Event,
    poll_seconds: float,
) -> None:
    """Steps until `stop` is set; rests after looks that did nothing, longer after each that failed."""
    failed = 0
    while not stop.is_set():
        try:
            busy = sidecar.step()
            if sidecar.awaits_time and not busy:
                busy = standstill.look()
            else:
                standstill.forget()
            failed = 0
        except AndelError as error:
            busy, failed = False, failed + 1
            log.warning("a look at the market failed: %s", error)
        if not busy:
            stop.wait(min(poll_seconds * 2.0 ** min(failed, 10), max(poll_seconds, _LONGEST_REST_SECONDS)))


class Answering:
    """A sidecar in a thread of its own, for who serves something else meanwhile; use as a context manager."""

    def __init__(self, sidecar: Stepping, standstill: Standstill, poll_seconds: float = 2.0) -> None:
        self._stop = threading.Event()
        arguments = (sidecar, standstill, self._stop, poll_seconds)
        self._thread = threading.Thread(target=run_answering, args=arguments, name="market", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether it answers."""
        return self._thread.is_alive()

    def start(self) -> Self:
        """Begins."""
        self._thread.start()
        return self

    def stop(self, timeout_seconds: float = 60.0) -> bool:
        """Ends after the present look; whether it did in time. What was sent is on its way nevertheless."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
