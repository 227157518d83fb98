"""How a model's holders decide: its governor and its timelock.

Takes a `Chain` and an address. Gives proposals, their state and their votes as plain values; sends what a holder sends.
A vote can also be signed (`Ballot`, EIP-712 in the governor's own domain) and brought by anybody. The governor is
OpenZeppelin's, so that other tools can do all of this as well; `IModelGovernor.sol` says what was added. Amounts are
base units, times seconds. Never decides what to vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from andel.errors import ChainError
from andel.hashing import keccak
from andel.keys import AccountKey
from andel.ledger.bound import Bound
from andel.ledger.policy import ModelPolicyContract
from andel.ledger.receipt import Receipt
from andel.typed_data import sign_typed
from andel.units import NOBODY, Address, Digest

_LOG_BLOCKS: Final = 100_000
"""How far back a description is looked for: the chain keeps its hash alone where it can be read."""


class ProposalState(IntEnum):
    """OpenZeppelin's, in its order."""

    PENDING = 0
    ACTIVE = 1
    CANCELED = 2
    DEFEATED = 3
    SUCCEEDED = 4
    QUEUED = 5
    EXPIRED = 6
    EXECUTED = 7


class Support(IntEnum):
    """A vote."""

    AGAINST = 0
    FOR = 1
    ABSTAIN = 2


@dataclass(frozen=True, slots=True)
class ProposedCall:
    """One thing a proposal does: `value` wei and `data` sent to `target` by the timelock."""

    target: Address
    value: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as the governor stores it."""

    id: int
    calls: tuple[ProposedCall, ...]
    description_hash: Digest


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a proposal stands: votes and quorum in base units; from the snapshot on one votes, until the deadline;
    it can be executed from `eta` on (0: not queued).
    """

    state: ProposalState
    against: int
    in_favour: int
    abstaining: int
    quorum: int
    snapshot: int
    deadline: int
    eta: int
    vetoing: int
    veto_needed: int


class ModelTimelockContract(Bound):
    """A model's treasury, through which votes act."""

    NAME = "ModelTimelock"

    def governor(self) -> Address:
        """The one account that acts through it."""
        return Address(self.chain.call(self.contract, "governor"))


class ModelGovernorContract(Bound):
    """One model's governor."""

    NAME = "ModelGovernor"

    def propose(self, key: AccountKey, calls: Sequence[ProposedCall], description: str) -> tuple[int, Receipt]:
        """Proposes; the proposal's id. `key` must have the threshold's votes."""
        receipt = self.chain.send(key, self.contract, "propose", *_lists(calls), description)
        return int(receipt.event("ProposalCreated").arguments["proposalId"]), receipt

    def cast(self, key: AccountKey, proposal: int, support: Support, reason: str = "") -> Receipt:
        """Casts `key`'s votes as they stood at the snapshot."""
        return self.chain.send(key, self.contract, "castVoteWithReason", proposal, int(support), reason)

    def sign_vote(self, key: AccountKey, proposal: int, support: Support) -> bytes:
        """`key`'s signature under a vote, which anybody may bring once."""
        message = {
            "proposalId": proposal,
            "support": int(support),
            "voter": key.address,
            "nonce": self.nonce_of(key.address),
        }
        return sign_typed(key, "Ballot", self.domain, message)

    def cast_signed(
        self, payer: AccountKey, proposal: int, support: Support, voter: Address, signature: bytes
    ) -> Receipt:
        """Brings a signed vote; `payer` pays."""
        return self.chain.send(payer, self.contract, "castVoteBySig", proposal, int(support), voter, signature)

    def queue(self, key: AccountKey, proposal: int) -> Receipt:
        """Puts what has passed into the timelock. Anybody."""
        return self.chain.send(key, self.contract, "queue(uint256)", proposal)

    def execute(self, key: AccountKey, proposal: int) -> Receipt:
        """Carries out what has waited. Anybody."""
        return self.chain.send(key, self.contract, "execute(uint256)", proposal)

    def cancel(self, key: AccountKey, proposal: int) -> Receipt:
        """Takes back `key`'s own proposal while nobody votes yet."""
        return self.chain.send(key, self.contract, "cancel(uint256)", proposal)

    def veto(self, key: AccountKey, proposal: int) -> Receipt:
        """Stands against a proposal with the tokens `key` has mined."""
        return self.chain.send(key, self.contract, "veto", proposal)

    def proposals_count(self) -> int:
        """How many proposals there were."""
        return int(self.chain.call(self.contract, "proposalCount"))

    def proposal_at(self, number: int) -> Proposal:
        """A proposal by its number, from 0."""
        return self.proposals_at([number])[0]

    def proposals_at(self, numbers: Sequence[int]) -> list[Proposal]:
        """`proposal_at` for many numbers, in batches."""
        found = self.chain.call_many(self.contract, "proposalDetailsAt", [(number,) for number in numbers])
        return [Proposal(int(each[0]), _calls(*each[1:4]), Digest(each[4])) for each in found]

    def proposal(self, identity: int) -> Proposal:
        """A proposal by its id."""
        targets, values, datas, described = self.chain.call(self.contract, "proposalDetails", identity)
        return Proposal(identity, _calls(targets, values, datas), Digest(described))

    def standing_of(self, identity: int) -> Standing:
        """Where a proposal stands now."""
        return self.standings_of([identity])[0]

    def standings_of(self, identities: Sequence[int]) -> list[Standing]:
        """`standing_of` for many proposals, in batches."""
        asked = ("proposalVotes", "proposalSnapshot", "vetoOf", "state", "proposalDeadline", "proposalEta")
        answers = self.chain.call_all(self.contract, [(view, (each,)) for each in identities for view in asked])
        rows = [answers[start : start + len(asked)] for start in range(0, len(answers), len(asked))]
        quorums = self.chain.call_many(self.contract, "quorum", [(row[1],) for row in rows])
        return [_standing(row, int(quorum)) for row, quorum in zip(rows, quorums, strict=True)]

    def description_of(self, proposal: Proposal) -> str:
        """A proposal's text, from the last 100,000 blocks; "" when it lies further back."""
        first = max(0, self.chain.block_number() - _LOG_BLOCKS)
        for event in self.logs("ProposalCreated", first):
            text = str(event.arguments["description"])
            if event.arguments["proposalId"] == proposal.id and keccak(text.encode()) == proposal.description_hash:
                return text
        return ""

    def has_voted(self, proposal: int, account: Address) -> bool:
        """Whether an account has voted on a proposal."""
        return bool(self.chain.call(self.contract, "hasVoted", proposal, account))

    def votes_of(self, account: Address, timepoint: int) -> int:
        """An account's votes at a past second."""
        return int(self.chain.call(self.contract, "getVotes", account, timepoint))

    def nonce_of(self, account: Address) -> int:
        """The nonce of the account's next signed vote."""
        return int(self.chain.call(self.contract, "nonces", account))

    def token(self) -> Address:
        """The token that votes."""
        return Address(self.chain.call(self.contract, "token"))

    def offering(self) -> Address | None:
        """The model's offering, before whose end nobody proposes; None where it has none."""
        found = Address(self.chain.call(self.contract, "offering"))
        return None if found == NOBODY else found

    def voting_delay(self) -> int:
        """Seconds between a proposal and its snapshot."""
        return int(self.chain.call(self.contract, "votingDelay"))

    def voting_period(self) -> int:
        """Seconds of voting."""
        return int(self.chain.call(self.contract, "votingPeriod"))

    def proposal_threshold(self) -> int:
        """Votes a proposer needs."""
        return int(self.chain.call(self.contract, "proposalThreshold"))


def find_governor(policy: ModelPolicyContract) -> ModelGovernorContract:
    """The governor behind a model's policy. Raises ChainError when policy, timelock and governor differ."""
    timelock = ModelTimelockContract(policy.chain, policy.timelock())
    governor = ModelGovernorContract(policy.chain, timelock.governor())
    if policy.chain.call(governor.contract, "timelock") != timelock.address:
        raise ChainError(f"the governor {governor.address} does not act through the policy's timelock")
    return governor


def _standing(answers: Sequence[Any], quorum: int) -> Standing:
    (against, in_favour, abstaining), snapshot, (vetoing, needed), state, deadline, eta = answers
    return Standing(
        ProposalState(state),
        against,
        in_favour,
        abstaining,
        quorum,
        int(snapshot),
        int(deadline),
        int(eta),
        vetoing,
        needed,
    )


def _lists(calls: Sequence[ProposedCall]) -> tuple[list[Address], list[int], list[bytes]]:
    return [call.target for call in calls], [call.value for call in calls], [call.data for call in calls]


def _calls(targets: Sequence[Address], values: Sequence[int], datas: Sequence[bytes]) -> tuple[ProposedCall, ...]:
    return tuple(ProposedCall(*call) for call in zip(targets, values, datas, strict=True))
