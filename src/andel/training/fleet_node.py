"""A light Flower node: it answers the questions of one accepted task with our own app, and nothing else.

Takes a link to a SuperLink, the contributor's ClientApp, what its owner accepted, and limits. Gives replies. Whatever
leaves is written down first; what was asked and what was signed survive a kill. Never fetches an app, never runs code
that came over the line, and never answers for another task.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from andel.errors import AndelError, CertificateRefused, ChainError, InputError, LinkError, MessageLost, SettingsError
from andel.training import wire
from andel.training.acceptance import Acceptance
from andel.training.delegation import Delegation, attach
from andel.training.fleet_link import HEARTBEAT_SECONDS, FleetLink, wire_bytes
from andel.training.flower import ClientApp, Context, Error, Message
from andel.training.leaving import describe
from andel.training.node_limits import Meter, NodeLimits
from andel.training.node_state import NodeState
from andel.training.plan import RoundPlan
from andel.training.sent_log import SentLog
from andel.units import DAY_SECONDS

KINDS: Final = (
    *(wire.BATCHES, wire.DISCLOSURE, wire.OPENINGS, wire.TRAIN, wire.REVEAL, wire.EVALUATE),
    *wire.GROUP_KINDS,
)

_APP_RAISED = 2  # flwr's ErrorCode.CLIENT_APP_RAISED_EXCEPTION
_FIRST_DELAY = 1.0
_MOST_DELAY = 60.0
_REST_SECONDS = 30.0
_CHAIN_TRIES = 3
_TALLY_SECONDS = 60.0
_PUSHES_MAX = 8
_MAX_REASON = 300

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NodeTime:
    """`now` gives unix seconds, `minute` the minute of the machine's own day, `chance` a number from 0 to 1."""

    now: Callable[[], float]
    minute: Callable[[], int]
    chance: Callable[[], float]


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """`to` names the SuperLink in the log; the node asks every `poll_seconds`; `idle` and `watch` run that often at
    most.
    """

    to: str
    poll_seconds: float = 3.0
    idle_seconds: float = 300.0
    watch_seconds: float = 30.0


class FleetNode:
    """One node until it is told to stop."""

    def __init__(
        self,
        app: ClientApp,
        link: FleetLink,
        state: NodeState,
        sent: SentLog,
        accepted: Acceptance,
        delegation: Callable[[], Delegation],
        limits: NodeLimits,
        meter: Meter,
        time: NodeTime,
        settings: NodeSettings,
        idle: Callable[[], object] = lambda: None,
        watch: Callable[[], object] = lambda: None,
    ) -> None:
        """`idle` is called between rounds, and may raise ChainError; `watch` also during a round, in quiet hours and
        while the line is down, and may raise any AndelError. Both are tried again.
        """
        self._app = app
        self._link = link
        self._state = state
        self._sent = sent
        self._accepted = accepted
        self._delegation = delegation
        self._limits = limits
        self._meter = meter
        self._time = time
        self._settings = settings
        self._idle = idle
        self._watch = watch
        self._watched_at = 0.0
        self._idled_at = self._tallied_at = time.now()
        self._round_bytes = self._pushes = 0
        self._said = ""

    def run(self, stop: threading.Event) -> None:
        """Serves until `stop`; a SuperLink that dies or restarts is tried again, after 1 to 60 seconds.

        Raises CertificateRefused when the first connection meets another certificate, SettingsError, OSError.
        """
        delay, connected = _FIRST_DELAY, False
        while not stop.is_set():
            self._look_at_round()
            if self._rests():
                self._link.leave()
                self._look_around()
                stop.wait(_REST_SECONDS)
                continue
            lost = False
            try:
                number = self._link.connect(self._state.standing.node_id)
                self._state.keep(replace(self._state.standing, node_id=number))
                log.info("joined %s as node %d", self._settings.to, number)
                delay, connected = _FIRST_DELAY, True
                with self._beating():
                    self._serve(stop)
            except LinkError as error:
                if isinstance(error, CertificateRefused) and not connected:
                    raise
                lost = True
                pause = delay * (0.5 + self._time.chance() / 2)
                log.warning("%s; next try in %.0f s", error.message, pause)
                stop.wait(pause)
                delay = min(2 * delay, _MOST_DELAY)
            finally:
                if not lost or stop.is_set():  # who comes back in a moment stays: its open question would be lost
                    self._link.leave()
                self._tally(always=True)

    def _serve(self, stop: threading.Event) -> None:
        self._finish(stop)
        while not stop.is_set() and not self._rests():
            self._look_at_round()
            offered = self._link.offered()
            if offered is None:
                self._look_around()
                stop.wait(self._settings.poll_seconds)
                continue
            try:
                message = self._link.fetch(offered)
            except MessageLost as error:
                log.warning("a message is not read: %s", error.message)
                self._state.ask(offered.bare)
                self._state.answer(Message(Error(_APP_RAISED, _told(error)), reply_to=offered.bare))
            else:
                self._state.ask(message)
                self._link.confirm(offered)
            if not self._finish(stop):
                stop.wait(self._settings.poll_seconds)  # whoever asks in vain does not set the pace, or fill the log

    def _finish(self, stop: threading.Event) -> bool:
        """Answers the question that is open, if any, and hands the reply in; False when it was refused."""
        question = self._state.question
        if question is None:
            return True
        if question.metadata.created_at + question.metadata.ttl < self._time.now():
            self._state.settle()  # the SuperLink has given it up
            return True
        reply, again = self._state.reply, "as kept on disk"
        if reply is None:
            reply, again = self._answer(question, stop), ""
            self._state.answer(reply)
        leaving = describe(question, reply)
        number = self._sent.leaving(
            leaving.kind,
            self._settings.to,
            wire_bytes(reply),
            leaving.hash,
            round=leaving.round,
            attempt=leaving.attempt,
            readings=leaving.readings,
            note=" ".join(filter(None, (leaving.note, again))),
        )
        try:
            self._link.push(reply)
        except MessageLost as error:
            log.warning("a reply is not wanted: %s", error.message)
        except LinkError:
            self._pushes += 1
            if self._pushes < _PUSHES_MAX:
                raise  # the reply is kept, and handed in when the line is there again
            log.warning("a reply was handed in %d times in vain and is given up", self._pushes)
        else:
            self._sent.arrived(number)
            if question.metadata.message_type == wire.TRAIN and not reply.has_error():
                self._state.keep(replace(self._state.standing, asked_plan=self._state.standing.signed_plan))
        self._pushes = 0
        self._state.settle()
        self._tally(always=True)
        return not reply.has_error()

    def _answer(self, question: Message, stop: threading.Event) -> Message:
        """The app's reply, or an error that says no more than it must."""
        kind = question.metadata.message_type
        try:
            if kind not in KINDS:
                raise InputError(f"this node answers no message of type {kind[:60]!r}")
            plan, task, _ = wire.read_instruction(question)
            self._accepted.check(plan, task)
            if kind == wire.EVALUATE:
                self._accepted.check_errors_told()
            self._state.check_order(plan)
            self._check_limits(plan)
            reply = self._run_app(question, stop)
            self._take_note(kind, plan, wire.UNMASK if task.privacy.grouped else wire.REVEAL)
            return attach(reply, self._delegation())
        except Exception as error:  # an app may raise anything; the node answers for it, as a SuperNode does
            log.warning("refused %s: %s", kind[:60], error)
            return Message(Error(_APP_RAISED, _told(error)), reply_to=question)

    def _run_app(self, question: Message, stop: threading.Event) -> Message:
        about = question.metadata
        context = Context(about.run_id, about.dst_node_id, {}, self._state.context, {})
        for _ in range(_CHAIN_TRIES - 1):
            try:
                return self._app(question, context)
            except ChainError as error:  # asked again later, the chain may answer; the coordinator would not ask again
                log.warning("%s", error.message)
                stop.wait(1.0)
        return self._app(question, context)

    def _take_note(self, kind: str, plan: RoundPlan, last: str) -> None:
        """Keeps what a restarted node must know of this answer, before it leaves; with `last` its part is done."""
        state = self._state
        state.keep_context()
        if kind == wire.BATCHES:
            until = min(plan.deadline, int(self._time.now()) + self._limits.round_seconds)
            state.keep(replace(state.standing, engaged=plan.hash.hex(), engaged_until=until))
            self._round_bytes = 0
        elif kind == wire.TRAIN:
            state.keep(state.signing(plan))
        elif kind == last and state.standing.engaged == plan.hash.hex():
            largest = max(state.standing.largest_round, self._round_bytes)
            state.keep(replace(state.standing, engaged="", engaged_until=0, largest_round=largest))

    def _check_limits(self, plan: RoundPlan) -> None:
        standing = self._state.standing
        taking_part = standing.engaged == plan.hash.hex() and self._time.now() < standing.engaged_until
        if not taking_part and (why := self._begins_nothing()):
            raise InputError(f"this node begins no round now: {why}")

    def _rests(self) -> bool:
        """Whether the node keeps off the line now; says why once."""
        self._tally()
        standing, limit = self._state.standing, self._limits.daily_bytes
        why = "the day's bytes are spent" if limit and standing.day_bytes >= limit else ""
        if not why and not (standing.engaged and self._time.now() < standing.engaged_until):
            why = self._begins_nothing()
        if why != self._said:
            self._said = why
            log.info("%s", f"resting: {why}" if why else "awake")
        return bool(why)

    def _begins_nothing(self) -> str:
        """Why no further round is begun; empty when one may be."""
        standing, limit = self._state.standing, self._limits.daily_bytes
        if self._limits.quiet.covers(self._time.minute()):
            return "quiet hours"
        if limit and limit - standing.day_bytes < 2 * standing.largest_round:
            return "too few of the day's bytes are left for a round"
        return ""

    def _tally(self, always: bool = False) -> None:
        """Adds what the line carried to the day's bytes; on disk after each message and every minute."""
        now = self._time.now()
        standing, day = self._state.standing, int(now) // DAY_SECONDS
        if not always and standing.day == day and now - self._tallied_at < _TALLY_SECONDS:
            return
        taken, self._tallied_at = self._meter.take(), now
        self._round_bytes += taken
        former = standing.day_bytes if standing.day == day else 0
        self._state.keep(replace(standing, day=day, day_bytes=former + taken))

    def _look_around(self) -> None:
        """Between rounds, now and then: what `idle` does."""
        standing, now = self._state.standing, self._time.now()
        engaged = standing.engaged and now < standing.engaged_until
        if engaged or now - self._idled_at < self._settings.idle_seconds:
            return
        self._idled_at = now
        try:
            self._idle()
        except ChainError as error:
            log.warning("%s", error.message)

    def _look_at_round(self) -> None:
        """Now and then, whatever else there is to do: what `watch` does."""
        now = self._time.now()
        if now - self._watched_at < self._settings.watch_seconds:
            return
        self._watched_at = now
        try:
            self._watch()
        except AndelError as error:
            log.warning("%s", error.message)

    @contextmanager
    def _beating(self) -> Iterator[None]:
        """Says every half minute that the node is there, also while it trains."""
        done = threading.Event()

        def beat() -> None:
            while not done.wait(0.8 * HEARTBEAT_SECONDS):
                try:
                    self._link.beat()
                except LinkError as error:  # the node's next question finds out, and connects anew
                    log.debug("%s", error.message)

        thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def _told(error: Exception) -> str:
    """What a coordinator is told: the reason where it is about what it sent, no more than a word otherwise."""
    if isinstance(error, InputError | MessageLost) and not isinstance(error, SettingsError):
        return f"refused: {error.message[:_MAX_REASON]}"
    return "the node could not answer" if isinstance(error, AndelError) else "the node failed"
