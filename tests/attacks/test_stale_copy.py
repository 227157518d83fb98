"""Attack: what is public already is sent again under one's own, proper signature: the model's last step, or the update
of another contributor in the round before.

Who: a contributor that saves the training; both lie in the content store. What stops it: the model's last steps are
projected out of what is paid, so a step sent again earns nothing. Of a copy only what the steps since have not used up
still scores: little by gain. Value cannot know whose work it was: **a copy is paid for what it still adds**, and only
training done again tells it apart (tests/attacks/test_untrained_update.py).
"""

import numpy as np

from andel.training.rules import ValueRules
from andel.training.updates import flatten
from tests.support.attacked_rounds import honest_rounds, of_length, over_fair

ROUNDS = 4
BY_GAIN = ValueRules(round_share_bps=0)


def line_of(report, address):
    """What the report says of an account."""
    return next(line for line in report.contributors if line.contributor == address)


def test_the_models_last_step_sent_again_earns_nothing_in_any_round():
    rounds = honest_rounds()
    attacker = rounds.members[1].address
    before = flatten(rounds.parameters)
    rounds.play(rounds.updates() | {attacker: np.zeros_like(before)})
    step = flatten(rounds.parameters) - before
    for _ in range(ROUNDS):
        updates, before = rounds.updates(), flatten(rounds.parameters)
        again = of_length(step, float(np.linalg.norm(updates[attacker]))) if step.any() else step
        line = line_of(rounds.play(updates | {attacker: again}), attacker)
        assert line.weight > 0 and line.share * 1_000_000 <= rounds.reports[-1].minted
        step = flatten(rounds.parameters) - before
    assert rounds.history.earned.get(attacker, 0) * 1_000_000 <= rounds.history.earned_total


def test_a_copy_of_anothers_former_update_earns_little_by_gain():
    """Each round the update of whoever scored most in the round before, which is more than most could know in time."""
    for place in (1, 5):
        rounds = honest_rounds(BY_GAIN)
        attacker = rounds.members[place].address
        updates = rounds.updates()
        former = updates | {attacker: np.zeros_like(updates[attacker])}
        for _ in range(ROUNDS):
            report = rounds.play(former)
            others = [line for line in report.contributors if line.contributor != attacker]
            best = max(others, key=lambda line: line.score).contributor
            former = rounds.updates() | {attacker: former[best]}
        assert over_fair(rounds, [attacker]) <= 0.2


def test_a_copy_says_nothing_against_the_one_it_was_taken_from():
    rounds = honest_rounds()
    attacker, victim = (member.address for member in rounds.members[1:3])
    first = rounds.updates()
    rounds.play(first)
    updates = rounds.updates()
    honest = rounds.settle(updates)
    copied = rounds.settle(updates | {attacker: first[victim]})
    assert line_of(copied, victim).reason == line_of(honest, victim).reason == ""
    assert line_of(copied, victim).score > 0 and line_of(honest, victim).score > 0
