"""`EvidenceStrategy`: a Flower Strategy that refuses what is unsigned, stale, replayed or unproven, and keeps the rest.

It adds nothing up: what the kept updates come to is decided in `andel.value`, by integers. Each `take_…` method
reads replies of one phase as they come; a reply that cannot be taken is recorded with its sender and reason, and never
stops the round. With a store, what is long (openings, updates) goes there as it arrives and only its name stays here,
so memory does not grow with the number of updates. A store that fails is not the sender's fault: that raises.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace
from typing import Final

from andel.content import ContentStore, cid_of_digest
from andel.data.batch import BatchHeader, parse_batches
from andel.data.disclosure import MAX_DISCLOSURE_BYTES
from andel.data.draws import Drawn, draw
from andel.data.openings import Openings, held_object, is_whole, joined, openings_object, parse_openings
from andel.data.sealed_draws import check_answer
from andel.errors import AndelError, ContentError
from andel.hashing import sha256
from andel.keys import parse_address
from andel.training import wire
from andel.training.events import AnswerRefused, AnswerTaken, Listener, NotTaken, RefusalKind, nobody
from andel.training.flower import ArrayRecord, ConfigRecord, Grid, Message, MetricRecord, RecordDict, Strategy
from andel.training.groups import most_update_bytes
from andel.training.journal import Entry, Journal, NoJournal
from andel.training.plan import RoundPlan
from andel.training.result import DataCommitment, Refused, SignedDisclosure, SignedUpdate, StoredObjects
from andel.training.task import parse_task
from andel.typed_data import typed_signer
from andel.units import Address, Digest

MAX_REPLY_BYTES = 64 * 1024 * 1024

MAX_REFUSED: Final = 10_000
"""Most refusals that are kept in a round's record; more are only counted."""

log = logging.getLogger(__name__)

Vouched = Callable[[Message, int, Address], None]
"""Looks at a reply, the node that was asked and the contributor that it answers for. Raises InputError."""


class EvidenceStrategy(Strategy):
    """One round's strategy. `proven` (contributor → slots) is set when openings are judged, before training, and in
    grouped mode `group_orders`: who trains, and what each is told of its group.

    `fixed` says that the set of commitments stands on chain: nobody joins it any more. `shown` says that updates are
    being shown: no hash is taken any more. `lost` are contributors whose nodes failed to show an update that they had
    signed. `vouched` raises InputError unless a contributor lets the node that commits for it do so. `asked` tells
    which node a message went to, `ttl` how many seconds it may take, `questions` what is opened outside open mode.
    """

    def __init__(
        self,
        plan: RoundPlan,
        task: bytes,
        seed: bytes = b"",
        store: ContentStore | None = None,
        journal: Journal | None = None,
        tell: Listener = nobody,
    ) -> None:
        """With a `store`, openings and updates lie there and not here; `tell` hears of each reply."""
        self.plan = plan
        self.task = task
        self.seed = seed
        self.fixed = False
        self.shown = False
        self.ttl: float | None = None
        self.asked: dict[str, int] = {}
        self.lost: set[Address] = set()
        self._store = store
        self._journal = journal or NoJournal()
        self._tell = tell
        self._update_bytes = most_update_bytes(parse_task(task))
        self._restoring = False
        self._whole: set[Address] = set()
        self.vouched: Vouched | None = None
        self.commitments: dict[Address, DataCommitment] = {}
        self.nodes: dict[Address, int] = {}
        self.disclosures: dict[Address, SignedDisclosure] = {}
        self.openings: MutableMapping[Address, bytes] = {} if store is None else StoredObjects(store)
        self._opened: dict[Address, Openings] = {}
        self._sealed = parse_task(task).privacy.grouped
        self.questions: Mapping[Address, bytes] = {}
        self.proven: Mapping[Address, int] = {}
        self.group_orders: Mapping[Address, bytes] | None = None
        self.receipts: dict[Address, SignedUpdate] = {}
        self.updates: dict[Address, SignedUpdate] = {}
        self.refused: list[Refused] = []
        self._refused: set[Refused] = set()

    def configure_query(self, message_type: str, nodes: Iterable[int]) -> list[Message]:
        """The same question to these nodes: `query.batches`, `query.openings` or `query.reveal`."""
        content = wire.instruction(self.plan, self.task, self.seed)
        return [self._message(content, node, message_type) for node in nodes]

    def configure_disclosures(self, state: bytes, due: Mapping[Address, bytes]) -> list[Message]:
        """The question for what they trained on, to those committed of whom `state` says so; `due` are their lists."""
        return [
            self.instruct(wire.DISCLOSURE, contributor, {"state": state, "batches": due[contributor]})
            for contributor in sorted(set(due) & set(self.nodes), key=self.nodes.__getitem__)
        ]

    def configure_openings(self, contributors: Iterable[Address]) -> list[Message]:
        """The question for what seed 1 drew, to each of these whose openings are not whole; it names what arrived."""
        messages = []
        for contributor in sorted(set(contributors) & set(self.nodes), key=self.nodes.__getitem__):
            if contributor not in self._whole:
                held = self._opened.get(contributor, {})
                more = {"held": held_object(held) if held else b"", "asked": self.questions.get(contributor, b"")}
                messages.append(self.instruct(wire.OPENINGS, contributor, more))
        return messages

    def nodes_of(self, contributors: Iterable[Address]) -> list[int]:
        """The nodes that sent these contributors' commitments, in the order of their ids."""
        return sorted({self.nodes[contributor] for contributor in contributors if contributor in self.nodes})

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> list[Message]:
        """The version to the nodes whose data is proven and whose hash is not known (Flower's Strategy interface).

        When updates are shown already: to those that have lost theirs. Training is exact, so they come to the same one.
        """
        waiting = (name for name, slots in self.proven.items() if slots and name not in self.receipts)
        asked = self.lost if self.shown else set(waiting)
        if (orders := self.group_orders) is not None:
            members = sorted(asked & orders.keys() & self.nodes.keys(), key=self.nodes.__getitem__)
            return [self.instruct(wire.TRAIN, name, {"group": orders[name]}, arrays) for name in members]
        content = wire.instruction(self.plan, self.task, self.seed)
        content[wire.ARRAYS] = arrays
        return [self._message(content, node, wire.TRAIN) for node in self.nodes_of(asked)]

    def instruct(
        self, message_type: str, contributor: Address, more: Mapping[str, bytes], arrays: ArrayRecord | None = None
    ) -> Message:
        """A message to one contributor's node; `more` as `wire.instruction` has it."""
        content = wire.instruction(self.plan, self.task, self.seed, (), **more)
        if arrays is not None:
            content[wire.ARRAYS] = arrays
        return self._message(content, self.nodes[contributor], message_type)

    def _message(self, content: RecordDict, node: int, message_type: str) -> Message:
        return Message(content, node, message_type, ttl=self.ttl, group_id=f"{self.plan.round}.{self.plan.attempt}")

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Keeps the signed receipts; no arrays come back, since nothing is added up here."""
        before = len(self.refused)
        self.take_receipts(replies)
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
        """Keeps each contributor's first well-signed data commitment; of a fixed set, which node answers for whom."""
        self._take(wire.BATCHES, replies, self._take_commitment)

    def take_disclosures(self, replies: Iterable[Message]) -> None:
        """Keeps each committed contributor's first disclosure. Whether it proves anything is judged elsewhere."""
        self._take(wire.DISCLOSURE, replies, self._take_disclosure)

    def take_openings(self, replies: Iterable[Message]) -> None:
        """Keeps each committed contributor's openings, and adds what comes later; of each leaf the first counts.

        Whether they prove anything is judged elsewhere.
        """
        self._take(wire.OPENINGS, replies, self._take_opening)

    def take_receipts(self, replies: Iterable[Message]) -> None:
        """Keeps the signed hashes of updates, of proven contributors."""
        self._take(wire.TRAIN, replies, self._take_receipt)

    def take_updates(self, replies: Iterable[Message]) -> None:
        """Keeps the updates whose bytes hash to a kept receipt."""
        self._take(wire.REVEAL, replies, self._take_update)

    def take_late(self, phase: str, node: int) -> None:
        """Records an answer that came when its phase was over; nobody looks into it."""
        self._refuse(Refused(f"node {node}", phase, "it came after the time of its phase"), RefusalKind.LATE)

    def rest_openings(self) -> None:
        """Puts what was shown in part where whole openings are: the phase is over."""
        for contributor, opened in self._opened.items():
            self._keep_openings(contributor, openings_object(contributor, opened.values()))
        self._opened.clear()

    def restore(self, phase: str, entries: Iterable[Entry]) -> None:
        """Takes up what a journal says was taken before; every signature and object is checked as if it came now.

        What cannot be taken any more is left out, and asked for again.
        """
        self._restoring = True
        for entry in entries:
            try:
                self._restore(phase, entry)
            except (AndelError, KeyError, TypeError, ValueError) as error:
                log.warning("journal: %s cannot be taken up: %s", phase, error)
        self._restoring = False

    def _restore(self, phase: str, entry: Entry) -> None:
        contributor = parse_address(entry["contributor"])
        if phase == wire.REVEAL:
            receipt = self.receipts[contributor]
            if self._store is not None and self._store.has(cid_of_digest(receipt.update_hash)):
                self.updates[contributor] = receipt
            return
        name = Digest(bytes.fromhex(entry["object"]))
        if phase == wire.TRAIN:
            batches, signature = Digest(bytes.fromhex(entry["batches"])), bytes.fromhex(entry["signature"])
            self.keep_receipt(SignedUpdate(contributor, name, batches, entry["weight"], signature))
        elif phase == wire.OPENINGS and isinstance(self.openings, StoredObjects):
            self.openings.refer(contributor, name)
            self._whole.add(contributor)
        elif self._store is not None:
            held, signature = self._store.get_digest(name), bytes.fromhex(entry["signature"])
            if phase == wire.BATCHES:
                self._take_commitment(ConfigRecord({"batches": held, "signature": signature}), int(entry["node"]))
            elif phase == wire.DISCLOSURE and contributor in self.commitments:
                self.disclosures[contributor] = SignedDisclosure(contributor, held, signature)

    def refuse(self, sender: str, phase: str, reason: str, kind: RefusalKind) -> None:
        """Records what cannot be taken, and why."""
        self._refuse(Refused(sender, phase, reason[:300]), kind)

    def take(self, phase: str, replies: Iterable[Message], take: Callable[[ConfigRecord, int], None]) -> None:
        """Hands each reply's record and node to `take`; what raises is recorded with its sender and reason."""
        self._take(phase, replies, take)

    def _take(self, phase: str, replies: Iterable[Message], take: Callable[[ConfigRecord, int], None]) -> None:
        for reply in replies:
            # who was asked, not who says to answer: a SuperLink answers itself for a node that is gone
            node = self.asked.get(reply.metadata.reply_to_message_id, reply.metadata.src_node_id)
            sender = f"node {node}"
            if reply.has_error():
                if phase == wire.REVEAL:
                    self.lost |= {name for name in self.receipts if self.nodes.get(name) == node}
                reason = f"node failed: {str(reply.error.reason)[:200]}"
                self._refuse(Refused(sender, phase, reason), RefusalKind.FAILED)
                continue
            try:
                record = wire.read_answer(reply)
                if phase == wire.BATCHES and self.vouched is not None:
                    self.vouched(reply, node, parse_batches(wire.bytes_of(record, "batches", MAX_REPLY_BYTES))[0])
                take(record, node)
            except ContentError:
                raise
            except AndelError as error:
                kind = error.kind if isinstance(error, NotTaken) else RefusalKind.MALFORMED
                self._refuse(Refused(sender, phase, error.message[:300]), kind)
            else:
                self._tell(AnswerTaken(phase, node, wire.size_of(record)))

    def _refuse(self, refused: Refused, kind: RefusalKind) -> None:
        self._tell(AnswerRefused(refused, kind))
        if refused not in self._refused and len(self.refused) < MAX_REFUSED:
            self._refused.add(refused)  # who is asked again may fail in the same way again: once is enough
            self.refused.append(refused)

    def _take_commitment(self, record: ConfigRecord, node: int) -> None:
        batches = wire.bytes_of(record, "batches", MAX_REPLY_BYTES)
        contributor, _ = parse_batches(batches)
        commitment = DataCommitment(contributor, batches, wire.bytes_of(record, "signature", 65))
        self._check_signer("DataCommitment", commitment.message(self.plan), commitment.signature, contributor)
        if self.fixed:
            known = self.commitments.get(contributor)
            if known is None or known.batches_hash != commitment.batches_hash or contributor in self.nodes:
                raise NotTaken(RefusalKind.LATE, f"{contributor} came when the set of data was fixed")
        elif contributor in self.commitments:
            raise NotTaken(RefusalKind.REPEATED, f"{contributor} has committed already")
        else:
            if self._store is not None:
                self._store.put(batches)
            self.commitments[contributor] = commitment
        self.nodes[contributor] = node
        self._note(
            wire.BATCHES,
            contributor,
            node=str(node),
            object=commitment.batches_hash.hex(),
            signature=commitment.signature.hex(),
        )

    def _take_disclosure(self, record: ConfigRecord, node: int) -> None:
        contributor = parse_address(wire.text_of(record, "contributor"))
        if self.nodes.get(contributor) != node or contributor in self.disclosures:
            raise NotTaken(RefusalKind.REPEATED, f"{contributor} has disclosed already, or commits from another node")
        data = wire.bytes_of(record, "disclosure", MAX_DISCLOSURE_BYTES)
        signature = wire.bytes_of(record, "signature", 65)
        if self._store is not None:
            name = self._store.put_digest(data)
            self._note(wire.DISCLOSURE, contributor, object=name.hex(), signature=signature.hex())
        self.disclosures[contributor] = SignedDisclosure(contributor, data, signature)

    def _take_opening(self, record: ConfigRecord, node: int) -> None:
        contributor = parse_address(wire.text_of(record, "contributor"))
        if contributor not in self.commitments:
            raise NotTaken(RefusalKind.UNKNOWN, f"{contributor} has no commitment to open")
        if self.nodes[contributor] != node:  # openings are unsigned: nobody spoils another's
            raise NotTaken(RefusalKind.UNKNOWN, f"{contributor}'s openings came from another node than its commitment")
        if contributor in self._whole:
            return
        data = wire.bytes_of(record, "openings", MAX_REPLY_BYTES)
        if self._sealed:
            check_answer(data, contributor)
            return self._keep_openings(contributor, data)
        headers, drawn = self._drawn(contributor)
        part = parse_openings(data, contributor, headers, drawn)
        whole, opened = joined(contributor, (self._opened.get(contributor, {}), part), drawn)
        self._opened[contributor] = opened
        if is_whole(opened, drawn):
            self._keep_openings(contributor, whole)
            del self._opened[contributor]

    def _keep_openings(self, contributor: Address, data: bytes) -> None:
        self.openings[contributor] = data
        self._whole.add(contributor)
        self._note(wire.OPENINGS, contributor, object=sha256(data).hex(), seed=self.seed.hex())

    def _drawn(self, contributor: Address) -> tuple[Sequence[BatchHeader], Drawn]:
        _, headers = parse_batches(self.commitments[contributor].batches)
        return headers, draw(self.seed, contributor, headers, parse_task(self.task).openings)

    def _take_receipt(self, record: ConfigRecord, node: int) -> None:
        receipt = SignedUpdate(
            parse_address(wire.text_of(record, "contributor")),
            Digest(wire.bytes_of(record, "update_hash", 32)),
            Digest(wire.bytes_of(record, "batches_hash", 32)),
            wire.int_of(record, "weight"),
            wire.bytes_of(record, "signature", 65),
        )
        self.keep_receipt(receipt)

    def keep_receipt(self, receipt: SignedUpdate) -> None:
        """Keeps a signed hash. Raises NotTaken, InputError."""
        contributor = receipt.contributor
        if contributor in self.lost:
            self.lost.discard(contributor)
            if receipt.update_hash != self.receipts[contributor].update_hash:
                raise NotTaken(RefusalKind.ALTERED, f"{contributor} comes to another update than the one it signed")
            return
        self._check_signer("Update", receipt.message(self.plan), receipt.signature, contributor)
        commitment = self.commitments.get(contributor)
        if commitment is None or commitment.batches_hash != receipt.batches_hash:
            raise NotTaken(RefusalKind.UNKNOWN, f"{contributor}'s update names batches that it did not commit")
        if self.proven.get(contributor, 0) == 0:
            raise NotTaken(RefusalKind.UNPROVEN, f"{contributor}'s batches are not proven")
        if contributor in self.receipts:
            raise NotTaken(RefusalKind.REPEATED, f"{contributor} has sent an update already")
        self.receipts[contributor] = receipt
        self._note(
            wire.TRAIN,
            contributor,
            object=receipt.update_hash.hex(),
            batches=receipt.batches_hash.hex(),
            weight=receipt.weight,
            signature=receipt.signature.hex(),
        )

    def _take_update(self, record: ConfigRecord, node: int) -> None:
        contributor = parse_address(wire.text_of(record, "contributor"))
        receipt = self.receipts.get(contributor)
        update = wire.bytes_of(record, "update", self._update_bytes)
        if receipt is None or sha256(update) != receipt.update_hash:
            raise NotTaken(RefusalKind.ALTERED, f"{contributor}'s update is not the one it signed")
        if self._store is None:
            self.updates[contributor] = replace(receipt, update=update)
            return
        self._store.put(update)
        self.updates[contributor] = receipt
        self._note(wire.REVEAL, contributor)

    def _note(self, phase: str, contributor: Address, **values: str | int) -> None:
        if not self._restoring:
            self._journal.note({"phase": phase, "contributor": contributor, **values})

    def _check_signer(self, name: str, message: Mapping[str, object], signature: bytes, contributor: Address) -> None:
        signer = typed_signer(name, self.plan.domain, message, signature)
        if signer != contributor:
            raise NotTaken(
                RefusalKind.UNSIGNED, f"{name} of {contributor} does not carry its signature under this plan"
            )
