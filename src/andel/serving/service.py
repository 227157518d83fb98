"""The model as it is served now: the predictor of the present version, changed for the next one while requests run.

Takes the first predictor, what tells the version that is current (the registry on chain), and what makes the predictor
of a version (its file from the store). Gives one attribute to read: a request takes the predictor it begins with and
keeps it, so no promotion and no rollback makes a request fail. A version that cannot be loaded leaves the former one
serving and is told. Never decides which version is current, never drops one that answers before the next one stands.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final

from andel.errors import AndelError, SettingsError
from andel.serving.predictor import Predictor
from andel.units import Digest

WATCH_SECONDS: Final = 5.0
"""From one look at the chain to the next."""

MIN_WATCH_SECONDS: Final = 0.05
_MAX_WATCH_SECONDS: Final = 3_600.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """How the service stands: the version that answers, the one it should be where that cannot be loaded, and why."""

    version: Digest
    swaps: int
    waiting: Digest | None = None
    """The current version, while it cannot be loaded."""
    trouble: str = ""
    """The kind of what failed at the last look, as a word; empty where nothing did."""

    def to_json(self) -> dict[str, object]:
        """Plain values for JSON."""
        waiting = {} if self.waiting is None else {"waiting_version": "0x" + self.waiting.hex()}
        trouble = {"trouble": self.trouble} if self.trouble else {}
        return {"version": "0x" + self.version.hex(), "swaps": self.swaps} | waiting | trouble


class Service:
    """One model at one server. Without `current` and `load` it serves its first predictor for ever."""

    def __init__(
        self,
        predictor: Predictor,
        current: Callable[[], Digest | None] | None = None,
        load: Callable[[Digest], Predictor] | None = None,
        listener: Callable[[Served], None] = lambda _: None,
    ) -> None:
        """`current` gives the current version, None for none; `load` its predictor. Both may raise AndelError.

        `listener` is told after each look.
        """
        self.predictor = predictor
        """Who answers now. Read it once a request."""
        self.served = Served(predictor.model_file.version, 0)
        self._current, self._load, self._listener = current, load, listener

    def look(self) -> bool:
        """Looks at the chain once, and serves the current version from now on; whether that is another than before.

        Never raises what a chain or a store may fail with: the former version answers on.
        """
        if self._current is None or self._load is None:
            return False
        served, swapped = self.served, False
        try:
            version = self._current()
            if version is None or version == served.version:
                served = Served(served.version, served.swaps)
            else:
                served, swapped = self._swapped(version, self._load), True
        except AndelError as error:
            # by its kind alone: a message may hold a node's address, and that a key
            served = Served(served.version, served.swaps, served.waiting, type(error).__name__)
            _log.warning("chain_not_read kind=%s", served.trouble)
        except _NotLoaded as failed:
            served = Served(served.version, served.swaps, failed.version, failed.kind)
            _log.error("version_not_loaded version=%s kind=%s", failed.version.hex(), failed.kind)
        self.served = served
        self._listener(served)
        return swapped

    def _swapped(self, version: Digest, load: Callable[[Digest], Predictor]) -> Served:
        try:
            predictor = load(version)
        except AndelError as error:
            raise _NotLoaded(version, type(error).__name__) from error
        if predictor.model_file.version != version:
            raise _NotLoaded(version, "OtherVersion")
        self.predictor = predictor
        _log.info("version_served version=%s", version.hex())
        return Served(version, self.served.swaps + 1)

    def watch(self, seconds: float = WATCH_SECONDS) -> Watching:
        """Looks every `seconds` from a thread, until the context that it is ends. Raises SettingsError."""
        if not MIN_WATCH_SECONDS <= seconds <= _MAX_WATCH_SECONDS:
            raise SettingsError(f"{seconds:g} s between looks is not in {MIN_WATCH_SECONDS}..{_MAX_WATCH_SECONDS:g}")
        return Watching(self, seconds)


class Watching:
    """A service's thread; as a context it ends with the block."""

    def __init__(self, service: Service, seconds: float) -> None:
        self._service, self._seconds, self._ended = service, seconds, threading.Event()
        self._thread = threading.Thread(target=self._run, name="andel-versions", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            try:
                self._service.look()
            except Exception as error:  # a defect must not end the watch without a word; the former version answers on
                _log.error("watch_failed kind=%s", type(error).__name__)

    def stop(self) -> None:
        """Ends the thread, after the look that is under way, within seconds. May be called again."""
        self._ended.set()
        self._thread.join(timeout=5)

    def __enter__(self) -> Watching:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _NotLoaded(Exception):
    def __init__(self, version: Digest, kind: str) -> None:
        super().__init__(kind)
        self.version, self.kind = version, kind
