"""Attack: a member sends words that are no update, or a harmful update that nobody can see.

Who: a contributor in grouped mode, to stall a model or to hurt others. What stops it: words out of bounds void the sum
of its own group, that round; a harmful update is one part of its group's, which clip, score and gate judge like
anybody's. Groups are drawn anew each round, so it sits with others each time. What it costs the others of its group is
not given back, who it was nobody learns, and where its group is still worth something **it is paid its part of that**.
"""

import numpy as np

from andel.training.privacy import Privacy
from tests.support.attacked_rounds import honest_rounds, over_fair

GROUPED = Privacy("grouped", 3, 3)


def grouped_rounds():
    return honest_rounds().private(GROUPED)


def test_garbage_voids_its_group_and_nobody_else_and_the_model_learns():
    rounds, honest = grouped_rounds(), grouped_rounds()
    attacker = rounds.members[2].address
    beside = set()
    for number in range(4):
        words = np.random.default_rng(number).integers(-(2**62), 2**62, rounds.task.size)
        report = rounds.play(words={attacker: words})
        honest.play()
        lines = {line.contributor: line for line in report.contributors}
        assert "a member has sent something else" in lines[attacker].reason and lines[attacker].share == 0
        void = {who for who, line in lines.items() if line.reason}
        assert len(void) < 2 * GROUPED.group_size
        assert all("group" in lines[who].reason and lines[who].score == 0 for who in void)
        beside |= void - {attacker}
    assert len(beside) > 3, "it sits with others each round"
    assert rounds.history.scores.get(rounds.members[2].device.address, 0) == 0
    assert rounds.errors().mae < honest_rounds().errors().mae / 2


def test_a_drop_out_leaves_its_group_a_sum_where_enough_are_left():
    rounds = honest_rounds().private(Privacy("grouped", 4, 3))
    updates = rounds.updates()
    gone = rounds.members[1].address
    report = rounds.settle({who: update for who, update in updates.items() if who != gone})
    lines = {line.contributor: line for line in report.contributors}
    assert [who for who, line in lines.items() if line.reason] == [gone]
    assert "without it" in lines[gone].reason


def test_a_reversed_update_harms_little_and_is_paid_what_its_group_is_worth():
    """Stated, not prevented: nobody can tell whose update made a sum worth less."""
    rounds = grouped_rounds()
    attacker = rounds.members[2].address
    for _ in range(4):
        updates = rounds.updates()
        report = rounds.play(updates | {attacker: (-3 * updates[attacker]).clip(-(1 << 26), 1 << 26)})
        lines = {line.contributor: line for line in report.contributors}
        mine = lines[attacker]
        beside = [line for line in lines.values() if line.group == mine.group and not line.reason]
        assert all(abs(line.share * mine.weight - mine.share * line.weight) < 10**6 for line in beside)
    assert over_fair(rounds, [attacker]) < 1.3
    assert rounds.errors().mae < honest_rounds().errors().mae / 2, "and the model learns"
