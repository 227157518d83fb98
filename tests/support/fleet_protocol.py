"""A node that speaks Flower's fleet protocol by hand, so that a test can answer late, in parts, or as another."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_ssh_private_key
from flwr.common.serde import message_from_proto, message_to_proto
from flwr.proto.fleet_pb2 import ActivateNodeRequest, PullMessagesRequest, PushMessagesRequest
from flwr.proto.message_pb2 import PushObjectRequest
from flwr.proto.node_pb2 import Node
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects, get_object_tree
from flwr.supernode.fleet_http_client import FleetHttpClient
from flwr.supernode.node_auth_http_interceptor import NodeAuthHttpInterceptor

from andel.training.certificates import NodeKey
from andel.training.flower import ConfigRecord, Message, RecordDict

_HALF_HOUR = 1_800.0  # the longest that SuperLink takes


class WireNode:
    """A node with a key that SuperLink knows; heard of for an hour from now on, as two beats may fail."""

    def __init__(self, address: str, authority: Path, key: NodeKey) -> None:
        private = load_ssh_private_key(key.private, None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        self._client = FleetHttpClient.from_server_address(
            address, False, authority.read_bytes(), [NodeAuthHttpInterceptor(private, private.public_key())]
        )
        self._sessions: dict[str, str] = {}
        request = ActivateNodeRequest(public_key=key.public, heartbeat_interval=_HALF_HOUR)
        self.id = self._client.ActivateNode(request).node_id

    def pull(self) -> list[Message]:
        """Messages for this node, without their content."""
        found = self._client.PullMessages(PullMessagesRequest(node=self._node()))
        return [message_from_proto(message) for message in found.messages_list]

    def announce(self, reply: Message, question: Message) -> None:
        """Tells SuperLink of a reply to `question`, whatever the reply says of itself, and sends none of its parts."""
        told = Message(RecordDict(), reply_to=question)
        told.metadata.__dict__["_message_id"] = reply.metadata.__dict__["_message_id"] = reply.object_id
        answer = self._client.PushMessages(
            PushMessagesRequest(
                node=self._node(),
                messages_list=[message_to_proto(told)],
                message_object_trees=[get_object_tree(reply)],
                clientapp_runtime_list=[0.0],
            )
        )
        self._sessions[reply.metadata.message_id] = answer.session_id

    def send_parts(self, reply: Message, names: Iterable[str] | None = None) -> None:
        """Sends all parts of an announced reply, or these."""
        parts = get_all_nested_objects(reply)
        for name in parts if names is None else names:
            self._client.PushObject(
                PushObjectRequest(
                    node=self._node(),
                    run_id=reply.metadata.run_id,
                    session_id=self._sessions[reply.metadata.message_id],
                    object_id=name,
                    object_content=parts[name].deflate(),
                )
            )

    def answer(self, question: Message, text: str = "here") -> None:
        """A whole reply."""
        reply = Message(words(text), reply_to=question)
        self.announce(reply, question)
        self.send_parts(reply)

    def close(self) -> None:
        """Closes the connection; the node stays known."""
        self._client.close()

    def _node(self) -> Node:
        return Node(node_id=self.id)


def words(text: str) -> RecordDict:
    """Content that tests can tell apart."""
    return RecordDict({"words": ConfigRecord({"text": text})})


def text_of(message: Message) -> str:
    """What `words` put into a message."""
    return str(message.content["words"]["text"])
