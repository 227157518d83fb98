"""Coordinating for ever: what `andel coordinate` does, round after round, whatever ended the process before.

Each look reads where the chain stands and does what is due there: open the next round, go on with the attempt under
way, void it when its time is over, try again after a test. So there is nothing to restore after a crash: an attempt is
carried on, or runs into its deadline and is tried again. Whoever is not the model's coordinator waits until it is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from andel.content import ContentStore
from andel.errors import AndelError, ChainError, Reverted, RpcUnreachable
from andel.keys import AccountKey
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import RoundState, Status, VoidReason
from andel.ledger.standstill import Standstill
from andel.roles.coordinator import Coordinator
from andel.roles.looking import look_on
from andel.roles.planning import Choices, plan_again, plan_next
from andel.training.events import Listener, RoundEnded, RoundMoved, StepFailed, nobody
from andel.training.flower import Grid
from andel.training.rounds import Waiting

_ATTEMPTS_MAX: Final = 8

_TRIED_AGAIN: Final = frozenset(VoidReason) - {VoidReason.DEADLINE, VoidReason.SEED_LAPSED}
"""After these the same round is tried again. Time that ran out is tried as the next round: whoever came meanwhile takes
part in it, which nobody can in an attempt of an opening that lies before."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: `pause` from a final round to the next, `rest` after what could not be done, `poll` between looks."""

    pause: float = 0.0
    rest: float = 5.0
    poll: float = 1.0


class Coordinating:
    """One coordinator of one model, for ever. `step` does what the chain's state asks for now."""

    def __init__(
        self,
        key: AccountKey,
        model: ModelContracts,
        store: ContentStore,
        grid: Grid,
        coordinator: Coordinator,
        waiting: Waiting,
        choices: Choices,
        quorum: int,
        pace: Pace,
        tell: Listener = nobody,
    ) -> None:
        """`coordinator` is this key's, over the same grid; no round opens while fewer than `quorum` nodes are there."""
        self._key = key
        self._model = model
        self._store = store
        self._grid = grid
        self._coordinator = coordinator
        self._waiting = waiting
        self._choices = choices
        self._quorum = quorum
        self._pace = pace
        self._tell = tell
        self._seen: tuple[int, int, Status] | None = None
        self._rests_until = waiting.clock()
        self._said = ""
        self._awaits_time = False

    def run(self, until_round: int) -> None:
        """Coordinates until that round is final; for ever when it is 0. Raises ChainError when the node fails a
        minute on end.
        """
        look_on(
            self.step,
            lambda: until_round > 0 and self._is_final(until_round),
            lambda: self._awaits_time,
            Standstill(self._model.round_manager.chain, self._key, self._waiting.clock),
            self._waiting.sleep,
            self._pace.poll,
        )

    def step(self) -> bool:
        """One look at the newest round; whether anything was done. Raises ChainError."""
        self._awaits_time = False
        state = self._model.round_manager.newest_round()
        if state is not None:
            self._notice(state)
        try:
            return self._act(state)
        except RpcUnreachable:
            raise
        except AndelError as error:
            if isinstance(error, ChainError) and not isinstance(error, Reverted):
                raise
            place = (state.round, state.attempt) if state else (0, 0)
            self._tell(StepFailed(*place, type(error).__name__, error.message[:300]))
            self._rest(f"round {place[0]}, attempt {place[1]}: {error}", self._pace.rest)
            return False

    def _act(self, state: RoundState | None) -> bool:
        if state is not None and self._coordinator.open_plant(state):
            return True
        if state is not None and state.status not in (Status.FINALISED, Status.VOID):
            return self._go_on(state)
        if self._waiting.clock() < self._rests_until:
            return False
        if self._model.operators.of_epoch().coordinator != self._key.address:
            return self._rest(f"{self._key.address} is not the model's coordinator: it stands by", self._pace.rest)
        here = len(list(self._grid.get_node_ids()))
        if here < max(self._quorum, 1):
            return self._rest(f"{here} nodes are there, {self._quorum} are needed for a round", self._pace.poll)
        again = state is not None and state.status == Status.VOID and self._is_tried_again(state)
        plan = plan_again(self._model, self._store, self._choices, state) if again and state else None
        self._coordinator.begin(plan or plan_next(self._model, self._store, self._choices, state))
        self._said = ""
        return True

    def _go_on(self, state: RoundState) -> bool:
        """What is due in an attempt that has not ended."""
        manager = self._model.round_manager
        if state.status == Status.CHALLENGED:
            return False
        if manager.chain.block_time() >= manager.voidable_at(state.round):
            log.warning("round %d, attempt %d, ran out of time: it is voided", state.round, state.attempt)
            manager.void(self._key, state.round)
            return True
        if self._coordinator.is_collected(state):
            return False
        if self._waiting.clock() < self._rests_until:
            self._awaits_time = True  # perhaps its deadline is all that is left to wait for
            return False
        if self._model.operators.of_epoch(state.operators_epoch).coordinator != self._key.address:
            return self._rest(f"round {state.round} is another coordinator's", self._pace.rest)
        self._coordinator.carry_on(state.round)
        self._said = ""
        return True

    def _is_tried_again(self, state: RoundState) -> bool:
        return state.void_reason in _TRIED_AGAIN and state.attempt + 1 < _ATTEMPTS_MAX

    def _notice(self, state: RoundState) -> None:
        """Tells of a status that is seen for the first time."""
        seen = (state.round, state.attempt, state.status)
        if seen == self._seen:
            return
        first, self._seen = self._seen is None, seen
        if state.status not in (Status.FINALISED, Status.VOID):
            name = state.status.name.lower()
            if first or state.status in (Status.ATTESTED, Status.CHALLENGED):  # what it did itself is told already
                self._tell(RoundMoved(state.round, state.attempt, f"found {name}" if first else name, state.deadline))
            return
        if first:
            return  # it ended before this process began
        reason = "" if state.status == Status.FINALISED else state.void_reason.name.lower()
        self._tell(RoundEnded(state.round, state.attempt, reason, state.minted, state.evaluation))
        if not reason:
            self._rests_until = self._waiting.clock() + self._pace.pause

    def _rest(self, why: str, seconds: float) -> bool:
        """Lets some time pass before the next try, and says why, once."""
        if why != self._said:
            log.warning("%s", why)
        self._said, self._rests_until = why, self._waiting.clock() + seconds
        return False

    def _is_final(self, number: int) -> bool:
        state = self._model.round_manager.find_round(number)
        if state is None or state.status != Status.FINALISED:
            return False
        self._notice(state)
        return True
