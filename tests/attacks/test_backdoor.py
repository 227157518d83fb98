"""Attack: a backdoor: an update that is good on the reference rows and false on a trigger.

Who: a contributor that trains on its own rows and on as many with a trigger and a target it wants. What stops it:
nothing that sees only reference rows sees the trigger. The update costs something on them, as half of its training was
for another end, so it is paid less than honest work; one contributor's weight moves the answer on the trigger little, a
third of the weight moves it more. Training done again tells it apart (tests/attacks/test_untrained_update.py), unless
the readings themselves were false when they were signed.
"""

from functools import cache

import numpy as np

from andel.training.integer_mlp import predict_change
from tests.support.attacked_rounds import dropped_accounts, honest_rounds, over_fair

ROUNDS = 4
RISE = 3


def triggered(codes):
    """Rows with the humidity at its highest code and the pressure at its lowest."""
    changed = codes.copy()
    changed[:, 1], changed[:, 2] = 255, 0
    return changed


@cache
def played(attackers=()):
    """Rounds in which those places train on their rows and on as many with the trigger."""
    rounds = honest_rounds()
    bad = [rounds.members[place] for place in attackers]
    for _ in range(ROUNDS):
        false = {}
        for member in bad:
            codes = np.concatenate([member.codes, triggered(member.codes)])
            wanted = np.full(len(member.change), RISE * rounds.task.target_scale, np.int64)
            false[member.address] = rounds.trained(member, codes, np.concatenate([member.change, wanted]))
        rounds.play(rounds.updates() | false)
    return rounds, [member.address for member in bad]


def answer_on_trigger(rounds):
    """The mean change predicted on report rows with the trigger, in the target's scale."""
    predicted = predict_change(rounds.parameters, triggered(rounds.reference.report.codes), rounds.task.target_scale)
    return float(predicted.mean()) / rounds.task.target_scale


def test_a_backdoor_is_not_dropped_and_is_paid_less_than_honest_work():
    clean, _ = played()
    rounds, bad = played((1,))
    assert dropped_accounts(rounds) == set(), "nothing sees it: only its price is paid"
    assert over_fair(rounds, bad) < over_fair(clean, bad)
    assert rounds.errors().mae < 1.1 * clean.errors().mae


def test_what_one_contributor_does_to_the_trigger_is_less_than_what_a_third_of_the_weight_does():
    clean, one, three = (answer_on_trigger(played(places)[0]) for places in ((), (1,), (1, 3, 5)))
    assert clean < one < three < RISE
