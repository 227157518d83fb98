"""`Economy`: one model's books together, and the invariants that hold in them at every step.

Takes terms. Gives books that agree with one another, or `Breach` with the figures that do not.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from andel.simulation.economics.bonds import BondBooks
from andel.simulation.economics.breach import Breach
from andel.simulation.economics.governor import SNAPSHOT, GovernorBooks
from andel.simulation.economics.pool import POOL, PoolBooks
from andel.simulation.economics.sale import OFFERING, SaleBooks
from andel.simulation.economics.terms import Terms
from andel.simulation.economics.token import TokenBooks
from andel.simulation.economics.vault import HELD, VaultBooks
from andel.units import TOKEN

TREASURY: Final = "treasury"
VESTING: Final = "vesting"
SET_ASIDE: Final = frozenset({POOL, OFFERING, TREASURY, VESTING, "vault"})


@dataclass(slots=True)
class Economy:
    """All books. `coins` is what each account has gained or spent in the payment coin since the launch, in wei."""

    terms: Terms
    token: TokenBooks
    pool: PoolBooks
    vault: VaultBooks
    sale: SaleBooks
    bonds: BondBooks
    governor: GovernorBooks
    coins: dict[str, int] = field(default_factory=dict)
    budget: int = 0

    def pay(self, name: str, amount: int) -> None:
        """An account gains coin, or spends it where `amount` is below 0."""
        self.coins[name] = self.coins.get(name, 0) + amount


def found(terms: Terms, revenue_rule: str = HELD, vote_rule: str = SNAPSHOT) -> Economy:
    """A model in the second of its launch: offering and founders' tokens are minted, operators are bonded."""
    token = TokenBooks(terms.cap, terms.epoch_length, SET_ASIDE)
    pool = PoolBooks(token, terms.schedule)
    sale = SaleBooks(token, terms)
    governor = GovernorBooks(terms, token, pool, sale, vote_rule)
    vault = VaultBooks(token, terms.redeemable_bps, revenue_rule)
    economy = Economy(terms, token, pool, vault, sale, BondBooks(terms), governor)
    for name, amount in ((OFFERING, terms.offered), (VESTING, terms.founders)):
        if amount:
            token.mint(0, name, amount)
    for name in operators(terms):
        economy.bonds.deposit(name, terms.bond)
    return economy


def operators(terms: Terms) -> list[str]:
    """The coordinator and the validators."""
    return ["coordinator", *validators(terms)]


def validators(terms: Terms) -> list[str]:
    """The validators."""
    return [f"validator {number}" for number in range(1, terms.validators + 1)]


def vested(terms: Terms, now: int) -> int:
    """What founders may have by now: nothing before the cliff, then in proportion to time, as `VestingWallet` says."""
    if now < terms.vesting_cliff:
        return 0
    if now >= terms.vesting_duration:
        return terms.founders
    return terms.founders * now // terms.vesting_duration


def require_invariants(economy: Economy, now: int) -> None:
    """Raises Breach with the first that does not hold; their numbers are those of docs/economics.md."""
    token, pool, sale, bonds = economy.token, economy.pool, economy.sale, economy.bonds
    accrued = pool.schedule.accrued(now)
    _require(1, pool.minted <= accrued <= economy.terms.ceiling, f"minted {pool.minted} of {accrued}")
    owed = sum(pool.owed.values())
    _require(2, token.ever_minted + owed <= token.cap, f"ever minted {token.ever_minted}, owed {owed}")
    founded = economy.terms.offered + economy.terms.founders
    _require(2, token.ever_minted + owed == founded + pool.minted, "tokens came from elsewhere")
    _require(3, pool.claimed_in_all <= pool.for_contributors, f"claims {pool.claimed_in_all}")
    _require(3, sum(pool.earned.values()) == pool.for_contributors, "the root's sum is not what was minted")
    _require(3, token.balance(POOL) == pool.for_contributors - pool.claimed_in_all, "the pool holds something else")
    _require_revenue(economy, now)
    _require(6, economy.budget <= economy.terms.covered, f"budget {economy.budget} is not covered")
    kept = sum(bonds.bonded.values()) + sum(bonds.rewards.values()) + bonds.burned + bonds.withdrawn
    _require(7, bonds.deposited == kept, f"bonds {bonds.deposited} are {kept}")
    _require(8, sum(each.balance for each in token.accounts.values()) == token.supply, "balances are not the supply")
    held = sum(each.balance for name, each in token.accounts.items() if name not in SET_ASIDE)
    _require(8, held == token.held_supply, "held supply")
    _require(9, 0 <= sale.refunded + sale.released <= sale.raised, f"{sale.held} left in the offering")


def _require_revenue(economy: Economy, now: int) -> None:
    vault, token = economy.vault, economy.token
    spent = vault.paid_in_all + vault.redeemed + vault.pot
    _require(4, spent <= vault.received, f"revenue {vault.received}, paid and set aside {spent}")
    past = vault.epoch(now) - 1
    if past < 0:
        return
    token.advance(now)
    weights = {name: token.weight(name, past) for name in token.accounts}
    _require(5, sum(weights.values()) == token.weight_of_all(past), f"weights of epoch {past}")
    for name, epoch in vault.claims:
        if epoch == past and not weights.get(name, 0):
            raise Breach(f"invariant 5: {name} held nothing in epoch {epoch} and was paid of it")


def _require(number: int, holds: bool, figures: str) -> None:
    if not holds:
        raise Breach(f"invariant {number} does not hold: {figures}")


def tokens_worth(tokens: int, worth: int) -> int:
    """Base units in wei, at `worth` wei a whole token, rounded down."""
    return tokens * worth // TOKEN
