"""`EvidenceStrategy`: a Flower Strategy that refuses what is unsigned, stale, replayed or unproven, and keeps the rest.

It adds nothing up: what the kept updates come to is decided in `andel.value`, by integers. Each `take_…` method
reads the replies of one phase; a reply that cannot be taken is recorded with its sender and reason, and never
stops the round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from andel.data.batch import parse_batches
from andel.data.disclosure import MAX_DISCLOSURE_BYTES
from andel.data.draws import Drawn, draw
from andel.data.openings import Openings, held_object, is_whole, joined, parse_openings
from andel.errors import AndelError, InputError
from andel.hashing import sha256
from andel.keys import parse_address
from andel.training import wire
from andel.training.flower import ArrayRecord, ConfigRecord, Grid, Message, MetricRecord, Strategy
from andel.training.groups import masked_bytes
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment, Refused, SignedDisclosure, SignedUpdate
from andel.training.task import parse_task
from andel.training.updates import update_bytes
from andel.typed_data import typed_signer
from andel.units import Address, Digest

MAX_REPLY_BYTES = 64 * 1024 * 1024


class EvidenceStrategy(Strategy):
    """One round's strategy. `proven` (contributor → slots) is set when openings are judged, before training, and in
    grouped mode `group_orders`: who trains, and what each is told of its group.
    """

    def __init__(self, plan: RoundPlan, task: bytes, seed: bytes = b"") -> None:
        self.plan = plan
        self.task = task
        self.seed = seed
        self.commitments: dict[Address, DataCommitment] = {}
        self.nodes: dict[Address, int] = {}
        self.disclosures: dict[Address, SignedDisclosure] = {}
        self.openings: dict[Address, bytes] = {}
        self._opened: dict[Address, Openings] = {}
        self.proven: Mapping[Address, int] = {}
        self.group_orders: Mapping[Address, bytes] | None = None
        self.receipts: dict[Address, SignedUpdate] = {}
        self.updates: dict[Address, SignedUpdate] = {}
        self.refused: list[Refused] = []

    def configure_query(self, message_type: str, nodes: Iterable[int]) -> list[Message]:
        """The same question to these nodes: `query.batches`, `query.openings` or `query.reveal`."""
        group = f"{self.plan.round}.{self.plan.attempt}"
        content = wire.instruction(self.plan, self.task, self.seed)
        return [Message(content, node, message_type, group_id=group) for node in nodes]

    def configure_disclosures(self, state: bytes, due: Mapping[Address, bytes]) -> list[Message]:
        """The question for what they trained on, to those committed of whom `state` says so; `due` are their lists."""
        group = f"{self.plan.round}.{self.plan.attempt}"
        return [
            Message(
                wire.instruction(self.plan, self.task, b"", state=state, batches=due[contributor]),
                self.nodes[contributor],
                wire.DISCLOSURE,
                group_id=group,
            )
            for contributor in sorted(set(due) & set(self.nodes), key=self.nodes.__getitem__)
        ]

    def configure_openings(self, contributors: Iterable[Address]) -> list[Message]:
        """The question for what seed 1 drew, to each of these whose openings are not whole; it names what arrived."""
        messages = []
        for contributor in sorted(set(contributors) & set(self.nodes), key=self.nodes.__getitem__):
            held = self._opened.get(contributor, {})
            if contributor in self._opened and is_whole(held, self._drawn(contributor)):
                continue
            content = wire.instruction(self.plan, self.task, self.seed, held=held_object(held) if held else b"")
            group = f"{self.plan.round}.{self.plan.attempt}"
            messages.append(Message(content, self.nodes[contributor], wire.OPENINGS, group_id=group))
        return messages

    def nodes_of(self, contributors: Iterable[Address]) -> list[int]:
        """The nodes that sent these contributors' commitments, in the order of their ids."""
        return sorted({self.nodes[contributor] for contributor in contributors if contributor in self.nodes})

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        """The version to the nodes whose data is proven (Flower's Strategy interface)."""
        if self.group_orders is not None:
            return [
                self.instruct(wire.TRAIN, contributor, {"group": self.group_orders[contributor]}, arrays)
                for contributor in sorted(self.group_orders, key=self.nodes.__getitem__)
            ]
        nodes = self.nodes_of(contributor for contributor, slots in self.proven.items() if slots)
        content = wire.instruction(self.plan, self.task, self.seed)
        content[wire.ARRAYS] = arrays
        group = f"{self.plan.round}.{self.plan.attempt}"
        return [Message(content, node, wire.TRAIN, group_id=group) for node in nodes]

    def instruct(
        self, message_type: str, contributor: Address, more: Mapping[str, bytes], arrays: ArrayRecord | None = None
    ) -> Message:
        """A message to one contributor's node; `more` as `wire.instruction` has it."""
        content = wire.instruction(self.plan, self.task, self.seed, (), **more)
        if arrays is not None:
            content[wire.ARRAYS] = arrays
        return Message(
            content, self.nodes[contributor], message_type, group_id=f"{self.plan.round}.{self.plan.attempt}"
        )

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Keeps the signed receipts; no arrays come back, since nothing is added up here."""
        before = len(self.refused)
        self._take(wire.TRAIN, replies, self._take_receipt)
        refused = len(self.refused) - before
        return None, MetricRecord({"kept": len(self.receipts), "refused": refused})

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        """Nobody evaluates on nodes: what is scored is drawn after the round closes."""
        return []

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """See `configure_evaluate`."""
        return None

    def summary(self) -> None:
        """Flower's hook for a summary; the round loop logs instead."""

    def take_commitments(self, replies: Iterable[Message]) -> None:
        """Keeps each contributor's first well-signed data commitment."""
        self._take(wire.BATCHES, replies, self._take_commitment)

    def take_disclosures(self, replies: Iterable[Message]) -> None:
        """Keeps each committed contributor's first disclosure. Whether it proves anything is judged elsewhere."""
        self._take(wire.DISCLOSURE, replies, self._take_disclosure)

    def take_openings(self, replies: Iterable[Message]) -> None:
        """Keeps each committed contributor's openings, and adds what comes later; of each leaf the first counts.

        Whether they prove anything is judged elsewhere.
        """
        self._take(wire.OPENINGS, replies, self._take_opening)

    def take_updates(self, replies: Iterable[Message]) -> None:
        """Keeps the updates whose bytes hash to a kept receipt."""
        self._take(wire.REVEAL, replies, self._take_update)

    def refuse(self, sender: str, phase: str, reason: str) -> None:
        """Records what cannot be taken, and why."""
        self._refuse(Refused(sender, phase, reason[:300]))

    def take(self, phase: str, replies: Iterable[Message], take: Callable[[ConfigRecord, int], None]) -> None:
        """Hands each reply's record and node to `take`; what raises is recorded with its sender and reason."""
        self._take(phase, replies, take)

    def _take(self, phase: str, replies: Iterable[Message], take: Callable[[ConfigRecord, int], None]) -> None:
        for reply in replies:
            sender = f"node {reply.metadata.src_node_id}"
            if reply.has_error():
                self._refuse(Refused(sender, phase, f"node failed: {str(reply.error.reason)[:200]}"))
                continue
            try:
                take(wire.read_answer(reply), reply.metadata.src_node_id)
            except AndelError as error:
                self._refuse(Refused(sender, phase, error.message[:300]))

    def _refuse(self, refused: Refused) -> None:
        if refused not in self.refused:  # who is asked again may fail in the same way again
            self.refused.append(refused)

    def _take_commitment(self, record: ConfigRecord, node: int) -> None:
        batches = wire.bytes_of(record, "batches", MAX_REPLY_BYTES)
        contributor, _ = parse_batches(batches)
        commitment = DataCommitment(contributor, batches, wire.bytes_of(record, "signature", 65))
        self._check_signer("DataCommitment", commitment.message(self.plan), commitment.signature, contributor)
        if contributor in self.commitments:
            raise InputError(f"{contributor} has committed already")
        self.commitments[contributor] = commitment
        self.nodes[contributor] = node

    def _take_disclosure(self, record: ConfigRecord, node: int) -> None:
        contributor = parse_address(wire.text_of(record, "contributor"))
        if self.nodes.get(contributor) != node or contributor in self.disclosures:
            raise InputError(f"{contributor} has disclosed already, or commits from another node")
        data = wire.bytes_of(record, "disclosure", MAX_DISCLOSURE_BYTES)
        signature = wire.bytes_of(record, "signature", 65)
        self.disclosures[contributor] = SignedDisclosure(contributor, data, signature)

    def _take_opening(self, record: ConfigRecord, node: int) -> None:
        contributor = parse_address(wire.text_of(record, "contributor"))
        if contributor not in self.commitments:
            raise InputError(f"{contributor} has no commitment to open")
        if self.nodes[contributor] != node:  # openings are unsigned: nobody spoils another's
            raise InputError(f"{contributor}'s openings came from another node than its commitment")
        data = wire.bytes_of(record, "openings", MAX_REPLY_BYTES)
        _, headers = parse_batches(self.commitments[contributor].batches)
        drawn = self._drawn(contributor)
        part = parse_openings(data, contributor, headers, drawn)
        parts = (self._opened.get(contributor, {}), part)
        self.openings[contributor], self._opened[contributor] = joined(contributor, parts, drawn)

    def _drawn(self, contributor: Address) -> Drawn:
        _, headers = parse_batches(self.commitments[contributor].batches)
        return draw(self.seed, contributor, headers, parse_task(self.task).openings)

    def _take_receipt(self, record: ConfigRecord, node: int) -> None:
        contributor = parse_address(wire.text_of(record, "contributor"))
        receipt = SignedUpdate(
            contributor,
            Digest(wire.bytes_of(record, "update_hash", 32)),
            Digest(wire.bytes_of(record, "batches_hash", 32)),
            wire.int_of(record, "weight"),
            wire.bytes_of(record, "signature", 65),
        )
        self._check_signer("Update", receipt.message(self.plan), receipt.signature, contributor)
        commitment = self.commitments.get(contributor)
        if commitment is None or commitment.batches_hash != receipt.batches_hash:
            raise InputError(f"{contributor}'s update names batches that it did not commit")
        if self.proven.get(contributor, 0) == 0:
            raise InputError(f"{contributor}'s batches are not proven")
        if contributor in self.receipts:
            raise InputError(f"{contributor} has sent an update already")
        self.receipts[contributor] = receipt

    def _take_update(self, record: ConfigRecord, node: int) -> None:
        contributor = parse_address(wire.text_of(record, "contributor"))
        receipt = self.receipts.get(contributor)
        task = parse_task(self.task)
        most = masked_bytes(task) if task.privacy.grouped else update_bytes(task)
        update = wire.bytes_of(record, "update", most)
        if receipt is None or sha256(update) != receipt.update_hash:
            raise InputError(f"{contributor}'s update is not the one it signed")
        self.updates[contributor] = SignedUpdate(
            contributor, receipt.update_hash, receipt.batches_hash, receipt.weight, receipt.signature, update
        )

    def _check_signer(self, name: str, message: Mapping[str, object], signature: bytes, contributor: Address) -> None:
        signer = typed_signer(name, self.plan.domain, message, signature)
        if signer != contributor:
            raise InputError(f"{name} of {contributor} does not carry its signature under this plan")
