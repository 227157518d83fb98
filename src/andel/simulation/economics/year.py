"""A year, day by day: the offering, rounds, claims, demand, revenue, trades, votes, and whoever attacks.

Takes terms, a cast, the valued rounds and a seed. Gives the books at the end and a line for each day. Every step is
followed by the invariants (`Rules.checked`), and what a contract would refuse is refused here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from andel.simulation.economics.breach import Breach
from andel.simulation.economics.cast import EXCHANGE, FLASHER, FOUNDER, SEAT, WASHER, WHALE, Cast, Costs
from andel.simulation.economics.draws import below
from andel.simulation.economics.economy import (
    SET_ASIDE,
    TREASURY,
    VESTING,
    Economy,
    found,
    operators,
    require_invariants,
    validators,
    vested,
)
from andel.simulation.economics.governor import SNAPSHOT, Proposal
from andel.simulation.economics.rounds import ValuedRound
from andel.simulation.economics.terms import BPS, Terms
from andel.simulation.economics.vault import HELD
from andel.units import DAY_SECONDS
from andel.value.budget import round_budget
from andel.value.shares import split_reward

DAY = DAY_SECONDS
NOON = DAY // 2


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rules hold: the model's, or one of those that were robbed elsewhere, to show what it would cost."""

    revenue: str = HELD
    votes: str = SNAPSHOT
    checked: bool = True


@dataclass(frozen=True, slots=True)
class DayLine:
    """A day's end. Base units but for `revenue` and `treasury` (wei); `unclaimed` is the highest of the day."""

    day: int
    accrued: int
    minted: int
    claimed: int
    held: int
    budget: int
    unclaimed: int
    revenue: int
    treasury: int
    gain: int
    error: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """A whale's vote to take the treasury: its day, whether it would have been executed, and what lay there (wei)."""

    day: int
    executed: bool
    treasury: int
    why: str


@dataclass(slots=True)
class Year:
    """What came of it. `caught` is the day on which a lazy validator copied a test, or None."""

    economy: Economy
    lines: list[DayLine] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    caught: int | None = None
    best: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """What a year is played with."""

    terms: Terms
    cast: Cast
    costs: Costs
    seed: bytes
    rules: Rules = Rules()


def play_year(stage: Stage, rounds: Sequence[ValuedRound]) -> Year:
    """As many days as there are rounds. Breach where an invariant does not hold."""
    year = Year(found(stage.terms, stage.rules.revenue, stage.rules.votes))
    for day, valued in enumerate(rounds):
        start = day * DAY
        for step in (_offering, _holders):
            step(stage, year, day)
            _check(stage, year, start)
        _round(stage, year, day, valued)
        _check(stage, year, start + NOON)
        for late in (_claims, _flash, _whale):
            late(stage, year, day)
            _check(stage, year, year.economy.token.now)
        year.lines.append(_line(year, day, valued))
    return year


def _check(stage: Stage, year: Year, now: int) -> None:
    if stage.rules.checked:
        require_invariants(year.economy, max(now, year.economy.token.now))


def _offering(stage: Stage, year: Year, day: int) -> None:
    """Payments in the window; then settlement, tokens, refunds, and what is released; what has vested, weekly."""
    economy, sale, start = year.economy, year.economy.sale, day * DAY
    if sale.status == "open" and start + 60 <= stage.terms.window:
        payments = stage.cast.payments(stage.terms, stage.seed)
        for number, (name, amount) in enumerate(payments.items()):
            if name not in sale.paid and below(stage.seed, f"buys {name}", stage.terms.window // DAY) == day:
                sale.buy(start + number, name, amount)
                economy.pay(name, -amount)
    if sale.status == "open" and start > stage.terms.window:
        sale.settle(start)
        for name in sale.paid:
            sale.claim(start, name)
            economy.pay(name, sale.refund(name))
    economy.pay(TREASURY, sale.release())
    if day % 7 == 0:
        due = vested(stage.terms, start) - (stage.terms.founders - economy.token.balance(VESTING))
        if due:
            economy.token.move(start, VESTING, FOUNDER, due)


def _holders(stage: Stage, year: Year, day: int) -> None:
    """Trades between buyers, and calls that are paid for; the wash trader's are its own."""
    economy, start = year.economy, day * DAY
    calls = stage.costs.demand(stage.seed, day)
    economy.vault.deposit(start + 3_600, calls * stage.costs.call)
    if stage.cast.wash and economy.sale.status == "succeeded":
        economy.vault.deposit(start + 3_601, stage.cast.wash)
        economy.pay(WASHER, -stage.cast.wash)
    names = [f"buyer {i + 1}" for i in range(stage.cast.buyers)]
    for trade in range(2):
        one, other = (names[below(stage.seed, f"trade {day} {trade} {side}", len(names))] for side in "ab")
        part = economy.token.balance(one) * below(stage.seed, f"part {day} {trade}", 500) // BPS
        if part and one != other:
            economy.token.move(start + 7_200 + trade, one, other, part)


def _round(stage: Stage, year: Year, day: int, valued: ValuedRound) -> None:
    """A budget that bonds cover, then what the gain mints of it; before it, perhaps a test that copiers fall for."""
    economy, terms, now = year.economy, stage.terms, day * DAY + NOON
    economy.budget = economy.bonds.budget(economy.pool.available(day * DAY))
    agreed = [name for name in validators(terms) if economy.bonds.is_bonded(name)]
    if below(stage.seed, f"plant {day}", BPS) < terms.plant_bps:
        if stage.cast.lazy in agreed:
            economy.bonds.slash(stage.cast.lazy, 1, validators(terms)[0])
            agreed.remove(stage.cast.lazy)
            year.caught = day if year.caught is None else year.caught
    rules = terms.rules
    paid = round_budget(
        economy.budget, terms.operator_share_bps, rules.round_share_bps, valued.gain, valued.noise, year.best
    )
    year.best = paid.best
    parts = split_reward(paid.paid, list(valued.merit.values()))
    minted = sum(parts)
    if not minted or len(agreed) < terms.k:
        return
    share = minted * terms.operator_share_bps // (BPS - terms.operator_share_bps) // (1 + len(agreed))
    economy.pool.credit(
        now,
        day + 1,
        {name: part for name, part in zip(valued.merit, parts, strict=True) if part},
        {name: share for name in ("coordinator", *agreed)},
    )
    economy.sale.count(now)


def _claims(stage: Stage, year: Year, day: int) -> None:
    """Contributors and operators claim on their own day; holders claim an epoch once it is over."""
    economy, now = year.economy, day * DAY + NOON + 60
    economy.token.advance(now)
    for number, name in enumerate(sorted(economy.pool.earned)):
        if (day + number) % stage.cast.claim_every == 0:
            economy.pool.claim(now, name)
    if day % 30 == 29:
        for name in operators(stage.terms):
            economy.pool.claim_operator(now, name)
    epoch = economy.vault.epoch(now) - 1
    if epoch < 0 or economy.vault.epoch(now - DAY) == epoch + 1:
        return
    if economy.token.weight_of_all(epoch) == 0:
        economy.vault.carry(now, epoch)
        return
    for name in economy.token.accounts:
        if name not in SET_ASIDE:
            economy.pay(name, economy.vault.claim(now, name, epoch))


def _flash(stage: Stage, year: Year, day: int) -> None:
    """Once a week: borrows all that the exchange has, triggers revenue, claims, votes, and returns it in the same
    second.
    """
    economy, now = year.economy, day * DAY + NOON + 120
    if not stage.cast.flash or day % 7 != 3 or day < 14:
        return
    amount = economy.token.balance(EXCHANGE)
    economy.token.move(now, EXCHANGE, FLASHER, amount)
    economy.vault.deposit(now, 1)
    economy.pay(FLASHER, economy.vault.claim(now, FLASHER, economy.vault.epoch(now) - 1) - 1)
    _flash_vote(stage, year, now)
    economy.token.move(now, FLASHER, EXCHANGE, amount)
    fee = amount * stage.costs.worth // 10**18 * stage.costs.flash_bps // BPS
    economy.pay(FLASHER, -fee - stage.costs.gas(stage.costs.vote_gas + stage.costs.revenue_gas))


def _flash_vote(stage: Stage, year: Year, now: int) -> None:
    governor = year.economy.governor
    for proposal in governor.proposals:
        if proposal.snapshot < now <= proposal.deadline and FLASHER not in proposal.voters:
            governor.vote(now, proposal, FLASHER, True)
    ripe = now - 3 * DAY
    if not any(proposal.proposer == "buyer 1" for proposal in governor.proposals) and ripe > stage.terms.window:
        # An honest holder's proposal, so that there is a vote to be stolen.
        holders = sorted(year.economy.token.accounts, key=lambda name: -governor.token.votes_at(name, now - 1))
        for name in holders:
            if name not in {FLASHER, EXCHANGE}:
                governor.propose(now, name, "lower the rate").proposer = "buyer 1"
                return


def _whale(stage: Stage, year: Year, day: int) -> None:
    """On its days the whale asks for the treasury; others vote and veto as far as they come."""
    if not stage.cast.whale_bps or day not in stage.cast.whale_days:
        return
    economy, now = year.economy, day * DAY + NOON + 180
    treasury = economy.coins.get(TREASURY, 0)
    try:
        proposal = economy.governor.propose(now, WHALE, f"pay the treasury to the whale, day {day}")
        done = cast_votes(stage, economy, proposal)
        why = "executed" if done else ("vetoed" if proposal.is_vetoed else "voted down")
        year.attempts.append(Attempt(day, done, treasury, why))
    except Breach as refused:
        year.attempts.append(Attempt(day, False, treasury, refused.message))


def cast_votes(stage: Stage, economy: Economy, proposal: Proposal) -> bool:
    """Whether a whale's proposal would be executed, with today's balances at its snapshot: nobody gets tokens
    meanwhile.
    """
    token, now = economy.token, economy.token.now
    holders = {name: token.votes_at(name, now - 1) for name in token.accounts}
    proposal.ayes = holders.pop(WHALE, 0)
    proposal.noes = sum(holders.values()) * stage.cast.turnout_bps // BPS
    mined = sum(min(economy.pool.claimed.get(name, 0), votes) for name, votes in holders.items())
    proposal.vetoed = mined * stage.cast.guard_bps // BPS
    return proposal.passes


def _line(year: Year, day: int, valued: ValuedRound) -> DayLine:
    economy, end = year.economy, (day + 1) * DAY
    pool = economy.pool
    return DayLine(
        day,
        pool.schedule.accrued(end),
        pool.minted,
        pool.claimed_in_all,
        economy.token.held_supply,
        economy.budget,
        pool.for_contributors - pool.claimed_in_all,
        economy.vault.received,
        economy.coins.get(TREASURY, 0),
        valued.gain,
        valued.error,
    )


def seat_tokens(year: Year) -> int:
    """What the seat has earned under all its names."""
    earned: Mapping[str, int] = year.economy.pool.earned
    return sum(part for name, part in earned.items() if name == SEAT or name.startswith(f"{SEAT}/"))
