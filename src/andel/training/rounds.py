"""Our round loop over any Flower Grid: bounded waits, a quorum, and what each phase collected.

`FederatedRound` is driven phase by phase, since the chain stands between the phases: commitments before seed 1,
openings after it, hashes before updates. No phase waits longer than its time or than the round has, and none ends the
round unless too few contributors are left. A phase can be called again: it asks for what is missing. Answers are taken
as they come, a bounded number at a time; with a content store their bytes go there at once.
"""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeVar

from andel.content import ContentStore
from andel.errors import QuorumMissed
from andel.keys import address_bytes
from andel.training import wire
from andel.training.events import Listener, PhaseBegun, PhaseEnded, nobody
from andel.training.flower import ArrayRecord, ConfigRecord, Grid, Message
from andel.training.group_rounds import SecureSums
from andel.training.groups import OpenedMask, most_update_bytes
from andel.training.integer_mlp import Parameters
from andel.training.journal import Entry, Journal, NoJournal
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment, RoundResult, SignedDisclosure, SignedUpdate
from andel.training.strategy import MAX_REPLY_BYTES, EvidenceStrategy, Vouched
from andel.training.task import parse_task
from andel.units import Address

Item = TypeVar("Item")

_PULLED_BYTES: Final = 16 * 1024 * 1024  # of answers in memory at once, unless one alone is longer
_PULLED_MOST: Final = 256  # message ids in one question to a grid
_LATE_MOST: Final = 100_000
_SHOWN: Final = "updates are shown"

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
        *,
        store: ContentStore | None = None,
        journal: Journal | None = None,
        tell: Listener = nobody,
        ends_at: float = math.inf,
        vouched: Vouched | None = None,
    ) -> None:
        """With a `store`, openings and updates are kept there and not here; with a `journal` beside it, what this
        attempt's replies were is remembered over a crash. No phase waits beyond `ends_at` on the clock. `vouched`
        looks at who commits for whom.
        """
        self._grid = grid
        self._waiting = waiting
        self._settings = settings or RoundSettings()
        self._journal = journal or NoJournal()
        self._tell = tell
        self._ends_at = ends_at
        self._late: dict[str, str] = {}
        self._remembered: dict[str, list[Entry]] = defaultdict(list)
        for entry in self._journal.begin(plan) if store is not None else []:
            self._remembered[str(entry.get("phase"))].append(entry)
        self._strategy = EvidenceStrategy(plan, task, store=store, journal=self._journal, tell=tell)
        self._strategy.vouched = vouched
        self._strategy.ttl = 2 * self._settings.phase_seconds + 60
        self._strategy.shown = bool(self._remembered[_SHOWN])
        self._longest = {wire.REVEAL: most_update_bytes(parse_task(task))}
        self._masks: tuple[OpenedMask, ...] = ()

    def collect_commitments(self) -> tuple[DataCommitment, ...]:
        """Signed data commitments, ordered by contributor. Raises QuorumMissed."""
        strategy = self._strategy
        self._restore(wire.BATCHES)
        known = set(strategy.nodes.values())
        nodes = [node for node in self._grid.get_node_ids() if node not in known]
        self._ask(wire.BATCHES, strategy.configure_query(wire.BATCHES, nodes), strategy.take_commitments)
        self._need(len(strategy.commitments))
        return tuple(_ordered(strategy.commitments))

    def rejoin(self, commitments: Iterable[DataCommitment]) -> None:
        """Goes on with a set of commitments that is fixed already: finds the nodes behind it. Others join no more."""
        strategy = self._strategy
        strategy.commitments = {item.contributor: item for item in commitments}
        strategy.fixed = True
        strategy.nodes.clear()
        self._restore(wire.BATCHES)
        online = set(self._grid.get_node_ids())
        strategy.nodes = {name: node for name, node in strategy.nodes.items() if node in online}
        unknown = sorted(online - set(strategy.nodes.values()))
        if len(strategy.nodes) < len(strategy.commitments):
            self._ask(wire.BATCHES, strategy.configure_query(wire.BATCHES, unknown), strategy.take_commitments)

    def collect_disclosures(self, state: bytes, due: Mapping[Address, bytes]) -> tuple[SignedDisclosure, ...]:
        """What those committed trained on in an earlier round, of whom `state` says that it is due; ordered.

        `due` are the lists of batches to disclose. Who does not answer in time is missing: its slots do not count.
        """
        strategy = self._strategy
        strategy.fixed = True
        self._restore(wire.DISCLOSURE)
        missing = {name: lists for name, lists in due.items() if name not in strategy.disclosures}
        self._ask(wire.DISCLOSURE, strategy.configure_disclosures(state, missing), strategy.take_disclosures)
        return tuple(_ordered(strategy.disclosures))

    def collect_openings(
        self, seed: bytes, contributors: Iterable[Address], questions: Mapping[Address, bytes] = MappingProxyType({})
    ) -> Mapping[Address, bytes]:
        """What `seed` (seed 1) drew from these contributors' batches; who withheld all of it is missing.

        Outside open mode `questions` say what is asked of each (`andel.data.sealed_draws`), and answers are sealed.
        What does not arrive, or not whole, is asked for again: each question gets its part of the phase's time, and an
        answer to an earlier one still counts.
        """
        strategy, tries, phase = self._strategy, self._settings.opening_tries, wire.OPENINGS
        strategy.fixed, strategy.seed, strategy.questions = True, seed, questions
        self._restore(phase)
        asked, started = sorted(set(contributors), key=address_bytes), self._waiting.clock()
        waiting: dict[str, None] = {}
        sent = answered = 0
        for number in range(1, tries + 1):
            messages = strategy.configure_openings(asked)
            if not messages:
                break
            if number == 1:
                self._tell(PhaseBegun(phase, len(messages)))
            sent += len(messages)
            waiting |= self._push(messages)
            until = self._until(started + self._settings.phase_seconds * number / tries)
            answered += self._pull(phase, waiting, until, strategy.take_openings)
        strategy.rest_openings()
        if sent:
            self._end(phase, waiting, sent, answered, started)
        return strategy.openings

    def collect_updates(
        self, parameters: Parameters, seed: bytes, proven: Mapping[Address, int]
    ) -> tuple[SignedUpdate, ...]:
        """Signed updates of proven contributors, ordered: all hashes first, then the updates behind them.

        Raises QuorumMissed.
        """
        strategy = self._strategy
        strategy.fixed, strategy.seed, strategy.proven = True, seed, proven
        self._restore(wire.TRAIN)
        # after a crash members are asked again, and answer as they did: what a group was told need not be remembered
        sums = SecureSums(strategy, self._ask) if parse_task(strategy.task).privacy.grouped else None
        strategy.group_orders = sums.prepare() if sums else None
        arrays = wire.array_record(parameters)
        self._train(arrays)
        self._need(len(strategy.receipts))
        if not strategy.shown:
            strategy.shown = True
            self._journal.note({"phase": _SHOWN})  # after a crash as well: who has seen an update signs none
            self._journal.settle()
        self._restore(wire.REVEAL)
        self._reveal(strategy.receipts)
        if again := strategy.lost & strategy.nodes.keys():  # a node that was started anew between the two
            self._train(arrays)
            self._reveal(again - strategy.lost)
        self._need(len(strategy.updates))
        self._masks = sums.open() if sums else ()
        return tuple(_ordered(strategy.updates))

    def result(self) -> RoundResult:
        """All that the round collected."""
        strategy = self._strategy
        self._count_late()
        return RoundResult(
            strategy.plan,
            tuple(_ordered(strategy.commitments)),
            strategy.openings,
            tuple(_ordered(strategy.updates)),
            tuple(strategy.refused),
            tuple(_ordered(strategy.disclosures)),
            self._masks,
        )

    def _train(self, arrays: ArrayRecord) -> None:
        strategy, number = self._strategy, self._strategy.plan.round
        messages = strategy.configure_train(number, arrays, ConfigRecord(), self._grid)
        self._ask(wire.TRAIN, messages, strategy.take_receipts)

    def _reveal(self, contributors: Iterable[Address]) -> None:
        strategy = self._strategy
        nodes = strategy.nodes_of(name for name in contributors if name not in strategy.updates)
        self._ask(wire.REVEAL, strategy.configure_query(wire.REVEAL, nodes), strategy.take_updates)

    def _ask(self, phase: str, messages: list[Message], take: Callable[[Iterable[Message]], None]) -> None:
        """Sends the messages and takes what is answered within the phase's time."""
        if not messages:
            return
        self._tell(PhaseBegun(phase, len(messages)))
        started = self._waiting.clock()
        waiting = self._push(messages)
        answered = self._pull(phase, waiting, self._until(started + self._settings.phase_seconds), take)
        self._end(phase, waiting, len(messages), answered, started)

    def _push(self, messages: list[Message]) -> dict[str, None]:
        """The ids of what the grid took, in order; a grid may leave out what is for a node that is gone."""
        identities = [str(identity) for identity in self._grid.push_messages(messages) if identity]
        to = {message.metadata.message_id: message.metadata.dst_node_id for message in messages}
        self._strategy.asked |= {name: to[name] for name in identities if name in to}
        return dict.fromkeys(identities)

    def _pull(
        self, phase: str, waiting: dict[str, None], until: float, take: Callable[[Iterable[Message]], None]
    ) -> int:
        """Takes the replies to `waiting` that come before `until`, out of it; how many there were."""
        answered = 0
        while waiting:
            for identities in _slices(list(waiting), self._at_once(phase)):
                for reply in self._grid.pull_messages(identities):
                    if reply.metadata.reply_to_message_id in waiting:
                        del waiting[reply.metadata.reply_to_message_id]
                        answered += 1
                        take([reply])
            if not waiting or self._waiting.clock() >= until:
                break
            self._waiting.sleep(self._settings.poll_seconds)
        return answered

    def _end(self, phase: str, waiting: dict[str, None], asked: int, answered: int, started: float) -> None:
        if waiting:
            log.warning("no reply in time phase=%s messages=%d", phase, len(waiting))
        self._count_late()
        room = _LATE_MOST - len(self._late)
        self._late |= dict.fromkeys(list(waiting)[: max(room, 0)], phase)
        self._journal.settle()
        self._tell(PhaseEnded(phase, asked, answered, self._waiting.clock() - started))

    def _count_late(self) -> None:
        """Refuses what has come since its phase was over."""
        for identities in _slices(list(self._late), self._at_once(wire.REVEAL)):
            for reply in self._grid.pull_messages(identities):
                name = reply.metadata.reply_to_message_id
                if (phase := self._late.pop(name, None)) is not None:
                    self._strategy.take_late(phase, self._strategy.asked.get(name, reply.metadata.src_node_id))

    def _at_once(self, phase: str) -> int:
        longest = self._longest.get(phase, MAX_REPLY_BYTES // _PULLED_MOST)
        return min(max(_PULLED_BYTES // longest, 1), _PULLED_MOST)

    def _until(self, time: float) -> float:
        return min(time, self._ends_at)

    def _restore(self, phase: str) -> None:
        self._strategy.restore(phase, self._remembered.pop(phase, []))

    def _need(self, answered: int) -> None:
        if answered < self._settings.quorum:
            raise QuorumMissed(answered, self._settings.quorum)


def _slices(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _ordered(by_contributor: Mapping[Address, Item]) -> list[Item]:
    return [by_contributor[address] for address in sorted(by_contributor, key=address_bytes)]
