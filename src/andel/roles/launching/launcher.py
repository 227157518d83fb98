"""Sends a launch, one transaction after the other, each once, however often it is stopped and begun again.

Takes a `Chain`, who pays, a `Founding`, the `Lock` so far and a function that keeps it on disk. Gives the lock of the
whole launch. A transaction's hash is kept before its bytes are shown to anybody: begun again, the first thing is to see
what came of it. A transaction that no node knows is signed anew with the same nonce, so that at most one of the two is
ever in a block. Never trusts an address: the code there is compared before it is used.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from andel.content import ContentStore
from andel.errors import ChainError, ContentError, InputError
from andel.ledger.clones import is_code_of
from andel.ledger.connection import LOG_PAGE_BLOCKS, Chain
from andel.ledger.factory import IMPLEMENTATIONS, ModelFactoryContract
from andel.ledger.interface import CONTRACTS
from andel.ledger.receipt import Receipt
from andel.ledger.sending import Intent
from andel.roles.launching.founding import SHARED, Founding
from andel.roles.launching.lock import Lock, Try
from andel.roles.launching.present import shared_of, standing_of
from andel.roles.launching.steps import LAUNCH, Step, plan_steps, planned_factory
from andel.transactions import Payer, created_address
from andel.units import Address

Say = Callable[[str], None]

_IMPLEMENTATION = "implementation "
_LOOKS, _LOOK_SECONDS = 10, 0.5
_AGAIN = "run the same command again: what was done is not done twice"


def publish(founding: Founding, store: ContentStore, lock: Lock) -> Lock:
    """Keeps every object in the store, before a chain names one. Raises ContentError, ContentUnreachable."""
    for item in founding.objects:
        if store.put(item.data) != item.cid:
            raise ContentError(item.cid, f"the content store keeps {item.name} under another name than its hash")
    return replace(lock, objects={item.name: item.cid for item in founding.objects})


@dataclass(slots=True)
class Launcher:
    """One launch in this process. `keep` puts a lock on disk; it has returned before anything is sent."""

    chain: Chain
    payer: Payer
    founding: Founding
    lock: Lock
    keep: Callable[[Lock], None]
    say: Say
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> Lock:
        """Everything that is still to be sent. Raises Reverted, ChainError, InputError; what was done stays done."""
        self.require_ours()
        self.settle()
        while steps := self.steps():
            self._perform(steps)
        return self.lock

    def require_ours(self) -> None:
        """Raises InputError for a lock of another chain, account or model."""
        lock, chain = self.lock, self.chain
        if lock.chain_id != chain.chain_id:
            raise InputError(
                f"the lock file is of chain {lock.chain_id}, the node serves chain {chain.chain_id}",
                "another --rpc, or another --lock",
            )
        if lock.sender != self.payer.address:
            raise InputError(
                f"this launch was begun by {lock.sender}, and this is the key of {self.payer.address}",
                "the key that began it, or another --lock",
            )
        if lock.is_launched and lock.model_file != self.founding.file_hash:
            raise InputError(
                "the file is another than the one that was launched, and a launch cannot be changed",
                "take the former file; what may change is changed by votes",
            )

    def steps(self) -> list[Step]:
        """What is still to be sent."""
        nonce = self.chain.next_nonce(self.payer.address)
        standing = standing_of(self.chain, self.founding, self.lock)
        return plan_steps(self.founding, self.payer.address, nonce, standing)

    def settle(self) -> None:
        """Finds out what came of transactions that were signed before, and of which nothing else is known."""
        for each in self.lock.tries:
            if not each.is_open or not self._is_open_still(each):
                continue
            found = self._find(each)
            if found is not None:
                passed, receipt = found
                self.say(f"{each.step}: found on chain as {each.hash}" if passed else f"{each.step}: failed before")
                self._record(each, receipt) if passed else self._note(replace(each, failed=True, block=receipt.block))

    def _is_open_still(self, each: Try) -> bool:
        return any(now.hash == each.hash and now.is_open for now in self.lock.tries)

    def _find(self, each: Try) -> tuple[bool, Receipt] | None:
        """What came of it; None if it is in no block, and then nothing of it ever will be unless its nonce is free."""
        for _ in range(_LOOKS):
            found = self.chain.find(each.hash)
            if found is not None:
                return found
            if self.chain.next_nonce(self.payer.address) <= each.nonce:
                return None  # free: the step is signed anew with this nonce
            late = self._seen_otherwise(each)
            if late is not None:
                return True, late
            self.sleep(_LOOK_SECONDS)
        self._note(replace(each, failed=True))  # another transaction of the account took its nonce
        return None

    def _seen_otherwise(self, each: Try) -> Receipt | None:
        """What it did, where a node shows that and not the transaction: code at its place, or the factory's event."""
        if each.step == LAUNCH:
            factory = ModelFactoryContract(self.chain, shared_of(self.founding, self.lock)["ModelFactory"])
            since = max(0, self.chain.block_number() - LOG_PAGE_BLOCKS)
            events = factory.logs("ModelLaunched", since, sender=self.payer.address)
            mine = [event for event in events if event.transaction == each.hash]
            return Receipt(each.hash, mine[0].block, 0, None, tuple(mine)) if mine else None
        at = created_address(self.payer.address, each.nonce)
        name = each.step.removeprefix(_IMPLEMENTATION)
        if name in CONTRACTS and is_code_of(name, self.chain.code(at)):
            return Receipt(each.hash, self.chain.block_number(), 0, at, ())
        return None

    def _perform(self, steps: list[Step]) -> None:
        step, account = steps[0], self.payer.address
        nonce = self.chain.next_nonce(account)
        if step.creates is not None and created_address(account, nonce) != step.creates:
            raise ChainError(f"{account} sent something else while it launched", _AGAIN)
        self.say(f"{step.name}: sending")
        intent = Intent(self.payer, step.to, step.data, step.value, None, step.action, step.contract)
        prepared = self.chain.prepare(intent, nonce)
        lock = self.lock
        if step.name == LAUNCH:
            lock = replace(lock, terms=step.data, model_file=self.founding.file_hash)
        future = planned_factory(steps)
        if future is not None and future != lock.factory:
            kept = {
                name: at
                for field, (name, knows) in IMPLEMENTATIONS.items()
                if not knows and (at := lock.implementations.get(name))
            }
            lock = replace(lock, factory=future, implementations=kept)
        new = Try(step.name, nonce, prepared.signed.hash)
        self._save(lock.with_try(new))
        self._record(new, self.chain.deliver(prepared))

    def _record(self, each: Try, receipt: Receipt) -> None:
        """Keeps what a transaction did."""
        lock = self.lock
        if each.step == LAUNCH:
            lock = self._with_model(lock, receipt)
        elif each.step.startswith(_IMPLEMENTATION):
            name = each.step.removeprefix(_IMPLEMENTATION)
            lock = replace(lock, implementations={**lock.implementations, name: self._created(name, receipt)})
        elif each.step in SHARED:
            lock = replace(lock, shared={**lock.shared, each.step: self._created(each.step, receipt)})
        done = replace(each, block=receipt.block, gas_used=receipt.gas_used)
        lock = lock.with_try(done)
        rivals = [other for other in lock.tries if other.nonce == each.nonce and other.is_open]
        for rival in rivals:  # the same nonce: they can never be mined
            lock = lock.with_try(replace(rival, failed=True))
        self._save(lock)
        self.say(f"{each.step}: done in block {receipt.block}, {receipt.gas_used:,} gas")

    def _created(self, name: str, receipt: Receipt) -> Address:
        at = receipt.contract_address
        if at is None or not is_code_of(name, self.chain.code(at)):
            raise ChainError(f"transaction {receipt.hash} created no {name} of this release", _AGAIN)
        return at

    def _with_model(self, lock: Lock, receipt: Receipt) -> Lock:
        factory = ModelFactoryContract(self.chain, shared_of(self.founding, lock)["ModelFactory"])
        launched = factory.launched_by(receipt)
        parts = {IMPLEMENTATIONS[field][0]: at for field, at in launched.parts.items()}
        ((_, data),) = self.chain.sent_to([receipt.hash])
        same = data == lock.terms
        shared = shared_of(self.founding, lock)
        return replace(
            lock,
            shared=shared,
            model=parts,
            vestings=launched.vestings,
            terms=data,
            model_file=lock.model_file if same else "",
        )

    def _note(self, each: Try) -> None:
        self._save(self.lock.with_try(each))

    def _save(self, lock: Lock) -> None:
        self.keep(lock)
        self.lock = lock
