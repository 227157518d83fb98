"""Federations in one process: a `LocalGrid` over a small world's owners, and nodes that misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from andel.training.client_app import contributor_app
from andel.training.flower import ConfigRecord, Context, Message, RecordDict
from andel.training.grid import LocalGrid, LocalNode
from andel.training.rounds import FederatedRound, RoundSettings, Waiting
from tests.support.worlds import FIRST_SEED, Owner, World

Change = Callable[[Message, Message], Message]
"""What a misbehaving node makes of (question, its honest reply)."""


def find_owner(world: World) -> Callable[[Context], Owner]:
    """How an app finds its owner: by the node's configuration, as on a SuperNode."""
    return lambda context: world.owners[int(context.node_config["owner"])]


def honest_node(world: World, owner: int) -> LocalNode:
    """A node of the world's owner with that number."""
    return LocalNode(contributor_app(find_owner(world)), {"owner": owner})


def changed_node(world: World, owner: int, kind: str, change: Change) -> LocalNode:
    """A node that answers messages of one type with something else."""
    honest = contributor_app(find_owner(world))

    def app(message: Message, context: Context) -> Message:
        reply = honest(message, context)
        return change(message, reply) if message.metadata.message_type == kind else reply

    return LocalNode(app, {"owner": owner})  # type: ignore[arg-type]  # a ClientApp is called the same way


def with_values(**values: object) -> Change:
    """A change that puts other values into the reply's answer record; None takes one out."""

    def change(message: Message, reply: Message) -> Message:
        record = dict(reply.content["answer"]) | values
        kept = {key: value for key, value in record.items() if value is not None}
        return Message(RecordDict({"answer": ConfigRecord(kept)}), reply_to=message)  # type: ignore[arg-type]

    return change


class RecordingGrid(LocalGrid):
    """A LocalGrid that keeps what it carried, in order, and can lose messages of a node."""

    def __init__(self, nodes: Iterable[LocalNode], lost: Mapping[int, str] | None = None) -> None:
        super().__init__(nodes)
        self.carried: list[tuple[str, int, Message | None]] = []
        self._lost = lost or {}

    def push_messages(self, messages: Iterable[Message]) -> list[str]:
        """As LocalGrid; notes each message with its reply."""
        identities = []
        for message in messages:
            kind, node = message.metadata.message_type, message.metadata.dst_node_id
            if self._lost.get(node) == kind:
                self.carried.append((kind, node, None))
                identities.append(f"lost-{len(self.carried)}")
                continue
            (identity,) = super().push_messages([message])
            self.carried.append((kind, node, self._replies[identity]))
            identities.append(identity)
        return identities


@dataclass
class Clock:
    """Time that passes only by sleeping."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Moves the clock on."""
        self.slept.append(seconds)
        self.now += seconds

    def waiting(self) -> Waiting:
        """For `FederatedRound`."""
        return Waiting(lambda: self.now, self.sleep)


def federate(world: World, grid: LocalGrid, quorum: int = 1, clock: Clock | None = None) -> FederatedRound:
    """A round of the world's plan over a grid."""
    settings = RoundSettings(quorum=quorum, phase_seconds=10.0, poll_seconds=1.0)
    return FederatedRound(grid, world.plan, world.task.to_bytes(), (clock or Clock()).waiting(), settings)


def run_all(world: World, federated: FederatedRound) -> FederatedRound:
    """All phases; everybody's data counts as proven."""
    commitments = federated.collect_commitments()
    addresses = [commitment.contributor for commitment in commitments]
    federated.collect_openings(FIRST_SEED, addresses)
    proven = {address: world.owner(address).weight(world.plan) for address in addresses}
    federated.collect_updates(world.parameters, FIRST_SEED, proven)
    return federated
