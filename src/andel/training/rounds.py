"""Our round loop over any Flower Grid: bounded waits, a quorum, and what each phase collected.

`FederatedRound` is driven phase by phase, since the chain stands between the phases: commitments before seed 1,
openings after it, hashes before updates. No phase waits longer than its time, and none ends the round unless
too few contributors are left.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from andel.errors import QuorumMissed
from andel.keys import address_bytes
from andel.training import wire
from andel.training.flower import ConfigRecord, Grid, Message
from andel.training.group_rounds import SecureSums
from andel.training.groups import OpenedMask
from andel.training.integer_mlp import Parameters
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment, RoundResult, SignedDisclosure, SignedUpdate
from andel.training.strategy import EvidenceStrategy
from andel.training.task import parse_task
from andel.units import Address

Item = TypeVar("Item")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """Bounds of a round: `quorum` contributors, `phase_seconds` of waiting, a poll each `poll_seconds`.

    What seed 1 drew is asked for `opening_tries` times at most, within the one phase.
    """

    quorum: int = 1
    phase_seconds: float = 600.0
    poll_seconds: float = 0.05
    opening_tries: int = 4


@dataclass(frozen=True, slots=True)
class Waiting:
    """The clock (seconds, monotonic) and the sleep that a round waits by."""

    clock: Callable[[], float]
    sleep: Callable[[float], None]


class FederatedRound:
    """One round over a grid: call the phases in order, then `result`."""

    def __init__(
        self,
        grid: Grid,
        plan: RoundPlan,
        task: bytes,
        waiting: Waiting,
        settings: RoundSettings | None = None,
    ) -> None:
        self._grid = grid
        self._waiting = waiting
        self._settings = settings or RoundSettings()
        self._strategy = EvidenceStrategy(plan, task)
        self._masks: tuple[OpenedMask, ...] = ()

    def collect_commitments(self) -> tuple[DataCommitment, ...]:
        """Signed data commitments, ordered by contributor. Raises QuorumMissed."""
        strategy = self._strategy
        strategy.take_commitments(self._ask(strategy.configure_query(wire.BATCHES, self._grid.get_node_ids())))
        self._need(len(strategy.commitments))
        return tuple(_ordered(strategy.commitments))

    def collect_disclosures(self, state: bytes, due: Mapping[Address, bytes]) -> tuple[SignedDisclosure, ...]:
        """What those committed trained on in an earlier round, of whom `state` says that it is due; ordered.

        `due` are the lists of batches to disclose. Who does not answer in time is missing: its slots do not count.
        """
        strategy = self._strategy
        strategy.take_disclosures(self._ask(strategy.configure_disclosures(state, due)))
        return tuple(_ordered(strategy.disclosures))

    def collect_openings(self, seed: bytes, contributors: Iterable[Address]) -> Mapping[Address, bytes]:
        """What `seed` (seed 1) drew from these contributors' batches; who withheld all of it is missing.

        What does not arrive, or not whole, is asked for again: each question gets its part of the phase's time, and an
        answer to an earlier one still counts.
        """
        strategy, tries = self._strategy, self._settings.opening_tries
        strategy.seed = seed
        asked, started = sorted(set(contributors), key=address_bytes), self._waiting.clock()
        waiting: set[str] = set()
        for number in range(1, tries + 1):
            messages = strategy.configure_openings(asked)
            if not messages:
                break
            waiting |= {str(identity) for identity in self._grid.push_messages(messages)}
            until = started + self._settings.phase_seconds * number / tries
            strategy.take_openings(self._pull(waiting, until))
        return dict(strategy.openings)

    def collect_updates(
        self, parameters: Parameters, seed: bytes, proven: Mapping[Address, int]
    ) -> tuple[SignedUpdate, ...]:
        """Signed updates of proven contributors, ordered: all hashes first, then the updates behind them.

        Raises QuorumMissed.
        """
        strategy = self._strategy
        strategy.seed, strategy.proven = seed, proven
        sums = SecureSums(strategy, self._ask) if parse_task(strategy.task).privacy.grouped else None
        strategy.group_orders = sums.prepare() if sums else None
        arrays = wire.array_record(parameters)
        messages = strategy.configure_train(strategy.plan.round, arrays, ConfigRecord(), self._grid)
        strategy.aggregate_train(strategy.plan.round, self._ask(messages))
        self._need(len(strategy.receipts))
        nodes = strategy.nodes_of(strategy.receipts)
        strategy.take_updates(self._ask(strategy.configure_query(wire.REVEAL, nodes)))
        self._need(len(strategy.updates))
        self._masks = sums.open() if sums else ()
        return tuple(_ordered(strategy.updates))

    def result(self) -> RoundResult:
        """All that the round collected."""
        strategy = self._strategy
        return RoundResult(
            strategy.plan,
            tuple(_ordered(strategy.commitments)),
            dict(strategy.openings),
            tuple(_ordered(strategy.updates)),
            tuple(strategy.refused),
            tuple(_ordered(strategy.disclosures)),
            self._masks,
        )

    def _ask(self, messages: list[Message]) -> list[Message]:
        """The replies that come within the phase's time, in the order of their nodes."""
        waiting = {str(identity) for identity in self._grid.push_messages(messages)}
        return self._pull(waiting, self._waiting.clock() + self._settings.phase_seconds)

    def _pull(self, waiting: set[str], until: float) -> list[Message]:
        """The replies to `waiting` that come before `until`, in the order of their nodes; takes them out of it."""
        replies: list[Message] = []
        while waiting:
            for reply in self._grid.pull_messages(sorted(waiting)):
                waiting.discard(reply.metadata.reply_to_message_id)
                replies.append(reply)
            if not waiting or self._waiting.clock() >= until:
                break
            self._waiting.sleep(self._settings.poll_seconds)
        if waiting:
            log.warning("no reply in time messages=%d", len(waiting))
        return sorted(replies, key=lambda reply: reply.metadata.src_node_id)

    def _need(self, answered: int) -> None:
        if answered < self._settings.quorum:
            raise QuorumMissed(answered, self._settings.quorum)


def _ordered(by_contributor: Mapping[Address, Item]) -> list[Item]:
    return [by_contributor[address] for address in sorted(by_contributor, key=address_bytes)]
