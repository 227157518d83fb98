"""What holders decide: proposals, the newest first, with what they do in plain words.

Takes a memory, a page or an id, and an account or none. Gives texts, calls, votes and where each proposal stands. Texts
stand in events alone; one that lies further back than events are looked for is None. Never decides what to vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from andel.errors import InputError, Reverted
from andel.hashing import keccak
from andel.ledger.delegation import votes_of
from andel.ledger.governance import ModelGovernorContract, Proposal, ProposalState, Standing, Support
from andel.ledger.proposed_calls import in_words
from andel.ledger.receipt import Event
from andel.roles.showing.followed import Followed
from andel.roles.showing.kept import Kept
from andel.roles.showing.memory import Memory
from andel.roles.showing.plain import Facts, hex_of, page_of, places, word_of
from andel.roles.showing.refusals import naming_of, sentence_of
from andel.roles.telling.naming import TREASURY, Naming
from andel.roles.telling.plain_calls import plain_words
from andel.units import Address

TITLE_LETTERS = 120

_HELD_PART = 10  # `HELD_PART` of the governor


class Ballots:
    """What events tell of proposals: their texts, and how accounts voted."""

    def __init__(self, memory: Memory) -> None:
        """Reads nothing yet."""
        self._memory = memory
        self._created = Kept[str, Followed](1)
        self._votes = Kept[Address, Followed](256)

    def texts(self, governor: ModelGovernorContract) -> dict[int, str]:
        """Description by id, of the proposals whose events are found. Raises ChainError."""
        memory = self._memory
        made = self._created.get("created", lambda: Followed(governor, ["ProposalCreated"], memory.first_block))
        found = made.read(memory.head.block().number)
        return {int(event.arguments["proposalId"]): str(event.arguments["description"]) for event in found}

    def of(self, governor: ModelGovernorContract, account: Address) -> dict[int, Support]:
        """How an account voted, by proposal, where events tell. Raises ChainError."""
        memory = self._memory
        names = ["VoteCast", "VoteCastWithParams"]
        cast = self._votes.get(account, lambda: Followed(governor, names, memory.first_block, voter=account))
        return dict(map(_vote, cast.read(memory.head.block().number)))


def proposals_page(memory: Memory, ballots: Ballots, first: int, count: int, account: Address | None) -> Facts:
    """A page of proposals, newest first; an empty one where nobody votes on this model. Raises ChainError."""
    governor = memory.governor
    if governor is None:
        return page_of([], 0, first) | _head(memory, None, account)
    total = memory.head.get("proposals", governor.proposals_count)
    numbers = [total - 1 - place for place in places(first, count, total)]
    proposals = memory.head.get(("proposals", tuple(numbers)), lambda: governor.proposals_at(numbers))
    items = _items(memory, ballots, governor, proposals, account)
    return page_of(items, total, first) | _head(memory, governor, account)


def one_proposal(memory: Memory, ballots: Ballots, identity: int, account: Address | None) -> Facts:
    """One proposal by its id. Raises InputError where there is none, SettingsError where nobody votes, ChainError."""
    governor = memory.governed()
    try:
        proposal = memory.head.get(("proposal", identity), lambda: governor.proposal(identity))
    except Reverted as refusal:
        raise InputError(f"there is no proposal {identity}", "see the list of proposals") from refusal
    (item,) = _items(memory, ballots, governor, [proposal], account)
    return item | _head(memory, governor, account)


def _items(
    memory: Memory,
    ballots: Ballots,
    governor: ModelGovernorContract,
    proposals: Sequence[Proposal],
    account: Address | None,
) -> list[Facts]:
    identities = [proposal.id for proposal in proposals]
    standings = memory.head.get(("standings", tuple(identities)), lambda: governor.standings_of(identities))
    proposers = governor.chain.call_many(governor.contract, "proposalProposer", [(each,) for each in identities])
    texts, naming = ballots.texts(governor), naming_of(memory, TREASURY)
    voted = _voted(memory, ballots, governor, identities, account)
    return [
        _item(proposal, standing, str(proposer), _checked(texts, proposal), naming) | {"voted": vote}
        for proposal, standing, proposer, vote in zip(proposals, standings, proposers, voted, strict=True)
    ]


def _item(proposal: Proposal, standing: Standing, proposer: str, text: str | None, naming: Naming) -> Facts:
    vetoes = standing.state in (ProposalState.ACTIVE, ProposalState.SUCCEEDED, ProposalState.QUEUED)
    return {
        "id": str(proposal.id),
        "title": _title(text),
        "description": text,
        "description_hash": hex_of(proposal.description_hash),
        "proposer": proposer,
        "state": word_of(standing.state.name),
        "for": str(standing.in_favour),
        "against": str(standing.against),
        "abstain": str(standing.abstaining),
        "quorum": str(standing.quorum),
        "veto": {"votes": str(standing.vetoing), "needed": str(standing.veto_needed), "open": vetoes}
        if standing.veto_needed
        else None,
        "snapshot": standing.snapshot,
        "deadline": standing.deadline,
        "eta": standing.eta or None,
        "calls": [
            {
                "words": plain_words(call, naming),
                "call": in_words(call, naming.contracts),
                "target": call.target,
                "name": naming.contracts.get(call.target),
                "value": str(call.value),
                "data": hex_of(call.data),
            }
            for call in proposal.calls
        ],
    }


def _voted(
    memory: Memory,
    ballots: Ballots,
    governor: ModelGovernorContract,
    identities: Sequence[int],
    account: Address | None,
) -> list[Facts | None]:
    """How the account voted on each; a vote whose event is not found has the support None."""
    if account is None:
        return [None] * len(identities)
    asked = [(each, account) for each in identities]
    name = ("voted", account, tuple(identities))
    has = memory.head.get(name, lambda: governor.chain.call_many(governor.contract, "hasVoted", asked))
    cast = ballots.of(governor, account) if any(has) else {}
    return [
        {"support": word_of(cast[each].name) if each in cast else None} if voted else None
        for each, voted in zip(identities, has, strict=True)
    ]


def _head(memory: Memory, governor: ModelGovernorContract | None, account: Address | None) -> Facts:
    head: Facts = {"symbol": memory.symbol, "decimals": 18, "threshold": None, "can_propose": None, "why_not": None}
    if governor is None:
        return head | {"why_not": "nobody votes on this model: its publisher is an account"}
    head["threshold"] = str(memory.head.get("threshold", governor.proposal_threshold))
    if account is not None:
        why = memory.head.get(("proposes", account), lambda: _why_not(memory, governor, account))
        head |= {"can_propose": not why, "why_not": why or None}
    return head


def _why_not(memory: Memory, governor: ModelGovernorContract, account: Address) -> str:
    """Why the governor would refuse the account's proposal now, as it would say itself; "" where it would not."""
    offering, token = memory.offering, memory.model.token
    if offering is not None and not governor.chain.call(offering.contract, "settled"):
        return sentence_of("ModelGovernor_OfferingNotSettled", (offering.address,))[0]
    needed, held = token.cap() // _HELD_PART, token.held_supply()
    if held < needed:
        return sentence_of("ModelGovernor_TooFewHeld", (held, needed))[0]
    threshold, votes = governor.proposal_threshold(), votes_of(token, account)
    if votes < threshold:
        return sentence_of("GovernorInsufficientProposerVotes", (account, votes, threshold))[0]
    return ""


def _checked(texts: dict[int, str], proposal: Proposal) -> str | None:
    text = texts.get(proposal.id)
    return text if text is not None and keccak(text.encode()) == proposal.description_hash else None


def _title(text: str | None) -> str | None:
    """The first line that says something, without what marks a heading."""
    lines = (line.lstrip("# ").strip() for line in (text or "").splitlines())
    return next((line[:TITLE_LETTERS] for line in lines if line), None)


def _vote(event: Event) -> tuple[int, Support]:
    values: Any = event.arguments
    return int(values["proposalId"]), Support(values["support"])
