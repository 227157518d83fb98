"""Attack turned around: who comes late is not to be robbed by who came first.

Who: early contributors, who would like a model's whole emission; a latecomer finds a model that has learnt nearly all.
What stops them: a part of a round's budget, which the founder chooses, is paid whatever its gain, by that round's
scores alone; nobody's record, credit or rank raises a share. The rest follows the gain, most of which is gone by then.
"""

from functools import cache

import pytest

from andel.training.rules import ValueRules
from tests.support.attacked_rounds import honest_rounds, renamed

JOINS = 3


@cache
def played(share):
    """Four rounds; a twin, beside the first contributor with an equal device, takes part from round 3 on."""
    rounds = honest_rounds(ValueRules(round_share_bps=share))
    early = rounds.members[0]
    twin = renamed(early, "twin")
    everybody = (*rounds.members, twin)
    rounds = rounds.founded_with(everybody)
    for number in range(1, 5):
        rounds.members = everybody if number >= JOINS else everybody[:-1]
        rounds.play()
    return rounds, early.address, twin.address


def earned(rounds, account, first=1):
    """Pay by round, from round `first` on."""
    return [line.share for r in rounds.reports[first - 1 :] for line in r.contributors if line.contributor == account]


def test_a_latecomer_is_paid_from_its_first_round_on_as_its_twin_is():
    rounds, early, late = played(5_000)
    assert len(earned(rounds, late)) == 2 and earned(rounds, late)[0] > 0
    merits = [{line.contributor: line.merit for line in report.contributors} for report in rounds.reports[JOINS - 1 :]]
    for report, merit in zip(rounds.reports[JOINS - 1 :], merits, strict=True):
        for line in report.contributors:
            exact = report.minted * merit[line.contributor] / max(sum(merit.values()), 1)
            assert abs(line.share - exact) <= report.minted / 2**40, "the round's merits alone decide"


def test_fixed_pay_leaves_a_latecomer_more_than_pay_by_gain():
    parts = []
    for share in (0, 5_000, 10_000):
        rounds, early, late = played(share)
        a_round = sum(earned(rounds, late)) / 2, sum(earned(rounds, early)) / 4
        parts.append(a_round[0] / a_round[1])
    assert parts == sorted(parts) and parts[0] < parts[2]


@pytest.mark.parametrize("share", [0, 10_000])
def test_the_model_does_not_depend_on_how_it_is_paid(share):
    assert played(share)[0].errors() == played(5_000)[0].errors()
