"""Games whose values are known, and the axioms on games drawn at random."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.errors import InputError
from andel.value.coalition_values import antithetic_permutations, exact_shapley, leave_one_out
from tests.value import plain_value

SEED = b"tests: orders"


def glove(coalition):
    """Players 0 and 1 hold a left glove, 2 a right one; a pair is worth 1."""
    return int(2 in coalition and bool(coalition & {0, 1}))


def weighted_majority(weights, quota):
    """Whether a coalition's votes reach the quota."""
    return lambda coalition: int(sum(weights[player] for player in coalition) >= quota)


def test_the_right_glove_is_worth_four_times_a_left_one():
    assert exact_shapley(3, glove) == [Fraction(1, 6), Fraction(1, 6), Fraction(2, 3)]
    assert leave_one_out(3, glove) == [0, 0, 1]


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=8))
def test_a_runway_is_shared_by_those_who_need_each_stretch(costs):
    """Littlechild and Owen 1973: each stretch is paid in equal parts by all planes that use it."""
    ordered = sorted(costs)
    stretches = [ordered[0], *(then - first for first, then in pairwise(ordered))]
    parts = [Fraction(stretch, len(ordered) - place) for place, stretch in enumerate(stretches)]
    expected = [sum(parts[: place + 1], Fraction(0)) for place in range(len(ordered))]
    assert exact_shapley(len(ordered), lambda coalition: max((ordered[i] for i in coalition), default=0)) == expected


def test_power_in_a_weighted_vote():
    """Shapley and Shubik 1954: of votes 3, 2, 1, 1 with quota 4."""
    found = exact_shapley(4, weighted_majority([3, 2, 1, 1], 4))
    assert found == [Fraction(1, 2), Fraction(1, 6), Fraction(1, 6), Fraction(1, 6)]


def test_power_in_the_security_council():
    """Five vetoes and ten other seats, nine votes to pass: 421/2145 and 4/2145."""
    found = exact_shapley(15, weighted_majority([7] * 5 + [1] * 10, 39))
    assert found == [Fraction(421, 2145)] * 5 + [Fraction(4, 2145)] * 10


@pytest.mark.parametrize("players", [1, 2, 7])
def test_equals_share_equally(players):
    majority = exact_shapley(players, lambda coalition: int(2 * len(coalition) > players))
    unanimity = exact_shapley(players, lambda coalition: int(len(coalition) == players))
    assert majority == unanimity == [Fraction(1, players)] * players


@given(st.lists(st.fractions(max_denominator=1_000), min_size=1, max_size=7))
def test_in_an_additive_game_everybody_gets_what_they_add(worth):
    def utility(coalition):
        return sum((worth[player] for player in coalition), Fraction(0))

    assert exact_shapley(len(worth), utility) == worth
    assert antithetic_permutations(len(worth), utility, 1, SEED) == worth
    assert leave_one_out(len(worth), utility) == worth


small = st.integers(-50, 50)


@given(st.integers(1, 6).flatmap(lambda n: st.tuples(*[st.lists(small, min_size=n, max_size=n)] * (n + 1))))
def test_in_a_quadratic_game_one_pair_of_orders_and_the_path_give_shapleys_value(rows):
    """v(S) = a·1_S + 1_S·H·1_S: Aumann–Shapley's mean slope at 1/4 and 3/4 of the way is exact too."""
    slope, *matrix = rows
    players = range(len(slope))

    def utility(coalition):
        return sum(slope[i] for i in coalition) + sum(matrix[i][j] for i in coalition for j in coalition)

    def partial(i, t):
        return slope[i] + t * sum(matrix[i][j] + matrix[j][i] for j in players)

    exact = exact_shapley(len(slope), utility)
    assert antithetic_permutations(len(slope), utility, 1, SEED) == exact
    assert [(partial(i, Fraction(1, 4)) + partial(i, Fraction(3, 4))) / 2 for i in players] == exact


games = st.integers(1, 5).flatmap(lambda n: st.lists(st.integers(-(2**60), 2**60), min_size=2**n, max_size=2**n))


def as_utility(worth):
    """A game from the worth of each coalition, in binary order."""
    return lambda coalition: worth[sum(1 << player for player in coalition)]


@given(games)
def test_it_is_the_value_that_fractions_give_a_second_time(worth):
    players = len(worth).bit_length() - 1
    by_coalition = {
        frozenset(i for i in range(players) if mask >> i & 1): float(value) for mask, value in enumerate(worth)
    }
    again = plain_value.shapley(players, by_coalition)
    assert [float(value) for value in exact_shapley(players, as_utility(worth))] == pytest.approx(again, abs=2**12)


@given(games, st.integers(1, 3))
def test_values_sum_to_what_everybody_is_worth_together(worth, pairs):
    players = len(worth).bit_length() - 1
    for values in (
        exact_shapley(players, as_utility(worth)),
        antithetic_permutations(players, as_utility(worth), pairs, SEED),
    ):
        assert sum(values) == worth[-1] - worth[0]


@given(games)
def test_a_player_who_adds_nothing_gets_nothing(worth):
    players = len(worth).bit_length() - 1

    def with_dummy(coalition):
        return as_utility(worth)(coalition - {players})

    assert exact_shapley(players + 1, with_dummy) == [*exact_shapley(players, as_utility(worth)), 0]
    assert antithetic_permutations(players + 1, with_dummy, 1, SEED)[-1] == 0
    assert leave_one_out(players + 1, with_dummy)[-1] == 0


@given(games)
def test_two_who_can_stand_for_each_other_get_the_same(worth):
    """The last player is a copy of the first: only whether one, both or none is there counts."""
    players = len(worth).bit_length() - 1

    def symmetric(coalition):
        twins = len(coalition & {0, players})
        return as_utility(worth)(coalition - {0, players}) + twins * twins * worth[1]

    found = exact_shapley(players + 1, symmetric)
    assert found[0] == found[-1]


@given(st.integers(1, 4).flatmap(lambda n: st.tuples(*[st.lists(small, min_size=2**n, max_size=2**n)] * 2)))
def test_the_value_of_a_sum_of_games_is_the_sum_of_values(pair):
    players = len(pair[0]).bit_length() - 1
    both = [a + b for a, b in zip(*pair, strict=True)]
    first, second, sums = (exact_shapley(players, as_utility(worth)) for worth in (*pair, both))
    assert sums == [a + b for a, b in zip(first, second, strict=True)]


def test_floats_are_taken_for_the_rationals_they_are():
    assert exact_shapley(2, lambda coalition: 0.1 * len(coalition)) == [Fraction(0.1), Fraction(0.1)]


def test_sampled_orders_come_near_the_value_and_repeat_themselves():
    exact = exact_shapley(6, utility := lambda coalition: sum(coalition) ** 3)
    found = antithetic_permutations(6, utility, 200, SEED)
    assert found == antithetic_permutations(6, utility, 200, SEED)
    assert found != antithetic_permutations(6, utility, 200, b"another seed")
    assert max(abs(a - b) / b for a, b in zip(found[1:], exact[1:], strict=True)) < 0.05


@settings(max_examples=10)
@given(st.integers(2, 12), st.integers(1, 3))
def test_each_method_asks_as_often_as_it_says(players, pairs):
    asked = []

    def utility(coalition):
        asked.append(coalition)
        return len(coalition)

    exact_shapley(players, utility)
    assert len(asked) == len(set(asked)) == 2**players
    asked.clear()
    antithetic_permutations(players, utility, pairs, SEED)
    assert len(asked) == 2 * pairs * (players - 1) + 2
    asked.clear()
    leave_one_out(players, utility)
    assert len(asked) == players + 1


def test_a_game_without_players_has_no_values():
    assert exact_shapley(0, len) == antithetic_permutations(0, len, 1, SEED) == leave_one_out(0, len) == []


def test_too_many_players_or_pairs_and_worths_that_are_no_numbers_are_refused():
    with pytest.raises(InputError, match="17 players"):
        exact_shapley(17, len)
    with pytest.raises(InputError, match="0 pairs"):
        antithetic_permutations(3, len, 0, SEED)
    for method in (exact_shapley, leave_one_out):
        with pytest.raises(InputError, match="nan"):
            method(2, lambda coalition: float("nan"))
