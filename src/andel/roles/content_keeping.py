"""Keeping content stores: copying one into another (backup, restore, a move), and checking what one holds.

Takes stores, and a model where its evidence is asked for. Gives counts and what is not as it should be, object by
object. Copying can be broken off and begun again: what is there is not copied twice. A damaged object is told and never
copied. Never deletes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from andel.content import ContentStore, cid_of_digest
from andel.errors import ContentCorrupt, ContentError, ContentMissing, InputError
from andel.ledger.deployment import ModelContracts
from andel.ledger.round_state import RoundState
from andel.roles.holding import REFERENCE_PACKETS
from andel.training.plan import parse_plan
from andel.units import Digest
from andel.value.history import parse_history
from andel.value.manifest import manifest_names

Named = tuple[str, str]
"""Place and CID of an object."""


@dataclass(slots=True)
class Kept:
    """What became of the objects of a copy or a check; `kept_back` are reference packets that nobody has published."""

    copied: int = 0
    copied_bytes: int = 0
    there: int = 0
    missing: list[Named] = field(default_factory=list)
    damaged: list[Named] = field(default_factory=list)
    kept_back: list[Named] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is missing or damaged."""
        return not self.missing and not self.damaged

    def to_json(self) -> dict[str, Any]:
        """Plain values for one JSON object."""
        return {"ok": self.ok, **asdict(self)}

    def note(self, place: str, error: ContentError) -> None:
        """Keeps what an object's reading ended in."""
        if isinstance(error, ContentCorrupt):
            self.damaged.append((place, error.cid))
        else:
            (self.kept_back if place == REFERENCE_PACKETS else self.missing).append((place, error.cid))


def copy_objects(
    source: ContentStore,
    target: ContentStore,
    names: Iterable[Named],
    *,
    verify: bool = False,
    say: Callable[[Kept], None] = lambda _: None,
) -> Kept:
    """Copies each object that `target` does not have; with `verify` also those whose copy there is damaged.

    `say` is told after each object. Raises ContentUnreachable when a store does not answer, ContentError when `target`
    does not take an object: begun again, it goes on from there.
    """
    kept = Kept()
    for place, cid in _each_once(names):
        if _is_there(target, cid, verify):
            kept.there += 1
            say(kept)
            continue
        try:
            data = source.get(cid)
        except ContentError as error:
            kept.note(place, error)
            continue
        target.put(data)
        kept.copied += 1
        kept.copied_bytes += len(data)
        say(kept)
    return kept


def check_objects(store: ContentStore, names: Iterable[Named], say: Callable[[Kept], None] = lambda _: None) -> Kept:
    """Reads each object against its name. Raises ContentUnreachable."""
    kept = Kept()
    for place, cid in _each_once(names):
        try:
            store.get(cid)
            kept.there += 1
        except ContentError as error:
            kept.note(place, error)
        except InputError:
            kept.damaged.append(("a file whose name is no object's", cid))
        say(kept)
    return kept


def listed_objects(store: ContentStore) -> Iterator[Named]:
    """Everything that a store lists. Raises ContentUnreachable."""
    for cid in store.cids():
        yield "object that the store lists", cid


def model_objects(model: ModelContracts, store: ContentStore) -> Iterator[Named]:
    """Everything that a model's rounds refer to, read from the chain and, as far as it is there, from `store`.

    What stands in an object that is missing cannot be named: it is found once that object is back. Raises ChainError,
    ContentUnreachable.
    """
    manager = model.round_manager
    founding = manager.founding()
    yield "task", cid_of_digest(founding.task_hash)
    yield "genesis version", cid_of_digest(founding.genesis_version)
    rules = model.alliance.rules_at(manager.chain.block_time() + 1)
    yield "policy", cid_of_digest(rules.policy)
    yield "terms", cid_of_digest(rules.terms)
    for number in range(1, manager.rounds_count() + 1):
        yield from round_objects(store, manager.round_of(number))


def round_objects(store: ContentStore, state: RoundState) -> Iterator[Named]:
    """Everything that one round refers to, as `model_objects`."""
    place = f"round {state.round}"
    named = {
        "plan": state.plan_hash,
        "parent version": state.parent_version,
        "commitments": state.commitments_hash,
        "version": state.version_hash,
        "manifest": state.evidence_hash,
        "state after it": state.state_hash,
    }
    for what, digest in named.items():
        if any(digest):
            yield f"{place}, {what}", cid_of_digest(digest)
    for what, cid in _names_in(store, state.evidence_hash, manifest_names):
        yield f"{place}, {what}", cid
    yield from _names_in(store, state.plan_hash, lambda data: _plan_names(data, place))
    yield from _names_in(store, state.state_hash, lambda data: _state_names(data, place))


def _plan_names(data: bytes, place: str) -> list[Named]:
    plan = parse_plan(data)
    return [
        (f"{place}, task", plan.task),
        ("policy", cid_of_digest(plan.policy)),
        ("terms", cid_of_digest(plan.terms)),
        ("reference batches", plan.reference.batches),
        ("sealed reference packets", plan.reference.sealed),
        (REFERENCE_PACKETS, plan.reference.packets),
    ]


def _state_names(data: bytes, place: str) -> list[Named]:
    history = parse_history(data)
    found = [(f"{place}, former version", item) for item in history.versions]
    found += [(f"{place}, judgement", item) for item in history.judgements]
    for contributor, due in history.due.items():
        found += [(f"{place}, training of {contributor}", item) for item in (due.batches, due.version)]
    return [(what, cid_of_digest(item)) for what, item in found]


def _names_in(store: ContentStore, digest: Digest, read: Callable[[bytes], list[Named]]) -> list[Named]:
    """What an object names; nothing when it is not there, or not of its format, which an audit tells."""
    try:
        return read(store.get_digest(digest)) if any(digest) else []
    except (ContentError, InputError):
        return []


def _is_there(store: ContentStore, cid: str, verify: bool) -> bool:
    if not verify:
        return store.has(cid)
    try:
        store.get(cid)
    except (ContentMissing, ContentCorrupt):
        return False
    return True


def _each_once(names: Iterable[Named]) -> Iterator[Named]:
    seen = set()
    for place, cid in names:
        if cid not in seen:
            seen.add(cid)
            yield place, cid
