"""Votes on paper: who may propose, whose votes count, when something passes, and who can stop it.

Takes proposals, votes and vetoes with their seconds. Gives what `ModelGovernor` and its timelock give. Votes are those
of the snapshot; `rule` "live" counts them when they are cast instead: only to show what that costs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from andel.simulation.economics.breach import Breach
from andel.simulation.economics.pool import PoolBooks
from andel.simulation.economics.sale import SaleBooks
from andel.simulation.economics.terms import BPS, Terms
from andel.simulation.economics.token import TokenBooks

SNAPSHOT = "snapshot"
LIVE = "live"
HELD_PART = 10
LEAST_PART = 100


@dataclass(slots=True)
class Proposal:
    """What is voted on, with its figures. Seconds and base units."""

    what: str
    proposer: str
    snapshot: int
    deadline: int
    quorum: int
    veto_needed: int
    ayes: int = 0
    noes: int = 0
    vetoed: int = 0
    voters: set[str] = field(default_factory=set)
    vetoers: set[str] = field(default_factory=set)
    reached: bool = False
    queued_at: int = 0

    @property
    def passes(self) -> bool:
        """Whether quorum and majority are there, and no veto."""
        return self.ayes >= self.quorum and self.ayes > self.noes and not self.is_vetoed

    @property
    def is_vetoed(self) -> bool:
        """Whether contributors have stopped it."""
        return self.veto_needed > 0 and self.vetoed >= self.veto_needed


@dataclass(slots=True)
class GovernorBooks:
    """Proposals over one token, pool and offering."""

    terms: Terms
    token: TokenBooks
    pool: PoolBooks
    sale: SaleBooks
    rule: str = SNAPSHOT
    proposals: list[Proposal] = field(default_factory=list)

    def propose(self, now: int, proposer: str, what: str) -> Proposal:
        """A proposal. Breach before the offering is settled, before a tenth of the cap is held, or below the
        threshold.
        """
        self.token.advance(now)
        cap, held = self.terms.cap, self.token.held_supply
        if self.sale.status == "open":
            raise Breach("the offering is not settled")
        if held < cap // HELD_PART:
            raise Breach(f"{held} are held, of {cap // HELD_PART} that are needed before anybody proposes")
        threshold = cap * self.terms.threshold_bps // BPS
        if self.token.votes_at(proposer, now - 1) < threshold:
            raise Breach(f"{proposer} has fewer votes than the threshold of {threshold}")
        share = -(-self.pool.for_contributors * self.terms.veto_bps // BPS)
        snapshot = now + self.terms.voting_delay
        proposal = Proposal(
            what,
            proposer,
            snapshot,
            snapshot + self.terms.voting_period,
            max(held * self.terms.quorum_bps // BPS, cap // LEAST_PART),
            max(share, cap // LEAST_PART) if self.terms.veto_bps else 0,
        )
        self.proposals.append(proposal)
        return proposal

    def vote(self, now: int, proposal: Proposal, name: str, aye: bool) -> int:
        """Votes, once, between snapshot and deadline; a quorum completed late prolongs the vote."""
        self.token.advance(now)
        if not proposal.snapshot < now <= proposal.deadline or name in proposal.voters:
            raise Breach(f"{name} cannot vote on {proposal.what} at second {now}")
        live = self.rule == LIVE
        votes = self.token.balance(name) if live else self.token.votes_at(name, proposal.snapshot)
        proposal.voters.add(name)
        if aye:
            proposal.ayes += votes
        else:
            proposal.noes += votes
        if proposal.ayes >= proposal.quorum and not proposal.reached:
            proposal.reached = True
            proposal.deadline = max(proposal.deadline, now + self.terms.extension)
        return votes

    def veto(self, now: int, proposal: Proposal, name: str) -> int:
        """Stands against a proposal with mined tokens that still vote."""
        self.token.advance(now)
        if not self.terms.veto_bps or name in proposal.vetoers or now <= proposal.snapshot:
            raise Breach(f"{name} has no veto against {proposal.what}")
        weight = min(self.pool.claimed.get(name, 0), self.token.votes_at(name, proposal.snapshot))
        proposal.vetoers.add(name)
        proposal.vetoed += weight
        return weight

    def queue(self, now: int, proposal: Proposal) -> None:
        """Puts what has passed into the timelock."""
        if now <= proposal.deadline or not proposal.passes or proposal.queued_at:
            raise Breach(f"{proposal.what} has not passed at second {now}")
        proposal.queued_at = now

    def execute(self, now: int, proposal: Proposal) -> None:
        """Checks that the timelock is over and nobody has stopped it."""
        ready = proposal.queued_at + self.terms.timelock_delay
        if not proposal.queued_at or now < ready or proposal.is_vetoed:
            raise Breach(f"{proposal.what} cannot be executed at second {now}")
