"""A light node's postings: at most one in an attempt, within the owner's budget, over kills, and what became of them.

Takes the node's app and memory, what its owner accepted and allows, the model's contracts, a store that it may keep
objects in, and the key that pays. Posts the update that the node would answer with, never another, and only where this
node committed. Whatever may be spent is counted on disk before it is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from andel.content import ContentStore
from andel.errors import PlanError, Reverted
from andel.keys import AccountKey
from andel.ledger.answers import quantity
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import Status
from andel.roles.posted import Fate, Posted, fate_of, post_hash
from andel.roles.posting import Due, due_posting, version_of
from andel.roles.posting_memory import Posting, PostingMemory, Stage
from andel.training.acceptance import Acceptance
from andel.training.flower import ClientApp
from andel.training.node_state import NodeState
from andel.training.own_update import own_update
from andel.training.plan import parse_plan
from andel.training.result import SignedUpdate
from andel.training.sent_log import Kind, SentLog

POST_GAS: Final = 300_000
"""Most gas of one posting."""

log = logging.getLogger(__name__)


class When(StrEnum):
    """In which attempts an update's hash is posted."""

    NEVER = "never"
    UNASKED = "unasked"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the owner allows: when, the wei that all postings of this node together may cost, and the chain's seconds
    from the moment that the data was fixed until one is due.
    """

    when: When
    budget: int
    patience_seconds: int = 120


class NodePoster:
    """Looks at the newest attempt, posts where it is due, and follows what it posted."""

    def __init__(
        self,
        app: ClientApp,
        state: NodeState,
        accepted: Acceptance,
        allowed: Allowed,
        model: ModelContracts,
        store: ContentStore,
        payer: AccountKey,
        memory: PostingMemory,
        sent: SentLog,
    ) -> None:
        """`app` and `state` are the node's own: what is posted is what it answers with."""
        self._app = app
        self._state = state
        self._accepted = accepted
        self._allowed = allowed
        self._model = model
        self._store = store
        self._payer = payer
        self._memory = memory
        self._sent = sent
        self._said = ("", "")

    def look(self) -> None:
        """One look. Raises ChainError, ContentError, ContentUnreachable, EvidenceError, InputError, TrainingError."""
        posting = self._memory.posting
        if posting is not None and posting.stage is Stage.SENDING and not self._was_sent(posting):
            return
        posting = self._memory.posting
        if posting is not None and posting.stage is Stage.POSTED:
            self._follow(posting)
        if self._allowed.when is not When.NEVER:
            self._post_where_due()

    def _was_sent(self, posting: Posting) -> bool:
        """Whether it is known what became of a posting that a kill, or a chain that did not answer, broke off."""
        if self._stands(posting):
            self._sent.arrived(posting.number)
            self._memory.keep(replace(posting, stage=Stage.POSTED))
            return True
        mined, known = self._nonces()
        if mined <= posting.nonce < known:
            return False  # it waits to be mined
        state = self._model.round_manager.round_of(posting.round)
        if state.attempt != posting.attempt or state.status != Status.DATA_COMMITTED:
            self._end(posting, "was not posted in time", self._memory.spent)
        return True

    def _stands(self, posting: Posting) -> bool:
        """Whether the chain tells of this posting, answered or not."""
        place = {"round": posting.round, "attempt": posting.attempt, "contributor": self._accepted.owner}
        events = self._model.round_manager.logs("UpdatePosted", posting.block, None, **place)
        return any(event.arguments["updateHash"] == posting.update for event in events)

    def _follow(self, posting: Posting) -> None:
        plan = parse_plan(self._store.get_digest(posting.plan))
        posted = Posted(self._accepted.owner, posting.update, None, posting.block)
        fate, reason = fate_of(self._model, self._store, plan, posted)
        if fate is not Fate.OPEN:
            self._end(posting, f"{fate.value}{f': {reason}' if reason else ''}", self._memory.spent)

    def _end(self, posting: Posting, outcome: str, spent: int) -> None:
        self._memory.keep(replace(posting, stage=Stage.OVER), spent)
        self._sent.tell(posting.number, f"the posted update {outcome}")
        log.warning("round %d: the posted update %s", posting.round, outcome)

    def _post_where_due(self) -> None:
        try:
            due = due_posting(self._model, self._store, self._accepted.owner, self._allowed.patience_seconds)
        except PlanError as error:
            self._say("", error.message)
            return
        if due is None or not self._is_wanted(due):
            return
        name, former = due.plan.hash.hex(), self._memory.posting
        again = former if former and former.plan == due.plan.hash and former.stage is Stage.SENDING else None
        counted = again is not None and self._nonces()[0] <= again.nonce  # its transaction can still be the only one
        most = 0 if counted else most_wei(self._model)
        if self._memory.spent + most > self._allowed.budget:
            self._say(name, f"the update is not posted: it may cost {most} wei, {self._memory.spent} are spent already")
            return
        if self._model.round_manager.chain.balance(self._payer.address) < most:
            self._say(name, f"the update is not posted: {self._payer.address} has less than the {most} wei it may cost")
            return
        seed, version = due.state.first_seed, version_of(self._store, due)
        update = own_update(self._app, self._state, self._accepted, due.plan, due.task, seed, version)
        committed = {item.contributor: item.batches_hash for item in due.commitments}
        if committed.get(update.contributor) != update.batches_hash:
            self._say(name, "the update is not posted: it was made of other batches than were committed")
            return
        self._post(due, update, again, most)

    def _is_wanted(self, due: Due) -> bool:
        """Whether this node committed in the attempt and has not posted in it; where that counts, nobody asked it."""
        standing, name, former = self._state.standing, due.plan.hash.hex(), self._memory.posting
        if former is not None and former.plan == due.plan.hash and former.stage is not Stage.SENDING:
            return False
        asked = self._allowed.when is When.UNASKED and standing.asked_plan == name
        return name in (standing.engaged, standing.signed_plan) and not asked

    def _post(self, due: Due, update: SignedUpdate, again: Posting | None, most: int) -> None:
        number = again.number if again else self._keep_object(due, update)
        chain, plan = self._model.round_manager.chain, due.plan
        nonce, block = self._nonces()[1], again.block if again else chain.block_number()
        reserved = most or (again.reserved if again else 0)
        # counted as spent before it can be: whoever kills the node must not get a second budget
        posting = Posting(
            plan.round, plan.attempt, plan.hash, update.update_hash, number, nonce, block, reserved, Stage.SENDING
        )
        self._memory.keep(posting, self._memory.spent + most)
        try:
            receipt = post_hash(self._payer, self._model, plan, due.commitments, update, POST_GAS)
        except Reverted as refusal:
            free = self._nonces()[0] <= nonce
            self._end(posting, f"is refused by the chain: {refusal.error}", self._memory.spent - free * reserved)
            return
        unused = reserved - reserved * min(receipt.gas_used, POST_GAS) // POST_GAS
        self._memory.keep(replace(posting, stage=Stage.POSTED), self._memory.spent - unused)
        self._sent.arrived(number)
        log.warning("round %d: the hash of the update is posted on chain, gas %d", plan.round, receipt.gas_used)

    def _keep_object(self, due: Due, update: SignedUpdate) -> int:
        """Notes what leaves, and puts the update into the store; gives the number of the posting in the log."""
        plan, sent = due.plan, self._sent
        size, named, where = len(update.update), update.update_hash, f"chain {due.plan.chain_id}"
        note = "for everybody who reads the content store"
        number = sent.leaving(
            Kind.UPDATE, "content store", size, named, round=plan.round, attempt=plan.attempt, note=note
        )
        self._store.put(update.update)
        sent.arrived(number)
        note = "until it is answered nobody can attest to the round"
        return sent.leaving(Kind.POSTED, where, 32, named, round=plan.round, attempt=plan.attempt, note=note)

    def _nonces(self) -> tuple[int, int]:
        """How many transactions of the payer are mined, and how many are mined or wait."""
        account = self._payer.address
        asked: list[tuple[str, Sequence[object]]] = [
            ("eth_getTransactionCount", (account, block)) for block in ("latest", "pending")
        ]
        mined, known = (quantity(answer) for answer in self._model.round_manager.chain.ask(asked))
        return mined, max(mined, known)

    def _say(self, plan: str, what: str) -> None:
        """Once for each plan, not at every look."""
        if self._said != (plan, what[:40]):
            self._said = (plan, what[:40])
            log.warning("%s", what)


def most_wei(model: ModelContracts) -> int:
    """The most that one posting costs at the present price of gas, wei. Raises ChainError."""
    return POST_GAS * 2 * model.round_manager.chain.gas_price()  # up to twice the present base fee is offered
