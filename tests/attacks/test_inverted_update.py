"""Attack: rows are read out of an update by the quotient of weights and biases (gradient inversion).

Who: anybody, since updates are public for ever. What stops it: many rows in every step, in both modes; in grouped mode
the others' updates; noise, where the task asks for it. In open mode **nothing** protects who trains on a single row: it
is read off to a few codes. What remains in each mode: docs/privacy.md.
"""

import numpy as np
import pytest

from andel.simulation.reconstruction import distance_to_rows, inverted_rows
from andel.training.dp_noise import discrete_gaussians, noised
from andel.training.privacy import Privacy
from tests.support.attacked_rounds import honest_rounds

ROUNDS = honest_rounds()
VICTIM = ROUNDS.members[0]
ROW = VICTIM.codes[:1]
ALONE = ROUNDS.trained(VICTIM, ROW, VICTIM.change[:1])


def group_mean(update):
    """What a group of four shows when the victim sends `update`."""
    others = [(member.slots, ROUNDS.trained(member)) for member in ROUNDS.members[1:4]]
    total = VICTIM.slots * update + sum(slots * other for slots, other in others)
    return total // (VICTIM.slots + sum(slots for slots, _ in others))


def test_in_open_mode_the_row_of_who_has_only_one_is_read_off():
    assert distance_to_rows(inverted_rows(ROUNDS.task, ALONE), ROW) < 3


def test_in_a_group_the_same_row_is_not_found():
    assert distance_to_rows(inverted_rows(ROUNDS.task, group_mean(ALONE)), ROW) > 15


def test_under_noise_the_same_row_is_not_found():
    pytest.importorskip("opendp")
    length = int(np.linalg.norm(ALONE.astype(float)))
    noisy = noised(ALONE, Privacy("open", 0, 0, length, 1_000, 5, 10), discrete_gaussians)
    assert distance_to_rows(inverted_rows(ROUNDS.task, noisy), ROW) > 15


def test_among_many_rows_the_victims_are_no_nearer_than_a_strangers():
    stranger = next(m for m in ROUNDS.members[1:] if m.participant.site == VICTIM.participant.site)
    guesses = inverted_rows(ROUNDS.task, ROUNDS.trained(VICTIM))
    own, other = (distance_to_rows(guesses, member.codes) for member in (VICTIM, stranger))
    assert own > other / 2
