"""Attack: one contributor takes part under ten names.

Who: an owner with ten devices, or one that sells its device to itself from day to day. It wants more than its data is
worth. What stops it: weights are proven slots and never heads, in every median and sum, so ten names with one update
earn what one name earns; a debt is divided along with everything else.
"""

import pytest

from andel.training.rules import ValueRules
from andel.training.updates import MAX_UPDATE
from tests.support.attacked_rounds import honest_rounds, renamed

NAMES = 10
ROUNDS = 4


def played(rounds, attacker, factor, names):
    """Rounds in which all the names send what the attacker would send under one; what they and the rest earned."""
    for _ in range(ROUNDS):
        updates = rounds.updates()
        sent = (factor * rounds.trained(attacker)).clip(-MAX_UPDATE, MAX_UPDATE)
        rounds.play(updates | {member.address: sent for member in names})
    earned = rounds.history.earned
    own = sum(earned.get(member.address, 0) for member in names)
    return own, sum(earned.values()) - own, rounds.history.scores


@pytest.mark.parametrize("factor", [1, 10, -1])
@pytest.mark.parametrize("share", [0, 5_000, 10_000])
def test_ten_names_with_one_update_earn_what_one_name_earns(factor, share):
    rounds = honest_rounds(ValueRules(round_share_bps=share))
    attacker, others = rounds.members[0], rounds.members[1:]
    names = [renamed(attacker, f"name {turn}", slice(turn, None, NAMES)) for turn in range(NAMES)]
    assert sum(member.slots for member in names) == attacker.slots
    ten = rounds.founded_with((*others, *names))
    one, rest, scores = played(rounds, attacker, factor, [attacker])
    own, theirs, divided = played(ten, attacker, factor, names)
    assert own == pytest.approx(one, rel=1e-9) and theirs == pytest.approx(rest, rel=1e-9)
    assert ten.errors() == rounds.errors()
    debt = sum(divided[member.device.address] for member in names)
    assert abs(debt - scores[attacker.device.address]) <= NAMES * ROUNDS
    assert (debt < 0) == (factor < 0)


def test_no_filter_that_is_on_by_default_sees_heads():
    """A reversed update is dropped under ten names as under one."""
    rounds = honest_rounds()
    attacker, others = rounds.members[0], rounds.members[1:]
    names = [renamed(attacker, f"name {turn}", slice(turn, None, NAMES)) for turn in range(NAMES)]
    ten = rounds.founded_with((*others, *names))
    for _ in range(3):
        sent = (-10 * rounds.trained(attacker)).clip(-MAX_UPDATE, MAX_UPDATE)
        one = rounds.play(rounds.updates() | {attacker.address: sent})
        many = ten.play(ten.updates() | {member.address: sent for member in names})
        dropped = {line.contributor for line in one.contributors if line.reason}
        divided = {line.contributor for line in many.contributors if line.reason}
        assert divided - {member.address for member in names} == dropped - {attacker.address} == set()
        assert divided == ({member.address for member in names} if dropped else set())
