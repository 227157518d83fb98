"""The line search takes the step with the least loss, the smaller of equals, and never leaves the bounds."""

from fractions import Fraction

import numpy as np
import pytest

from andel.training.integer_mlp import MAX_PARAMETER
from andel.training.updates import flatten
from andel.value.aggregate import aggregate
from andel.value.line_search import best_step
from andel.value.reference import draw_rows
from tests.support.worlds import SECOND_SEED, build_world
from tests.value.plain_value import PlainGame

WORLD = build_world(2)
BEFORE = flatten(WORLD.parameters)
ROWS = draw_rows(WORLD.reference.score, WORLD.task, SECOND_SEED)[0]
HONEST = np.stack([owner.update(WORLD) for owner in WORLD.owners])


def chosen(updates, quarters=WORLD.plan.rules.line_search, before=BEFORE):
    """The quarters taken."""
    return best_step(before, aggregate(updates, [1] * len(updates)), WORLD.task, quarters, ROWS)


@pytest.mark.parametrize("quarters", [(0, 1, 2), (16, 4, 1), (3,), (64, 0), (4, 4, 4)])
def test_the_step_is_the_one_with_the_least_loss(quarters):
    task = WORLD.task
    game = PlainGame(BEFORE.tolist(), HONEST.tolist(), [1, 1], (len(task.features), task.layers))
    codes, targets = ROWS.codes.tolist(), ROWS.targets.tolist()
    losses = {q: game.loss(game.at(Fraction(q, 4)), codes, targets, task.score_limit) for q in {0, *quarters}}
    least = min(losses.values())
    assert chosen(HONEST, quarters) == min(q for q, loss in losses.items() if loss == least)


def test_standing_still_is_always_a_choice():
    assert chosen(-HONEST, (4, 8)) == 0


def test_of_equal_steps_the_smallest_is_taken():
    assert chosen(np.zeros_like(HONEST)) == 0


def test_a_step_over_the_bound_of_parameters_does_not_compete():
    before = BEFORE.copy()
    before[-1] = MAX_PARAMETER
    toward = HONEST.copy()
    toward[:, -1] = 1 << 20
    assert chosen(toward, (1, 4, 64), before) == 0
