"""The plain model of revenue, which the contracts are compared with, keeps its own promises."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.plain_vault import EPOCH, SET_ASIDE, PlainVault, story

MOVES = st.lists(
    st.tuples(st.integers(0, 2 * EPOCH), st.integers(0, 4), st.integers(0, 4), st.integers(0, 1_000)), max_size=12
)


def played(moves) -> PlainVault:
    """A thousand tokens each for accounts 1 to 4, then moves in the order of their times."""
    vault = PlainVault(EPOCH, 0, SET_ASIDE)
    for account in range(1, 5):
        vault.mint(0, account, 1_000)
    for now, sender, to, amount in sorted(moves):
        vault.move(now, sender, to, min(amount, vault.balance(sender)))
    return vault


@settings(deadline=None)
@given(MOVES, st.integers(0, 10**24))
def test_claims_never_exceed_revenue_and_leave_less_than_a_unit_each(moves, revenue):
    vault = played(moves)
    vault.pay(0, 0, revenue)
    paid = sum(vault.claim(account, 0, 0) for account in (*range(6), *range(6)))
    assert paid <= revenue
    if vault.weight_of_all(0):
        assert revenue - paid < 5


@settings(deadline=None)
@given(MOVES, st.integers(0, EPOCH - 1))
def test_a_balance_borrowed_for_a_moment_weighs_nothing(moves, moment):
    vault = played(moves)
    before = [vault.weight(account, 0) for account in range(6)]
    honest = [vault.weight(account, 1) for account in range(6)]
    vault.moves += [(moment, 1, -700), (moment, 2, 700), (moment, 2, -700), (moment, 1, 700)]
    vault.moves.sort(key=lambda move: move[0])
    assert [vault.weight(account, 0) for account in range(6)] == before
    assert [vault.weight(account, 1) for account in range(6)] == honest


def test_a_story_has_every_kind_of_step_and_is_always_the_same():
    told = story(b"seed", 240)
    assert told == story(b"seed", 240) != story(b"another", 240)
    steps = told["steps"]
    assert isinstance(steps, dict) and set(steps["kind"]) == {"0", "1", "2", "3", "4", "5"}
