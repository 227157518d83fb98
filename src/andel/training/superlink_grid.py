"""`SuperLinkGrid`: Flower's Grid over a SuperLink, driven from this process.

Messages and replies go as Flower sends them, so any SuperNode can answer. What differs from Flower's own `HttpGrid`:
nothing waits inside a call for a node (a reply whose parts are under way is looked at again on the next pull), every
reply is bounded, an error names the node it is about, and a run that SuperLink has lost is begun anew, its open
questions answered with an error. One at a time in a process, as Flower keeps the running task in a global, and from
one thread.
"""

from __future__ import annotations

import copy
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, cast

import httpx

from andel.errors import TrainingError
from andel.training.flower import Error, Grid, Message, RecordDict
from andel.training.flower_deployment import (
    ConfirmMessageReceivedRequest,
    ObjectPushError,
    PullAppMessagesRequest,
    PullObjectRequest,
    inflate_object_from_contents,
    iterate_object_tree,
)
from andel.training.superlink_session import (
    Heartbeat,
    Session,
    SuperLinkDoor,
    close_session,
    open_session,
    superlink_errors,
)

MAX_REPLY_BYTES: Final = 64 * 1024 * 1024
_MAX_OBJECTS = 1_000  # of one reply: some four, and four more for each array
_PARTS_PER_REPLY, _PARTS_PER_PULL = 64, 2_000  # fetched in one call, so that none lasts for ever
_MAX_ASKED = 200_000
_SUPERLINK = 1  # flwr's SUPERLINK_NODE_ID
_UNAVAILABLE = 3  # flwr's ErrorCode.MESSAGE_UNAVAILABLE
_REFUSED = (401, 403)

Result = TypeVar("Result")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectSettings:
    """How rounds are driven over a SuperLink: the bundle that stock SuperNodes run (`fab.build_fab`), and bounds.

    A call is tried again for `outage_seconds` while nothing answers. A question nobody fetched is dropped by SuperLink
    after `message_seconds`. `series` goes on with the runs of an earlier process, whose nodes hold what they kept.
    """

    fab: bytes
    outage_seconds: float = 10.0
    heartbeat_seconds: float = 10.0
    message_seconds: float = 3_600.0
    max_reply_bytes: int = MAX_REPLY_BYTES
    series: int = 0


@dataclass(slots=True)
class _Arriving:
    """A reply whose parts are being fetched: those still missing, and those that are here."""

    root: str
    missing: deque[str]
    contents: dict[str, bytes] = field(default_factory=dict)
    size: int = 0


class SuperLinkGrid(Grid):
    """See the module. `superlink.connect` makes one and closes it."""

    def __init__(self, door: SuperLinkDoor, settings: ConnectSettings) -> None:
        """Connects and begins a run. Raises TrainingError."""
        self._door, self._settings = door, settings
        self._asked: dict[str, Message] = {}
        self._arriving: dict[str, _Arriving] = {}
        self._replies: dict[str, Message] = {}
        self._session: Session | None = None
        self._heartbeat: Heartbeat | None = None
        self.series = settings.series
        self._open()

    def set_run(self, run: object) -> None:
        """A grid begins its own run; nothing to set."""

    @property
    def run(self) -> Any:
        """Flower's record of the current run."""
        return self._open().grid.run

    def create_message(
        self,
        content: RecordDict,
        message_type: str,
        dst_node_id: int,
        group_id: str,
        ttl: float | None = None,
    ) -> Message:
        """A message to a node (Flower keeps this for older callers)."""
        return Message(content, dst_node_id, message_type, ttl=ttl, group_id=group_id)

    def get_node_ids(self) -> list[int]:
        """Nodes that SuperLink heard of within the last minute, ascending. Raises TrainingError."""
        return sorted(self.public_keys())

    def public_keys(self) -> Mapping[int, bytes]:
        """The nodes that are there, each with the public key (PEM) it proves itself by. Raises TrainingError."""
        nodes = self._try(lambda session: list(session.grid.get_nodes()))
        return {int(node.node_id): bytes(node.public_key) for node in nodes}

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        """Sends them; returns the ids to pull by. One that SuperLink does not take (its node is gone) is answered with
        an error. Raises TrainingError when SuperLink is away.
        """
        sent = list(messages)
        if not sent:
            return []
        taken = self._try(lambda session: self._push(session, sent))
        for message, identity in zip(sent, taken, strict=True):
            own = message.metadata.message_id
            if len(self._asked) >= _MAX_ASKED:
                oldest = next(iter(self._asked))  # long past its phase
                del self._asked[oldest]
                self._arriving.pop(oldest, None)
            self._asked[own] = _without_content(message)
            if not identity:
                self._fail(own, "SuperLink takes no message for this node")
        return [message.metadata.message_id for message in sent]

    def pull_messages(self, message_ids: Iterable[str]) -> list[Message]:
        """The replies to these messages that are here whole, each given out once. Nothing while SuperLink is away."""
        wanted = set(message_ids)
        try:
            self._try(lambda session: self._fetch(session, wanted))
        except TrainingError as error:
            log.warning("no reply can be fetched now reason=%s", error.message)
        return [self._replies.pop(identity) for identity in sorted(wanted) if identity in self._replies]

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> list[Message]:
        """Raises TrainingError: whoever drives rounds bounds its own waits, by push and pull."""
        raise TrainingError("this grid waits for nobody", "push messages and pull their replies")

    def close(self) -> None:
        """Ends the run. Calling it again does nothing."""
        if self._heartbeat is not None:
            self._heartbeat.stop()
        if self._session is not None:
            close_session(self._session)
        self._heartbeat = self._session = None

    def _open(self) -> Session:
        if self._session is None:
            settings = self._settings
            self._session = open_session(self._door, settings.fab, self.series, settings.outage_seconds)
            self.series = self._session.series
            self._heartbeat = Heartbeat(self._session, settings.heartbeat_seconds)
            log.info("run begun run=%d series=%d", self._session.run, self.series)
        return self._session

    def _try(self, action: Callable[[Session], Result]) -> Result:
        """The action's result; a run that SuperLink does not know any more is begun anew, once."""
        try:
            return action(self._open())
        except httpx.HTTPStatusError as error:
            if error.response.status_code not in _REFUSED:
                with superlink_errors(self._door):
                    raise
        except (httpx.HTTPError, ValueError):
            with superlink_errors(self._door):
                raise
        log.warning("SuperLink has lost the run: a new one is begun, what was asked is asked no more")
        self.close()
        for identity in [*self._asked]:
            self._fail(identity, "SuperLink has lost the run in which this was asked")
        self._arriving.clear()
        with superlink_errors(self._door):
            return action(self._open())

    def _push(self, session: Session, messages: list[Message]) -> list[str]:
        for message in messages:
            metadata = message.metadata.__dict__
            # written when the message was made, maybe under an earlier run or beside another grid
            metadata["_run_id"], metadata["_src_node_id"] = session.run, _SUPERLINK
            metadata["_ttl"] = min(message.metadata.ttl, self._settings.message_seconds)
            message.__dict__.pop("_object_id", None)  # its name is a hash over all this
        try:
            taken = [identity or "" for identity in session.grid.push_messages(messages)]
        except ObjectPushError as error:
            raise TrainingError(f"SuperLink did not keep a message: {error}", "see its log") from error
        return taken or [""] * len(messages)

    def _fetch(self, session: Session, wanted: set[str]) -> None:
        open_ids = sorted(wanted & self._asked.keys() - self._arriving.keys())
        if open_ids:
            answer = session.client.PullMessages(PullAppMessagesRequest(message_ids=open_ids))
            for message, tree in zip(answer.messages_list, answer.message_object_trees, strict=False):
                asked = message.metadata.reply_to_message_id
                names = list(dict.fromkeys(item.object_id for item in iterate_object_tree(tree)))
                if asked not in self._asked:
                    continue
                if len(names) > _MAX_OBJECTS:
                    self._confirm(session, tree.object_id)
                    self._fail(asked, f"a reply of {len(names)} objects is over the limit of {_MAX_OBJECTS}")
                    continue
                self._arriving[asked] = _Arriving(tree.object_id, deque(names))
        self._let_go(session, wanted)
        left = _PARTS_PER_PULL
        for asked in [asked for asked in self._arriving if asked in wanted]:
            if left > 0:
                left -= self._fetch_parts(session, asked, self._arriving[asked])

    def _let_go(self, session: Session, wanted: set[str]) -> None:
        """Of replies that nobody asks for any more, parts are kept up to the bound of one reply, the newest first."""
        held = 0
        for asked in [asked for asked in reversed(self._arriving) if asked not in wanted]:
            held += self._arriving[asked].size
            if held > self._settings.max_reply_bytes:
                self._confirm(session, self._arriving[asked].root)
                del self._arriving[asked], self._asked[asked]

    def _fetch_parts(self, session: Session, asked: str, reply: _Arriving) -> int:
        """Fetches what SuperLink has, and leaves what a node still uploads for the next look; returns the tries."""
        tries = 0
        while reply.missing and tries < _PARTS_PER_REPLY:
            tries += 1
            name = reply.missing[0]
            request = PullObjectRequest(node=session.grid.node, run_id=session.run, object_id=name)
            part = session.client.PullObject(request)
            if not part.object_found:
                self._fail(asked, "a part of the reply is gone: its node did not finish sending it")
                return tries
            if not part.object_available:
                return tries  # all have to come: one look at the first of them is enough
            reply.missing.popleft()
            reply.size += len(part.object_content)
            if reply.size > self._settings.max_reply_bytes:
                self._confirm(session, reply.root)
                self._fail(asked, f"a reply over the limit of {self._settings.max_reply_bytes} bytes")
                return tries
            reply.contents[name] = part.object_content
        if not reply.missing:
            self._finish(session, asked, reply)
        return tries

    def _finish(self, session: Session, asked: str, reply: _Arriving) -> None:
        self._confirm(session, reply.root)
        try:
            message = cast(Message, inflate_object_from_contents(reply.root, reply.contents))
            if message.metadata.reply_to_message_id != asked:
                return self._fail(asked, "the reply is to another message")
        except Exception as error:  # Flower's readers fail on hostile bytes in many ways
            return self._fail(asked, f"the reply cannot be read: {type(error).__name__}: {str(error)[:200]}")
        message.metadata.__dict__["_message_id"] = reply.root
        if message.has_error():  # SuperLink speaks for a node that is gone
            return self._fail(asked, str(message.error.reason)[:500], message.error.code)
        self._done(asked, message)

    def _confirm(self, session: Session, root: str) -> None:
        """Lets SuperLink forget a reply's parts."""
        request = ConfirmMessageReceivedRequest(node=session.grid.node, run_id=session.run, message_object_id=root)
        session.client.ConfirmMessageReceived(request)

    def _fail(self, asked: str, reason: str, code: int = _UNAVAILABLE) -> None:
        """Answers a message with an error from the node that it went to."""
        self._done(asked, Message(Error(code, reason), reply_to=self._asked[asked]))

    def _done(self, asked: str, reply: Message) -> None:
        # whoever sent it: a node answers for what it was asked, and no other can
        reply.metadata.__dict__["_src_node_id"] = self._asked[asked].metadata.dst_node_id
        del self._asked[asked]
        self._arriving.pop(asked, None)
        self._replies[asked] = reply


def _without_content(message: Message) -> Message:
    """The message without what it carried, to answer it by later."""
    kept = copy.copy(message)
    kept.__dict__["_content"] = RecordDict()
    return kept
