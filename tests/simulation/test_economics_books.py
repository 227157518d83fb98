"""The books of a model's economy: they add up under any sequence of steps, and equal a plain model and the contracts'
vectors.
"""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.simulation.economics.bonds import BondBooks
from andel.simulation.economics.breach import Breach
from andel.simulation.economics.pool import POOL, PoolBooks
from andel.simulation.economics.sale import OFFERING, SaleBooks
from andel.simulation.economics.terms import Terms
from andel.simulation.economics.token import TokenBooks
from andel.simulation.economics.vault import FRACTION_BITS, SNAPSHOT, VaultBooks
from andel.units import TOKEN
from andel.value.emission import EmissionSchedule

EPOCH = 100
NAMES = ("ann", "bob", "cas", "set aside")
VECTORS = Path("vectors/revenue.json")
SALES = Path("vectors/offering.json")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("mint", "move", "pay", "claim")),
        st.integers(0, 70),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.integers(0, 10**24),
    ),
    max_size=40,
)


def plain_weight(moves, name, epoch):
    """Balance times seconds, by going through all moves."""
    total = 0
    for second in range(epoch * EPOCH, (epoch + 1) * EPOCH):
        total += sum(amount for when, who, amount in moves if who == name and when <= second)
    return total


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_revenue_goes_by_time_held_and_never_pays_more_than_came(steps):
    token = TokenBooks(10**40, EPOCH, frozenset({"set aside"}))
    vault = VaultBooks(token, redeemable_bps=0)
    moves, now = [], 0
    for kind, later, one, other, amount in steps:
        now += later
        if kind == "mint":
            token.mint(now, one, amount)
            moves.append((now, one, amount))
        elif kind == "move":
            part = min(amount, token.balance(one))
            token.move(now, one, other, part)
            moves += [(now, one, -part), (now, other, part)]
        elif kind == "pay":
            vault.deposit(now, amount)
        elif now >= EPOCH:
            vault.claim(now, one, now // EPOCH - 1)
    token.advance(end := (now // EPOCH + 1) * EPOCH)
    for epoch in range(end // EPOCH):
        weights = {name: plain_weight(moves, name, epoch) for name in NAMES[:3]}
        assert {name: token.weight(name, epoch) for name in NAMES[:3]} == weights
        assert token.weight_of_all(epoch) == sum(weights.values())
        for name in NAMES:
            vault.claim(end, name, epoch)
    shares = {
        name: sum(
            (
                Fraction(vault.revenue[epoch] * token.weight(name, epoch), token.weight_of_all(epoch))
                for epoch in vault.revenue
                if token.weight_of_all(epoch)
            ),
            Fraction(0),
        )
        for name in NAMES
    }
    assert vault.paid_in_all <= vault.received
    for name, share in shares.items():
        lost = share - vault.paid.get(name, 0)
        assert 0 <= lost < 1 + Fraction(len(vault.revenue) + 1, 1 << FRACTION_BITS)


def test_a_balance_that_comes_and_goes_within_a_second_earns_nothing_and_by_snapshots_it_would():
    for rule, wanted in (("held", 0), (SNAPSHOT, 600)):
        token = TokenBooks(10**30, EPOCH, frozenset())
        vault = VaultBooks(token, 0, rule)
        token.mint(0, "pool of a market", 600)
        token.mint(0, "holder", 400)
        vault.deposit(50, 1_000)
        token.move(150, "pool of a market", "thief", 600)
        assert vault.claim(150, "thief", 0) == wanted
        token.move(150, "thief", "pool of a market", 600)
        honest = vault.claim(200, "holder", 0) + vault.claim(200, "pool of a market", 0)
        # with snapshots the same revenue is paid out again
        assert (vault.paid_in_all > vault.received) is (rule == SNAPSHOT)
        assert honest == 1_000


def test_votes_are_those_of_a_past_second_and_a_loan_has_none():
    token = TokenBooks(10**30, EPOCH, frozenset())
    token.mint(0, "lender", 500)
    token.move(10, "lender", "borrower", 500)
    token.move(10, "borrower", "lender", 500)
    token.advance(20)
    assert (token.votes_at("borrower", 10), token.votes_at("lender", 10)) == (0, 500)
    with pytest.raises(Breach):
        token.votes_at("lender", 20)


@settings(max_examples=60, deadline=None)
@given(
    rate=st.integers(1, 10**20),
    halving=st.integers(0, 500),
    credits=st.lists(st.tuples(st.integers(1, 300), st.integers(0, 10**22), st.integers(0, 10**21)), max_size=20),
)
def test_nothing_is_minted_that_has_not_accrued_and_claims_never_pass_what_was_minted(rate, halving, credits):
    ceiling = 10**23
    token = TokenBooks(ceiling, EPOCH, frozenset({POOL}))
    pool = PoolBooks(token, EmissionSchedule(0, rate, ceiling, halving, 0))
    now = 0
    for number, (later, amount, operator) in enumerate(credits, start=1):
        now += later
        fits = amount + operator <= pool.available(now)
        try:
            pool.credit(now, number, {"a": amount // 3, "b": amount - amount // 3}, {"v": operator})
        except Breach:
            assert not fits
        else:
            assert fits
        pool.claim(now, "a")
        assert pool.claim(now, "a") == 0
        pool.claim_operator(now, "v")
        assert pool.claimed_in_all <= pool.for_contributors
        assert pool.minted <= pool.schedule.accrued(now) <= ceiling
        assert token.ever_minted <= token.cap
    if pool.last_round:
        with pytest.raises(Breach):
            pool.credit(now, pool.last_round, {}, {})


@settings(max_examples=100, deadline=None)
@given(
    payments=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 10**23), min_size=1),
    price=st.integers(1, 10**20),
    minimum=st.integers(1, 10_000),
    rounds=st.integers(0, 40),
)
def test_an_offering_loses_no_unit_and_gives_no_more_than_it_offered(payments, price, minimum, rounds):
    terms = Terms(price=price, minimum_bps=minimum, milestone_rounds=30)
    token = TokenBooks(terms.cap, EPOCH, frozenset({OFFERING}))
    token.mint(0, OFFERING, terms.offered)
    sale = SaleBooks(token, terms)
    for name, amount in payments.items():
        sale.buy(5, name, amount)
    with pytest.raises(Breach):
        sale.settle(terms.window)
    sale.settle(terms.window + 1)
    with pytest.raises(Breach):
        sale.buy(terms.window + 2, "late", 1)
    for _ in range(rounds):
        sale.count(terms.window + 3)
        sale.release()
        assert sale.held >= 0
    for name in payments:
        sale.claim(terms.window + 4, name)
        sale.refund(name)
        assert (sale.claim(terms.window + 4, name), sale.refund(name)) == (0, 0)
    assert sale.raised == sale.refunded + sale.released + sale.held
    assert sale.held >= 0
    assert token.burned + sum(token.balance(name) for name in [*payments, OFFERING]) == terms.offered
    if sale.status == "failed":
        assert sale.refunded == sale.raised
        assert token.supply == 0
    elif rounds >= 30:
        assert sale.released == sale.proceeds


def test_who_slashes_itself_by_its_own_name_burns_all_and_by_another_half():
    for reporter, burned in (("v", 100), ("friend", 50), ("", 100)):
        bonds = BondBooks(Terms(bond=100, coin_per_token=1))
        bonds.deposit("v", 130)
        assert bonds.slash("v", 1, reporter) == 100
        assert (bonds.burned, bonds.bonded["v"], bonds.is_bonded("v")) == (burned, 30, False)
        assert bonds.slash("v", 1) == 30
        assert bonds.deposited == bonds.burned + sum(bonds.rewards.values())


def test_a_budget_is_what_k_bonds_cover():
    terms = Terms(validators=5, k=3, bond=10 * TOKEN, coin_per_token=2 * TOKEN)
    assert BondBooks(terms).budget(10**30) == 15 * TOKEN
    assert BondBooks(terms).challenge_bond(15 * TOKEN) == 3 * TOKEN


@pytest.mark.skipif(not VECTORS.exists(), reason="the contracts' revenue vectors are not in this tree")
def test_revenue_is_to_the_unit_that_of_the_contracts_vectors():
    found = json.loads(VECTORS.read_text(encoding="utf-8"))
    stories = found if isinstance(found, list) else found.get("stories", [found])
    for story in stories:
        replay(story)


def replay(story):
    """One story of steps, by the simulation's books."""
    token = TokenBooks(10**60, int(story["epochLength"]), frozenset({"0", "5"}))
    vaults = [VaultBooks(token, int(story["redeemableBps"])) for _ in range(2)]
    steps = story["steps"]
    kinds = ("mint", "move", "burn", "pay", "claim", "carry")
    for time, kind, a, b, amount, result in zip(*(steps[name] for name in steps), strict=True):
        now, what, number = int(time), kinds[int(kind)], int(amount)
        if what == "mint":
            token.mint(now, a, number)
        elif what == "move":
            token.move(now, a, b, number)
        elif what == "burn":
            assert vaults[int(b)].redeem(now, a, number) == int(result)
        elif what == "pay":
            vaults[int(a)].deposit(now, number)
        elif what == "claim":
            assert vaults[int(b)].claim(now, a, number) == int(result)
        else:
            assert vaults[int(a)].carry(now, number) == int(result)
    for epoch, everybody in enumerate(story["weightOfAll"]):
        assert token.weight_of_all(epoch) == int(everybody)


@pytest.mark.skipif(not SALES.exists(), reason="the contracts' offering vectors are not in this tree")
def test_sales_are_to_the_unit_those_of_the_contracts_vectors():
    for case in json.loads(SALES.read_text(encoding="utf-8"))["cases"]:
        terms = Terms(
            offered=int(case["offered"]),
            price=int(case["price"]),
            minimum_bps=10_000 * int(case["failed"]),
            first_bps=int(case["firstBps"]),
            milestone_rounds=int(case["rounds"]),
        )
        token = TokenBooks(terms.offered, EPOCH, frozenset({OFFERING}))
        token.mint(0, OFFERING, terms.offered)
        sale = SaleBooks(token, terms)
        for number, amount in enumerate(case["paid"]):
            sale.buy(1, str(number), int(amount))
        sale.settle(after := terms.window + 1)
        for _ in range(int(case["reached"])):
            sale.count(after)
        found = [(sale.claim(after, name), sale.refund(name)) for name in list(sale.paid)]
        wanted = zip(map(int, case["tokens"]), map(int, case["excess"]), strict=True)
        assert (sale.target, found) == (int(case["target"]), list(wanted))
        assert sale.release() == (0 if int(case["failed"]) else int(case["earned"]))
