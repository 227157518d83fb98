"""Attack: "a little is enough" (Baruch et al. 2019): the mean of the others' updates, less 1.5 standard deviations.

Who: a contributor that knows, or guesses, what the others send, and hides its harm inside their spread. What stops it:
no filter does, and none that spares the honest could: it lies where honest updates lie. Its score is that of what it
does, so it is paid less than for honest work; clip and line search bound the harm, and three of eight slow the
learning.
"""

from functools import cache

import numpy as np
import pytest

from tests.support.attacked_rounds import dropped_accounts, honest_rounds, over_fair

ROUNDS = 4


@cache
def played(attackers=()):
    """Rounds in which those places send the attack."""
    rounds = honest_rounds()
    bad = [rounds.members[place].address for place in attackers]
    for _ in range(ROUNDS):
        updates = rounds.updates()
        others = np.stack([update for address, update in updates.items() if address not in bad])
        wished = np.rint(others.mean(axis=0) - 1.5 * others.std(axis=0)).astype(np.int64)
        rounds.play(updates | dict.fromkeys(bad, wished))
    return rounds, bad


@pytest.mark.parametrize("attackers", [(1,), (0, 3, 4)])
def test_it_is_paid_less_than_honest_work_and_the_model_learns_all_the_same(attackers):
    clean, _ = played()
    rounds, bad = played(attackers)
    assert over_fair(rounds, bad) < over_fair(clean, bad)
    assert rounds.errors().mae < 1.3 * clean.errors().mae < honest_rounds().errors().mae / 2


def test_it_makes_no_filter_drop_the_honest():
    rounds, bad = played((0, 3, 4))
    assert dropped_accounts(rounds) <= set(bad)
    assert all(
        rounds.history.earned.get(member.address, 0) > 0 for member in rounds.members if member.address not in bad
    )
