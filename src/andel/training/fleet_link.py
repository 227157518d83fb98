"""A node's line to a SuperLink, in Flower's fleet protocol: outbound requests only, and messages only.

Takes the SuperLink's address, the node's key and bounds. Gives instructions whole and verified against their names, and
takes replies. Never fetches an app, never listens, and never keeps anything on disk.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from andel.errors import LinkError, MessageLost, NodeUnknown
from andel.hashing import sha256
from andel.training.bounded_http import BoundedFleetClient, BoundedHttp, HttpBounds
from andel.training.flower import Message, RecordDict
from andel.training.flower_fleet import (
    HEARTBEAT_DEFAULT_INTERVAL,
    ActivateNodeRequest,
    ConfirmMessageReceivedRequest,
    DeactivateNodeRequest,
    MessageProto,
    Node,
    NodeAuthHttpInterceptor,
    ObjectTree,
    PullMessagesRequest,
    PullObjectRequest,
    PushMessagesRequest,
    PushObjectRequest,
    RecordDictProto,
    RegisterNodeFleetRequest,
    SendNodeHeartbeatRequest,
    get_all_nested_objects,
    get_object_tree,
    inflate_object_from_contents,
    iterate_object_tree,
    message_from_proto,
    message_to_proto,
    no_object_id_recompute,
    recorddict_from_proto,
    recorddict_to_proto,
    remove_content_from_message,
)
from andel.training.node_key import public_pem

HEARTBEAT_SECONDS: Final = float(HEARTBEAT_DEFAULT_INTERVAL)
MAX_MESSAGE_BYTES: Final = 64 * 1024 * 1024
MAX_MESSAGE_OBJECTS: Final = 4_096

_PULL_TRIES = 34  # ten seconds without a part: a coordinator that died while it sent must not cost the next phase
_PULL_SECONDS = 0.3

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Offered:
    """An instruction that waits at the SuperLink: its metadata alone, and the tree of objects that it consists of."""

    bare: Message
    tree: ObjectTree

    @property
    def run(self) -> int:
        """The run that it is of."""
        return self.bare.metadata.run_id

    @property
    def name(self) -> str:
        """The message's id: the hash of its outermost object."""
        return self.tree.object_id


class FleetLink:
    """One connection; `connect` first. Every call may raise LinkError; heartbeats may come from another thread."""

    def __init__(
        self,
        address: str,
        key: ec.EllipticCurvePrivateKey,
        tls: ssl.SSLContext | None,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        count: Callable[[int], None],
        bounds: HttpBounds | None = None,
    ) -> None:
        """`address` is host:port. `clock` gives monotonic seconds; `count` is told the bytes that go and come."""
        self._sleep = sleep
        self._public_key = public_pem(key.public_key())
        self._http = BoundedHttp(tls, bounds or HttpBounds(), clock, count)
        signing = NodeAuthHttpInterceptor(key, key.public_key())
        scheme = "http" if tls is None else "https"
        self._client = BoundedFleetClient(f"{scheme}://{address}", self._http, signing)
        self._node: Node | None = None

    def connect(self, former: int = 0) -> int:
        """The node's id at the SuperLink, which counts it as online from now on.

        A SuperLink that knows the key activates it; one without node authentication is asked to register it. `former`
        is the id it had: a node that died counts as online for a minute, and goes on as the same. Raises NodeUnknown
        when the key is to be registered there by whoever runs it.
        """
        number = self._activated()
        if number is None and former and self._counts(former):
            number = former  # not signed off first: what it was asked would be answered as "unavailable" meanwhile
        if number is None and former:
            self._quietly(lambda: self._client.DeactivateNode(DeactivateNodeRequest(node_id=former)))
            number = self._activated()
        if number is None:
            self._quietly(lambda: self._client.RegisterNode(RegisterNodeFleetRequest(public_key=self._public_key)))
            number = self._activated()
        if number is None:
            raise NodeUnknown(
                "the SuperLink does not know this node's key, or still counts it as online",
                "give the node's public key to the coordinator, who registers it, and see that the clock is right",
            )
        self._node = Node(node_id=number)
        return number

    def beat(self) -> None:
        """Says that the node is there. Raises LinkError."""
        request = SendNodeHeartbeatRequest(node=self._known(), heartbeat_interval=HEARTBEAT_SECONDS)
        if not self._client.SendNodeHeartbeat(request).success:
            raise NodeUnknown("the SuperLink does not count this node as online any more")

    def offered(self) -> Offered | None:
        """The next instruction, without its content; None when there is none. The SuperLink offers it once."""
        answer = self._client.PullMessages(PullMessagesRequest(node=self._known()))
        if not answer.messages_list:
            return None
        if len(answer.messages_list) != len(answer.message_object_trees):
            raise MessageLost("the SuperLink offers messages without their parts")
        try:
            bare = remove_content_from_message(message_from_proto(answer.messages_list[0]))
        except Exception as error:  # as in `_whole`
            raise MessageLost(f"what the SuperLink offers is no message: {error}") from error
        return Offered(bare, answer.message_object_trees[0])

    def fetch(self, offered: Offered) -> Message:
        """The instruction, every part of it hashed to its name. Raises MessageLost when it cannot be had whole."""
        names = list(dict.fromkeys(part.object_id for part in iterate_object_tree(offered.tree)))
        if len(names) > MAX_MESSAGE_OBJECTS:
            raise MessageLost(f"a message of {len(names)} parts is not read; {MAX_MESSAGE_OBJECTS} are the most")
        parts: dict[str, bytes] = {}
        for name in names:
            parts[name] = self._part(offered.run, name)
            if sum(map(len, parts.values())) > MAX_MESSAGE_BYTES:
                raise MessageLost(f"a message of over {MAX_MESSAGE_BYTES} bytes is not read")
        return self._whole(offered, parts)

    def confirm(self, offered: Offered) -> None:
        """Says that an instruction is safe here: the SuperLink may forget its parts."""
        received = ConfirmMessageReceivedRequest(node=self._known(), run_id=offered.run, message_object_id=offered.name)
        self._client.ConfirmMessageReceived(received)

    def push(self, reply: Message) -> None:
        """Hands in a reply with all its parts. Raises MessageLost when its run ended or the SuperLink keeps it not."""
        with no_object_id_recompute():
            reply.metadata.__dict__["_message_id"] = reply.object_id  # as every Flower node does before it pushes
            parts = get_all_nested_objects(reply)
            request = PushMessagesRequest(
                node=self._known(),
                messages_list=[message_to_proto(remove_content_from_message(reply))],
                message_object_trees=[get_object_tree(reply)],
                clientapp_runtime_list=[0.0],
            )
            answer = self._client.PushMessages(request)
            wanted = set(answer.objects_to_push)
            for name, part in parts.items():
                if name in wanted:
                    self._push_part(reply.metadata.run_id, answer.session_id, name, part.deflate())

    def leave(self) -> None:
        """Signs the node off, if the SuperLink listens."""
        if self._node is not None:
            number, self._node = self._node.node_id, None
            self._quietly(lambda: self._client.DeactivateNode(DeactivateNodeRequest(node_id=number)))

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()
        self._http.close()

    def _activated(self) -> int | None:
        request = ActivateNodeRequest(public_key=self._public_key, heartbeat_interval=HEARTBEAT_SECONDS)
        try:
            return int(self._client.ActivateNode(request).node_id)
        except (MessageLost, NodeUnknown) as refusal:
            log.debug("not activated: %s", refusal)
            return None

    def _counts(self, number: int) -> bool:
        """Whether the SuperLink takes a sign of life of this key's node under the id."""
        request = SendNodeHeartbeatRequest(node=Node(node_id=number), heartbeat_interval=HEARTBEAT_SECONDS)
        try:
            return bool(self._client.SendNodeHeartbeat(request).success)
        except (MessageLost, NodeUnknown) as refusal:
            log.debug("not known as %d: %s", number, refusal)
            return False

    def _quietly(self, call: Callable[[], object]) -> None:
        try:
            call()
        except LinkError as refusal:
            log.debug("%s", refusal)

    def _known(self) -> Node:
        if self._node is None:
            raise NodeUnknown("this node is not signed on at the SuperLink")
        return self._node

    def _part(self, run: int, name: str) -> bytes:
        request = PullObjectRequest(node=self._known(), run_id=run, object_id=name)
        for _ in range(_PULL_TRIES):
            answer = self._client.PullObject(request)
            if not answer.object_found:
                break
            if answer.object_available:
                if sha256(answer.object_content).hex() != name:
                    raise MessageLost(f"a part of a message does not match its name {name[:80]}")
                return bytes(answer.object_content)
            self._sleep(_PULL_SECONDS)
        raise MessageLost(f"the SuperLink does not give a part of a message: {name[:80]}")

    def _whole(self, offered: Offered, parts: dict[str, bytes]) -> Message:
        try:
            message = inflate_object_from_contents(offered.name, parts)
        except Exception as error:  # Flower's readers fail on hostile parts in many ways
            raise MessageLost(f"a message cannot be put together: {error}") from error
        if not isinstance(message, Message) or not message.has_content():
            raise MessageLost("what the SuperLink offers is no message with content")
        about = message.metadata
        if about.dst_node_id != self._known().node_id or about.run_id != offered.run:
            raise MessageLost("a message is for another node, or of another run than it was offered in")
        about.__dict__["_message_id"] = offered.name  # a message's own hash, which its bytes cannot hold
        return message

    def _push_part(self, run: int, session: str, name: str, content: bytes) -> None:
        request = PushObjectRequest(
            node=self._known(), run_id=run, object_id=name, object_content=content, session_id=session
        )
        if not self._client.PushObject(request).stored:
            raise MessageLost("the SuperLink did not keep a part of a reply")


def message_bytes(message: Message) -> bytes:
    """A whole message as bytes that `message_of` reads."""
    return bytes(message_to_proto(message).SerializeToString(deterministic=True))


def message_of(data: bytes) -> Message:
    """The message in the bytes of `message_bytes`; only for bytes that this node wrote."""
    return message_from_proto(MessageProto.FromString(data))


def own_message(content: RecordDict, kind: str, node: int) -> Message:
    """An instruction that a node gives to itself: it came over no line, and its reply leaves over none."""
    proto = MessageProto(content=recorddict_to_proto(content))
    proto.metadata.message_id, proto.metadata.message_type = "own", kind
    proto.metadata.src_node_id = proto.metadata.dst_node_id = node
    return message_from_proto(proto)


def record_bytes(record: RecordDict) -> bytes:
    """A node's own state as bytes that `record_of` reads."""
    return bytes(recorddict_to_proto(record).SerializeToString(deterministic=True))


def record_of(data: bytes) -> RecordDict:
    """The state in the bytes of `record_bytes`; only for bytes that this node wrote."""
    return recorddict_from_proto(RecordDictProto.FromString(data))


def wire_bytes(message: Message) -> int:
    """How many bytes of parts a message comes to on its way."""
    return sum(len(part.deflate()) for part in get_all_nested_objects(message).values())
