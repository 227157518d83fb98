"""Scores: exact, split-proof, zero for nothing, and Shapley's on a utility that is quadratic."""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from andel.training.engine import genesis_parameters
from andel.training.integer_mlp import MAX_PARAMETER, loss_sum
from andel.training.updates import flatten, split_parameters
from andel.value import exact_dots as module
from andel.value.aggregate import Aggregate, aggregate, stepped
from andel.value.aumann_shapley import path_gradient, scores
from andel.value.clip import clip_to, norm, norm_limit
from andel.value.exact_dots import exact_dots
from andel.value.reference import draw_rows
from tests.support.worlds import SECOND_SEED, build_world, small_task
from tests.value.plain_value import PlainGame, shapley

ONE = 1 << 49
WORLD = build_world(8, devices=1)
TASK = WORLD.task
BEFORE = flatten(WORLD.parameters)
_, ROWS = draw_rows(WORLD.reference.score, TASK, SECOND_SEED)
WEIGHTS = [96, 96, 24, 96, 48, 96, 72, 96]


@pytest.fixture(scope="module")
def updates():
    """What the eight owners' training changed."""
    return np.stack([owner.update(WORLD) for owner in WORLD.owners])


def scored(updates, weights, task=TASK, before=BEFORE, rows=ROWS):
    """The clipped set, its aggregate and its scores."""
    lengths = [norm(update) for update in updates]
    limit = norm_limit(lengths, weights, "weighted-median")
    short = np.stack([clip_to(update, length, limit) for update, length in zip(updates, lengths, strict=True)])
    step = aggregate(short, weights, "none")
    dots = exact_dots(short, path_gradient(before, step, task, rows))
    return Clipped(short, weights, limit, step), scores(dots, weights, step.weight_sum)


@dataclass(frozen=True)
class Clipped:
    """A set as it was added."""

    updates: np.ndarray
    weights: list[int]
    limit: int
    step: Aggregate


def utility(parameters, task=TASK, rows=ROWS):
    """−mean Huber loss in the network's unit."""
    total = loss_sum(split_parameters(parameters, task), rows.codes, rows.targets, task.score_limit)
    return -total / 2 / 2**32 / len(rows.targets)


def coalition_worth(clipped, task=TASK, before=BEFORE, rows=ROWS):
    """The worth of every coalition in the additive game, with real fractions rounded once."""
    players = range(len(clipped.weights))
    worth = {}
    for size in range(len(players) + 1):
        for members in combinations(players, size):
            total = sum((clipped.weights[i] * clipped.updates[i] for i in members), np.zeros_like(before))
            reached = stepped(before, replace(clipped.step, total=total), 1, 1)
            worth[frozenset(members)] = utility(reached, task, rows)
    return worth


def test_scores_are_those_of_plain_integers(updates):
    step, found = scored(updates[:4], WEIGHTS[:4])
    game = PlainGame(BEFORE.tolist(), updates[:4].tolist(), WEIGHTS[:4], (len(TASK.features), TASK.layers))
    assert step.limit == game.limit
    assert found == game.scores(ROWS.codes.tolist(), ROWS.targets.tolist(), TASK.score_limit)


def test_scores_are_close_to_exact_shapley(updates):
    step, found = scored(updates, WEIGHTS)
    worth = coalition_worth(step)
    exact = np.array(shapley(8, worth))
    relative = np.linalg.norm(np.array(found) / ONE - exact) / np.linalg.norm(exact)
    assert relative < 0.03
    assert sum(exact) == pytest.approx(worth[frozenset(range(8))] - worth[frozenset()])


def test_scores_sum_to_the_gain_of_the_aggregate(updates):
    step, found = scored(updates, WEIGHTS)
    gained = utility(stepped(BEFORE, step.step, 1, 1)) - utility(BEFORE)
    assert gained > 0
    assert sum(found) / ONE == pytest.approx(gained, rel=0.03)


def test_a_quadratic_utility_gives_shapleys_value_itself():
    """Updates that move only the output layer, inside the limit, leave the loss quadratic."""
    task = small_task(score_limit=1 << 20, target_scale=2_000)
    rows = draw_rows(WORLD.reference.score, task, SECOND_SEED)[1]
    before, (units,) = flatten(genesis_parameters(task)), task.layers
    updates = np.zeros((8, len(before)), np.int64)
    random = np.random.default_rng(5)
    updates[:, -(units + 1) :] = random.integers(-(1 << 24), 1 << 24, (8, units + 1))
    step, found = scored(updates, WEIGHTS, task, before, rows)
    worth = coalition_worth(step, task, before, rows)
    exact = np.array(shapley(8, worth))
    assert np.abs(np.array(found) / ONE - exact).max() < 2e-4 * np.abs(exact).max()
    gained = worth[frozenset(range(8))] - worth[frozenset()]
    assert sum(found) / ONE == pytest.approx(gained, rel=2e-4)


@given(st.integers(0, 7), st.integers(2, 6))
@settings(max_examples=20)
def test_splitting_an_update_between_names_earns_the_same(player, names):
    updates = np.stack([owner.update(WORLD) for owner in WORLD.owners])
    weights = [weight * names for weight in WEIGHTS]
    whole, before = scored(updates, weights)
    shared = np.vstack([np.repeat(updates[player : player + 1], names, 0), np.delete(updates, player, 0)])
    others = [weight for i, weight in enumerate(weights) if i != player]
    split, after = scored(shared, [WEIGHTS[player]] * names + others)
    gradient = path_gradient(BEFORE, whole.step, TASK, ROWS)
    assert np.array_equal(gradient, path_gradient(BEFORE, split.step, TASK, ROWS))
    # exact before the last rounding, and that rounding is a half of 2**-49 for each name
    dots = exact_dots(split.updates, gradient)
    assert sum(WEIGHTS[player] * dot for dot in dots[:names]) == weights[player] * dots[0]
    assert abs(sum(after[:names]) - before[player]) <= (names + 1) / 2
    assert after[names:] == [score for i, score in enumerate(before) if i != player]


def test_a_zero_update_scores_exactly_nothing(updates):
    mixed = updates.copy()
    mixed[2] = 0
    _, found = scored(mixed, WEIGHTS)
    assert found[2] == 0 and all(found[:2])


def test_a_reversed_update_scores_below_zero(updates):
    mixed = updates.copy()
    mixed[3] *= -1
    _, found = scored(mixed, WEIGHTS)
    assert found[3] < 0 < min(score for i, score in enumerate(found) if i != 3)


def test_a_path_that_leaves_the_bounds_is_scored_at_the_bounds():
    """An update toward parameters over 64.0 must not stop the round for everybody."""
    before = BEFORE.copy()
    before[0] = MAX_PARAMETER
    updates = np.zeros((2, len(before)), np.int64)
    updates[:, 0] = 1 << 25
    updates[1, 1] = 1 << 20
    _, found = scored(updates, [1, 1], before=before)
    assert len(found) == 2


shapes = st.tuples(st.integers(1, 5), st.integers(1, 30), st.integers(0, 2**32))


@given(shapes, st.sampled_from([10, 30, 36, 45]))
def test_dots_are_those_of_python_integers(shape, bits):
    rows, columns, seed = shape
    random = np.random.default_rng(seed)
    updates = random.integers(-(1 << 26), 1 << 26, (rows, columns), endpoint=True)
    gradient = random.integers(-(1 << bits), 1 << bits, columns, endpoint=True)
    expected = [sum(x * g for x, g in zip(row, gradient.tolist(), strict=True)) for row in updates.tolist()]
    assert exact_dots(updates, gradient) == expected
    assert exact_dots(updates.astype(np.int32), gradient) == expected
    for room in (1 << 53, 0, 1 << 36):  # as many updates; no float at all; pieces of few bits
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_FEW_VALUES", 0)
            patch.setattr(module, "EXACT", room)
            assert exact_dots(updates, gradient) == expected


def test_dots_of_long_vectors_at_the_bounds_are_exact():
    """6,000 parameters at the largest update and gradient take four pieces of the gradient."""
    updates = np.full((2, 6_000), 1 << 26, np.int64)
    updates[1] *= -1
    gradient = np.full(6_000, (1 << 40) - 1, np.int64)
    expected = 6_000 * (1 << 26) * ((1 << 40) - 1)
    assert exact_dots(updates, gradient) == [expected, -expected]
