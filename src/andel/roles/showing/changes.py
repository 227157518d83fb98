"""What happened since a block, for pages that are open: rounds, claims, answers, votes, sales, versions.

Takes a memory and the last block that was told. Gives events by name, oldest first, and the block up to which that is
all. One request for logs for each contract and call, of a bounded number of blocks; who was away for longer is told
what is newer, and reads the rest anew. Several events of one thing are told once, with where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from andel.ledger.bound import Bound
from andel.ledger.connection import LOG_PAGE_BLOCKS
from andel.ledger.receipt import Event
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts, hex_of, word_of

Told = tuple[str, Facts]

_ROUND: Final = (
    "RoundOpened",
    "DataCommitted",
    "SeedRecorded",
    "RoundClosed",
    "AttestationCommitted",
    "AttestationRevealed",
    "AttestationAgreed",
    "RoundHalted",
    "RoundResumed",
    "RoundFinalised",
    "RoundVoided",
)
_PROPOSAL: Final = ("ProposalCreated", "ProposalQueued", "ProposalExecuted", "ProposalCanceled", "VoteCast")
_OFFERING: Final = ("Bought", "OfferingSettled", "Refunded", "Released", "RoundsCounted")


def changes_since(memory: Memory, since: int) -> tuple[int, Sequence[Told]]:
    """The block up to which it is told, and what happened after block `since`. Raises ChainError."""
    newest = memory.head.block().number
    if newest <= since:
        return newest, ()
    first = max(since + 1, newest - LOG_PAGE_BLOCKS + 1)
    found: list[tuple[int, int, Told]] = []
    for contract, names, tell in _sources(memory):
        events = contract.logs(names, first, newest)
        told = tell(events) if events else ()
        found += [(block, len(found), each) for block, each in told]
    return newest, [each for _, _, each in sorted(found, key=lambda item: item[:2])]


_Tell = Callable[[Sequence[Event]], Iterable[tuple[int, Told]]]


def _sources(memory: Memory) -> list[tuple[Bound, Sequence[str], _Tell]]:
    model = memory.model
    found: list[tuple[Bound, Sequence[str], _Tell]] = [
        (model.round_manager, _ROUND, lambda events: _rounds(memory, events)),
        (model.pool, ("Claimed",), _claims),
    ]
    if model.prediction_log is not None:
        found.append((model.prediction_log, ("Answered",), _answers))
    if model.market is not None:
        found.append((model.market, ("AnswerFinal",), lambda events: _market(memory, events)))
    if memory.governor is not None:
        found.append((memory.governor, _PROPOSAL, lambda events: _proposals(memory, events)))
    if memory.offering is not None:
        found.append((memory.offering, _OFFERING, lambda events: _offering(memory, events)))
    if memory.policy is not None:
        found.append((memory.policy, ("VersionPromoted",), _versions))
    elif model.onchain_models is not None:
        found.append((model.onchain_models, ("ModelPromoted",), lambda events: _promoted(memory, events)))
    return found


def _rounds(memory: Memory, events: Sequence[Event]) -> Iterable[tuple[int, Told]]:
    last = {int(event.arguments["round"]): event.block for event in events}
    for state in memory.rounds(sorted(last)):
        yield last[state.round], ("round", {"round": state.round, "status": word_of(state.status.name)})


def _claims(events: Sequence[Event]) -> Iterable[tuple[int, Told]]:
    for event in events:
        yield event.block, (
            "claim", {"account": event.arguments["account"], "amount": str(event.arguments["paid"])},
        )  # fmt: skip


def _answers(events: Sequence[Event]) -> Iterable[tuple[int, Told]]:
    for event in events:
        told = {"id": event.transaction, "kind": "log", "answer": str(event.arguments["answer"])}
        yield event.block, ("answer", told)


def _market(memory: Memory, events: Sequence[Event]) -> Iterable[tuple[int, Told]]:
    market = memory.model.market
    if market is None:
        return
    numbers = [int(event.arguments["id"]) for event in events]
    for event, request in zip(events, market.requests(numbers), strict=True):
        if request.model == memory.manager.address:  # the market is shared by all models of a chain
            yield event.block, ("answer", {"id": str(request.id), "kind": "market", "answer": None})


def _proposals(memory: Memory, events: Sequence[Event]) -> Iterable[tuple[int, Told]]:
    governor = memory.governed()
    last = {int(event.arguments["proposalId"]): event.block for event in events}
    for identity, standing in zip(last, governor.standings_of([*last]), strict=True):
        yield last[identity], ("proposal", {"id": str(identity), "state": word_of(standing.state.name)})


def _offering(memory: Memory, events: Sequence[Event]) -> Iterable[tuple[int, Told]]:
    if memory.offering is not None:
        books: Any = memory.offering.books()
        told = {"raised": str(books.raised), "status": books.status.name.lower()}
        yield events[-1].block, ("offering", told)


def _versions(events: Sequence[Event]) -> Iterable[tuple[int, Told]]:
    for event in events:
        yield event.block, ("version", {"version": hex_of(event.arguments["version"])})


def _promoted(memory: Memory, events: Sequence[Event]) -> Iterable[tuple[int, Told]]:
    own = int(memory.manager.address, 16)
    for event in events:
        if int.from_bytes(event.arguments["modelId"], "big") == own:
            yield event.block, ("version", {"version": hex_of(event.arguments["version"])})
