"""Attack: a contributor sends Gaussian noise in place of an update, tiny or as long as the others'.

Who: a contributor that saves the training and hopes for luck. What stops it: a score is linear in the update, so tiny
noise earns dust; and noise as long as an update points nearly across the gradient, and what it scores below zero is a
debt. A little is left over that honest work would not get: where all scores are small, luck is paid.
"""

import numpy as np
import pytest

from tests.support.attacked_rounds import dropped_accounts, honest_rounds, of_length, over_fair

ROUNDS = 4


@pytest.mark.parametrize(("part", "most"), [(0.01, 0.01), (1.0, 0.3)])
@pytest.mark.parametrize("place", [1, 5])
def test_noise_earns_next_to_nothing_and_nobody_honest_is_left_out(part, most, place):
    rounds = honest_rounds()
    attacker = rounds.members[place].address
    random = np.random.default_rng(place)
    for _ in range(ROUNDS):
        updates = rounds.updates()
        length = part * float(np.median([np.linalg.norm(update) for update in updates.values()]))
        rounds.play(updates | {attacker: of_length(random.normal(size=len(updates[attacker])), length)})
    assert over_fair(rounds, [attacker]) <= most
    assert dropped_accounts(rounds) <= {attacker}
    assert rounds.errors().mae < honest_rounds().errors().mae / 2, "and the model learns"


def test_what_noise_scores_below_zero_is_owed():
    """Noise is as often against the gradient as along it: of some and its opposite, one is a debt."""
    rounds = honest_rounds()
    member = rounds.members[1]
    updates = rounds.updates()
    drawn = np.random.default_rng(1).normal(size=len(updates[member.address]))
    length = float(np.linalg.norm(updates[member.address]))
    lines = []
    for direction in (drawn, -drawn):
        report = rounds.settle(updates | {member.address: of_length(direction, length)})
        lines.append(next(line for line in report.contributors if line.contributor == member.address))
        assert report.history.scores[member.device.address] == lines[-1].score
    scores = [line.score for line in lines]
    assert min(scores) < 0 and all(line.merit == max(0, line.score) for line in lines)
