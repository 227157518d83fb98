"""What a validator holds of a round's evidence, from before it attests until nobody can challenge the round any more.

Takes a store (a `MirroredStore` keeps copies of one's own; of any other, the store itself is the copy) and rounds that
were settled again. Says whether every object that a round refers to is there, names the first that is not, and lets
copies go once they can prove nothing to anybody. Never attests.
"""

from __future__ import annotations

from dataclasses import replace

from andel.content import ContentStore, cid_of_digest
from andel.content_mirror import MirroredStore
from andel.errors import ContentMissing, EvidenceError
from andel.ledger.round_state import RoundState, Status
from andel.roles.replay import Replay
from andel.value.manifest import read_evidence, read_named

REFERENCE_PACKETS = "reference packets"


def named_objects(number: int, state: RoundState, replay: Replay | None) -> list[tuple[str, str]]:
    """Everything that a round refers to must be there, also what no replay reads: (place, CID) of each."""
    named = [
        (f"round {number}, manifest", cid_of_digest(state.evidence_hash)),
        (f"round {number}, plan", cid_of_digest(state.plan_hash)),
        (f"round {number}, parent version", cid_of_digest(state.parent_version)),
        (f"round {number}, commitments", cid_of_digest(state.commitments_hash)),
        (f"round {number}, version", cid_of_digest(state.version_hash)),
        (f"round {number}, state after it", cid_of_digest(state.state_hash)),
    ]
    if replay is None:
        return named
    plan = replay.evidence.plan
    return [
        *named,
        *((f"round {number}, judgement", cid_of_digest(item)) for item in replay.report.history.judgements),
        ("policy", cid_of_digest(plan.policy)),
        ("terms", cid_of_digest(plan.terms)),
        ("rules", cid_of_digest(plan.rules.hash)),
        ("reference description", cid_of_digest(plan.reference.hash)),
        ("reference batches", plan.reference.batches),
        ("sealed reference packets", plan.reference.sealed),
        (REFERENCE_PACKETS, plan.reference.packets),
    ]


def held_back(store: ContentStore, state: RoundState) -> tuple[str, str]:
    """Place and message of the first evidence of a closed attempt that is not there; empty when all is.

    Raises nothing for what evidence says wrongly: only what is missing counts here. Raises ContentUnreachable.
    """
    if not any(state.evidence_hash):
        return "", ""
    try:
        read_evidence(store, state.evidence_hash, f"round {state.round}")
    except EvidenceError as error:
        if isinstance(error.__cause__, ContentMissing):
            return error.place, error.message.removeprefix(f"{error.place}: ")
    return "", ""


class Holding:
    """What one validator holds. Copies of a round are let go when a later round is final and needs them no more."""

    def __init__(self, store: ContentStore, *, let_go: bool = False) -> None:
        """With `let_go` copies are dropped when they are due; else they are kept for ever."""
        self._store = store
        self._let_go = let_go and isinstance(store, MirroredStore)
        self._held: dict[int, frozenset[str]] = {}

    def hold(self, state: RoundState, replay: Replay) -> None:
        """Makes sure that every object the round refers to is held, whole.

        The reference packets are not waited for: until the founder publishes them only sealed ones are there. Raises
        EvidenceError naming the first object that is not held, ContentUnreachable.
        """
        report = replay.report  # the chain has not yet been told of what follows
        after = replace(state, version_hash=report.version_hash, state_hash=report.history.hash)
        found = named_objects(state.round, after, replay)
        found += [(f"round {state.round}, {what}", cid) for what, cid in replay.evidence.cids]
        needed = {cid: place for place, cid in found if place != REFERENCE_PACKETS}
        for cid, place in needed.items():
            read_named(self._store, place, cid)
        if self._let_go:
            self._held[state.round] = frozenset(needed)

    def release(self, state: RoundState, replay: Replay) -> int:
        """Lets go of copies that only rounds before `state` named, once that is final; how many.

        A final round's challenge window is over. What its successor may ask for again (batches and versions of
        trainings that are due, the versions its steps began from) stays.
        """
        if not self._let_go or state.status != Status.FINALISED or not isinstance(self._store, MirroredStore):
            return 0
        history = replay.report.history
        digests = [item for due in history.due.values() for item in (due.batches, due.version)]
        digests += [*history.versions, state.version_hash, state.state_hash]
        kept = set(map(cid_of_digest, digests))
        past = {number: names for number, names in self._held.items() if number < state.round}
        for number, names in self._held.items():
            if number >= state.round:
                kept |= names
        gone = set().union(*past.values()) - kept
        for cid in gone:
            self._store.drop(cid)
        for number in past:
            del self._held[number]
        return len(gone)
