"""Attack: somebody who holds a row asks whether a contributor trained on it (membership inference).

Who: anybody with readings of the same place. What is seen of an update helps its own rows hardly more than others of
the same weather, in open mode as in a group: a small network after twenty steps has learnt a climate and no rows. That
is measured (docs/privacy.md), not promised; a promise is what noise gives.
"""

import numpy as np

from andel.simulation.reconstruction import membership_auc
from tests.support.attacked_rounds import honest_rounds

ROUNDS = honest_rounds()


def aucs(seen_of):
    found = []
    for victim in ROUNDS.members[:4]:
        other = next(
            m for m in ROUNDS.members if m.participant.site == victim.participant.site and m.address != victim.address
        )
        count = min(len(victim.change), len(other.change))
        own, strange = ((member.codes[:count], member.change[:count]) for member in (victim, other))
        found.append(membership_auc(ROUNDS.task, ROUNDS.parameters, seen_of(victim), own, strange))
    return found


def test_an_update_tells_hardly_who_trained_on_a_row():
    assert abs(np.mean(aucs(ROUNDS.trained)) - 0.5) < 0.1


def test_the_sum_of_all_tells_no_more():
    total = sum(member.slots * ROUNDS.trained(member) for member in ROUNDS.members)
    mean = total // sum(member.slots for member in ROUNDS.members)
    assert abs(np.mean(aucs(lambda _: mean)) - 0.5) < 0.1
