"""Attack: whoever knows all readings of a contributor but one tries every value of it, by training again.

Who: a neighbour with a sensor beside the victim's, a weather service, whoever holds its openings. Local training is
exact and its seed public, so in open mode the right value gives the update bit for bit: **the reading is found**, and
so is a guess at a whole data set confirmed. In grouped mode the others' unknown updates stand in the way, unless all
the others of the group collude; noise stands in the way of everybody.
"""

import numpy as np
import pytest

from andel.simulation.reconstruction import guessed_reading
from andel.training.dp_noise import discrete_gaussians, noised
from andel.training.privacy import Privacy
from tests.support.attacked_rounds import honest_rounds

ROUNDS = honest_rounds()
VICTIM = ROUNDS.members[0]
PLACES = [(row, 0) for row in (3, 40, 77, 111)]
CODES = tuple(range(0, 256, 3))


def misses(seen):
    """How far, in codes, each guess lies from the truth; the truth is among the codes that are tried."""
    found = []
    for place in PLACES:
        truth = int(VICTIM.codes[place])
        tried = sorted({*CODES, truth})
        given = (VICTIM.codes, VICTIM.change, place, seen, ROUNDS.first_seed, VICTIM.address, tried)
        found.append(abs(guessed_reading(ROUNDS.task, ROUNDS.parameters, *given) - truth))
    return found


def sum_of(update, others):
    total = VICTIM.slots * update + sum(member.slots * ROUNDS.trained(member) for member in others)
    return total, VICTIM.slots + sum(member.slots for member in others)


def test_in_open_mode_the_reading_is_found_exactly():
    assert misses(ROUNDS.trained(VICTIM)) == [0] * len(PLACES)


def test_in_a_group_the_reading_is_not_found():
    total, weight = sum_of(ROUNDS.trained(VICTIM), ROUNDS.members[1:4])
    assert np.median(misses(total // weight)) > 16


def test_all_others_of_a_group_together_find_it():
    """Stated, not prevented: who knows all other updates takes them off the sum."""
    total, _ = sum_of(ROUNDS.trained(VICTIM), ROUNDS.members[1:4])
    known = sum(member.slots * ROUNDS.trained(member) for member in ROUNDS.members[1:4])
    assert misses((total - known) // VICTIM.slots) == [0] * len(PLACES)


def test_under_noise_the_reading_is_not_found():
    pytest.importorskip("opendp")
    honest = ROUNDS.trained(VICTIM)
    length = int(np.linalg.norm(honest.astype(float)))
    noisy = noised(honest, Privacy("open", 0, 0, length, 1_000, 5, 10), discrete_gaussians)
    assert np.median(misses(noisy)) > 16
