"""After each final round: how its version does on days that contributors keep to themselves.

Takes what a coordinating loop tells. Passes it on, and when a round is final asks its contributors once
(`andel.training.federated_errors`). It is for people: whatever comes of it, the loop goes on.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from andel.content import ContentStore
from andel.errors import AndelError
from andel.ledger.deployment import ModelContracts
from andel.roles.attempt import plan_on_chain
from andel.training.events import ErrorsTold, Event, Listener, RoundEnded
from andel.training.federated_errors import ask_errors
from andel.training.flower import Grid
from andel.training.rounds import RoundSettings, Waiting
from andel.training.task import parse_task
from andel.training.updates import decode_version
from andel.value.manifest import read_commitments

MAX_SECONDS: Final = 30.0
"""The longest that the next round waits for errors."""

log = logging.getLogger(__name__)


class Measuring:
    """A listener before another."""

    def __init__(
        self,
        model: ModelContracts,
        store: ContentStore,
        grid: Grid,
        waiting: Waiting,
        settings: RoundSettings,
        tell: Listener,
    ) -> None:
        """Asks over `grid`; tells `tell` everything it hears, and what it found."""
        self._model = model
        self._store = store
        self._grid = grid
        self._waiting = waiting
        self._settings = replace(settings, phase_seconds=min(settings.phase_seconds, MAX_SECONDS))
        self._tell = tell

    def __call__(self, event: Event) -> None:
        """Passes the event on; of a final round, asks."""
        self._tell(event)
        if not isinstance(event, RoundEnded) or event.void_reason:
            return
        try:
            self._tell(self.measure(event.round))
        except AndelError as error:
            log.warning("round %d: errors on held-out days are not known: %s", event.round, error)

    def measure(self, number: int) -> ErrorsTold:
        """What the final round's contributors tell of its version. Raises ChainError, ContentError, EvidenceError."""
        state = self._model.round_manager.round_of(number)
        plan, task_bytes = plan_on_chain(self._store, state)
        task = parse_task(task_bytes)
        parameters = decode_version(self._store.get_digest(state.version_hash), task)
        committed = read_commitments(self._store, state.commitments_hash, f"round {number}")
        contributors = {item.contributor for item in committed}
        found = ask_errors(self._grid, plan, task, parameters, contributors, self._waiting, self._settings)
        unit = 10.0**task.exponent
        return ErrorsTold(
            number, len(found.told), found.rows, found.mean * unit, found.median * unit, found.persistence * unit
        )
