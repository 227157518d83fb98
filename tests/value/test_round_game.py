"""The round's game: worths by the same integers as the round's, and scores close to its Shapley value."""

import numpy as np
import pytest

from andel.training.engine import genesis_parameters
from andel.training.integer_mlp import MAX_PARAMETER, loss_sum
from andel.training.updates import flatten, split_parameters
from andel.value.aggregate import aggregate, stepped
from andel.value.coalition_values import antithetic_permutations, exact_shapley
from andel.value.reference import draw_rows
from andel.value.round_game import RoundGame
from tests.support.worlds import SECOND_SEED, build_world, small_task

WORLD = build_world(6, devices=1)
WEIGHTS = [96, 96, 24, 48, 96, 72]
BEFORE = flatten(WORLD.parameters)


def game_of(updates, weights, task=WORLD.task, before=BEFORE):
    """The game of a set of updates, and their scores."""
    _, rows = draw_rows(WORLD.reference.score, task, SECOND_SEED)
    game = RoundGame(before, aggregate(updates, weights), task, rows)
    return game, game.scores()


def error(found, exact):
    """Relative distance in the Euclidean norm."""
    wanted = np.array([float(value) for value in exact])
    return np.linalg.norm(np.array(found, float) - wanted) / np.linalg.norm(wanted)


@pytest.fixture(scope="module")
def updates():
    """What the six owners' training changed."""
    return np.stack([owner.update(WORLD) for owner in WORLD.owners])


def test_nobody_and_everybody_are_worth_what_the_round_says(updates):
    game, _ = game_of(updates, WEIGHTS)
    reached = stepped(BEFORE, game.step, 1, 1)
    for coalition, vector in ((frozenset(), BEFORE), (frozenset(range(6)), reached)):
        parameters = split_parameters(vector, WORLD.task)
        loss = loss_sum(parameters, game.rows.codes, game.rows.targets, WORLD.task.score_limit)
        assert game(coalition) == -loss


def test_scores_are_close_to_the_games_shapley_value(updates):
    game, found = game_of(updates, WEIGHTS)
    assert error(found, game.as_scores(exact_shapley(game.players, game))) < 0.03
    assert error(found, game.as_scores(antithetic_permutations(game.players, game, 4, b"orders"))) < 0.04


def test_a_small_type_of_updates_is_the_same_game(updates):
    game, found = game_of(updates, WEIGHTS)
    narrow, same = game_of(updates.astype(np.int32), WEIGHTS)
    assert found == same
    assert game({0, 3}) == narrow({0, 3})


def test_on_a_quadratic_utility_the_scores_are_the_shapley_values():
    task = small_task(score_limit=1 << 20, target_scale=2_000)
    before = flatten(genesis_parameters(task))
    updates = np.zeros((6, len(before)), np.int64)
    last = task.layers[-1] + 1
    updates[:, -last:] = np.random.default_rng(5).integers(-(1 << 24), 1 << 24, (6, last))
    game, found = game_of(updates, WEIGHTS, task, before)
    assert error(found, game.as_scores(exact_shapley(6, game))) < 2e-4


def test_a_coalition_that_leaves_the_bounds_is_judged_at_the_bounds():
    before = BEFORE.copy()
    before[0] = MAX_PARAMETER
    updates = np.zeros((2, len(before)), np.int64)
    updates[:, 0] = 1 << 25
    game, _ = game_of(updates, [1, 1], before=before)
    assert game({0}) == game(set())
