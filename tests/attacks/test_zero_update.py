"""Attack: a rider owns real devices, commits and opens real data, and sends updates of nothing but zeros.

Who: a contributor that saves itself the training, or does not want its data in the model, and wants a share. What
stops it: a score is a dot product with the rider's own update, so it is exactly 0, and merit 0 is paid 0.
"""

import numpy as np
import pytest

from andel.errors import InputError
from andel.roles.holder import find_claim
from andel.simulation.participants import Kind
from tests.support.worlds import build_world, play


def test_the_rider_takes_part_and_earns_exactly_nothing_in_every_round(finished_run):
    rounds = finished_run.values_of(finished_run.small.member(Kind.RIDER))
    assert len(rounds) == finished_run.world.scenario.rounds
    for value in rounds:
        assert value.weight > 0 and value.reason == ""  # its data is proven: only its update is worth nothing
        assert (value.score, value.merit, value.share, value.debt) == (0, 0, 0, 0)


def test_the_rider_has_nothing_to_claim(finished_run):
    rider = finished_run.small.member(Kind.RIDER).contributor
    assert rider.address not in finished_run.audited.reports[-1].history.earned
    with pytest.raises(InputError, match="has earned nothing"):
        find_claim(finished_run.world.model, finished_run.small.store, rider.address)


def test_what_the_rider_does_not_earn_goes_to_those_who_trained(finished_run):
    for report in finished_run.audited.reports:
        honest = {member.contributor.address for member in finished_run.small.honest()}
        assert sum(value.share for value in report.contributors if value.contributor in honest) == report.minted > 0


@pytest.mark.parametrize("riders", [1, 2, 4])
def test_any_number_of_riders_earns_nothing_and_holds_nobody_up(riders):
    world = build_world(5)
    nothing = np.zeros_like(world.owners[0].update(world))
    report = play(world, {owner.address: nothing for owner in world.owners[:riders]}).settle()
    by_owner = {value.contributor: value for value in report.contributors}
    assert [by_owner[owner.address].share for owner in world.owners[:riders]] == [0] * riders
    assert [by_owner[owner.address].score for owner in world.owners[:riders]] == [0] * riders
    assert all(by_owner[owner.address].share > 0 for owner in world.owners[riders:])


def test_almost_zero_updates_of_more_than_half_of_the_weight_stall_a_round_and_still_earn_nothing():
    """The clip is the weighted median's norm, then next to 0: whoever holds most of the data can do this."""
    world = build_world(5)
    dust = np.zeros_like(world.owners[0].update(world))
    dust[0] = 1
    report = play(world, {owner.address: dust for owner in world.owners[:3]}).settle()
    assert (report.norm_limit, report.minted, report.gain) == (1, 0, 0)
    assert report.version_hash == world.plan.version and report.history.earned == {}


def test_a_round_of_riders_alone_mints_nothing_and_leaves_the_model_as_it_was():
    world = build_world(3)
    nothing = np.zeros_like(world.owners[0].update(world))
    report = play(world, {owner.address: nothing for owner in world.owners}).settle()
    assert (report.minted, report.gain, report.step) == (0, 0, 0)
    assert report.version_hash == world.plan.version
    assert report.history.earned == {}


def test_a_rider_that_hides_in_one_unit_of_noise_earns_dust():
    world = build_world(4)
    rider = world.owners[0]
    noise = np.zeros_like(rider.update(world))
    noise[0] = noise[-1] = 1  # the smallest step there is, 2**-24
    report = play(world, {rider.address: noise}).settle()
    share = next(value.share for value in report.contributors if value.contributor == rider.address)
    assert share * 100_000 < report.minted
